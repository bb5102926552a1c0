import { createPublicClient, custom, encodeFunctionData, type LocalAccount } from 'viem'
import { beforeAll, describe, expect, test } from 'vitest'
import type { NodeClient } from '../../src/chain/rpc.ts'
import {
  getGrantStatus,
  listGrants,
  type PermissionRequest,
  restoreGrant,
  revokeGrant,
  storedGrant,
  toWireResponse,
} from '../../src/dapp/index.ts'
import { requestExecutionPermissions } from '../../src/dapp/requestExecutionPermissions.ts'
import type { Permission } from '../../src/dapp/types.ts'
import { readWalletGrant, type WalletGrant } from '../../src/dapp/walletGrant.ts'
import { encodeCalls } from '../../src/delegation/execution.ts'
import type { Address, Hex } from '../../src/primitives/hex.ts'
import { encodeCall } from '../../src/redemption/encode.ts'
import type { Call } from '../../src/verdict/types.ts'
import { mint, useChain } from '../rig/chain.ts'
import { addressOf, nodeOf, transferCall, upgraded } from '../rig/grant.ts'
import { metamaskWallet } from '../rig/metamaskWallet.ts'

/** A grant is spent from, runs out, starts anew, is ended: at each step the status says what the chain would do. */

const chain = useChain()
const UNIT = 1_000_000n
const DAY = 86_400
const PAYEE: Address = `0x${'9a'.repeat(20)}`
let alice: LocalAccount
let agent: LocalAccount
let plain: LocalAccount
let start: number

beforeAll(async () => {
  ;[alice, agent, plain] = chain.accounts as unknown as [LocalAccount, LocalAccount, LocalAccount]
  await upgraded(chain, alice)
  await mint(chain, addressOf(alice), 12n * UNIT)
  start = await now()
})

const now = async () => Number((await chain.publicClient.getBlock()).timestamp)
const node = () => nodeOf(chain.rpcUrl)
const token = () => ({ tokenAddress: chain.token.address })

/** Asks MetaMask's own caveat builders for it, as a page would. */
async function granted(
  permission: { type: Permission['type']; data: object },
  { signer = alice, nonce = 0n, expiry = 4_000_000_000 } = {},
): Promise<WalletGrant> {
  const { client } = metamaskWallet({ chain, signer, nonce })
  const request = {
    chainId: chain.chainId,
    from: addressOf(signer),
    to: addressOf(agent),
    permission: { isAdjustmentAllowed: false, ...permission } as Permission,
    rules: [{ type: 'expiry', data: { timestamp: expiry } }],
  } satisfies PermissionRequest
  const [response] = await requestExecutionPermissions(client, [request])
  if (response === undefined) throw new TypeError('nothing granted')
  return readWalletGrant(request, response, { environment: chain.environment })
}

const statusOf = (grant: WalletGrant) => getGrantStatus(node(), { grant, environment: chain.environment })

/** Redeems as the agent does. Whether it went through. */
async function redeems({ response }: WalletGrant, call: Call): Promise<boolean> {
  const { mode, execution } = encodeCalls([call])
  const data = encodeCall(response.context, mode, execution)
  const hash = await chain.walletClient(agent).sendTransaction({ to: chain.environment.manager, data, gas: 800_000n })
  return (await chain.publicClient.waitForTransactionReceipt({ hash })).status === 'success'
}

const pays = (grant: WalletGrant, amount: bigint) => redeems(grant, transferCall(chain.token.address, PAYEE, amount))
const sends = (grant: WalletGrant, value: bigint) => redeems(grant, { to: PAYEE, value, data: '0x' })

async function setTime(timestamp: number): Promise<void> {
  await chain.testClient.setNextBlockTimestamp({ timestamp: BigInt(timestamp) })
  await chain.testClient.mine({ blocks: 1 })
}

