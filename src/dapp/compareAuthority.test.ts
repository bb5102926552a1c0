import { describe, expect, test } from 'vitest'
import { MAX_UINT256 } from '../primitives/bounds.ts'
import type { Address } from '../primitives/hex.ts'
import { comparePermission, compareRules, type Difference } from './compareAuthority.ts'
import type { Permission, PermissionRule } from './types.ts'

const A: Address = `0x${'a1'.repeat(20)}`
const B: Address = `0x${'b2'.repeat(20)}`
const C: Address = `0x${'c3'.repeat(20)}`

const permission = (type: Permission['type'], data: object) =>
  ({ type, isAdjustmentAllowed: false, data }) as Permission
const periodic = (data: object = {}) =>
  permission('erc20-token-periodic', {
    tokenAddress: A,
    periodAmount: 10n,
    periodDuration: 100,
    startTime: 1_000,
    ...data,
  })
const stream = (data: object = {}) =>
  permission('native-token-stream', {
    amountPerSecond: 5n,
    initialAmount: 1n,
    maxAmount: 9n,
    startTime: 1_000,
    ...data,
  })
const allowance = (data: object = {}) =>
  permission('native-token-allowance', { allowanceAmount: 10n, startTime: 1_000, ...data })
const changes = (found: readonly Difference[]) => found.map(({ what, change }) => `${what} ${change}`)

describe('comparePermission', () => {
  test('default: alike is no difference, whatever was said as the reason', () => {
    for (const one of [periodic(), stream(), allowance()]) expect(comparePermission(one, one)).toEqual([])
    expect(comparePermission(periodic({ justification: 'x' }), periodic({ justification: 'y' }))).toEqual([])
    expect(comparePermission(periodic({ justification: 'x' }), periodic())).toEqual([])
    expect(comparePermission(periodic(), { ...periodic(), isAdjustmentAllowed: true })).toEqual([])
  })

  test('behavior: says what, and both sides', () => {
    expect(comparePermission(periodic(), periodic({ periodAmount: 11n }))).toEqual([
      { what: 'periodAmount', requested: 10n, granted: 11n, change: 'higher' },
    ])
    expect(comparePermission(periodic(), stream())).toEqual([
      { what: 'type', requested: 'erc20-token-periodic', granted: 'native-token-stream', change: 'other' },
    ])
  })

  const cases: [asked: Permission, granted: Permission, changes: string[]][] = [
    [periodic(), periodic({ periodAmount: 9n }), ['periodAmount lower']],
    [periodic(), periodic({ tokenAddress: B }), ['tokenAddress other']],
    [periodic(), periodic({ periodDuration: 99 }), ['periodDuration higher']],
    [periodic(), periodic({ periodDuration: 50 }), ['periodDuration higher']],
    [periodic(), periodic({ periodDuration: 200 }), ['periodDuration lower']],
    [periodic(), periodic({ periodDuration: 101 }), ['periodDuration other']],
    [periodic(), periodic({ startTime: 999 }), ['startTime higher']],
    [periodic(), periodic({ startTime: 1_100 }), ['startTime lower']],
    [periodic(), periodic({ startTime: 1_101 }), ['startTime other']],
    [periodic(), periodic({ startTime: 900 }), ['startTime higher']],
    [periodic({ startTime: 1_025 }), periodic({ startTime: 1_125 }), ['startTime lower']],
    [periodic({ startTime: 1_025 }), periodic({ startTime: 1_075 }), ['startTime other']],
    [stream(), stream({ startTime: 999 }), ['startTime higher']],
    [stream(), stream({ startTime: 1_001 }), ['startTime lower']],
    [allowance(), allowance({ startTime: 1_001 }), ['startTime lower']],
    [allowance(), allowance({ allowanceAmount: 11n }), ['allowanceAmount higher']],
    [stream(), stream({ amountPerSecond: 6n }), ['amountPerSecond higher']],
    [stream(), stream({ initialAmount: 0n }), ['initialAmount lower']],
    [stream(), stream({ maxAmount: 10n }), ['maxAmount higher']],
    [stream(), stream({ amountPerSecond: 4n, maxAmount: 10n }), ['maxAmount higher', 'amountPerSecond lower']],
    // What a wallet fills in where nothing was said.
    [stream({ initialAmount: undefined }), stream({ initialAmount: 0n }), []],
    [stream({ initialAmount: undefined }), stream({ initialAmount: 1n }), ['initialAmount higher']],
    [stream({ maxAmount: undefined }), stream({ maxAmount: MAX_UINT256 }), []],
    [stream({ maxAmount: undefined }), stream({ maxAmount: MAX_UINT256 - 1n }), ['maxAmount lower']],
    [stream(), stream({ maxAmount: undefined }), ['maxAmount higher']],
  ]
  test.each(cases.map((it, index) => [index, ...it] as const))('behavior: case %i', (_, asked, granted, expected) => {
    expect(changes(comparePermission(asked, granted)).sort()).toEqual([...expected].sort())
  })

  test('behavior: a start that is left to the wallet lies not before the question, by an hour of clocks, and not a day after', () => {
    const asked = stream({ startTime: undefined })
    const at = (startTime: number, askedAt?: number) =>
      changes(comparePermission(asked, stream({ startTime }), askedAt))
    expect(at(10_000, 13_600)).toEqual([])
    expect(at(9_999, 13_600)).toEqual(['startTime higher'])
    expect(at(1, undefined)).toEqual([])
    expect(at(100_000, 13_600)).toEqual([])
    expect(at(100_001, 13_600)).toEqual(['startTime lower'])
    expect(at(100_001, undefined)).toEqual([])
    expect(comparePermission(stream(), stream({ startTime: undefined }))).toEqual([])
  })

  test('behavior: ways to take an approval back', () => {
    const flags = (data: object) =>
      permission('token-approval-revocation', { erc20Approve: true, permit2Approve: false, ...data })
    expect(changes(comparePermission(flags({}), flags({ permit2Approve: true })))).toEqual(['permit2Approve higher'])
    expect(changes(comparePermission(flags({}), flags({ erc20Approve: false })))).toEqual(['erc20Approve lower'])
    expect(comparePermission(flags({}), flags({}))).toEqual([])
  })
})

