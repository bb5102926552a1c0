import { describe, expect, test } from 'vitest'
import { either, factsOf, firstBranch, type Given, selects } from '../../test/fixtures/facts.ts'
import {
  agent,
  alice,
  dai,
  environment,
  grantOf,
  mallory,
  NOW,
  pay,
  plainGrant,
  stateOf,
  transfer,
  usdc,
  vendor,
} from '../../test/fixtures/verdict.ts'
import type { Address } from '../primitives/hex.ts'
import { hasEnded, hasShape } from './order.ts'
import { prepareGrant } from './prepare.ts'
import type { Call, Counter, State } from './types.ts'

const fine: Given = { kind: 'valueLte', max: 99n }
const once = { target: dai, value: 0n, data: '0x' } as const
const batch: Given = { kind: 'specificActionBatch', token: usdc, recipient: vendor, amount: 5n, first: once }
const rises = { direction: 'increase', recipient: vendor, amount: 1n } as const

describe('hasShape', () => {
  const shaped = (caveat: Given, calls: Call | readonly Call[], redeemer: Address = agent) => {
    const prepared = grantOf([fine, caveat])
    // Everything used up and revoked: that says nothing about the form.
    const state = { ...stateOf(prepared), counters: {}, disabled: {}, nonces: {} }
    return hasShape(firstBranch(prepared), factsOf(calls, redeemer), state)
  }
  const NFT: Address = `0x${'7a'.repeat(20)}`
  const executions = [pay(0n, dai), transfer(5n)].map(({ to, value, data }) => ({ target: to, value, data }))
  const table: [string, Given, Call | readonly Call[], Call | readonly Call[]][] = [
    [
      'a capped token',
      { kind: 'erc20TransferAmount', token: usdc, limit: 1n },
      transfer(9n),
      transfer(1n, vendor, dai),
    ],
    [
      'a token by period',
      { kind: 'erc20PeriodTransfer', token: usdc, amount: 1n, duration: 1n, start: NOW + 9n },
      transfer(9n),
      pay(0n, usdc),
    ],
    [
      'a streamed token',
      { kind: 'erc20Streaming', token: usdc, initial: 0n, max: 1n, perSecond: 1n, start: 1n },
      transfer(9n),
      transfer(9n, vendor, dai),
    ],
    ['a target', { kind: 'allowedTargets', targets: [usdc] }, transfer(1n), pay(0n)],
    ['a function', { kind: 'allowedMethods', selectors: ['0xa9059cbb'] }, transfer(1n), pay(0n)],
    ['bytes', { kind: 'allowedCalldata', start: 0n, value: '0xa9' }, transfer(1n), pay(0n)],
    ['all bytes', { kind: 'exactCalldata', data: '0x' }, pay(0n), transfer(1n)],
    ['value', { kind: 'valueLte', max: 3n }, pay(3n), pay(4n)],
    ['one call', { kind: 'exactExecution', target: vendor, value: 3n, data: '0x' }, pay(3n), pay(2n)],
    ['two calls', { kind: 'exactExecutionBatch', executions }, [pay(0n, dai), transfer(5n)], [pay(0n), transfer(5n)]],
    ['two calldatas', { kind: 'exactCalldataBatch', executions }, [pay(0n), transfer(5n)], [pay(0n), transfer(6n)]],
    ['an action', batch, [pay(0n, dai), transfer(5n)], pay(0n, dai)],
    ['an action', batch, [pay(0n, dai), transfer(5n)], [pay(0n, dai), transfer(6n)]],
    [
      'an owner',
      { kind: 'ownershipTransfer', target: usdc },
      { ...pay(0n, usdc), data: `0xf2fde38b${'0'.repeat(64)}` },
      pay(0n, usdc),
    ],
    [
      'an item',
      { kind: 'erc721Transfer', token: NFT, tokenId: 7n },
      { ...pay(0n, NFT), data: `0x23b872dd${[1n, 2n, 7n].map((it) => it.toString(16).padStart(64, '0')).join('')}` },
      pay(0n, NFT),
    ],
    [
      'a revocation',
      { kind: 'approvalRevocation', methods: ['erc20Approve'] },
      { ...pay(0n, usdc), data: `0x095ea7b3${'1'.padStart(64, '0')}${'0'.repeat(64)}` },
      pay(0n, usdc),
    ],
    [
      'a chosen token',
      {
        kind: 'multiTokenPeriod',
        periods: [{ token: usdc, amount: 1n, duration: 1n, start: NOW + 9n }],
        added: `0x${'0'.repeat(64)}`,
      },
      transfer(9n),
      transfer(9n, vendor, dai),
    ],
    ['a chosen group', either([[{ kind: 'valueLte', max: 3n }], []], selects(0n, '0x')), pay(3n), pay(4n)],
  ]
  test.each(table)(
    'behavior: %s: a form that it admits, whatever was used, and one that it does not',
    (_, caveat, admits, not) => {
      const single = (calls: Call | readonly Call[]) => [calls].flat().length === 1
      // The first caveat asks for single calls, as most do: for batches it is left out.
      const judgeForm = (calls: Call | readonly Call[]) =>
        single(admits)
          ? shaped(caveat, calls)
          : hasShape(firstBranch(grantOf([caveat])), factsOf(calls), { ...stateOf(grantOf([caveat])), counters: {} })
      expect([judgeForm(admits), judgeForm(not)]).toEqual([true, false])
    },
  )

  test('behavior: a limit, a time, a count or a group have no form; who redeems has', () => {
    const formless: Given[] = [
      { kind: 'timestamp', after: NOW + 9n, before: 0n },
      { kind: 'nonce', nonce: 9n },
      { kind: 'limitedCalls', limit: 1n },
      { kind: 'nativeTransferAmount', limit: 0n },
    ]
    for (const caveat of formless) expect(shaped(caveat, pay(9n))).toBe(true)
    expect(shaped(fine, pay(1n), mallory)).toBe(false)
    expect([
      shaped({ kind: 'redeemer', redeemers: [agent] }, pay(1n)),
      shaped({ kind: 'redeemer', redeemers: [mallory] }, pay(1n)),
    ]).toEqual([true, false])
  })
})

