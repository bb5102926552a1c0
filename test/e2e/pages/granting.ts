import { createClient, createWalletClient, custom, http } from 'viem'
import { requestExecutionPermissions } from '../../../src/dapp/requestExecutionPermissions.ts'
import type { PermissionRequest } from '../../../src/dapp/types.ts'
import { verifyGranted } from '../../../src/dapp/verifyGranted.ts'
import { readWalletGrant } from '../../../src/dapp/walletGrant.ts'
import { AmbitError } from '../../../src/errors.ts'
import type { Address } from '../../../src/primitives/hex.ts'
import type { DevWalletInfo, DevWalletProvider } from '../../../src/testing/wallet/index.ts'
import './config.ts'

// The least that a page has to do: find wallets, connect, say what it will ask, ask, compare, verify, show.

const { chainId, rpcUrl, environment, token, agent, vendor } = globalThis.testConfig
const node = createClient({ transport: http(rpcUrl, { retryCount: 0 }) })
const [wallets, preview, ask, status] = ['wallets', 'preview', 'ask', 'status'].map(
  (id) => document.getElementById(id) as HTMLElement,
) as [HTMLElement, HTMLElement, HTMLButtonElement, HTMLElement]

const DAY = 86_400
const askedAt = Math.floor(Date.now() / 1_000)

window.addEventListener('eip6963:announceProvider', ((event: CustomEvent) => {
  const { info, provider } = event.detail as { info: DevWalletInfo; provider: DevWalletProvider }
  const button = document.createElement('button')
  button.textContent = `Connect ${info.name}`
  button.addEventListener('click', () => connect(provider))
  wallets.replaceChildren(button)
}) as EventListener)
window.dispatchEvent(new Event('eip6963:requestProvider'))

async function connect(provider: DevWalletProvider): Promise<void> {
  const client = createWalletClient({ transport: custom(provider, { retryCount: 0 }) })
  const [from] = await client.requestAddresses()
  const request: PermissionRequest = {
    chainId,
    from: from?.toLowerCase() as Address,
    to: agent,
    permission: {
      type: 'erc20-token-periodic',
      isAdjustmentAllowed: true,
      data: {
        tokenAddress: token,
        periodAmount: 10_000_000n,
        periodDuration: DAY,
        startTime: askedAt - DAY,
        justification: 'Pay the API bills',
      },
    },
    rules: [
      { type: 'expiry', data: { timestamp: askedAt + 30 * DAY } },
      { type: 'payee', data: { addresses: [vendor] } },
    ],
  }
  preview.replaceChildren(...rowsOf(request))
  status.textContent = 'Connected.'
  provider.on('disconnect', () => {
    document.title = 'Disconnected'
  })
  ask.disabled = false
  ask.addEventListener('click', () => grant(client, request))
}

async function grant(client: Parameters<typeof requestExecutionPermissions>[0], request: PermissionRequest) {
  status.textContent = 'Waiting for the wallet.'
  ask.disabled = true
  try {
    const [response] = await requestExecutionPermissions(client, [request])
    if (response === undefined) throw new TypeError('no answer')
    const granted = readWalletGrant(request, response, { environment })
    const { account } = await verifyGranted(node, { grant: granted, environment })
    status.textContent = `Granted by ${granted.principal}, ${account.kind}.`
    status.dataset['context'] = response.context
  } catch (error) {
    // Whatever is no refusal of ours is a fault of ours: it goes to the console, and the test fails.
    if (!(error instanceof AmbitError)) throw error
    status.textContent = `Refused: ${error.code}`
  } finally {
    ask.disabled = false
  }
}

function rowsOf({ to, permission, rules }: PermissionRequest): HTMLElement[] {
  const data = Object.entries(permission.data).map(([name, value]) => [name, String(value)])
  const more = rules.map((rule) => [rule.type, Object.values(rule.data).join()])
  return [['delegate', to], ...data, ...more].flatMap(([label = '', value = '']) => {
    const [dt, dd] = [document.createElement('dt'), document.createElement('dd')]
    dt.textContent = label
    dd.textContent = value
    return [dt, dd]
  })
}