async function raiseNonce(): Promise<bigint> {
  const abi = [
    {
      type: 'function',
      name: 'incrementNonce',
      inputs: [{ type: 'address', name: 'manager' }],
      outputs: [],
      stateMutability: 'nonpayable',
    },
  ] as const
  const data = encodeFunctionData({ abi, args: [chain.environment.manager] })
  const to = chain.environment.enforcers['NonceEnforcer'] as Address
  const hash = await chain.walletClient(alice).sendTransaction({ to, data })
  return (await chain.publicClient.waitForTransactionReceipt({ hash })).blockNumber
}

describe('getGrantStatus', () => {
  test('default: fresh, spent from, exhausted, anew in the next period, ended by the principal', async () => {
    const data = { ...token(), periodAmount: 10n * UNIT, periodDuration: DAY, startTime: start - 10 }
    const grant = await granted({ type: 'erc20-token-periodic', data })
    expect(await statusOf(grant)).toMatchObject({
      status: 'active',
      revocation: null,
      upgraded: true,
      spending: {
        asset: chain.token.address,
        spent: 0n,
        available: 10n * UNIT,
        balance: 12n * UNIT,
        movable: 10n * UNIT,
        resetsAt: start - 10 + DAY,
      },
    })

    expect(await pays(grant, 8n * UNIT)).toBe(true)
    // Four are left in the wallet, two in the period; then the chain refuses exactly what the status says it would.
    expect((await statusOf(grant)).spending).toMatchObject({
      spent: 8n * UNIT,
      available: 2n * UNIT,
      balance: 4n * UNIT,
      movable: 2n * UNIT,
    })
    expect(await pays(grant, 2n * UNIT + 1n)).toBe(false)
    expect(await pays(grant, 2n * UNIT)).toBe(true)
    expect(await statusOf(grant)).toMatchObject({
      status: 'exhausted',
      spending: { spent: 10n * UNIT, available: 0n, movable: 0n },
    })

    const { spending } = await statusOf(grant)
    const resetsAt = spending?.resetsAt as number
    await setTime(resetsAt - 1)
    expect(await statusOf(grant)).toMatchObject({ status: 'exhausted', spending: { resetsAt } })
    await setTime(resetsAt)
    // The wallet holds two, of ten that the grant would let leave.
    expect(await statusOf(grant)).toMatchObject({
      status: 'active',
      spending: { spent: 0n, available: 10n * UNIT, balance: 2n * UNIT, movable: 2n * UNIT, resetsAt: resetsAt + DAY },
    })

    const { client } = metamaskWallet({ chain, signer: alice })
    const revoked = await revokeGrant(client, { grant, publicClient: node() })
    if (revoked.status !== 'revoked') throw revoked
    const [link] = revoked.links
    const status = await statusOf(grant)
    expect(status).toMatchObject({
      status: 'revoked',
      revocation: {
        how: 'disabled',
        by: addressOf(alice),
        at: { blockNumber: link?.blockNumber, transactionHash: link?.transactionHash },
      },
    })
    const block = await chain.publicClient.getBlock({ blockNumber: link?.blockNumber as bigint })
    expect(status.revocation?.at?.timestamp).toBe(block.timestamp)
    expect(await pays(grant, 1n)).toBe(false)
  })

  test('behavior: a native allowance is one sum that never starts anew', async () => {
    const grant = await granted({ type: 'native-token-allowance', data: { allowanceAmount: 100n, startTime: start } })
    expect(await sends(grant, 60n)).toBe(true)
    const status = await statusOf(grant)
    const balance = await chain.publicClient.getBalance({ address: alice.address, blockNumber: status.block.number })
    expect(status).toMatchObject({
      status: 'active',
      spending: { asset: 'native', spent: 60n, available: 40n, movable: 40n, balance, resetsAt: null },
    })
    await setTime((await now()) + 30 * DAY)
    expect((await statusOf(grant)).spending).toMatchObject({ spent: 60n, available: 40n })
    expect(await sends(grant, 41n)).toBe(false)
    expect(await sends(grant, 40n)).toBe(true)
    expect((await statusOf(grant)).status).toBe('exhausted')
  })

  test('behavior: a stream grows by the second, up to its most', async () => {
    const from = (await now()) + 100
    const data = { ...token(), initialAmount: 5n, maxAmount: 1_005n, amountPerSecond: 2n, startTime: from }
    const grant = await granted({ type: 'erc20-token-stream', data })
    expect(await statusOf(grant)).toMatchObject({
      status: 'not_started',
      spending: { spent: 0n, available: 0n, movable: 0n },
    })
    await setTime(from - 1)
    expect((await statusOf(grant)).status).toBe('not_started')
    await setTime(from)
    expect(await statusOf(grant)).toMatchObject({ status: 'active', spending: { available: 5n } })
    await setTime(from + 100)
    expect((await statusOf(grant)).spending).toMatchObject({ available: 205n, resetsAt: null })
    expect(await pays(grant, 150n)).toBe(true)
    const { block, spending } = await statusOf(grant)
    expect(spending).toMatchObject({ spent: 150n, available: 5n + 2n * (block.timestamp - BigInt(from)) - 150n })
    await setTime(from + 100_000)
    expect((await statusOf(grant)).spending).toMatchObject({ spent: 150n, available: 855n })
  })

  test('behavior: a raised nonce ends it, and the block of the raise is told', async () => {
    const data = { ...token(), allowanceAmount: 10n, startTime: start }
    const [first, second] = [
      await granted({ type: 'erc20-token-allowance', data }),
      await granted({ type: 'erc20-token-allowance', data }, { nonce: 1n }),
    ]
    expect((await statusOf(first)).status).toBe('active')
    // Carries a nonce that is not there yet: the chain refuses it.
    expect(await statusOf(second)).toMatchObject({ status: 'revoked', revocation: { how: 'nonce', at: null } })
    const blockNumber = await raiseNonce()
    expect(await statusOf(first)).toMatchObject({
      status: 'revoked',
      revocation: { how: 'nonce', by: addressOf(alice), at: { blockNumber } },
    })
    expect((await statusOf(second)).status).toBe('active')
    const later = await raiseNonce()
    expect((await statusOf(first)).revocation?.at?.blockNumber).toBe(blockNumber)
    expect((await statusOf(second)).revocation?.at?.blockNumber).toBe(later)
  })

  test('behavior: expired at its second; and an account without code can redeem nothing', async () => {
    const nonce = 2n
    const at = (await now()) + 50
    const data = { ...token(), allowanceAmount: 10n, startTime: start }
    const grant = await granted({ type: 'erc20-token-allowance', data }, { nonce, expiry: at })
    await setTime(at - 1)
    expect((await statusOf(grant)).status).toBe('active')
    await setTime(at)
    expect((await statusOf(grant)).status).toBe('expired')
    const bare = await granted({ type: 'erc20-token-allowance', data }, { signer: plain })
    expect(await statusOf(bare)).toMatchObject({
      status: 'not_upgraded',
      upgraded: false,
      account: { kind: 'none' },
      spending: { balance: 0n, movable: 0n },
    })
  })

  test('behavior: where nothing of value moves there is nothing to meter', async () => {
    const data = {
      erc20Approve: true,
      erc721Approve: false,
      erc721SetApprovalForAll: false,
      permit2Approve: false,
      permit2Lockdown: false,
      permit2InvalidateNonces: false,
    }
    const grant = await granted({ type: 'token-approval-revocation', data }, { nonce: 2n })
    expect(await statusOf(grant)).toMatchObject({ status: 'active', spending: null })
  })

  test('behavior: a token that does not answer hides nothing else', async () => {
    const data = { tokenAddress: PAYEE, allowanceAmount: 10n, startTime: start }
    const grant = await granted({ type: 'erc20-token-allowance', data }, { nonce: 2n })
    expect(await statusOf(grant)).toMatchObject({
      status: 'active',
      spending: { available: 10n, balance: null, movable: null },
    })
  })

  test('error: the node serves another chain', async () => {
    const data = { ...token(), allowanceAmount: 10n, startTime: start }
    const grant = await granted({ type: 'erc20-token-allowance', data }, { nonce: 2n })
    await expect(statusOf({ ...grant, chainId: 1 })).rejects.toMatchObject({ code: 'chain.wrong_chain' })
  })
})

