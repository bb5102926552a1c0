import type { LocalAccount } from 'viem'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { encodeDisable } from '../../src/chain/disable.ts'
import type { NodeClient } from '../../src/chain/rpc.ts'
import { requestGrant, revokeGrant, toGrant, type WalletGrant } from '../../src/dapp/index.ts'
import type { Hex } from '../../src/primitives/hex.ts'
import { useChain } from '../rig/chain.ts'
import { dailyScope } from '../rig/dappScope.ts'
import { addressOf, nodeOf, upgraded } from '../rig/grant.ts'
import { type MetamaskWalletOptions, metamaskWallet, rpcError } from '../rig/metamaskWallet.ts'

const chain = useChain()
let alice: LocalAccount
let agent: LocalAccount
let grant: WalletGrant
const publicClient = () => nodeOf(chain.rpcUrl)

beforeAll(async () => {
  ;[alice, agent] = chain.accounts as unknown as [LocalAccount, LocalAccount]
  await upgraded(chain, alice)
})
beforeEach(async () => {
  const scope = dailyScope(chain, { principal: addressOf(alice), delegate: addressOf(agent) })
  const { client } = metamaskWallet({ chain, signer: alice })
  const result = await requestGrant(client, { scope, publicClient: publicClient(), environment: chain.environment })
  if (result.status !== 'granted' || result.path !== 'permission') throw result
  grant = result.grant
})

const wallet = (methods: NonNullable<MetamaskWalletOptions['methods']> = {}) =>
  metamaskWallet({ chain, signer: alice, methods })
const refusing = (method: string, code: number) => ({
  [method]: () => {
    throw rpcError(code)
  },
})

async function disable(): Promise<void> {
  const hash = await chain
    .walletClient(alice)
    .sendTransaction({ to: chain.environment.manager, data: encodeDisable(grant.delegation) })
  await chain.publicClient.waitForTransactionReceipt({ hash })
}

