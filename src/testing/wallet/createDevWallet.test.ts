import { createWalletClient, custom, UserRejectedRequestError } from 'viem'
import { describe, expect, it } from 'vitest'
import { useChain } from '../../../test/rig/chain.ts'
import { erc7715Actions } from '../../dapp/decorator.ts'
import { readPermission } from '../../dapp/readPermission.ts'
import { createDevWallet } from './createDevWallet.ts'

const chain = useChain()

function wallet(options: Partial<Parameters<typeof createDevWallet>[0]> = {}) {
  return createDevWallet({
    accounts: [chain.accounts[0], chain.accounts[1]],
    rpcUrl: chain.rpcUrl,
    chainId: chain.chainId,
    environment: chain.environment,
    ...options,
  } as Parameters<typeof createDevWallet>[0])
}

describe('createDevWallet', () => {
  it('default: a page connects, asks, and gets a permission that says what it asked for', async () => {
    const { provider } = wallet()
    const client = createWalletClient({ transport: custom(provider) }).extend(erc7715Actions())
    await client.requestAddresses()
    const request = {
      chainId: chain.chainId,
      to: chain.accounts[2].address.toLowerCase() as `0x${string}`,
      permission: {
        type: 'erc20-token-periodic' as const,
        isAdjustmentAllowed: false,
        data: { tokenAddress: chain.token.address, periodAmount: 10_000_000n, periodDuration: 86_400 },
      },
      rules: [{ type: 'expiry' as const, data: { timestamp: 2_000_000_000 } }],
    }
    const [answer] = await client.requestExecutionPermissions([request])
    const read = readPermission(answer?.context ?? '0x', chain.environment)
    expect(read).toMatchObject({ status: 'read', troubles: [], permission: { data: request.permission.data } })
  })

  it('error: a person who says no is a 4001', async () => {
    const { provider } = wallet({ mode: 'reject' })
    const client = createWalletClient({ transport: custom(provider) })
    const [account] = await client.requestAddresses()
    await expect(client.signMessage({ account: account ?? '0x', message: 'hello' })).rejects.toSatisfy(
      (error) =>
        (error as Error & { walk(is: (e: unknown) => boolean): unknown }).walk(
          (e) => e instanceof UserRejectedRequestError,
        ) !== null,
    )
  })
})
