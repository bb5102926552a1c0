import { encodeAbiParameters, parseAbiParameters } from 'viem'
import { describe, expect, test } from 'vitest'
import {
  agent,
  alice,
  branchesOf,
  dai,
  grantOf,
  hashAt,
  NOW,
  stateOf,
  usdc,
  vendor,
} from '../../test/fixtures/verdict.ts'
import type { KnownCaveat } from '../caveats/codec.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { type Meter, readMeters } from './meters.ts'
import type { Counter, State } from './types.ts'

type Given = KnownCaveat & { added?: Hex }
const NATIVE: Address = `0x${'00'.repeat(20)}`
const chosen = (at: number): Hex => `0x${at.toString(16).padStart(64, '0')}`

/** The meters of one caveat, its counter set. */
function metersOf(caveat: Given, counter?: Counter | null, now = NOW) {
  const prepared = grantOf([caveat])
  const state = stateOf(prepared, { now })
  const keys = Object.keys(state.counters)
  const counters =
    counter === undefined
      ? state.counters
      : counter === null
        ? {}
        : Object.fromEntries(keys.map((key) => [key, counter]))
  return readMeters(prepared, { ...state, counters })[0]?.own
}
const only = (...parameters: Parameters<typeof metersOf>): Meter | undefined => metersOf(...parameters)?.[0]