describe('revokeGrant', () => {
  test.each([4200, -32601])('default: a wallet without the method (%i) sends the transaction', async (code) => {
    const { client, asked } = wallet(refusing('wallet_revokeExecutionPermission', code))
    const result = await revokeGrant(client, { grant, publicClient: publicClient() })
    expect(result).toMatchObject({ status: 'revoked', links: [{ hash: grant.hash, by: 'transaction' }] })
    if (result.status !== 'revoked') return
    const [link] = result.links
    const receipt = await chain.publicClient.getTransactionReceipt({ hash: link?.transactionHash as Hex })
    expect(link?.blockNumber).toBe(receipt.blockNumber)
    expect(receipt.to).toBe(chain.environment.manager)
    expect(asked.filter((method) => method === 'eth_sendTransaction')).toHaveLength(1)
  })

  test('behavior: a wallet with the method is asked for the context, and the chain is waited for', async () => {
    const given: unknown[] = []
    const { client, asked } = wallet({
      wallet_revokeExecutionPermission: async (params) => {
        given.push(params)
        await disable()
        return {}
      },
    })
    const result = await revokeGrant(client, { grant, publicClient: publicClient() })
    expect(result).toMatchObject({ status: 'revoked', links: [{ by: 'wallet', transactionHash: null }] })
    expect(given).toEqual([{ permissionContext: grant.response.context }])
    expect(asked).not.toContain('eth_sendTransaction')
  })

  test('behavior: ends what was refused because it is more than was asked for', async () => {
    const scope = dailyScope(chain, { principal: addressOf(alice), delegate: addressOf(agent) })
    const { client } = metamaskWallet({
      chain,
      signer: alice,
      adjust: (request) => ({
        ...request,
        permission: { ...request.permission, data: { ...request.permission.data, periodAmount: '0x5f5e100' } },
      }),
    })
    const refused = await requestGrant(client, { scope, publicClient: publicClient(), environment: chain.environment })
    expect(refused).toMatchObject({
      status: 'refused',
      code: 'dapp.raised',
      grant: { permission: { data: { periodAmount: 100_000_000n } }, differences: [{ change: 'higher' }] },
    })
    if (refused.status !== 'refused' || refused.grant === null) return
    const result = await revokeGrant(client, { grant: refused.grant, publicClient: publicClient() })
    expect(result).toMatchObject({ status: 'revoked', links: [{ hash: refused.grant.hash, by: 'transaction' }] })
  })

  test('behavior: by transaction where the page says so, and of a grant file of the same', async () => {
    const { client, asked } = wallet({ wallet_revokeExecutionPermission: () => ({}) })
    const scope = dailyScope(chain, { principal: addressOf(alice), delegate: addressOf(agent) })
    const file = await toGrant({ grant, scope, environment: chain.environment })
    expect(await revokeGrant(client, { grant: file, publicClient: publicClient() })).toMatchObject({
      status: 'revoked',
      links: [{ hash: grant.hash, by: 'transaction' }],
    })
    const again = await revokeGrant(client, { grant, publicClient: publicClient(), by: 'transaction' })
    expect(again).toMatchObject({ status: 'revoked', links: [{ by: 'before' }] })
    expect(asked).not.toContain('wallet_revokeExecutionPermission')
  })

  test("behavior: a page's own account signs the transaction itself", async () => {
    const own = chain.walletClient(alice)
    expect(own.account.type).toBe('local')
    expect(
      await revokeGrant(own as NodeClient, { grant, publicClient: publicClient(), by: 'transaction' }),
    ).toMatchObject({
      status: 'revoked',
      links: [{ by: 'transaction' }],
    })
  })

  test('behavior: a wallet that says it is done, and nothing has ended: the transaction is asked for', async () => {
    const { client, asked } = wallet({ wallet_revokeExecutionPermission: () => null })
    const result = await revokeGrant(client, { grant, publicClient: publicClient(), timeout: 1_000 })
    expect(result).toMatchObject({ status: 'revoked', links: [{ hash: grant.hash, by: 'transaction' }] })
    if (result.status === 'revoked') expect(result.links[0]?.transactionHash).toMatch(/^0x[0-9a-f]{64}$/)
    expect(asked.filter((method) => method === 'wallet_revokeExecutionPermission')).toHaveLength(1)
    expect(asked.indexOf('wallet_revokeExecutionPermission')).toBeLessThan(asked.indexOf('eth_sendTransaction'))
  })

  test('error: nor does the person send the transaction, and nothing has ended', async () => {
    const { client } = wallet({
      wallet_revokeExecutionPermission: () => null,
      ...refusing('eth_sendTransaction', 4001),
    })
    const result = await revokeGrant(client, { grant, publicClient: publicClient(), timeout: 60 })
    expect(result).toMatchObject({ status: 'refused', code: 'dapp.rejected', links: [] })
  })

  test('error: a wallet that says it is done, and sends something else', async () => {
    const { client } = wallet({
      wallet_revokeExecutionPermission: () => null,
      eth_sendTransaction: () => chain.walletClient(alice).sendTransaction({ to: addressOf(agent), value: 1n }),
    })
    const result = await revokeGrant(client, { grant, publicClient: publicClient(), timeout: 1_000 })
    expect(result).toMatchObject({ status: 'refused', code: 'dapp.unproven', links: [] })
    if (result.status === 'refused') expect(result.error.retry).toBe('reconcile')
  })

  test('behavior: a wallet that was only slow: what it sent has ended it, though the transaction is refused', async () => {
    const { client } = wallet({
      wallet_revokeExecutionPermission: () => null,
      eth_sendTransaction: async () => {
        await disable()
        throw rpcError(-32_000)
      },
    })
    const result = await revokeGrant(client, { grant, publicClient: publicClient(), timeout: 60 })
    expect(result).toMatchObject({ status: 'revoked', links: [{ by: 'wallet', transactionHash: null }] })
  })

  test('behavior: a transaction that is refused because somebody else ended it first', async () => {
    const { client } = wallet({
      eth_sendTransaction: async () => {
        await disable()
        throw rpcError(-32_000)
      },
    })
    const result = await revokeGrant(client, { grant, publicClient: publicClient(), by: 'transaction' })
    expect(result).toMatchObject({ status: 'revoked', links: [{ by: 'before', transactionHash: null }] })
  })

  test('error: a wallet that sends something else than it was asked to', async () => {
    const { client } = wallet({
      eth_sendTransaction: () => chain.walletClient(alice).sendTransaction({ to: addressOf(agent), value: 1n }),
    })
    const result = await revokeGrant(client, { grant, publicClient: publicClient() })
    expect(result).toMatchObject({ status: 'refused', code: 'dapp.unproven' })
    if (result.status === 'refused') expect(result.error.details).toMatchObject({ delegation: grant.hash })
  })

  test('error: a wallet that names a transaction which never comes', async () => {
    const { client } = wallet({ eth_sendTransaction: () => `0x${'ab'.repeat(32)}` })
    const result = await revokeGrant(client, { grant, publicClient: publicClient(), timeout: 80 })
    expect(result).toMatchObject({ status: 'refused', code: 'dapp.unproven' })
  })

  test('behavior: somebody was faster, and the transaction fails: it has ended all the same', async () => {
    const { client } = wallet({
      eth_sendTransaction: async (params) => {
        await disable()
        const [{ to, data }] = params as [{ to: Hex; data: Hex }]
        return chain.walletClient(alice).sendTransaction({ to, data, gas: 200_000n })
      },
    })
    expect(await revokeGrant(client, { grant, publicClient: publicClient() })).toMatchObject({ status: 'revoked' })
  })

  test.each([
    ['the wallet method', 'wallet_revokeExecutionPermission'],
    ['the transaction', 'eth_sendTransaction'],
  ])('error: the person says no to %s', async (_, method) => {
    const { client } = wallet(refusing(method, 4001))
    expect(await revokeGrant(client, { grant, publicClient: publicClient() })).toMatchObject({
      status: 'refused',
      code: 'dapp.rejected',
    })
  })

  test('behavior: a wallet on another chain is asked to switch; one that does not is refused, and nothing is sent', async () => {
    let chainId = '0x1'
    const moving = wallet({
      eth_chainId: () => chainId,
      wallet_switchEthereumChain: (params) => {
        chainId = (params as [{ chainId: string }])[0].chainId
        return null
      },
    })
    const stubborn = wallet({ eth_chainId: () => '0x1', wallet_switchEthereumChain: () => null })
    const unable = wallet({ eth_chainId: () => '0x1', ...refusing('wallet_switchEthereumChain', 4902) })
    for (const { client, asked } of [stubborn, unable]) {
      const result = await revokeGrant(client, { grant, publicClient: publicClient() })
      expect(result).toMatchObject({ status: 'refused', code: 'dapp.wrong_network' })
      expect(asked).not.toContain('eth_sendTransaction')
    }
    expect(await revokeGrant(moving.client, { grant, publicClient: publicClient() })).toMatchObject({
      status: 'revoked',
    })
    expect(moving.asked.indexOf('wallet_switchEthereumChain')).toBeLessThan(moving.asked.indexOf('eth_sendTransaction'))
  })

  test('error: a node of another chain, where the same hash means nothing', async () => {
    const { client, asked } = wallet()
    const result = await revokeGrant(client, { grant: { ...grant, chainId: 1 }, publicClient: publicClient() })
    expect(result).toMatchObject({ status: 'refused', code: 'chain.wrong_chain' })
    expect(asked).toEqual([])
  })

  test('error: anything that no class of ours says is a refusal too', async () => {
    const { client } = wallet()
    const result = await revokeGrant(client, { grant: null as never, publicClient: publicClient() })
    expect(result).toMatchObject({ status: 'refused', code: 'dapp.failed' })
  })
})
