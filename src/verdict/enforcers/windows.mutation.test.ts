import { describe, expect, test } from 'vitest'
import { agent, grantOf, pay, stateOf, transfer, usdc } from '../../../test/fixtures/verdict.ts'
import type { KnownCaveat } from '../../caveats/codec.ts'
import { MAX_UINT256, readAction } from '../facts.ts'
import type { PeriodTerms, PreparedCaveat, PreparedGrant, StreamTerms } from '../prepared.ts'
import type { Call, Counter } from '../types.ts'
import type { Look } from './check.ts'
import { erc20PeriodTransfer, nativePeriodTransfer, period, windowAt } from './period.ts'
import { erc20Streaming, nativeStreaming, streamedAt, streamTerms } from './streaming.ts'

/** Periods and streams second by second: what is found against what stepping through the seconds gives. */

const window: KnownCaveat = { kind: 'erc20PeriodTransfer', token: usdc, amount: 5n, duration: 3n, start: 10n }
const stream: KnownCaveat = { kind: 'erc20Streaming', token: usdc, initial: 1n, max: 5n, perSecond: 1n, start: 10n }

const GRANTS = new Map<KnownCaveat, PreparedGrant>()

/** What an enforcer looks at, with storage and terms that no encoder of ours writes. */
function lookOf(
  known: KnownCaveat,
  now: bigint,
  counter: Counter | null,
  more: Partial<PreparedCaveat> = {},
  call: Call = transfer(1n),
): Look {
  const prepared = GRANTS.get(known) ?? grantOf([known])
  GRANTS.set(known, prepared)
  const [branch] = prepared.branches
  const link = branch?.links[0]
  const own = link?.caveats[0]
  const facts = readAction({ chainId: prepared.chainId, redeemer: agent, calls: [call] })
  if (branch === undefined || link === undefined || own === undefined || 'code' in facts) throw new TypeError('no link')
  const counters = counter === null ? {} : { [own.counter ?? '']: counter }
  return { branch, link, caveat: { ...own, ...more }, facts, state: stateOf(prepared, { now, counters }), notes: [] }
}

const unused = { kind: 'period', amount: 0n, duration: 0n, start: 0n, lastPeriod: 0n, transferred: 0n } as const
const terms: PeriodTerms = { amount: 5n, duration: 3n, start: 10n }

describe('windowAt', () => {
  test('behavior: each second is in one window, which begins at its first second and is empty then', () => {
    const stored = (lastPeriod: bigint) => ({ kind: 'period' as const, ...terms, lastPeriod, transferred: 2n })
    let index = 1n
    for (let now = 10n; now < 20n; now++) {
      const end: bigint = 10n + index * 3n
      if (now === end) index++
      const ends = 10n + index * 3n
      for (const last of [1n, 2n, 3n, 4n]) {
        expect(windowAt(stored(last), terms, now)).toEqual({ limit: 5n, used: last === index ? 2n : 0n, end: ends })
      }
      expect(windowAt(unused, terms, now)).toEqual({ limit: 5n, used: 0n, end: ends })
      // Storage that was never used may say what it likes of its last window.
      expect(windowAt({ ...unused, lastPeriod: index, transferred: 2n }, terms, now).used).toBe(0n)
    }
    for (const given of [stored(1n), unused])
      expect(windowAt(given, terms, 9n)).toEqual({ limit: 0n, used: 0n, end: null })
  })

  test('behavior: once used it is what is stored that counts', () => {
    const stored = { kind: 'period' as const, amount: 7n, duration: 100n, start: 1n, lastPeriod: 1n, transferred: 3n }
    expect(windowAt(stored, terms, 50n)).toEqual({ limit: 7n, used: 3n, end: 101n })
  })
})