describe('getGrantStatus, of a node that is not to be believed', () => {
  /** The chain's own node, but for what it says of one method. */
  function lying(method: string, answer: (honest: unknown) => unknown): NodeClient {
    const request = async (asked: { method: string; params?: unknown }) => {
      const honest = await chain.publicClient.request(asked as never)
      return asked.method === method ? answer(honest) : honest
    }
    return createPublicClient({ transport: custom({ request }, { retryCount: 0 }) }) as NodeClient
  }

  let ended: WalletGrant
  let raised: WalletGrant
  beforeAll(async () => {
    const data = { ...token(), allowanceAmount: 10n, startTime: start }
    ended = await granted({ type: 'erc20-token-allowance', data }, { nonce: 2n })
    raised = await granted({ type: 'erc20-token-allowance', data }, { nonce: 1n })
    const { client } = metamaskWallet({ chain, signer: alice })
    expect(await revokeGrant(client, { grant: ended, publicClient: node() })).toMatchObject({ status: 'revoked' })
  })
  const told = (grant: WalletGrant, client: NodeClient) =>
    getGrantStatus(client, { grant, environment: chain.environment })
  type Log = { address: Hex; topics: Hex[]; data: Hex }
  const logs = (change: (log: Log) => unknown) => lying('eth_getLogs', (honest) => (honest as Log[]).map(change))

  test('behavior: a node that does not search so far says neither who nor when, and hides no end', async () => {
    const refusing = lying('eth_getLogs', () => {
      throw Object.assign(new Error('range too large'), { code: -32_005 })
    })
    for (const [grant, how] of [
      [ended, 'disabled'],
      [raised, 'nonce'],
    ] as const) {
      expect(await told(grant, refusing)).toMatchObject({
        status: 'revoked',
        revocation: { how, by: addressOf(alice), at: null },
      })
      expect(
        await told(
          grant,
          lying('eth_getLogs', () => []),
        ),
      ).toMatchObject({ status: 'revoked', revocation: { at: null } })
    }
  })

  test('error: logs that were not asked for', async () => {
    const [other]: [Hex] = [`0x${'77'.repeat(32)}`]
    const clients = [
      logs((log) => ({ ...log, address: PAYEE })),
      logs(({ topics: [first, , ...rest], ...log }) => ({ ...log, topics: [first, other, ...rest] })),
      logs(({ topics: [first, second, , ...rest], ...log }) => ({ ...log, topics: [first, second, other, ...rest] })),
      logs(({ topics: _, ...log }) => log),
      logs(() => null),
      lying('eth_getLogs', () => 'none'),
      lying('eth_getLogs', (honest) => Array.from({ length: 10_001 }, () => (honest as Log[])[0])),
    ]
    for (const client of clients)
      await expect(told(ended, client)).rejects.toMatchObject({ code: 'chain.rpc_malformed' })
  })

  test('behavior: of many logs the last one counts', async () => {
    const many = lying('eth_getLogs', (honest) => Array.from({ length: 10_000 }, () => (honest as Log[])[0]))
    expect((await told(ended, many)).revocation?.at).toEqual((await statusOf(ended)).revocation?.at)
  })

  test('behavior: a balance that is no number is not known', async () => {
    const live = await granted(
      { type: 'erc20-token-allowance', data: { ...token(), allowanceAmount: 10n, startTime: start } },
      { nonce: 2n },
    )
    const balances = (answer: Hex) => {
      const request = async (asked: { method: string; params?: unknown }) => {
        const [call] = (asked.params ?? []) as [{ to?: Hex }?]
        if (asked.method === 'eth_call' && call?.to === chain.token.address) return answer
        return chain.publicClient.request(asked as never)
      }
      return createPublicClient({ transport: custom({ request }, { retryCount: 0 }) }) as NodeClient
    }
    expect((await told(live, balances(`0x${'00'.repeat(31)}07`))).spending).toMatchObject({ balance: 7n, movable: 7n })
    for (const answer of ['0x', `0x${'00'.repeat(31)}`, `0x${'00'.repeat(33)}`] as const) {
      expect((await told(live, balances(answer))).spending).toMatchObject({
        balance: null,
        movable: null,
        available: 10n,
      })
    }
  })
})