describe('compareRules', () => {
  const expiry = (timestamp: number): PermissionRule => ({ type: 'expiry', data: { timestamp } })
  const rule = (type: 'redeemer' | 'payee', ...addresses: Address[]): PermissionRule => ({ type, data: { addresses } })

  const cases: [asked: PermissionRule[], granted: PermissionRule[], changes: string[]][] = [
    [[expiry(5)], [expiry(5)], []],
    [[expiry(5)], [expiry(6)], ['expiry higher']],
    [[expiry(5)], [expiry(4)], ['expiry lower']],
    [[expiry(5)], [], ['expiry higher']],
    [[], [expiry(5)], ['expiry lower']],
    [[rule('payee', A, B)], [rule('payee', B, A)], []],
    [[rule('payee', A, B)], [rule('payee', A)], ['payee lower']],
    [[rule('payee', A)], [rule('payee', A, B)], ['payee higher']],
    [[rule('payee', A, B)], [rule('payee', B, C)], ['payee other']],
    [[rule('payee', A)], [rule('payee', B)], ['payee other']],
    [[rule('payee', A)], [], ['payee higher']],
    [[], [rule('redeemer', A)], ['redeemer lower']],
    [[rule('redeemer', A)], [rule('payee', A)], ['redeemer higher', 'payee lower']],
    [[rule('redeemer', A), expiry(1)], [expiry(1), rule('redeemer', A)], []],
  ]
  test.each(cases.map((it, index) => [index, ...it] as const))('default: case %i', (_, asked, granted, expected) => {
    expect(changes(compareRules(asked, granted))).toEqual(expected)
  })

  test('behavior: says both sides, and null for what is not there', () => {
    expect(compareRules([expiry(5)], [rule('payee', A)])).toEqual([
      { what: 'expiry', requested: 5, granted: null, change: 'higher' },
      { what: 'payee', requested: null, granted: [A], change: 'lower' },
    ])
  })
})
