import { describe, expect, test } from 'vitest'
import { budgetExcess, chargesOf } from './charges.ts'
import { readRule as readRuleOf } from './cover.ts'
import { parseScope } from './parse.ts'
import { isSubset } from './subset.ts'
import type { Scope } from './types.ts'

/** What a child may spend of a budget of its parent, at the last unit that fits and the first that does not. */

const account = (n: number) => `0x${n.toString(16).padStart(2, '0').repeat(20)}` as const
const [A, TARGET, X, Y, CENT] = [account(0xa1), account(0xc1), account(0xe1), account(0xe2), account(0xe3)] as const
const T0 = Date.parse('2026-12-20T00:00:00Z')
const at = (second: number) => new Date(T0 + second * 1_000).toISOString().replace('.000Z', 'Z')

type Json = Record<string, unknown>
const token = (decimals: number) => ({ symbol: 'T', decimals })
const scope = (rules: readonly Json[], more: Json = {}): Scope =>
  parseScope({
    version: 1,
    task: { id: 't', purpose: 'p' },
    chainId: 1,
    principal: account(1),
    delegate: account(2),
    rules: rules.map((rule, index) => ({ id: `r${index}`, ...rule })),
    notBefore: at(0),
    expiry: at(6),
    redelegation: { maxDepth: 0 },
    revocation: { group: 'g', maxLatencySeconds: 60 },
    evidence: { receipts: ['grant'], retain: 'P1D' },
    assets: { [X]: token(0), [Y]: token(0), [CENT]: token(2) },
    ...more,
  })
const pay = (more: Json = {}) => ({ class: 'transfer', asset: X, to: [A], ...more })
const call = (spends: readonly (readonly [asset: string, amount: string, budget: string])[], args: Json = {}) => ({
  class: 'call',
  target: TARGET,
  function: 'f(uint256 a, uint256 b)',
  args: Object.fromEntries(Object.entries(args).map(([name, lte]) => [name, { lte }])),
  spends: spends.map(([asset, amount, budget]) => ({ asset, amount, budget })),
})
const budget = (max: string, assets: Json = { [X]: '1' }, more: Json = {}) => ({ assets, max, ...more })
const WEIGHTS = { [X]: '1', [Y]: '2', [CENT]: '1' }
/** Every rule of the child without budgets of its own, charged to `b`. */
const widened = (rule: Json) =>
  rule['class'] === 'transfer'
    ? { ...rule, max: undefined, budget: 'b' }
    : {
        ...rule,
        args: {},
        spends: [
          ...new Map((rule['spends'] as { asset: string; amount: string }[]).map((s) => [s.amount, s])).values(),
        ].map((spend) => ({ ...spend, budget: 'b' })),
      }
const answer = (child: Scope, parent: Scope) => {
  const found = isSubset(child, parent)
  return found.subset ? 'yes' : `${found.dimension} ${found.pointer}`
}