describe('restoreGrant', () => {
  const data = () => ({ ...token(), allowanceAmount: 10n, startTime: start })
  const restored = (stored: unknown) => restoreGrant(node(), { stored, environment: chain.environment })

  test('default: what a page kept as JSON is the grant again, verified on the chain', async () => {
    const grant = await granted({ type: 'erc20-token-allowance', data: data() }, { nonce: 2n })
    const stored = JSON.parse(JSON.stringify(storedGrant(grant)))
    expect(await restored(stored)).toMatchObject({ status: 'live', grant })
  })

  test('behavior: what has ended is refused with the code of its end, and can still be shown', async () => {
    const grant = await granted({ type: 'erc20-token-allowance', data: data() }, { nonce: 2n })
    const { client } = metamaskWallet({ chain, signer: alice })
    expect(await revokeGrant(client, { grant, publicClient: node() })).toMatchObject({ status: 'revoked' })
    expect(await restored(storedGrant(grant))).toMatchObject({ status: 'refused', code: 'dapp.revoked', grant })
  })

  test('error: nothing that storage says is believed', async () => {
    const grant = await granted({ type: 'erc20-token-allowance', data: data() }, { nonce: 2n })
    const { request, response } = storedGrant(grant)
    const raised = { ...response.permission, data: { ...response.permission.data, allowanceAmount: '0xffff' } }
    const cases: [unknown, string][] = [
      [null, 'dapp.answer_not_an_object'],
      [{ request }, 'dapp.answer_member_missing'],
      [{ request, response: { ...response, permission: raised } }, 'dapp.context_other_permission'],
      [{ request: { ...request, chainId: '0x1' }, response }, 'dapp.other_chain'],
      [{ request, response: { ...response, delegationManager: PAYEE } }, 'dapp.other_manager'],
      [{ request, response: { ...response, context: '0x' } }, 'dapp.context_unreadable'],
      // One digit of the signature.
      [
        { request, response: { ...response, context: flipped(response.context, response.context.length - 130) } },
        'dapp.bad_signature',
      ],
    ]
    for (const [stored, code] of cases) expect(await restored(stored)).toMatchObject({ status: 'refused', code })
  })
})

