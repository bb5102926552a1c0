/**
 * The one script of the console, on pages where a wallet must sign. It finds wallets by EIP-6963, lets a person choose one,
 * asks it what the server prepared, and posts what it answers. It builds no request, decides nothing, and writes texts of
 * wallets as text only.
 */
export const WALLET_SCRIPT = `'use strict'
for (const form of document.querySelectorAll('form[data-wallet]')) {
  const want = JSON.parse(form.dataset.wallet)
  const status = form.querySelector('.wallet-status')
  const choice = form.querySelector('.wallet-choice')
  const known = new Set()
  const say = (text) => { status.textContent = text }
  const reason = (error) =>
    error && error.code === 4001 ? 'The wallet said no. Nothing was sent.' : 'The wallet refused: ' + String((error && error.message) || error).slice(0, 200)
  const busy = (on) => { for (const button of choice.children) button.disabled = on }
  const ask = async (provider, name) => {
    busy(true)
    const answers = []
    try {
      say('Waiting for ' + name + '…')
      const accounts = await provider.request({ method: 'eth_requestAccounts' })
      if (!accounts.some((account) => String(account).toLowerCase() === want.account)) {
        throw { message: 'it does not hold the account ' + want.account + '. Choose that one in it.' }
      }
      if (BigInt(await provider.request({ method: 'eth_chainId' })) !== BigInt(want.chainId)) {
        await provider.request({ method: 'wallet_switchEthereumChain', params: [{ chainId: want.chainId }] })
      }
      for (const request of want.requests) answers.push(await provider.request(request))
    } catch (error) {
      if (answers.length === 0) { say(reason(error)); busy(false); return }
    }
    say('Looking on the chain…')
    form.elements.answers.value = JSON.stringify(answers)
    form.submit()
  }
  window.addEventListener('eip6963:announceProvider', ({ detail }) => {
    if (!detail || !detail.info || !detail.provider || known.has(detail.info.uuid) || known.size > 15) return
    known.add(detail.info.uuid)
    const name = String(detail.info.name).slice(0, 40)
    const button = document.createElement('button')
    button.type = 'button'
    button.className = want.danger ? 'danger' : 'primary'
    button.textContent = want.verb + ' ' + name
    button.addEventListener('click', () => ask(detail.provider, name))
    choice.append(button)
    say('Signs as ' + want.account + '.')
  })
  setTimeout(() => { if (known.size === 0) say('No wallet of this browser answered. It has to hold ' + want.account + '.') }, 1500)
}
window.dispatchEvent(new Event('eip6963:requestProvider'))
`
