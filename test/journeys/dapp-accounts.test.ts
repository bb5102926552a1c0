import { type LocalAccount, serializeErc6492Signature } from 'viem'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  requestGrant,
  restoreGrant,
  storedGrant,
  verifyGranted,
  type WirePermissionResponse,
} from '../../src/dapp/index.ts'
import { encodeCalls } from '../../src/delegation/execution.ts'
import type { Address, Hex } from '../../src/primitives/hex.ts'
import { encodeCall } from '../../src/redemption/encode.ts'
import { deployHybrid, planHybrid } from '../../src/testing/hybrid.ts'
import { codeOfAsync } from '../codes.ts'
import { balanceOf, mint, useChain } from '../rig/chain.ts'
import { dailyScope, PAYEE } from '../rig/dappScope.ts'
import { addressOf, nodeOf, transferCall } from '../rig/grant.ts'
import { type MetamaskWalletOptions, metamaskWallet } from '../rig/metamaskWallet.ts'

const chain = useChain()
const UNIT = 1_000_000n
let owner: LocalAccount
let agent: LocalAccount

beforeAll(() => {
  ;[owner, agent] = chain.accounts as unknown as [LocalAccount, LocalAccount]
})

const parameters = (deploySalt: Hex) => ({
  owner,
  environment: chain.environment,
  payer: chain.walletClient(chain.accounts[0]),
  reader: chain.publicClient,
  deploySalt,
})

function request(principal: Address, options: Partial<MetamaskWalletOptions>, factories?: readonly Address[]) {
  const { client } = metamaskWallet({ chain, signer: owner, as: principal, ...options })
  const scope = dailyScope(chain, { principal, delegate: addressOf(agent) })
  const publicClient = nodeOf(chain.rpcUrl)
  return requestGrant(client, { scope, publicClient, environment: chain.environment, factories })
}

async function pay(context: Hex, amount: bigint): Promise<bigint> {
  const before = await balanceOf(chain, PAYEE)
  const { mode, execution } = encodeCalls([transferCall(chain.token.address, PAYEE, amount)])
  const data = encodeCall(context, mode, execution)
  const hash = await chain.walletClient(agent).sendTransaction({ to: chain.environment.manager, data, gas: 800_000n })
  await chain.publicClient.waitForTransactionReceipt({ hash })
  return (await balanceOf(chain, PAYEE)) - before
}

const depends = (...dependencies: { factory: Address; factoryData: Hex }[]) => ({
  answer: (response: WirePermissionResponse) => ({ ...response, dependencies }),
})