describe('hasEnded', () => {
  const ended = (caveat: Given, change: (state: State) => Partial<State> = () => ({}), counter?: Counter) => {
    const prepared = grantOf([fine, caveat])
    const state = stateOf(prepared)
    const counters =
      counter === undefined ? {} : Object.fromEntries(Object.keys(state.counters).map((key) => [key, counter]))
    const given = { ...state, counters: { ...state.counters, ...counters } }
    return hasEnded(firstBranch(prepared), { ...given, ...change(given) })
  }
  const at = (timestamp: bigint) => (state: State) => ({ block: { ...state.block, timestamp, number: timestamp } })

  test('behavior: revoked, or not known to be not', () => {
    const disabled = (value: unknown) =>
      ended(fine, (state) => ({
        disabled: Object.fromEntries(Object.keys(state.disabled).map((key) => [key, value])) as never,
      }))
    expect([disabled(false), disabled(true), disabled(undefined)]).toEqual([false, true, true])
  })

  test('behavior: an end of time, not its beginning', () => {
    const timed = (after: bigint, before: bigint, now: bigint) => ended({ kind: 'timestamp', after, before }, at(now))
    expect([8n, 9n, 10n].map((now) => timed(0n, 9n, now))).toEqual([false, true, true])
    expect([timed(9n, 0n, 1n), timed(0n, 0n, 1n), timed(0n, 2n, 2n)]).toEqual([false, false, true])
    const block = (number: bigint) =>
      ended({ kind: 'blockNumber', after: 2n, before: 5n }, at(number), { kind: 'hook', passes: false })
    expect([block(1n), block(4n), block(5n)]).toEqual([false, false, true])
  })

  test('behavior: a group, and what works once', () => {
    const group = (nonces: Record<Address, bigint>) => ended({ kind: 'nonce', nonce: 4n }, () => ({ nonces }))
    expect([group({ [alice]: 4n }), group({ [alice]: 5n }), group({})]).toEqual([false, true, true])
    for (const caveat of [{ kind: 'id', id: 7n } as const, batch]) {
      const used = (counter: Counter) => ended(caveat, undefined, counter)
      expect([used({ kind: 'used', used: false }), used({ kind: 'used', used: true })]).toEqual([false, true])
      expect(ended(caveat, () => ({ counters: {} }))).toBe(true)
      const twice = grantOf([caveat, caveat])
      expect(hasEnded(firstBranch(twice), stateOf(twice))).toBe(true)
    }
  })

  test('behavior: calls that have been made, also by one before it of the same counter', () => {
    const calls = (count: bigint, times = 1) => {
      const prepared = grantOf(Array.from({ length: times }, () => ({ kind: 'limitedCalls', limit: 3n }) as const))
      const state = stateOf(prepared)
      const counters = Object.fromEntries(
        Object.keys(state.counters).map((key) => [key, { kind: 'calls', count } as Counter]),
      )
      return hasEnded(firstBranch(prepared), { ...state, counters })
    }
    expect([calls(1n), calls(2n), calls(3n), calls(4n)]).toEqual([false, false, true, true])
    expect([calls(1n, 2), calls(2n, 2)]).toEqual([false, true])
    expect(ended({ kind: 'limitedCalls', limit: 3n }, () => ({ counters: {} }))).toBe(true)
  })

  test('behavior: what no action and no waiting makes pass', () => {
    const never: Given[] = [
      { kind: 'argsEqualityCheck', args: '0x01', added: '0x02' },
      { kind: 'nativePayment', recipient: vendor, amount: 1n },
      { kind: 'nativeBalanceChange', ...rises },
      { kind: 'erc20BalanceChange', token: usdc, ...rises },
      { kind: 'erc721BalanceChange', token: usdc, ...rises },
      { kind: 'erc1155BalanceChange', token: usdc, tokenId: 1n, ...rises },
      either([[]], '0x'),
      either([[]], selects(9n)),
      either([[fine, { kind: 'timestamp', after: 0n, before: 5n }]], selects(0n, '0x', '0x')),
    ]
    for (const caveat of never) expect(ended(caveat)).toBe(true)
    const still: Given[] = [
      { kind: 'argsEqualityCheck', args: '0x01', added: '0x01' },
      either([[fine]], selects(0n, '0x')),
      { kind: 'erc20TransferAmount', token: usdc, limit: 0n },
    ]
    for (const caveat of still) expect(ended(caveat)).toBe(false)
    const odd = prepareGrant(plainGrant([[[{ enforcer: agent, terms: '0x', args: '0x' }]]]), environment)
    expect(hasEnded(firstBranch(odd), stateOf(odd))).toBe(true)
    const above = grantOf([fine], [{ kind: 'timestamp', after: 0n, before: 5n }])
    expect(hasEnded(firstBranch(above), stateOf(above))).toBe(true)
  })
})
