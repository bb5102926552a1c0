import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { balanceOf, mint, useChain } from '../../test/rig/chain.ts'
import { type Fault, type FaultyRpc, type RpcAnswer, startFaultyRpc } from '../../test/rig/faultyRpc.ts'
import { actionOf, addressOf, grantOf, nodeOf, payCaveats, transferCall } from '../../test/rig/grant.ts'
import { hashDelegation } from '../delegation/hash.ts'
import type { Grant } from '../grant/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { counterKey } from '../verdict/types.ts'
import { readBalances } from './readBalances.ts'
import { readFacts } from './readFacts.ts'
import { readState } from './readState.ts'
import { redeem } from './redeem.ts'
import type { NodeClient } from './rpc.ts'
import { upgradeAccount } from './upgradeAccount.ts'

const chain = useChain()
const PAYEE: Address = `0x${'9b'.repeat(20)}`
let client: NodeClient
let rpc: FaultyRpc
let doubtful: NodeClient
let grant: Grant

beforeAll(async () => {
  client = nodeOf(chain.rpcUrl)
  rpc = await startFaultyRpc(chain.rpcUrl)
  doubtful = nodeOf(rpc.url)
  const [alice, agent] = chain.accounts
  await upgradeAccount(client, { account: alice, environment: chain.environment })
  await mint(chain, addressOf(alice), 1_000n)
  grant = await grantOf(chain, [
    {
      signer: alice,
      delegate: addressOf(agent as typeof alice),
      caveats: payCaveats(
        chain,
        100n,
        { kind: 'limitedCalls', limit: 5n },
        {
          kind: 'erc20PeriodTransfer',
          token: chain.token.address,
          amount: 50n,
          duration: 86_400n,
          start: 1_700_000_000n,
        },
      ),
    },
  ])
})
afterAll(() => rpc.stop())
beforeEach(() => {
  rpc.fault = () => null
  rpc.seen.length = 0
})

const key = (name: string) =>
  counterKey(chain.environment.enforcers[name] as Address, hashDelegation(grant.delegations[0] as never))