describe('verifyGranted', () => {
  test('default: a contract account agrees by ERC-1271, and is redeemed from', async () => {
    const { address } = await deployHybrid(parameters('0x01'))
    await mint(chain, address, 10n * UNIT)
    const result = await request(address, {})
    if (result.status !== 'granted' || result.path !== 'permission') throw result
    expect(result.account).toMatchObject({ kind: 'contract', known: true })
    expect(await pay(result.grant.response.context, 2n * UNIT)).toBe(2n * UNIT)
  })

  test('error: a contract account whose owner did not sign', async () => {
    const { address } = await deployHybrid(parameters('0x01'))
    expect(await request(address, { signer: agent })).toMatchObject({ status: 'refused', code: 'dapp.bad_signature' })
    const high = (signature: Hex): Hex => {
      const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
      const s = (order - BigInt(`0x${signature.slice(66, 130)}`)).toString(16).padStart(64, '0')
      return `${signature.slice(0, 66)}${s}${signature.endsWith('1b') ? '1c' : '1b'}` as Hex
    }
    // A signature's twin, which a library takes and the account does not.
    expect(await request(address, { signature: high })).toMatchObject({ code: 'dapp.bad_signature' })
  })

  test('behavior: an account that is not deployed yet agrees by ERC-6492; once deployed it is redeemed from', async () => {
    const { address, factory, factoryData } = await planHybrid(parameters('0x02'))
    await mint(chain, address, 10n * UNIT)
    const result = await request(address, depends({ factory, factoryData }))
    if (result.status !== 'granted' || result.path !== 'permission') throw result
    expect(result.account).toEqual({ kind: 'undeployed' })
    expect(result.grant.response.dependencies).toEqual([{ factory, factoryData }])
    const { context } = result.grant.response
    expect(await pay(context, UNIT)).toBe(0n)
    const hash = await chain.walletClient(agent).sendTransaction({ to: factory, data: factoryData })
    await chain.publicClient.waitForTransactionReceipt({ hash })
    expect(await pay(context, UNIT)).toBe(UNIT)
    // The account is there now: what deployed it is no reason to call the grant a wrong one.
    const stored = storedGrant(result.grant)
    const { environment } = chain
    const restored = (kept: unknown) => restoreGrant(nodeOf(chain.rpcUrl), { stored: kept, environment })
    expect(await restored(stored)).toMatchObject({ status: 'live', account: { kind: 'contract' } })
    const stranger = { factory: `0x${'fa'.repeat(20)}`, factoryData }
    const dependencies = [...stored.response.dependencies, stranger]
    expect(await restored({ ...stored, response: { ...stored.response, dependencies } })).toMatchObject({
      status: 'refused',
      code: 'dapp.needless_dependency',
      error: { details: { factory: stranger.factory } },
    })
  })

  test('error: an account that is not deployed, and what the wallet says would deploy it', async () => {
    const { address, factory, factoryData } = await planHybrid(parameters('0x03'))
    const stranger = addressOf(chain.accounts[5] as LocalAccount)
    for (const [code, options] of [
      ['dapp.account_not_upgraded', {}],
      ['dapp.account_not_upgraded', depends({ factory, factoryData }, { factory, factoryData })],
      ['dapp.foreign_factory', depends({ factory: stranger, factoryData })],
      ['dapp.bad_signature', { ...depends({ factory, factoryData }), signer: agent }],
      ['dapp.bad_signature', depends({ factory, factoryData: '0x1234' })],
      [
        'dapp.wrapped_signature',
        {
          ...depends({ factory, factoryData }),
          signature: (signature: Hex) => serializeErc6492Signature({ address: factory, data: factoryData, signature }),
        },
      ],
    ] as const) {
      expect(await request(address, options), code).toMatchObject({ status: 'refused', code })
    }
  })

  test("behavior: a factory that the page allows is called; a key's own account is not for a factory to deploy", async () => {
    const { address, factory, factoryData } = await planHybrid(parameters('0x04'))
    const other: Address = `0x${'fb'.repeat(20)}`
    const code = await chain.publicClient.getCode({ address: factory })
    await chain.testClient.setCode({ address: other, bytecode: code ?? '0x' })
    const elsewhere = depends({ factory: other, factoryData })
    expect(await request(address, elsewhere)).toMatchObject({ code: 'dapp.foreign_factory' })
    // It is allowed, and deploys another address: the signature of this one is then nobody's.
    expect(await request(address, elsewhere, [other])).toMatchObject({ code: 'dapp.bad_signature' })
    const plain = chain.accounts[6] as unknown as LocalAccount
    const eoa = { ...depends({ factory, factoryData }), signer: plain }
    expect(await request(addressOf(plain), eoa)).toMatchObject({ code: 'dapp.account_not_upgraded' })
  })

  test('behavior: at one block: it ends with its last second, with its nonce, and when it is disabled', async () => {
    const { address } = await deployHybrid(parameters('0x01'))
    const result = await request(address, {})
    if (result.status !== 'granted' || result.path !== 'permission') throw result
    const { grant } = result
    const client = nodeOf(chain.rpcUrl)
    const { environment } = chain
    const head = await chain.publicClient.getBlock()
    const ending = (timestamp: number) => ({ ...grant, rules: [{ type: 'expiry' as const, data: { timestamp } }] })
    const now = Number(head.timestamp)
    const verified = await verifyGranted(client, { grant: ending(now + 1), environment })
    expect(verified.block).toMatchObject({ hash: head.hash, number: head.number, timestamp: head.timestamp })
    const refused = (given: typeof grant, more: object = {}) =>
      codeOfAsync(() => verifyGranted(client, { grant: given, environment, ...more }))
    expect(await refused(ending(now))).toMatchObject({ code: 'dapp.expired', details: { expiry: now, now } })
    expect((await verifyGranted(client, { grant: { ...grant, rules: [] }, environment })).account.kind).toBe('contract')
    // Without a nonce there is none to be raised.
    expect((await verifyGranted(client, { grant: { ...grant, nonce: null }, environment })).account.kind).toBe(
      'contract',
    )
    expect(await refused({ ...grant, nonce: 1n })).toMatchObject({
      code: 'dapp.nonce_ended',
      details: { nonce: '1', current: '0' },
    })
    expect(await refused(grant, { environment: { ...environment, chainId: 1 } })).toMatchObject({
      code: 'chain.wrong_chain',
    })
    const nobody = { ...nodeOf('http://127.0.0.1:9'), pollingInterval: 1 }
    const unreachable = await codeOfAsync(() => verifyGranted(nobody, { grant, environment }))
    expect(unreachable.code).toBe('chain.rpc_unreachable')
  })
})