describe('period', () => {
  const found = (amount: bigint, now: bigint, counter: Counter | null, more: Partial<PreparedCaveat> = {}) =>
    period(amount, 'token', lookOf(window, now, counter, more))
  const stored = (change: Partial<typeof unused | Record<string, bigint>> = {}): Counter =>
    ({ kind: 'period', ...terms, lastPeriod: 1n, transferred: 2n, ...change }) as Counter

  test('behavior: up to what is left, and what one more lacks', () => {
    expect([found(0n, 10n, stored()), found(3n, 10n, stored())]).toEqual([null, null])
    expect(found(4n, 10n, stored())).toMatchObject({
      code: 'period_budget_exceeded',
      limit: 5n,
      used: 2n,
      requested: 4n,
      remaining: 3n,
      resetsAt: 13n,
      passesAt: 13n,
      measured: 'token',
    })
    expect([found(5n, 13n, stored()), found(6n, 13n, stored())?.remaining]).toEqual([null, 5n])
    // Storage that says more than the limit leaves nothing, and nothing passes.
    expect(found(0n, 10n, stored({ transferred: 9n }))).toBeNull()
    expect(found(1n, 10n, stored({ transferred: 9n }))).toMatchObject({ used: 9n, remaining: 0n })
    expect(found(1n, 10n, stored({ transferred: 5n }))).toMatchObject({ used: 5n, remaining: 0n })
  })

  test('behavior: each caveat before it in the same storage has counted the amount once', () => {
    expect([0, 1, 2].map((earlier) => found(1n, 10n, stored({ transferred: 3n }), { earlier })?.used ?? null)).toEqual([
      null,
      null,
      5n,
    ])
    expect(found(2n, 10n, stored({ transferred: 0n }), { earlier: 1 })).toBeNull()
    expect(found(3n, 10n, stored({ transferred: 0n }), { earlier: 1 })).toMatchObject({ used: 3n, remaining: 2n })
  })

  test('error: terms that the contract refuses when it first copies them', () => {
    for (const member of ['amount', 'duration', 'start'] as const) {
      const wrong = (value: bigint) => found(0n, 10n, unused, { period: { ...terms, [member]: value } })?.code ?? null
      expect(wrong(0n)).toBe('caveat_unsatisfiable')
      expect(wrong(1n)).toBeNull()
    }
    // What is stored has been accepted once: the terms are not looked at again.
    expect(found(0n, 10n, stored(), { period: { amount: 0n, duration: 0n, start: 0n } })).toBeNull()
  })

  test('error: a stored duration of zero is not divided by, and before its start not looked at', () => {
    expect(found(0n, 10n, stored({ duration: 0n }))?.code).toBe('caveat_unsatisfiable')
    expect(found(0n, 11n, stored({ duration: 0n }))?.code).toBe('caveat_unsatisfiable')
    expect(found(0n, 9n, stored({ duration: 0n }))).toBeNull()
    expect(found(0n, 10n, stored({ duration: 1n }))).toBeNull()
  })

  test('error: before the first window: even nothing is refused where nothing was ever used', () => {
    expect(found(0n, 9n, unused)).toMatchObject({
      code: 'period_not_started',
      requested: 0n,
      remaining: 0n,
      passesAt: 10n,
    })
    expect(found(0n, 10n, unused)).toBeNull()
    expect(found(1n, 9n, stored())).toMatchObject({
      code: 'period_budget_exceeded',
      limit: 0n,
      resetsAt: null,
      passesAt: 10n,
    })
  })

  test('error: terms or storage that are not known', () => {
    expect(found(0n, 10n, null)?.code).toBe('state_missing')
    expect(found(0n, 10n, unused, { period: null })?.code).toBe('state_missing')
    expect(found(0n, 10n, stored(), { period: null })?.code).toBe('state_missing')
  })

  test('behavior: what is measured is tokens of a transfer, or wei', () => {
    const token = lookOf(window, 10n, unused, {}, transfer(6n))
    expect(erc20PeriodTransfer({ ...window, kind: 'erc20PeriodTransfer' } as never, token)).toMatchObject({
      requested: 6n,
      measured: 'token',
    })
    const coin = lookOf(window, 10n, unused, {}, pay(6n))
    expect(nativePeriodTransfer({ ...window, kind: 'nativePeriodTransfer' } as never, coin)).toMatchObject({
      requested: 6n,
      measured: 'value',
    })
  })
})

