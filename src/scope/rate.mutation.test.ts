import { describe, expect, test } from 'vitest'
import { scopeDocument } from '../../test/arbitraries/scope.ts'
import { createMeter, unitsOfAmount, unitsOfText } from './meter.ts'
import { parseScope } from './parse.ts'
import { fillingsOver, fillingsWithin, floorDiv, lifetimeOf, type Rate, rateOf } from './rate.ts'
import type { Budget } from './types.ts'

/** How often limits fill, second by second around each boundary. */

const TOKEN = `0x${'e1'.repeat(20)}` as const
const rolling = (period: bigint): Rate => ({ kind: 'rolling', period })
const fixed = (period: bigint, anchor: bigint): Rate => ({ kind: 'fixed', period, anchor })
const life: Rate = { kind: 'life' }
const scopeOf = (more: object = {}) => {
  const rule = { id: 'p', class: 'transfer', asset: TOKEN, to: 'anyone', budget: 'b' } as const
  const budgets = { b: { assets: { [TOKEN]: '1' }, max: '5' } }
  return parseScope(scopeDocument([rule], { budgets, assets: { [TOKEN]: { symbol: 'T', decimals: 2 } }, ...more }))
}

describe('floorDiv', () => {
  test.each([
    [-6n, -2n],
    [-5n, -1n],
    [-4n, -1n],
    [-1n, -1n],
    [0n, 0n],
    [1n, 0n],
    [4n, 0n],
    [5n, 1n],
    [6n, 1n],
  ])('behavior: %i by five', (a, quotient) => {
    expect(floorDiv(a, 5n)).toBe(quotient)
  })
})

describe('lifetimeOf', () => {
  test('behavior: from notBefore, or from the beginning of time', () => {
    const end = 1_797_724_800n
    expect(lifetimeOf(scopeOf({ notBefore: undefined }))).toEqual({ start: 0n, end })
    expect(lifetimeOf(scopeOf())).toEqual({ start: end - 30n * 86_400n, end })
  })
})

describe('rateOf', () => {
  test('behavior: a rate needs a period and a way to count it; fixed windows begin with the scope', () => {
    const scope = scopeOf()
    const { start } = lifetimeOf(scope)
    expect(rateOf({}, scope)).toEqual(life)
    expect(rateOf({ per: 'PT5S' }, scope)).toEqual(life)
    expect(rateOf({ window: 'fixed' }, scope)).toEqual(life)
    expect(rateOf({ per: 'PT5S', window: 'rolling' }, scope)).toEqual(rolling(5n))
    expect(rateOf({ per: 'PT5S', window: 'fixed' }, scope)).toEqual(fixed(5n, start))
  })
})

describe('fillingsOver', () => {
  const span = { start: 100n, end: 200n }

  test.each<[string, Rate, bigint]>([
    ['a rolling 49', rolling(49n), 3n],
    ['a rolling 50', rolling(50n), 2n],
    ['a rolling 51', rolling(51n), 2n],
    ['a rolling 99', rolling(99n), 2n],
    ['a rolling 100', rolling(100n), 1n],
    ['windows of 50 from the start', fixed(50n, 100n), 2n],
    ['windows of 50 that begin a second later', fixed(50n, 101n), 3n],
    ['windows of 50 that begin a second before', fixed(50n, 99n), 3n],
    ['windows of 100 from long ago', fixed(100n, 0n), 1n],
    ['windows of 100 counted from after the end', fixed(100n, 300n), 1n],
    ['windows of 99 from the start', fixed(99n, 100n), 2n],
    ['windows of 100 that begin with the last second', fixed(100n, 199n), 2n],
    ['windows of 100 that begin with the end', fixed(100n, 200n), 1n],
  ])('behavior: %s', (_, rate, fillings) => {
    expect(fillingsOver(rate, span)).toBe(fillings)
  })

  test('behavior: who lives no second fills nothing, who lives one fills once', () => {
    for (const rate of [life, rolling(5n), fixed(5n, 0n)]) {
      expect(fillingsOver(rate, { start: 5n, end: 4n })).toBe(0n)
      expect(fillingsOver(rate, { start: 5n, end: 5n })).toBe(0n)
      expect(fillingsOver(rate, { start: 5n, end: 6n })).toBe(1n)
    }
  })
})

