import { privateKeyToAccount } from 'viem/accounts'
import { createDevWallet, type DevWalletMode } from '../../../src/testing/wallet/index.ts'
import type { DevWalletKeys } from '../server/wire.ts'
import { loadConfig } from './config.ts'

// Stands where an extension would: a script of its own, which the page knows nothing of. They meet by EIP-6963.

const MODES: readonly (readonly [DevWalletMode, string])[] = [
  ['confirm', 'as asked'],
  ['lower', 'and gives only half'],
  ['raise', 'but gives twice as much'],
  ['raiseHidden', 'but gives twice as much, and hides it'],
  ['wrongChain', 'but for another chain'],
  ['wrongManager', 'but under another manager'],
  ['wrongAccount', 'but from another account'],
  ['notUpgraded', 'from an account that is not upgraded'],
  ['foreignEnforcer', 'with a contract nobody knows'],
  ['missingCaveat', 'but leaves a rule out'],
  ['forged', 'with a forged signature'],
  ['slow', 'slowly'],
  ['reject', 'never: it rejects'],
  ['disconnect', 'never: it loses its connection'],
]

const [config, keys] = await Promise.all([
  loadConfig(),
  fetch('/dev-wallet.json').then(async (response) => (await response.json()) as DevWalletKeys),
])
const [first, ...others] = keys.privateKeys.map((key) => privateKeyToAccount(key))
const asked = new URLSearchParams(location.search).get('wallet')
const known = MODES.find(([mode]) => mode === asked)?.[0] ?? 'confirm'
// `?wallet=none`: somebody brings their own.
if (first !== undefined && asked !== 'none') {
  const wallet = createDevWallet({
    chainId: config.chainId,
    environment: config.environment,
    rpcUrl: new URL('/rpc', location.origin).href,
    accounts: [first, ...others],
    mode: known,
    name: 'Demo wallet',
  })
  wallet.announce()
  showModes((mode) => wallet.setMode(mode))
}

/** Lets people see what a page has to withstand of a wallet. */
function showModes(choose: (mode: DevWalletMode) => void): void {
  const place = document.querySelector<HTMLElement>('#demo-wallet')
  if (place === null) return
  const select = document.createElement('select')
  select.id = 'wallet-mode'
  select.dataset['testid'] = 'wallet-mode'
  select.append(...MODES.map(([mode, words]) => new Option(words, mode, false, mode === known)))
  select.addEventListener('change', () => choose(select.value as DevWalletMode))
  const label = document.createElement('label')
  label.htmlFor = select.id
  label.textContent = 'The demonstration wallet grants'
  const note = document.createElement('span')
  note.textContent = 'It holds test money on a chain of this machine. Try what a hostile wallet would do.'
  place.append(label, select, note)
  place.hidden = false
}
