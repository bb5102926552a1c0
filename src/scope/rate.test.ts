import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fillingsOver, fillingsWithin, type Rate } from './rate.ts'

const rate = fc.oneof(
  fc.constant<Rate>({ kind: 'life' }),
  fc.integer({ min: 1, max: 5 }).map((n): Rate => ({ kind: 'rolling', period: BigInt(n) })),
  fc
    .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 3 }))
    .map(([n, a]): Rate => ({ kind: 'fixed', period: BigInt(n), anchor: BigInt(a) })),
)

/** The sets of seconds in each of which a limit of one holds. */
function intervals(limit: Rate, start: number, end: number): number[][] {
  const seconds = Array.from({ length: end - start }, (_, i) => start + i)
  if (limit.kind === 'life') return [seconds]
  const period = Number(limit.period)
  const begins = Array.from({ length: end + 12 }, (_, i) => i - 6)
  const starts =
    limit.kind === 'rolling'
      ? begins
      : begins.filter((t) => (((t - Number(limit.anchor)) % period) + period) % period === 0)
  return starts.map((t) => seconds.filter((second) => second >= t && second < t + period))
}

/** Most events within any one interval of `outer`, when each interval of `inner` holds one at most: by trying all sets. */
function brute(inner: Rate, outer: Rate, start: number, end: number): number {
  const inside = intervals(inner, start, end)
  const outside = intervals(outer, start, end)
  let most = 0
  for (let set = 0; set < 1 << (end - start); set++) {
    const has = (second: number) => (set >> (second - start)) & 1
    if (inside.some((seconds) => seconds.reduce((sum, second) => sum + has(second), 0) > 1)) continue
    for (const seconds of outside)
      most = Math.max(
        most,
        seconds.reduce((sum, second) => sum + has(second), 0),
      )
  }
  return most
}

describe('fillingsWithin', () => {
  test('behavior: never less than what can happen, second by second', () => {
    let exact = 0
    let runs = 0
    fc.assert(
      fc.property(
        rate,
        rate,
        fc.integer({ min: 0, max: 4 }),
        fc.integer({ min: 1, max: 8 }),
        (inner, outer, start, length) => {
          const found = brute(inner, outer, start, start + length)
          const claimed = Number(fillingsWithin(inner, outer, { start: BigInt(start), end: BigInt(start + length) }))
          expect(claimed).toBeGreaterThanOrEqual(found)
          runs++
          if (claimed === found) exact++
        },
      ),
      { numRuns: 300 },
    )
    // A bound that is always huge would pass too.
    expect(exact).toBeGreaterThan(runs / 2)
  })
})

describe('fillingsOver', () => {
  test('default', () => {
    const life = { start: 100n, end: 200n }
    expect(fillingsOver({ kind: 'life' }, life)).toBe(1n)
    expect(fillingsOver({ kind: 'rolling', period: 30n }, life)).toBe(4n)
    expect(fillingsOver({ kind: 'fixed', period: 50n, anchor: 100n }, life)).toBe(2n)
    expect(fillingsOver({ kind: 'fixed', period: 50n, anchor: 99n }, life)).toBe(3n)
    expect(fillingsOver({ kind: 'rolling', period: 30n }, { start: 5n, end: 5n })).toBe(0n)
  })
})