describe('isSubset', () => {
  const calls = (max: number) => ({ calls: { max } })
  const own = (...args: Parameters<typeof budget>) => ({ budgets: { o: budget(...args) } })

  test.each<[what: string, charge: string, less: string, pointer: string, rules: readonly Json[], Json]>([
    ['its own budget', '6', '5', '/budgets/o', [pay({ budget: 'o' })], own('6')],
    ['its calls', '12', '11', '/rules/0', [pay({ max: '3' })], calls(4)],
    ['calls below its budget', '6', '5', '/budgets/o', [pay({ max: '3', budget: 'o' })], { ...own('20'), ...calls(2) }],
    [
      'a budget below its calls',
      '5',
      '4',
      '/budgets/o',
      [pay({ max: '3', budget: 'o' })],
      { ...own('5'), ...calls(2) },
    ],
    [
      'a budget that fills twice',
      '10',
      '9',
      '/budgets/o',
      [pay({ budget: 'o' })],
      own('5', { [X]: '1' }, { per: 'PT3S', window: 'rolling' }),
    ],
    [
      'calls that come back twice',
      '18',
      '17',
      '/rules/0',
      [pay({ max: '3' })],
      { calls: { max: 3, per: 'PT3S', window: 'rolling' } },
    ],
    [
      'a budget, and calls of what none counts',
      '14',
      '13',
      '/budgets/o',
      [pay({ budget: 'o' }), pay({ max: '3' })],
      { ...own('5'), ...calls(3) },
    ],
    ['the largest of its rules', '10', '9', '/rules/0', [pay({ max: '3' }), pay({ max: '5' })], calls(2)],
    [
      'two budgets',
      '11',
      '10',
      '/budgets/o',
      [pay({ budget: 'o' }), pay({ budget: 'p' })],
      {
        budgets: { o: budget('5'), p: budget('6') },
      },
    ],
    [
      'an asset of twice the weight',
      '12',
      '11',
      '/budgets/o',
      [pay({ asset: Y, budget: 'o' })],
      own('6', { [Y]: '1' }),
    ],
    ['an asset of its own third', '4', '3', '/budgets/o', [pay({ asset: Y, budget: 'o' })], own('6', { [Y]: '3' })],
    [
      'the dearest of its assets',
      '12',
      '11',
      '/budgets/o',
      [pay({ budget: 'o' }), pay({ asset: Y, budget: 'o' })],
      own('6', { [X]: '1', [Y]: '1' }),
    ],
    [
      'the dearest, named first',
      '12',
      '11',
      '/budgets/o',
      [pay({ asset: Y, budget: 'o' }), pay({ budget: 'o' })],
      own('6', { [X]: '1', [Y]: '1' }),
    ],
    ['a finer asset', '1.5', '1.49', '/rules/0', [pay({ asset: CENT, max: '0.5' })], calls(3)],
    [
      'two amounts of one call',
      '14',
      '13',
      '/budgets/o',
      [
        call(
          [
            [X, 'a', 'o'],
            [Y, 'b', 'p'],
          ],
          { a: '3', b: '2' },
        ),
      ],
      {
        ...calls(2),
        budgets: { o: budget('100'), p: budget('100', { [Y]: '1' }) },
      },
    ],
    [
      'the smaller of two budgets of one amount',
      '4',
      '3',
      '/budgets/o',
      [
        call([
          [X, 'a', 'o'],
          [X, 'a', 'p'],
        ]),
      ],
      { ...calls(1), budgets: { o: budget('5'), p: budget('4') } },
    ],
  ])('behavior: %s is %s', (what, charge, less, pointer, rules, more) => {
    const child = scope(rules, more)
    const parent = (max: string) => scope(rules.map(widened), { budgets: { b: budget(max, WEIGHTS) } })
    expect([what, answer(child, parent(charge))]).toEqual([what, 'yes'])
    expect([what, answer(child, parent(less))]).toEqual([what, `budgets ${pointer}`])
    const shown = pointer.startsWith('/budgets') ? JSON.stringify(child.budgets['o']) : null
    expect(isSubset(child, parent(less))).toMatchObject({ child: shown })
  })

  test('error: what neither a budget nor calls bound is more than any budget, unless it is nothing', () => {
    const free = (...rules: Json[]) =>
      answer(scope(rules), scope(rules.map(widened), { budgets: { b: budget('999', WEIGHTS) } }))
    const spends = (a: string) => ({ ...call([], { a }), spends: [] })
    expect(free(pay({ max: '1' }))).toBe('budgets /rules/0')
    const parent = scope([call([[X, 'a', 'b']]), pay({ budget: 'b' })], { budgets: { b: budget('9') } })
    expect(answer(scope([spends('1')]), parent)).toBe('budgets /rules/0')
    expect(answer(scope([spends('0')]), parent)).toBe('yes')
    const both = (a: string) => answer(scope([spends(a), pay({ budget: 'o' })], own('9')), parent)
    expect(both('0')).toBe('yes')
    expect(both('1')).toBe('budgets /rules/0')
    const two = call([
      [X, 'a', 'b'],
      [Y, 'b', 'b'],
    ])
    const wide = scope([two], { budgets: { b: budget('9', WEIGHTS) } })
    const narrow = (a: string, b: string) =>
      answer(scope([{ ...two, spends: [], args: { a: { lte: a }, b: { lte: b } } }]), wide)
    expect([narrow('0', '0'), narrow('0', '1'), narrow('1', '0')]).toEqual([
      'yes',
      'budgets /rules/0',
      'budgets /rules/0',
    ])
  })

  test('behavior: an amount is counted where asset and place are those that the parent counts', () => {
    const parent = scope([call([[X, 'a', 'b']])], { budgets: { b: budget('5') } })
    const counting = (asset: string, amount: string) =>
      answer(
        scope([call([[asset, amount, 'o']], { a: '3' })], { budgets: { o: budget('5', { [X]: '1', [Y]: '1' }) } }),
        parent,
      )
    expect(counting(X, 'a')).toBe('yes')
    expect(counting(Y, 'a')).toBe('budgets /rules/0')
    expect(counting(X, 'b')).toBe('budgets /rules/0')
  })
})

describe('chargesOf', () => {
  const transfer = readRule(scope([pay({ budget: 'b' })], { budgets: { b: budget('5') } }))
  const other = readRule(scope([call([[X, 'a', 'b']])], { budgets: { b: budget('5') } }))

  function readRule(of: Scope) {
    const [rule] = of.rules
    if (rule === undefined) throw new RangeError('a rule')
    return readRuleOf(of, rule, 0)
  }

  test('behavior: a transfer charges what counts transfers, a call what counts its amounts', () => {
    const charge = { rule: 0, asset: X, most: 5n, own: ['b'] }
    expect([...chargesOf(transfer, transfer)]).toEqual([['b', [charge]]])
    expect([...chargesOf(other, other)]).toEqual([['b', [charge]]])
    expect([...chargesOf(other, transfer)]).toEqual([])
    const uncounted = readRule(scope([pay({ max: '5' })]))
    expect([...chargesOf(transfer, uncounted)]).toEqual([])
    expect([...chargesOf(uncounted, transfer)]).toEqual([['b', [{ ...charge, own: [] }]]])
  })

  test('error: a budget that is not there holds nothing for a parent, and nothing back for a child', () => {
    const parent = scope([pay({ budget: 'b' })], { budgets: { b: budget('5') } })
    expect(answer(parent, { ...parent, budgets: {} })).toBe('budgets /budgets/b')
    const child = scope([pay({ max: '2', budget: 'o' })], { budgets: { o: budget('1') }, calls: { max: 2 } })
    expect(answer(child, parent)).toBe('yes')
    expect(answer({ ...child, budgets: {} }, parent)).toBe('yes')
    expect(answer({ ...child, budgets: {}, calls: { max: 3 } }, parent)).toBe('budgets /budgets/o')
    const spends = scope([call([[X, 'a', 'o']], { a: '2' })], { budgets: { o: budget('1') }, calls: { max: 3 } })
    const wide = scope([call([[X, 'a', 'b']])], { budgets: { b: budget('5') } })
    expect(answer(spends, wide)).toBe('yes')
    expect(answer({ ...spends, budgets: {} }, wide)).toBe('budgets /budgets/o')
    expect(budgetExcess(child, parent, 'b', [])).toBeUndefined()
  })
})
