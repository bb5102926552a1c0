import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MAX_UINT256 } from '../../primitives/bounds.ts'
import type { Address } from '../../primitives/hex.ts'
import type { Permission, PermissionRule } from '../types.ts'
import { addressesOf, expiryOf, exposureOf } from './exposure.ts'

const TOKEN: Address = `0x${'ab'.repeat(20)}`
const until = (timestamp: number): PermissionRule[] => [{ type: 'expiry', data: { timestamp } }]
const permission = (type: Permission['type'], data: object) =>
  ({ type, data, isAdjustmentAllowed: false }) as Permission
const periodic = (data: object) => permission('erc20-token-periodic', { tokenAddress: TOKEN, ...data })

describe('exposureOf', () => {
  test('default: of a period, as many windows as the time that is left touches', () => {
    const ten = periodic({ periodAmount: 10n, periodDuration: 100, startTime: 1_000 })
    const left = (now: number, expiry: number) => exposureOf(ten, until(expiry), now).untilExpiry
    expect(exposureOf(ten, until(1_300), 1_000)).toEqual({
      asset: TOKEN,
      perPeriod: { amount: 10n, seconds: 100 },
      untilExpiry: 30n,
    })
    // Expiry is exclusive: at 1301 the second 1300 begins a fourth window.
    expect(left(1_000, 1_301)).toBe(40n)
    expect(left(1_099, 1_300)).toBe(30n)
    expect(left(1_100, 1_300)).toBe(20n)
    expect(left(0, 1_300)).toBe(30n)
    expect(left(1_299, 1_300)).toBe(10n)
    expect(left(1_300, 1_300)).toBe(0n)
    expect(left(0, 1_001)).toBe(10n)
    expect(left(0, 1_000)).toBe(0n)
  })

  test('behavior: nothing that the enforcers would let leave is more', () => {
    fc.assert(
      fc.property(
        fc.nat(40),
        fc.nat(40),
        fc.integer({ min: 1, max: 15 }),
        fc.nat(60),
        (now, startTime, seconds, expiry) => {
          const begins = startTime + 1
          const windows = new Set<number>()
          for (let at = Math.max(now, begins); at < expiry + 1; at++) windows.add(Math.floor((at - begins) / seconds))
          const asked = periodic({ periodAmount: 7n, periodDuration: seconds, startTime: begins })
          expect(exposureOf(asked, until(expiry + 1), now).untilExpiry).toBe(7n * BigInt(windows.size))
        },
      ),
    )
  })

  test('behavior: of a stream, what has grown at the last second, and never more than its most', () => {
    const data = { initialAmount: 5n, maxAmount: 50n, amountPerSecond: 2n, startTime: 1_000 }
    const of = (more: object, rules: PermissionRule[], now = 1_000) =>
      exposureOf(permission('native-token-stream', { ...data, ...more }), rules, now)
    expect(of({}, until(1_011))).toEqual({
      asset: 'native',
      perPeriod: { amount: 172_800n, seconds: 86_400 },
      untilExpiry: 25n,
    })
    expect(of({}, until(1_001)).untilExpiry).toBe(5n)
    expect(of({}, until(1_000)).untilExpiry).toBe(0n)
    expect(of({}, until(1_023)).untilExpiry).toBe(49n)
    expect(of({}, until(1_024)).untilExpiry).toBe(50n)
    expect(of({}, []).untilExpiry).toBe(50n)
    expect(of({ maxAmount: MAX_UINT256 }, []).untilExpiry).toBe('unlimited')
    expect(of({ maxAmount: undefined, initialAmount: undefined }, until(1_011)).untilExpiry).toBe(20n)
    expect(of({ maxAmount: undefined, amountPerSecond: MAX_UINT256 }, until(1_011))).toMatchObject({
      perPeriod: { amount: 'unlimited' },
      untilExpiry: 'unlimited',
    })
    expect(of({}, until(1_011), 1_011).untilExpiry).toBe(0n)
  })

  test('behavior: of an allowance the sum, whatever the time; unlimited in words', () => {
    const of = (allowanceAmount: bigint, rules: PermissionRule[]) =>
      exposureOf(permission('native-token-allowance', { allowanceAmount, startTime: 10 }), rules, 10)
    expect(of(9n, [])).toEqual({ asset: 'native', perPeriod: null, untilExpiry: 9n })
    expect(of(9n, until(11)).untilExpiry).toBe(9n)
    expect(of(9n, until(10)).untilExpiry).toBe(0n)
    expect(of(MAX_UINT256, []).untilExpiry).toBe('unlimited')
    expect(of(MAX_UINT256 - 1n, []).untilExpiry).toBe(MAX_UINT256 - 1n)
  })

  test('behavior: of a period without expiry there is no bound, though each period has one', () => {
    const endless = periodic({ periodAmount: 10n, periodDuration: 100, startTime: 1_000 })
    expect(exposureOf(endless, [], 1_000)).toMatchObject({ perPeriod: { amount: 10n }, untilExpiry: 'unlimited' })
    const all = periodic({ periodAmount: MAX_UINT256, periodDuration: 100, startTime: 1_000 })
    expect(exposureOf(all, until(1_001), 1_000)).toMatchObject({
      perPeriod: { amount: 'unlimited' },
      untilExpiry: 'unlimited',
    })
  })

  test('behavior: without a start it begins now', () => {
    expect(exposureOf(periodic({ periodAmount: 10n, periodDuration: 100 }), until(1_201), 1_000).untilExpiry).toBe(30n)
  })

  test('behavior: what moves nothing exposes nothing, and what was not read is unknown', () => {
    expect(exposureOf(permission('erc20-token-revocation', {}), [], 0)).toEqual({
      asset: null,
      perPeriod: null,
      untilExpiry: 0n,
    })
    expect(exposureOf(null, [], 0)).toEqual({ asset: null, perPeriod: null, untilExpiry: 'unknown' })
  })
})

describe('addressesOf', () => {
  test('default: of that rule only; expiry of the one that has it', () => {
    const rules: PermissionRule[] = [{ type: 'payee', data: { addresses: [TOKEN] } }, ...until(5)]
    expect(addressesOf(rules, 'payee')).toEqual([TOKEN])
    expect(addressesOf(rules, 'redeemer')).toEqual([])
    expect(expiryOf(rules)).toBe(5)
    expect(expiryOf([])).toBeNull()
  })
})
