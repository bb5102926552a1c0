import { describe, expect, test } from 'vitest'
import { codeOf } from '../../test/codes.ts'
import { agent, alice, dai, usdc, vendor, word } from '../../test/fixtures/verdict.ts'
import type { Scope } from '../scope/types.ts'
import { heldBy } from './constraints.ts'
import type { Constraint } from './held.ts'

/** What is read of a scope for the redeemer to hold, whole; scopes by hand, also such as no reader lets pass. */

const FUNCTION = 'function act(address to, uint256 amount, int64 tick, bytes4 id, bool ok, bytes note, string text)'
const target = `0x${'77'.repeat(20)}` as const
const transfer = (more: object = {}) => ({
  id: 't',
  class: 'transfer',
  asset: usdc,
  to: [vendor],
  max: '40',
  budget: 'b',
  ...more,
})
const call = (more: object = {}) => {
  return { id: 'c', class: 'call', target, function: FUNCTION, args: {}, value: { lte: '7' }, spends: [], ...more }
}
const escalation = { above: { b: '10' }, confirmer: 'principal', timeout: 'PT15M', onTimeout: 'deny' }
const scopeOf = (rules: readonly object[], more: object = {}) =>
  ({
    principal: alice,
    delegate: agent,
    rules,
    budgets: { b: { assets: { [usdc]: '1' }, max: '100' } },
    assets: { [usdc]: { symbol: 'USDC', decimals: 2 }, [dai]: { symbol: 'DAI', decimals: 0 } },
    ...more,
  }) as unknown as Scope

const held = (scope: Scope, pointers: string[], ids = [scope.rules[0]?.id ?? '']) => heldBy([scope], [pointers], [ids])
const one = (scope: Scope, pointer: string): Constraint | undefined => held(scope, [pointer])[0]?.constraints[0]
const why = (run: () => unknown) => {
  const { code, details } = codeOf(run)
  expect(code).toBe('verdict.unsupported_constraint')
  return details['why']
}