function flipped(text: string, at: number): string {
  return `${text.slice(0, at)}${text[at] === '0' ? '1' : '0'}${text.slice(at + 1)}`
}

describe('listGrants', () => {
  test('default: the wallet’s list, every entry verified again; other chains are not looked at, younger types told', async () => {
    const data = { ...token(), allowanceAmount: 10n, startTime: start }
    const live = await granted({ type: 'erc20-token-allowance', data }, { nonce: 2n })
    const ended = await granted({ type: 'erc20-token-allowance', data }, { nonce: 0n })
    const wire = toWireResponse(live.response)
    const younger = { ...wire, permission: { ...wire.permission, type: 'erc20-token-lottery' } }
    const list = [wire, toWireResponse(ended.response), { ...wire, chainId: '0x1' }, younger]
    const { client } = metamaskWallet({
      chain,
      signer: alice,
      methods: { wallet_getGrantedExecutionPermissions: () => list },
    })
    const grants = await listGrants(client, { publicClient: node(), environment: chain.environment })
    expect(grants).toMatchObject([
      { status: 'live', grant: { id: live.id, hash: live.hash } },
      { status: 'refused', code: 'dapp.nonce_ended', grant: { id: ended.id } },
      { status: 'unknown', type: 'erc20-token-lottery' },
    ])
  })

  test('error: a wallet that keeps no list', async () => {
    const { client } = metamaskWallet({ chain, signer: alice })
    await expect(listGrants(client, { publicClient: node(), environment: chain.environment })).rejects.toMatchObject({
      code: 'dapp.unsupported_method',
    })
  })
})