describe('streaming', () => {
  const own: StreamTerms = { initial: 1n, max: 5n, perSecond: 1n, start: 10n }
  const kept = (spent: bigint, change: Partial<StreamTerms> = {}): Counter => ({
    kind: 'stream',
    ...own,
    ...change,
    spent,
  })
  const found = (
    amount: bigint,
    now: bigint,
    counter: Counter | null,
    change: Partial<StreamTerms> = {},
    more: Partial<PreparedCaveat> = {},
  ) => nativeStreaming({ kind: 'nativeStreaming', ...own, ...change }, lookOf(stream, now, counter, more, pay(amount)))

  test('behavior: the time that is named is the first one at which it passes, or none where it never does', () => {
    for (const perSecond of [0n, 1n, 2n, 3n]) {
      for (const initial of [0n, 1n, 4n, 9n]) {
        for (const max of [1n, 5n, 9n]) {
          const change = { perSecond, initial, max }
          for (const spent of [0n, 1n, 3n]) {
            for (const amount of [1n, 2n, 5n, 6n]) {
              const passes = (now: bigint) => found(amount, now, kept(spent, change), change) === null
              const refused = found(amount, 9n, kept(spent, change), change)
              expect(refused?.code).toBe('stream_not_started')
              let first: bigint | null = null
              for (let now = 9n; now < 25n && first === null; now++) if (passes(now)) first = now
              expect([change, spent, amount, refused?.passesAt]).toEqual([change, spent, amount, first])
            }
          }
        }
      }
    }
  })

  test('behavior: what is found has its numbers', () => {
    expect(found(3n, 12n, kept(1n))).toMatchObject({
      code: 'stream_exceeded',
      limit: 3n,
      used: 1n,
      requested: 3n,
      remaining: 2n,
      passesAt: 13n,
      measured: 'value',
    })
    expect(found(2n, 12n, kept(1n))).toBeNull()
    expect(found(1n, 12n, kept(3n))).toMatchObject({ used: 3n, remaining: 0n })
    expect(found(1n, 12n, kept(4n))).toMatchObject({ used: 4n, remaining: 0n })
    expect([found(1n, 9n, kept(0n))?.code, found(2n, 10n, kept(0n))?.code]).toEqual([
      'stream_not_started',
      'stream_exceeded',
    ])
    const token = lookOf(stream, 10n, kept(0n), {}, transfer(2n))
    expect(erc20Streaming({ kind: 'erc20Streaming', token: usdc, ...own }, token)).toMatchObject({
      requested: 2n,
      measured: 'token',
    })
    expect(found(0n, 10n, null)?.code).toBe('state_missing')
  })

  test('behavior: each caveat before it in the same storage has counted the amount once', () => {
    expect([0, 1, 2].map((earlier) => found(1n, 11n, kept(0n), {}, { earlier })?.used ?? null)).toEqual([
      null,
      null,
      2n,
    ])
  })

  test('behavior: unspent storage gives way to the own terms, or to those of the first that spends something', () => {
    const other: StreamTerms = { initial: 7n, max: 70n, perSecond: 7n, start: 7n }
    const termsOf = (spent: bigint, earlier: number, amount: bigint, first: StreamTerms | null = other) =>
      streamTerms(own, amount, lookOf(stream, 10n, kept(spent, { max: 99n }), { earlier, stream: first }))
    expect(termsOf(0n, 0, 1n)).toEqual({ terms: own, spent: 0n })
    expect(termsOf(0n, 1, 1n)).toEqual({ terms: other, spent: 0n })
    expect(termsOf(0n, 1, 0n)).toEqual({ terms: own, spent: 0n })
    expect(termsOf(0n, 1, 1n, null)).toEqual({ terms: own, spent: 0n })
    expect(termsOf(1n, 0, 1n)).toMatchObject({ terms: { max: 99n }, spent: 1n })
    expect(termsOf(1n, 1, 1n)).toMatchObject({ terms: { max: 99n }, spent: 1n })
  })

  test('behavior: what does not fit a word any more is nothing that can be judged', () => {
    const most = (initial: bigint, now: bigint) =>
      streamedAt({ initial, max: MAX_UINT256, perSecond: 1n, start: 10n }, now)
    expect([most(MAX_UINT256 - 2n, 12n), most(MAX_UINT256 - 2n, 13n)]).toEqual([MAX_UINT256, null])
    expect(most(MAX_UINT256, 9n)).toBe(0n)
    expect(streamedAt({ initial: 4n, max: 5n, perSecond: 2n, start: 10n }, 10n)).toBe(4n)
    expect(streamedAt({ initial: 4n, max: 5n, perSecond: 2n, start: 10n }, 11n)).toBe(5n)
    expect(streamedAt({ initial: 4n, max: 6n, perSecond: 2n, start: 10n }, 11n)).toBe(6n)
  })
})
