import { createWalletClient, custom } from 'viem'
import { requestExecutionPermissions } from '../../../src/dapp/index.ts'
import { createDevWallet } from '../../../src/testing/wallet/index.ts'
import { startExample } from './start.ts'
import type { RegisteredGrant } from './wire.ts'

export async function* check() {
  const example = await startExample({ page: null, pace: 0 })
  try {
    const { chain, config, principal } = example
    const wallet = createDevWallet({
      chainId: config.chainId,
      environment: config.environment,
      rpcUrl: chain.rpcUrl,
      accounts: [principal],
      confirm: () => 'confirm',
    })
    const client = createWalletClient({ transport: custom(wallet.provider) })
    await wallet.provider.request({ method: 'eth_requestAccounts' })
    const payee = config.payees[0]!.address
    const now = Math.floor(Date.now() / 1000)
    const [granted] = await requestExecutionPermissions(client as never, [
      {
        chainId: config.chainId,
        to: config.agent.address,
        from: principal.address.toLowerCase() as never,
        permission: {
          type: 'erc20-token-periodic',
          isAdjustmentAllowed: false,
          data: {
            tokenAddress: config.token.address,
            periodAmount: 25_000_000n,
            periodDuration: 86400,
            justification: 'x',
          },
        },
        rules: [
          { type: 'expiry', data: { timestamp: now + 86400 } },
          { type: 'redeemer', data: { addresses: [config.redeemer.address] } },
          { type: 'payee', data: { addresses: [payee] } },
        ],
      },
    ])
    const response = await fetch(`${config.redeemer.url}/grants`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        chainId: config.chainId,
        delegationManager: granted!.delegationManager,
        context: granted!.context,
      }),
    })
    const grant = (await response.json()) as RegisteredGrant
    yield JSON.stringify(grant).slice(0, 200)
    for (const attempt of await example.work({ grant: grant.id, payees: [payee], perDay: '25000000', work: 'shift' }))
      yield JSON.stringify(attempt)
  } finally {
    await example.stop()
  }
}