describe('heldBy', () => {
  test('behavior: a maximum in base units, of tokens, of coin and of the value of a call', () => {
    const max = { kind: 'maximum', pointer: '/rules/0/max' }
    expect(one(scopeOf([transfer()]), '/rules/0/max')).toEqual({ ...max, reads: 'token', limit: 4_000n })
    const coin = scopeOf([transfer({ asset: 'native', max: '0.000000000000000003' })])
    expect(one(coin, '/rules/0/max')).toEqual({ ...max, reads: 'value', limit: 3n })
    expect(one(scopeOf([call()]), '/rules/0/value')).toEqual({
      kind: 'maximum',
      pointer: '/rules/0/value',
      reads: 'value',
      limit: 7n,
    })
    for (const [rule, pointer] of [
      [transfer({ max: undefined }), '/rules/0/max'],
      [transfer(), '/rules/0/value'],
      [transfer(), '/rules/0/args/amount'],
      [call(), '/rules/0/max'],
      [call(), '/rules/0/args/amount'],
      [call({ args: { amount: undefined } }), '/rules/0/args/amount'],
      [call({ args: { other: { eq: '1' } } }), '/rules/0/args/other'],
      [call({ args: { amount: { eq: '1' } } }), '/rules/0/args'],
    ] as const) {
      expect(why(() => held(scopeOf([rule]), [pointer]))).toBe('nothing here can hold it')
    }
  })

  test('behavior: the contract that a rule is about', () => {
    const targetOf = (rule: object, pointer: string) => held(scopeOf([rule]), [pointer])[0]?.target
    expect(targetOf(transfer(), '/rules/0/max')).toBe(usdc)
    expect(targetOf(transfer({ asset: 'native' }), '/rules/0/max')).toBeNull()
    expect(targetOf(call(), '/rules/0/value')).toBe(target)
  })

  const minus = (value: bigint) => BigInt.asUintN(256, -value)
  const tests: [string, object, number, object][] = [
    ['to', { eq: vendor }, 4, { is: 'eq', word: BigInt(vendor) }],
    ['to', { eq: 'principal' }, 4, { is: 'eq', word: BigInt(alice) }],
    ['to', { neq: 'delegate' }, 4, { is: 'neq', word: BigInt(agent) }],
    ['to', { in: [vendor, 'principal'] }, 4, { is: 'in', words: [BigInt(vendor), BigInt(alice)] }],
    ['amount', { lte: '9' }, 36, { is: 'lte', word: 9n, signed: false }],
    ['amount', { gte: '9' }, 36, { is: 'gte', word: 9n, signed: false }],
    ['amount', { mask: '6', equals: '2' }, 36, { is: 'mask', mask: 6n, word: 2n }],
    ['tick', { lte: '-3' }, 68, { is: 'lte', word: minus(3n), signed: true }],
    ['tick', { gte: '3' }, 68, { is: 'gte', word: 3n, signed: true }],
    ['tick', { eq: '-1' }, 68, { is: 'eq', word: minus(1n) }],
    ['id', { eq: '0x12345678' }, 100, { is: 'eq', word: BigInt(`0x${'12345678'.padEnd(64, '0')}`) }],
    ['ok', { eq: true }, 132, { is: 'eq', word: 1n }],
    ['ok', { eq: 'true' }, 132, { is: 'eq', word: 1n }],
    ['ok', { eq: false }, 132, { is: 'eq', word: 0n }],
    ['ok', { eq: 'false' }, 132, { is: 'eq', word: 0n }],
    ['note', { length: { lte: '5' } }, 164, { is: 'length', most: 5n }],
    ['text', { length: { lte: '5' } }, 196, { is: 'length', most: 5n }],
    ['note', { hash: `0x${word(1n)}` }, 164, { is: 'hash', hash: `0x${word(1n)}` }],
    ['text', { hash: `0x${word(1n)}` }, 196, { is: 'hash', hash: `0x${word(1n)}` }],
  ]
  test.each(tests)('behavior: %s %o is read at byte %i', (name, condition, at, expected) => {
    const pointer = `/rules/0/args/${name}`
    expect(one(scopeOf([call({ args: { [name]: condition } })]), pointer)).toEqual({
      kind: 'argument',
      pointer,
      at,
      test: expected,
    })
  })

  test.each([
    ['to', { lte: '9' }, 'a address has no order'],
    ['id', { gte: '0x12345678' }, 'a bytes4 has no order'],
    ['ok', { lte: '1' }, 'a bool has no order'],
    ['note', { eq: '0x12' }, 'it is about a bytes'],
    ['text', { eq: 'x' }, 'it is about a string'],
    ['amount', { length: { lte: '5' } }, 'it is about a uint256'],
    ['id', { hash: `0x${word(1n)}` }, 'it is about a bytes4'],
    ['amount', { eq: 'many' }, 'its value is not a uint256'],
    ['to', { eq: '0x12' }, 'its value is not a address'],
  ] as const)('error: %s %o: %s', (name, condition, expected) => {
    expect(why(() => held(scopeOf([call({ args: { [name]: condition } })]), [`/rules/0/args/${name}`]))).toBe(expected)
  })

  test('behavior: a number beyond its type is held as it stands: it bounds what it bounds', () => {
    const rule = call({ function: 'function act(uint8 small)', args: { small: { lte: '300' } } })
    expect(one(scopeOf([rule]), '/rules/0/args/small')).toMatchObject({ test: { is: 'lte', word: 300n } })
  })

  test('behavior: names with strokes and tildes, as pointers write them', () => {
    const rule = call({ function: 'function act(uint256 amount)', args: { amount: { lte: '1' } } })
    expect(one(scopeOf([rule]), '/rules/0/args/amount')).toMatchObject({ at: 4 })
    const named = scopeOf([transfer({ budget: 'a/b~c' })], {
      escalation: { ...escalation, above: { 'a/b~c': '10' } },
      budgets: { 'a/b~c': { assets: { [usdc]: '1' }, max: '1' } },
    })
    expect(one(named, '/escalation/above/a~1b~0c')).toMatchObject({ kind: 'threshold' })
  })

  test('behavior: of a threshold only the one that is named, or all that the rule draws on', () => {
    const two = { above: { b: '10', c: '20' }, confirmer: vendor, timeout: 'PT1M', onTimeout: 'deny' }
    const budgets = { b: { assets: { [usdc]: '1' }, max: '1' }, c: { assets: { [usdc]: '2' }, max: '1' } }
    const spends = ['b', 'c'].map((budget) => ({ asset: usdc, amount: 'amount', budget }))
    const scope = scopeOf([call({ spends })], { escalation: two, budgets })
    const limits = (pointer: string) =>
      held(scope, [pointer]).flatMap(({ constraints }) =>
        constraints.map((it) => (it.kind === 'threshold' ? [it.limit, it.terms, it.confirmer, it.timeout] : [])),
      )
    const scale = 10n ** 154n
    const of = (limit: bigint, weight: bigint) => [
      limit * scale,
      [{ reads: { at: 36 }, weight: weight * 10n ** 152n }],
      vendor,
      60n,
    ]
    expect(limits('/escalation')).toEqual([of(10n, 1n), of(20n, 2n)])
    expect(limits('/escalation/above/c')).toEqual([of(20n, 2n)])
    expect(limits('/escalation/above/d')).toEqual([])
    expect(held(scopeOf([transfer({ budget: 'c' })], { escalation, budgets }), ['/escalation'])).toEqual([])
  })

  test('behavior: what is weighed of a transfer and of a call', () => {
    const terms = (rule: object, budget: object = { assets: { [usdc]: '0.5', native: '2000' }, max: '1' }) => {
      const constraint = one(scopeOf([rule], { escalation, budgets: { b: budget } }), '/escalation')
      return constraint?.kind === 'threshold' ? constraint.terms : undefined
    }
    expect(terms(transfer())).toEqual([{ reads: 'token', weight: 5n * 10n ** 151n }])
    expect(terms(transfer({ asset: 'native' }))).toEqual([{ reads: 'value', weight: 2000n * 10n ** 136n }])
    const spends = [
      { asset: 'native', amount: 'amount', budget: 'b' },
      { asset: usdc, amount: 'amount', budget: 'b' },
      { asset: usdc, amount: 'amount', budget: 'other' },
    ]
    expect(terms(call({ spends }))?.map(({ reads }) => reads)).toEqual(['value', { at: 36 }])
  })

  test('error: a threshold that cannot be weighed', () => {
    const given = (rule: object, more: object = {}) =>
      why(() => held(scopeOf([rule], { escalation, ...more }), ['/escalation']))
    const spending = (amount: string, asset: string = usdc) => call({ spends: [{ asset, amount, budget: 'b' }] })
    expect(given(transfer(), { escalation: undefined })).toBe('the scope has no escalation')
    expect(given(transfer(), { budgets: {} })).toBe('it names a budget that the scope does not have')
    expect(given(transfer({ asset: dai }))).toBe('a spent asset is not in the budget')
    for (const amount of ['to', 'tick', 'note', 'none'])
      expect(given(spending(amount))).toBe('the amount that it weighs is not an unsigned integer')
    expect(given(transfer(), { assets: {} })).toBe('the decimals of an asset are not recorded')
    expect(given(spending('amount', dai))).toBe('a spent asset is not in the budget')
  })

  test('behavior: what says nothing about one action is left out, whole words only', () => {
    const scope = scopeOf([transfer()])
    for (const pointer of ['/redelegation', '/redelegation/maxDepth', '/revocation/group', '/evidence', '/task/id'])
      expect(held(scope, [pointer])).toEqual([])
    for (const pointer of [
      '/redelegations',
      '/evidence2/x',
      'x/evidence',
      '/rules',
      '/rules/00/max',
      '/rules/01/max',
      '/rules/-1/max',
      '/rules/x',
    ])
      expect(why(() => held(scope, [pointer]))).toMatch(/^(?:it needs more|nothing here)/)
  })

  test('behavior: each rule that a branch serves, each with what is its own', () => {
    const scope = scopeOf([transfer({ id: 'a' }), transfer({ id: 'b', max: '50' }), transfer({ id: 'c', max: '60' })])
    const pointers = ['/rules/0/max', '/rules/1/max', '/rules/2/max']
    const limits = (ids: string[]) =>
      held(scope, pointers, ids).map(({ rule, constraints }) => [
        rule,
        constraints.map((it) => 'limit' in it && it.limit),
      ])
    expect(limits(['b'])).toEqual([['b', [5_000n]]])
    expect(limits(['c', 'a'])).toEqual([
      ['a', [4_000n]],
      ['c', [6_000n]],
    ])
    expect(held(scope, ['/rules/2/max'], ['a'])).toEqual([])
    expect(why(() => held(scope, pointers, ['z']))).toBe('its rule is not in the scope')
    // Also what belongs to another rule is looked at: nobody could hold it for any branch.
    expect(why(() => held(scope, ['/rules/1/budget'], ['a']))).toBe('nothing here can hold it')
    expect(held(scope, [], ['z'])).toEqual([])
  })

  test('behavior: scope by scope, each with the pointers and the rules that are its own', () => {
    const [low, high] = [scopeOf([transfer({ id: 'a' })]), scopeOf([transfer({ id: 'b', max: '50' })])]
    const rules = [['a'], ['b']]
    const of = (accepted: string[][]) => heldBy([low, high], accepted, rules).map(({ rule }) => rule)
    expect(of([['/rules/0/max'], []])).toEqual(['a'])
    expect(of([[], ['/rules/0/max']])).toEqual(['b'])
    expect(of([['/rules/0/max'], ['/rules/0/max']])).toEqual(['a', 'b'])
    expect(of([])).toEqual([])
  })
})