describe('fillingsWithin', () => {
  const span = { start: 100n, end: 200n }

  test('behavior: against a limit for life all fillings count, and a limit for life fills once', () => {
    expect(fillingsWithin(rolling(10n), life, span)).toBe(10n)
    expect(fillingsWithin(life, rolling(10n), span)).toBe(1n)
    expect(fillingsWithin(life, fixed(10n, 100n), span)).toBe(1n)
    expect(fillingsWithin(life, life, span)).toBe(1n)
  })

  test('behavior: never more than in the whole life', () => {
    expect(fillingsWithin(rolling(10n), rolling(30n), { start: 100n, end: 115n })).toBe(2n)
    expect(fillingsWithin(fixed(10n, 100n), rolling(30n), { start: 100n, end: 115n })).toBe(2n)
    expect(fillingsWithin(fixed(10n, 100n), rolling(10n), { start: 100n, end: 110n })).toBe(1n)
  })

  test.each<[string, Rate, Rate, bigint]>([
    ['a rolling 10 in a rolling 30', rolling(10n), rolling(30n), 3n],
    ['a rolling 10 in a rolling 31', rolling(10n), rolling(31n), 4n],
    ['a rolling 10 in a rolling 29', rolling(10n), rolling(29n), 3n],
    ['a rolling 30 in a rolling 10', rolling(30n), rolling(10n), 1n],
    ['windows of 10 in a rolling 30 that straddles', fixed(10n, 100n), rolling(30n), 4n],
    ['windows of 10 in windows of 30 that begin with one', fixed(10n, 100n), fixed(30n, 100n), 3n],
    ['windows of 10 in windows of 30 from long before', fixed(10n, 123n), fixed(30n, 13n), 3n],
    ['windows of 10 in windows of 30, a second off', fixed(10n, 101n), fixed(30n, 100n), 4n],
    ['windows of 30 around windows of 10', fixed(30n, 110n), fixed(10n, 100n), 1n],
    ['windows of 30 around windows of 10, a second off', fixed(30n, 101n), fixed(10n, 100n), 2n],
    ['windows of 20 beside windows of 30', fixed(20n, 100n), fixed(30n, 100n), 3n],
    ['windows of 30 beside windows of 20', fixed(30n, 100n), fixed(20n, 100n), 2n],
  ])('behavior: %s', (_, inner, outer, fillings) => {
    expect(fillingsWithin(inner, outer, { start: 0n, end: 1_000n })).toBe(fillings)
  })
})

describe('createMeter', () => {
  const { start } = lifetimeOf(scopeOf())

  test('behavior: for life nothing is forgotten', () => {
    const meter = createMeter({}, scopeOf())
    expect(meter.used(start)).toBe(0n)
    meter.add(start, 2n)
    meter.add(start + 1_000n, 3n)
    expect([meter.used(start), meter.used(start + 2_000n)]).toEqual([5n, 5n])
  })

  test('behavior: a rolling period forgets what is exactly as old as it is long', () => {
    const meter = createMeter({ per: 'PT10S', window: 'rolling' }, scopeOf())
    meter.add(start, 2n)
    meter.add(start + 1n, 3n)
    meter.add(start + 1n, 4n)
    expect([9n, 10n, 11n].map((after) => meter.used(start + after))).toEqual([9n, 7n, 0n])
    meter.add(start + 12n, 5n)
    expect([12n, 21n, 22n].map((after) => meter.used(start + after))).toEqual([5n, 5n, 0n])
  })

  test('behavior: a fixed window begins anew, also where nothing was used in the one before', () => {
    const scope = scopeOf({ notBefore: '2026-11-20T00:00:03Z' })
    const { start } = lifetimeOf(scope)
    const meter = createMeter({ per: 'PT10S', window: 'fixed' }, scope)
    meter.add(start, 2n)
    meter.add(start + 9n, 3n)
    expect([meter.used(start + 9n), meter.used(start + 10n)]).toEqual([5n, 0n])
    meter.add(start + 10n, 4n)
    expect([meter.used(start + 10n), meter.used(start + 19n), meter.used(start + 20n)]).toEqual([4n, 4n, 0n])
    meter.add(start + 30n, 7n)
    meter.add(start + 39n, 1n)
    expect(meter.used(start + 31n)).toBe(8n)
  })
})

describe('unitsOfAmount', () => {
  const OTHER = `0x${'e2'.repeat(20)}` as const
  const assets = { [TOKEN]: { symbol: 'T', decimals: 2 }, [OTHER]: { symbol: 'O', decimals: 5 } }
  const scope = scopeOf({ assets, budgets: { b: { assets: { [TOKEN]: '0.5', [OTHER]: '3' }, max: '1.00001' } } })
  const budget = scope.budgets['b'] as Budget

  test('behavior: counts in the decimals of the finest asset, times the weight', () => {
    const e18 = 10n ** 18n
    expect(unitsOfAmount(budget, TOKEN, 7n, scope)).toBe((7n * 1_000n * e18) / 2n)
    expect(unitsOfAmount(budget, OTHER, 7n, scope)).toBe(21n * e18)
    expect(unitsOfText(budget, budget.max, scope)).toBe(100_001n * e18)
  })
})
