import { describe, expect, test } from 'vitest'
import { branchesOf, dai, grantOf, hashAt, NOW, stateOf, usdc, vendor } from '../../test/fixtures/verdict.ts'
import type { KnownCaveat } from '../caveats/codec.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { type Meter, readMeters } from './meters.ts'
import type { Counter } from './types.ts'

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
})