describe('readState', () => {
  test('default: reads every counter, before and after use, at the head or at an older block', async () => {
    const { environment } = chain
    const [alice, agent] = chain.accounts as unknown as (typeof chain.accounts)[0][]
    if (alice === undefined || agent === undefined) throw new TypeError('accounts')
    const before = await readState(client, { grant, environment })
    expect(before).toMatchObject({ chainId: 31337, manager: environment.manager, paused: false })
    expect(before.disabled).toEqual({ [hashDelegation(grant.delegations[0] as never)]: false })
    expect(before.nonces).toEqual({ [addressOf(alice)]: 0n })
    expect(before.counters).toEqual({
      [key('ERC20TransferAmountEnforcer')]: { kind: 'spent', spent: 0n },
      [key('LimitedCallsEnforcer')]: { kind: 'calls', count: 0n },
      [key('ERC20PeriodTransferEnforcer')]: {
        kind: 'period',
        amount: 0n,
        duration: 0n,
        start: 0n,
        lastPeriod: 0n,
        transferred: 0n,
      },
    })
    const action = actionOf(chain, addressOf(agent), transferCall(chain.token.address, PAYEE, 30n))
    const { outcome } = await redeem(client, { account: agent, grant, action, environment })
    expect(outcome?.status).toBe('executed')

    const after = await readState(client, { grant, environment })
    const period = after.counters[key('ERC20PeriodTransferEnforcer')]
    expect(after.counters[key('ERC20TransferAmountEnforcer')]).toEqual({ kind: 'spent', spent: 30n })
    expect(after.counters[key('LimitedCallsEnforcer')]).toEqual({ kind: 'calls', count: 1n })
    expect(period).toMatchObject({ amount: 50n, duration: 86_400n, start: 1_700_000_000n, transferred: 30n })
    expect(period).toMatchObject({ lastPeriod: (after.block.timestamp - 1_700_000_000n) / 86_400n + 1n })
    expect(await readState(client, { grant, environment, block: { hash: before.block.hash } })).toEqual(before)
    expect(await readState(client, { grant, environment, block: { number: before.block.number } })).toEqual(before)
  })

  test('behavior: everything but the block’s name travels as one batch, by its hash', async () => {
    const state = await readState(doubtful, { grant, environment: chain.environment })
    const [first, ...rest] = rpc.seen
    expect(first?.method).toBe('eth_getBlockByNumber')
    expect(rest.length).toBeGreaterThanOrEqual(7)
    for (const { method, params } of rest.filter(({ method }) => method !== 'eth_chainId')) {
      expect(['eth_call', 'eth_getCode']).toContain(method)
      expect(params[1]).toEqual({ blockHash: state.block.hash, requireCanonical: true })
    }
  })

  test('error: a node that is down, sick, or says what cannot be is a coded error, never a default', async () => {
    const lie = (method: string, answer: (truth: RpcAnswer) => unknown) => {
      rpc.fault = (request) => (request.method === method ? { kind: 'lie', answer } : null)
    }
    const everything = (fault: Fault) => {
      rpc.fault = () => fault
    }
    const block = (change: object) => (truth: RpcAnswer) => ({ result: { ...(truth.result as object), ...change } })
    const without = (name: string) => (truth: RpcAnswer) => {
      const { [name]: _, ...rest } = truth.result as Record<string, unknown>
      return { result: rest }
    }
    const faults: [string, () => void, string][] = [
      ['connection dropped', () => everything({ kind: 'drop' }), 'rpc_unreachable'],
      ['server error', () => everything({ kind: 'status', status: 503 }), 'rpc_unreachable'],
      ['not JSON', () => everything({ kind: 'text', text: '<html>' }), 'rpc_unreachable'],
      ['empty batch', () => everything({ kind: 'text', text: '[]' }), 'rpc_unreachable'],
      [
        'rate limited',
        () => lie('eth_call', () => ({ error: { code: -32005, message: 'limit exceeded' } })),
        'rpc_refused',
      ],
      [
        'reverting getter',
        () => lie('eth_call', () => ({ error: { code: 3, message: 'execution reverted', data: '0x' } })),
        'rpc_malformed',
      ],
      ['no code', () => lie('eth_call', () => ({ result: '0x' })), 'rpc_malformed'],
      ['null', () => lie('eth_call', () => ({ result: null })), 'rpc_malformed'],
      ['short word', () => lie('eth_call', () => ({ result: '0x00' })), 'rpc_malformed'],
      ['long word', () => lie('eth_call', (truth) => ({ result: `${truth.result}00` })), 'rpc_malformed'],
      ['a bool of 2', () => lie('eth_call', () => ({ result: `0x${'2'.padStart(64, '0')}` })), 'rpc_malformed'],
      ['not hexadecimal', () => lie('eth_call', () => ({ result: `0x${'g'.repeat(64)}` })), 'rpc_malformed'],
      ['no hash', () => lie('eth_getBlockByNumber', without('hash')), 'rpc_malformed'],
      ['no time', () => lie('eth_getBlockByNumber', without('timestamp')), 'rpc_malformed'],
      ['time as number', () => lie('eth_getBlockByNumber', block({ timestamp: 1 })), 'rpc_malformed'],
      [
        'time past the end of time',
        () => lie('eth_getBlockByNumber', block({ timestamp: `0x1${'0'.repeat(16)}` })),
        'rpc_malformed',
      ],
      ['a block as list', () => lie('eth_getBlockByNumber', () => ({ result: [] })), 'rpc_malformed'],
      ['no block', () => lie('eth_getBlockByNumber', () => ({ result: null })), 'block_mismatch'],
      ['another chain', () => lie('eth_chainId', () => ({ result: '0x1' })), 'wrong_chain'],
      ['a hash of no block', () => lie('eth_getBlockByNumber', block({ hash: `0x${'12'.repeat(32)}` })), 'rpc_refused'],
    ]
    const { environment } = chain
    for (const [name, arrange, code] of faults) {
      arrange()
      await expect(readState(doubtful, { grant, environment }), name).rejects.toMatchObject({
        code: `chain.${code}`,
        retry: code === 'wrong_chain' ? 'never' : 'safe',
      })
    }
  })

  test('error: another block than the one asked for', async () => {
    const { environment } = chain
    rpc.fault = ({ method }) =>
      /getBlock/.test(method)
        ? {
            kind: 'lie',
            answer: (truth) => ({
              result: { ...(truth.result as object), number: '0x1', hash: `0x${'34'.repeat(32)}` },
            }),
          }
        : null
    const { hash, number } = (await readState(client, { grant, environment })).block
    for (const block of [{ hash }, { number }])
      await expect(readState(doubtful, { grant, environment, block })).rejects.toMatchObject({
        code: 'chain.block_mismatch',
      })
  })

  test('error: a grant of another deployment asks nothing', async () => {
    const environment = { ...chain.environment, manager: PAYEE }
    await expect(readState(doubtful, { grant, environment })).rejects.toMatchObject({ code: 'chain.wrong_chain' })
    expect(rpc.seen).toEqual([])
  })

  test('error: neither the node’s words nor its address are in the error', async () => {
    rpc.fault = () => ({ kind: 'lie', answer: () => ({ error: { code: -32000, message: 'key=SECRET' } }) })
    const error = await readState(doubtful, { grant, environment: chain.environment }).catch((error) => error)
    expect(JSON.stringify(error.toProblem()) + error.message).not.toMatch(/SECRET|127\.0\.0\.1/)
  })
})

