import { describe, expect, test } from 'vitest'
import { DAI, PAYEES, scopeDocument, TARGET, USDC } from '../../test/arbitraries/scope.ts'
import { excessOver, largestArgument, largestAt, largestTransfer, movementsOf, readRule } from './cover.ts'
import { parseScope } from './parse.ts'
import type { CallRule, TransferRule } from './types.ts'

type Json = Record<string, unknown>
const [A, B] = PAYEES
const MAX = 2n ** 256n - 1n
const BUDGETS = { b: { assets: { [USDC]: '1', native: '1' }, max: '5' } }
const scopeOf = (rule: Json) => {
  const uses = rule['budget'] !== undefined || (rule['spends'] as unknown[] | undefined)?.length
  return parseScope(scopeDocument([rule] as never, uses ? { budgets: BUDGETS } : {}))
}
const read = (rule: Json, edit: Partial<CallRule> = {}) => {
  const scope = scopeOf(rule)
  const [first] = scope.rules
  if (first === undefined) throw new RangeError('one rule')
  return readRule(scope, { ...first, ...edit } as typeof first, 0)
}
const pay = (more: Json = {}) => ({ id: 'r', class: 'transfer', asset: USDC, to: [A], max: '3', ...more })
const call = (more: Json = {}) => ({
  id: 'r',
  class: 'call',
  target: TARGET,
  function: 'f(uint256 a, uint256 b)',
  args: {},
  ...more,
})
const over = (child: Json, parent: Json) => {
  const found = excessOver(read(child), read(parent))
  return found && { ...found, rank: undefined }
}
const spend = (asset: string, amount: string) => ({ asset, amount, budget: 'b' })

describe('excessOver', () => {
  test('behavior: a rule of another class', () => {
    const both = { child: 'transfer', parent: 'call' }
    expect(over(pay(), call())).toMatchObject({ dimension: 'class', pointer: '/rules/0/class', ...both })
    expect(over(call(), pay())).toMatchObject({ dimension: 'class', child: 'call', parent: 'transfer' })
  })

  test.each<[string, child: Json, parent: Json, dimension: string | undefined, pointer?: string]>([
    ['the same', pay(), pay(), undefined],
    ['another asset', pay(), pay({ asset: DAI }), 'asset', '/asset'],
    ['anyone', pay({ to: 'anyone' }), pay(), 'payees', '/to'],
    ['anyone of anyone', pay({ to: 'anyone' }), pay({ to: 'anyone' }), undefined],
    ['somebody of anyone', pay(), pay({ to: 'anyone' }), undefined],
    ['other payees, which are looked at elsewhere', pay({ to: [B] }), pay(), undefined],
    ['as much', pay({ max: '3' }), pay({ max: '3' }), undefined],
    ['a unit more', pay({ max: '3.000001' }), pay({ max: '3' }), 'max', '/max'],
    ['more, where nothing bounds one transfer', pay({ max: '99' }), pay({ max: undefined, budget: 'b' }), undefined],
    ['no maximum but a budget that holds as much', pay({ max: undefined, budget: 'b' }), pay({ max: '5' }), undefined],
    ['a budget that holds more', pay({ max: undefined, budget: 'b' }), pay({ max: '4.999999' }), 'max', '/max'],
    ['the same call', call(), call(), undefined],
    ['another target', call({ target: A }), call(), 'target', '/target'],
    ['another function', call({ function: 'g(uint256 a)' }), call(), 'function', '/function'],
    ['the same function in other words', call({ function: 'f(uint x, uint256)' }), call(), undefined],
    [
      'a danger more',
      call({ acknowledge: ['x', 'y', 'z'] }),
      call({ acknowledge: ['x'] }),
      'acknowledge',
      '/acknowledge',
    ],
    ['a danger less', call(), call({ acknowledge: ['x'] }), undefined],
    ['as much value', call({ value: { lte: '2' } }), call({ value: { lte: '2' } }), undefined],
    ['a wei more', call({ value: { lte: '3' } }), call({ value: { lte: '2' } }), 'value', '/value/lte'],
  ])('behavior: %s', (_, child, parent, dimension, pointer) => {
    const expected = dimension && { dimension, pointer: `/rules/0${pointer}` }
    expect(over(child, parent)).toEqual(expected && expect.objectContaining(expected))
  })

  test('behavior: the first of several dangers is named', () => {
    expect(over(call({ acknowledge: ['y', 'z'] }), call({ acknowledge: ['x'] }))).toMatchObject({
      child: 'y',
      parent: ['x'],
    })
  })

  test('behavior: conditions are compared by place, and named as the child names the place', () => {
    const parent = call({ args: { b: { lte: '5' } } })
    const child = (name: string, args: Json) => over(call({ function: `f(uint256 a, uint256 ${name})`, args }), parent)
    expect(child('b', { b: { lte: '5' } })).toBeUndefined()
    expect(child('other', { other: { lte: '5' } })).toBeUndefined()
    expect(child('other', { other: { lte: '6' } })).toMatchObject({
      dimension: 'arguments',
      pointer: '/rules/0/args/other',
      child: { lte: '6' },
      parent: { lte: '5' },
    })
    expect(child('b', { a: { lte: '5' } })).toMatchObject({ pointer: '/rules/0/args/b', child: undefined })
    expect(child('', {})).toMatchObject({ pointer: '/rules/0/args/b', child: undefined })
    // A condition on a name that the function of a parent made by hand does not have admits nothing.
    const strange = read(call(), { args: { c: { lte: '5' } } })
    expect(excessOver(read(call()), strange)).toMatchObject({ dimension: 'arguments', pointer: '/rules/0/args/c' })
  })

  test('behavior: an allowance is the same asset at the same place, or none in both', () => {
    const allowing = (asset: string, amount: string, names = 'uint256 a, uint256 b') =>
      call({ function: `f(${names})`, allowance: { asset, amount } })
    const same = (child: Json, parent: Json) => over(child, parent)?.dimension
    expect(same(allowing(USDC, 'a'), allowing(USDC, 'a'))).toBeUndefined()
    expect(same(allowing(USDC, 'x', 'uint256 x, uint256 y'), allowing(USDC, 'a'))).toBeUndefined()
    expect(same(allowing(USDC, 'y', 'uint256 x, uint256 y'), allowing(USDC, 'a'))).toBe('allowance')
    expect(same(allowing(DAI, 'a'), allowing(USDC, 'a'))).toBe('allowance')
    expect(same(call(), allowing(USDC, 'a'))).toBe('allowance')
    expect(same(allowing(USDC, 'a'), call())).toBe('allowance')
  })
})