describe('readMeters', () => {
  const totals: [string, Given, (used: bigint) => Counter, object][] = [
    ['calls', { kind: 'limitedCalls', limit: 5n }, (count) => ({ kind: 'calls', count }), { counts: 'calls' }],
    [
      'tokens',
      { kind: 'erc20TransferAmount', token: usdc, limit: 5n },
      (spent) => ({ kind: 'spent', spent }),
      { counts: usdc },
    ],
    ['coin', { kind: 'nativeTransferAmount', limit: 5n }, (spent) => ({ kind: 'spent', spent }), { counts: 'native' }],
  ]
  test.each(totals)(
    'behavior: %s over a life: nothing is left at the limit and past it',
    (_, caveat, counter, what) => {
      for (const [used, left] of [
        [0n, 5n],
        [4n, 1n],
        [5n, 0n],
        [6n, 0n],
        [7n, 0n],
      ] as const) {
        expect(only(caveat, counter(used))).toEqual({ ...what, limit: 5n, used, left, resetsAt: null })
      }
      expect(only(caveat, null)).toEqual({ ...what, limit: 5n, used: null, left: null, resetsAt: null })
    },
  )

  test('behavior: what works once is one call', () => {
    const first = { target: usdc, value: 0n, data: '0x' } as const
    const once: Given[] = [
      { kind: 'id', id: 7n },
      { kind: 'specificActionBatch', token: usdc, recipient: vendor, amount: 5n, first },
    ]
    for (const caveat of once) {
      const left = (counter: Counter | null) => only(caveat, counter)
      const call = { counts: 'calls', limit: 1n, resetsAt: null }
      expect(left({ kind: 'used', used: false })).toEqual({ ...call, used: 0n, left: 1n })
      expect(left({ kind: 'used', used: true })).toEqual({ ...call, used: 1n, left: 0n })
      expect(left(null)).toEqual({ ...call, used: null, left: null })
    }
  })

  const window = { amount: 5n, duration: 60n, start: NOW - 10n }
  const stored = (transferred: bigint, change: object = {}): Counter =>
    ({ kind: 'period', ...window, lastPeriod: 1n, transferred, ...change }) as Counter
  const unused = stored(0n, { start: 0n, duration: 0n, amount: 0n })
  const periods: [string, Given][] = [
    [usdc, { kind: 'erc20PeriodTransfer', token: usdc, ...window }],
    ['native', { kind: 'nativePeriodTransfer', ...window }],
    [
      dai,
      {
        kind: 'multiTokenPeriod',
        periods: [
          { token: usdc, ...window },
          { token: dai, ...window },
        ],
        added: chosen(1),
      },
    ],
    ['native', { kind: 'multiTokenPeriod', periods: [{ token: NATIVE, ...window }], added: chosen(0) }],
  ]
  test.each(periods)('behavior: a window of %s', (counts, caveat) => {
    const end = NOW + 50n
    const meter = (used: bigint | null, left: bigint | null, resetsAt: bigint | null) => {
      return { counts, limit: 5n, used, left, resetsAt }
    }
    expect(only(caveat, unused)).toEqual(meter(0n, 5n, end))
    expect([4n, 5n, 6n, 7n].map((used) => only(caveat, stored(used)))).toEqual([
      meter(4n, 1n, end),
      meter(5n, 0n, end),
      meter(6n, 0n, end),
      meter(7n, 0n, end),
    ])
    expect(only(caveat, stored(4n), end)).toEqual(meter(0n, 5n, end + 60n))
    expect(only(caveat, unused, NOW - 11n)).toEqual(meter(0n, 0n, null))
    expect(only(caveat, null)).toEqual(meter(null, null, null))
    // A duration of zero is not divided by; one second is.
    expect(only(caveat, stored(1n, { duration: 0n }))).toEqual(meter(null, null, null))
    expect(only(caveat, stored(1n, { duration: 1n }))).toMatchObject({ used: 0n, left: 5n, resetsAt: NOW + 1n })
  })

  test('behavior: of a list nobody chose from, nothing can be said', () => {
    const list = [{ token: usdc, ...window }]
    for (const added of ['0x', chosen(1)] as const)
      expect(metersOf({ kind: 'multiTokenPeriod', periods: list, added }, unused)).toEqual([])
  })

  test('behavior: a stream: what has come and not gone', () => {
    const terms = { initial: 2n, max: 9n, perSecond: 1n, start: NOW - 3n }
    const spent = (amount: bigint): Counter => ({ kind: 'stream', ...terms, spent: amount })
    const streams: [string, Given][] = [
      [usdc, { kind: 'erc20Streaming', token: usdc, ...terms }],
      ['native', { kind: 'nativeStreaming', ...terms }],
    ]
    for (const [counts, caveat] of streams) {
      const meter = { counts, limit: 9n, resetsAt: null }
      expect([0n, 4n, 5n, 6n, 7n].map((amount) => only(caveat, spent(amount)))).toEqual([
        { ...meter, used: 0n, left: 5n },
        { ...meter, used: 4n, left: 1n },
        { ...meter, used: 5n, left: 0n },
        { ...meter, used: 6n, left: 0n },
        { ...meter, used: 7n, left: 0n },
      ])
      expect(only(caveat, null)).toEqual({ ...meter, used: null, left: null })
      const huge: Given = { ...caveat, perSecond: 2n ** 255n } as Given
      expect(only(huge)).toMatchObject({ used: null, left: null })
    }
  })

  test('behavior: a second stream of the same storage goes by the terms of the first', () => {
    const terms = { initial: 2n, max: 9n, perSecond: 1n, start: NOW }
    const prepared = grantOf([
      { kind: 'nativeStreaming', ...terms },
      { kind: 'nativeStreaming', ...terms, initial: 7n },
    ])
    expect(readMeters(prepared, stateOf(prepared))[0]?.own.map(({ left }) => left)).toEqual([2n, 2n])
  })

  describe('over a delegation and those above it', () => {
    const cap = (limit: bigint): Given => ({ kind: 'erc20TransferAmount', token: usdc, limit })
    const leastOf = (limits: readonly bigint[], unread: readonly number[] = []) => {
      const prepared = grantOf(...limits.map((limit) => [cap(limit)]))
      const state = stateOf(prepared)
      const gone = unread.map((hop) => prepared.branches[0]?.links[hop]?.caveats[0]?.counter)
      const counters = Object.fromEntries(Object.entries(state.counters).filter(([key]) => !gone.includes(key)))
      return readMeters(prepared, { ...state, counters }).map(({ remaining: [least] }) => [
        least?.left,
        limits.findIndex((_, hop) => hashAt(prepared, hop) === least?.by),
        least?.inherited,
      ])
    }

    test('behavior: the least, and of equal ones the nearest', () => {
      expect(leastOf([3n, 2n, 1n])).toEqual([
        [1n, 2, true],
        [1n, 2, true],
        [1n, 2, false],
      ])
      expect(leastOf([1n, 2n, 3n])).toEqual([
        [1n, 0, false],
        [2n, 1, false],
        [3n, 2, false],
      ])
      expect(leastOf([2n, 2n, 2n])).toEqual([
        [2n, 0, false],
        [2n, 1, false],
        [2n, 2, false],
      ])
    })

    test('behavior: what nobody knows is less than anything, and the nearest of it is named', () => {
      expect(leastOf([1n, 5n, 3n], [1])).toEqual([
        [null, 1, true],
        [null, 1, false],
        [3n, 2, false],
      ])
      expect(leastOf([1n, 5n, 3n], [1, 2])[0]).toEqual([null, 1, true])
      expect(leastOf([1n, 5n, 3n], [0, 2])[0]).toEqual([null, 0, false])
    })

    test('behavior: each delegation once, whatever branches it is in', () => {
      const prepared = branchesOf([[cap(1n)], [cap(2n)]], [[cap(3n)]])
      const twice = { ...prepared, branches: [...prepared.branches, ...prepared.branches] }
      expect(readMeters(twice, stateOf(twice)).map(({ delegation }) => delegation)).toEqual([
        hashAt(prepared, 0),
        hashAt(prepared, 1),
        hashAt(prepared, 0, 1),
      ])
    })
  })

  describe('what has ended', () => {
    const endOf = (
      caveats: readonly Given[],
      change: (state: State) => Partial<State> = () => ({}),
      counter?: Counter,
    ) => {
      const prepared = grantOf(caveats)
      const state = stateOf(prepared)
      const counters =
        counter === undefined ? {} : Object.fromEntries(Object.keys(state.counters).map((key) => [key, counter]))
      const given = { ...state, counters: { ...state.counters, ...counters } }
      return readMeters(prepared, { ...given, ...change(given) })[0]?.ended?.code ?? null
    }
    const at =
      (timestamp: bigint, number = 1n) =>
      (state: State) => ({ block: { ...state.block, timestamp, number } })

    test('error: paused and revoked, and that neither was read', () => {
      expect(endOf([])).toBeNull()
      expect(endOf([], () => ({ paused: true }))).toBe('paused')
      expect(endOf([], () => ({ paused: undefined as never }))).toBe('state_missing')
      const disabled = (value: unknown) =>
        endOf([], (state) => ({
          disabled: Object.fromEntries(Object.keys(state.disabled).map((key) => [key, value])) as never,
        }))
      expect([disabled(false), disabled(true), disabled(undefined), disabled(1)]).toEqual([
        null,
        'revoked',
        'state_missing',
        'state_missing',
      ])
    })

    test('error: both bounds of a time are exclusive, and zero is none', () => {
      const ended = (after: bigint, before: bigint, now: bigint) =>
        endOf([{ kind: 'timestamp', after, before }], at(now))
      expect([8n, 9n, 10n].map((now) => ended(9n, 0n, now))).toEqual(['not_yet_valid', 'not_yet_valid', null])
      expect([8n, 9n, 10n].map((now) => ended(0n, 9n, now))).toEqual([null, 'expired', 'expired'])
      expect([0n, 1n, 2n].map((now) => ended(1n, 0n, now))).toEqual(['not_yet_valid', 'not_yet_valid', null])
      expect([0n, 1n].map((now) => ended(0n, 0n, now))).toEqual([null, null])
    })

    test('error: a group of another number, or of one that was not read', () => {
      const ended = (nonces: Record<Address, bigint>) => endOf([{ kind: 'nonce', nonce: 4n }], () => ({ nonces }))
      expect([ended({ [alice]: 4n }), ended({ [alice]: 3n }), ended({ [alice]: 5n }), ended({ [agent]: 4n })]).toEqual([
        null,
        'group_revoked',
        'group_revoked',
        'state_missing',
      ])
    })

    test('error: what works once and was used, or was not read', () => {
      const first = { target: usdc, value: 0n, data: '0x' } as const
      const batch: Given = { kind: 'specificActionBatch', token: usdc, recipient: vendor, amount: 5n, first }
      for (const [caveat, code] of [
        [{ kind: 'id', id: 7n }, 'id_used'],
        [batch, 'delegation_used'],
      ] as const) {
        expect(endOf([caveat as Given])).toBeNull()
        expect(endOf([caveat as Given], undefined, { kind: 'used', used: true })).toBe(code)
        expect(endOf([caveat as Given], () => ({ counters: {} }))).toBe('state_missing')
      }
    })

    test('error: what no action passes', () => {
      const selects = (group: bigint, ...args: Hex[]): Hex =>
        encodeAbiParameters(parseAbiParameters('(uint256 group, bytes[] args)'), [{ group, args }])
      const either = (added: Hex): Given => ({ kind: 'logicalOr', groups: [[]], added })
      expect([selects(0n), selects(1n), '0x' as const].map((added) => endOf([either(added)]))).toEqual([
        null,
        'args_not_allowed',
        'choice_unknown',
      ])
      const equal = (added: Hex) => endOf([{ kind: 'argsEqualityCheck', args: '0x01', added }])
      expect([equal('0x01'), equal('0x02')]).toEqual([null, 'args_not_allowed'])
      const block = (passes: boolean, number: bigint) =>
        endOf([{ kind: 'blockNumber', after: 2n, before: 5n }], at(NOW, number), { kind: 'hook', passes })
      expect([block(true, 9n), block(false, 4n), block(false, 5n)]).toEqual([null, 'block_not_reached', 'block_passed'])
      const rises = { direction: 'increase', recipient: vendor, amount: 1n } as const
      const guards: Given[] = [
        { kind: 'nativeBalanceChange', ...rises },
        { kind: 'erc20BalanceChange', token: usdc, ...rises },
        { kind: 'erc721BalanceChange', token: usdc, ...rises },
        { kind: 'erc1155BalanceChange', token: usdc, tokenId: 1n, ...rises },
      ]
      expect(guards.map((guard) => endOf([guard]))).toEqual(Array(4).fill('effect_unknown'))
      expect(endOf([{ kind: 'nativePayment', recipient: vendor, amount: 1n }])).toBe('payment_unknown')
    })

    test('error: the first end from the delegation up is the one that is told', () => {
      const over: Given = { kind: 'timestamp', after: 0n, before: NOW }
      const early: Given = { kind: 'timestamp', after: NOW, before: 0n }
      const prepared = grantOf([early], [over], [])
      const ended = readMeters(prepared, stateOf(prepared)).map((node) => node.ended)
      expect(ended).toEqual([
        { code: 'not_yet_valid', by: hashAt(prepared, 0), inherited: false },
        { code: 'expired', by: hashAt(prepared, 1), inherited: false },
        null,
      ])
      const under = grantOf([], [over])
      expect(readMeters(under, stateOf(under))[0]?.ended).toEqual({
        code: 'expired',
        by: hashAt(under, 1),
        inherited: true,
      })
      expect(endOf([{ kind: 'nonce', nonce: 0n }, over, early])).toBe('expired')
    })
  })
})