describe('readFacts', () => {
  test('error: a hostile account’s answer is taken for acceptance only where it is exactly the magic word', async () => {
    const { environment } = chain
    const [alice] = chain.accounts
    const hostile: Address = `0x${'ab'.repeat(20)}`
    const [delegation] = grant.delegations
    if (delegation === undefined) throw new TypeError('delegation')
    const claimed: Grant = { ...grant, delegations: [{ ...delegation, delegator: hostile }] }
    const word = `1626ba7e${'00'.repeat(28)}`
    // PUSH32 word, MSTORE at 0, RETURN the first `size` bytes.
    const returning = (word: string, size: string): Hex => `0x7f${word}60005260${size}6000f3`
    const cases: [Hex, boolean][] = [
      [returning(word, '20'), true],
      [returning(word, '40'), false],
      [returning(word, '04'), false],
      [returning(`${word.slice(0, 62)}01`, '20'), false],
      [returning('ff'.repeat(32), '20'), false],
      ['0x60006000fd', false],
      ['0x5b600056', false],
      ['0x00', false],
    ]
    for (const [bytecode, accepted] of cases) {
      await chain.testClient.setCode({ address: hostile, bytecode })
      const { facts } = await readFacts(client, { grant: claimed, environment })
      expect(facts.codes).toEqual({ [hostile]: 'contract' })
      expect(Object.values(facts.contractSignatures ?? {}), bytecode).toEqual([accepted])
    }
    const { facts } = await readFacts(client, { grant, environment })
    expect(facts).toMatchObject({
      codes: { [addressOf(alice)]: 'delegated7702' },
      contractSignatures: {},
      paused: false,
    })
  })
})

describe('readBalances', () => {
  test('default: native and token balances of one block', async () => {
    const [alice] = chain.accounts
    const owner = addressOf(alice)
    const balances = await readBalances(client, { owner, assets: ['native', chain.token.address] })
    expect(balances.amounts[chain.token.address]).toBe(await balanceOf(chain, owner))
    expect(balances.amounts['native']).toBe(await chain.publicClient.getBalance({ address: owner }))
  })

  test('error: an asset without code has no balance of zero', async () => {
    await expect(readBalances(client, { owner: PAYEE, assets: [PAYEE] })).rejects.toMatchObject({
      code: 'chain.rpc_malformed',
    })
  })
})