describe('readRule', () => {
  test('default: payees of a transfer, none where anyone may be paid; the function of a call', () => {
    const transfer = read(pay({ to: [B, A] }))
    expect([[...transfer.payees], transfer.parsed]).toEqual([[B, A], undefined])
    expect([...read(pay({ to: 'anyone' })).payees]).toEqual([])
    const other = read(call())
    expect([[...other.payees], other.parsed?.signature]).toEqual([[], 'f(uint256,uint256)'])
  })
})

describe('largestTransfer', () => {
  test('default: the maximum, or what the budget holds if that is less', () => {
    const most = (more: Json) => {
      const scope = scopeOf(pay(more))
      return largestTransfer(scope, scope.rules[0] as TransferRule)
    }
    expect(most({ max: '3' })).toBe(3_000_000n)
    expect(most({ max: undefined, budget: 'b' })).toBe(5_000_000n)
    expect(most({ max: '3', budget: 'b' })).toBe(3_000_000n)
    expect(most({ max: '7', budget: 'b' })).toBe(5_000_000n)
    // Made by hand: without either it admits nothing, a budget that is not there bounds nothing.
    const scope = scopeOf(pay({ max: '3', budget: 'b' }))
    const { max: _, ...rule } = scope.rules[0] as TransferRule
    expect(largestTransfer({ ...scope, budgets: {} }, rule)).toBe(0n)
    expect(largestTransfer({ ...scope, budgets: {} }, { ...rule, max: '3' })).toBe(3_000_000n)
  })
})

describe('movementsOf', () => {
  test('default: each amount by where it stands', () => {
    const rule = read(
      call({
        args: { a: { lte: '7' } },
        value: { lte: '9' },
        spends: [spend(USDC, 'a'), spend(USDC, 'b'), spend('native', 'value')],
      }),
    )
    expect(movementsOf(rule)).toEqual([
      { asset: USDC, at: 0, budget: 'b', most: 7n },
      { asset: USDC, at: 32, budget: 'b', most: MAX },
      { asset: 'native', at: 'value', budget: 'b', most: 9n },
    ])
    expect(movementsOf(read(pay()))).toEqual([])
    const strange = read(call(), { spends: [{ asset: USDC, amount: 'c', budget: 'b' }] })
    expect(movementsOf(strange)).toMatchObject([{ at: -1, most: MAX }])
  })
})

describe('largestAt', () => {
  test('default: by where an amount stands; what is nowhere is not bounded', () => {
    const rule = read(call({ args: { a: { lte: '7' } }, value: { lte: '9' } }))
    expect(['value', 0, 32, -1].map((at) => largestAt(rule, at as number))).toEqual([9n, 7n, MAX, MAX])
    expect(largestAt(read(pay()), 'value')).toBe(0n)
  })
})

describe('largestArgument', () => {
  test('default: by name, in its type', () => {
    const rule = read(call({ function: 'f(uint8 a, uint8 b, uint16)', args: { a: { lte: '7' } } }))
    expect(['a', 'b', 'c', ''].map((name) => largestArgument(rule, name))).toEqual([7n, 255n, MAX, MAX])
    // What every object has is no condition.
    expect(largestArgument(read(call({ function: 'f(uint8 constructor)' })), 'constructor')).toBe(255n)
  })
})
