import { describe, expect, test } from 'vitest'
import { act, pay, type Rule } from '../../../test/arbitraries/plan.ts'
import { DAI, PAYEES, scopeDocument, USDC } from '../../../test/arbitraries/scope.ts'
import { parseScope } from '../../scope/parse.ts'
import { orderConflicts } from './order.ts'

const [A, B] = PAYEES
const BUDGETS = Object.fromEntries(
  ['a', 'b', 'c', 'n'].map((name) => [
    name,
    { assets: name === 'n' ? { native: '1' } : { [USDC]: '1', [DAI]: '1' }, max: '100' },
  ]),
)

/** Conflicts among these rules, where budget `a` asks above 25 and others as said: later, earlier, why. */
function conflicts(rules: readonly Rule[], above: Record<string, string> | null = { a: '25' }) {
  const numbered = rules.map((rule, index) => ({ ...rule, id: `r${index}` }))
  const used = JSON.stringify(rules)
  const budgets = Object.fromEntries(Object.entries(BUDGETS).filter(([name]) => used.includes(`"budget":"${name}"`)))
  const escalation = { above: above ?? {}, confirmer: 'principal', timeout: 'PT5M', onTimeout: 'deny' } as const
  const scope = parseScope(scopeDocument(numbered, { budgets: budgets as never, ...(above && { escalation }) }))
  return orderConflicts(scope).map(({ rule, before, because }) => `${rule} after ${before} ${because}`)
}
const asking = (more: Parameters<typeof pay>[0] = {}) => pay({ budget: 'a', ...more })
const silent = (more: Parameters<typeof pay>[0] = {}) => pay({ budget: 'b', ...more })
const f = (args: object, more: object = {}) =>
  act({
    function: 'function f(address to, uint256 amount, uint256 other)',
    args: args as never,
    spends: [{ asset: USDC, amount: 'amount', budget: 'a' }],
    ...more,
  })
const inB = { spends: [{ asset: USDC, amount: 'amount', budget: 'b' }] }

describe('orderConflicts', () => {
  test('default: a rule that asks nobody, after one that asks; the other way round there is none', () => {
    expect(conflicts([asking(), silent()])).toEqual(['1 after 0 asks'])
    expect(conflicts([silent(), asking()])).toEqual([])
    expect(conflicts([asking(), silent(), silent()])).toEqual(['1 after 0 asks', '2 after 0 asks'])
    expect(conflicts([asking(), silent()], null)).toEqual([])
    expect(conflicts([asking(), silent()], { b: '25' })).toEqual([])
  })

  test.each<[why: string, rules: readonly Rule[], above?: Record<string, string>]>([
    ['another payee', [asking(), silent({ to: [B] })]],
    ['another asset', [asking(), silent({ asset: DAI })]],
    ['the same budget', [asking(), asking({ max: '90' })]],
    ['a threshold no higher', [asking(), silent()], { a: '25', b: '25' }],
    ['a maximum not above the threshold: the earlier', [asking({ max: '25' }), silent()]],
    ['a maximum not above the threshold: the later', [asking(), silent({ max: '25' })]],
    ['another contract', [f({}), f({}, { ...inB, target: PAYEES[2] })]],
    ['another function', [f({}), f({}, { ...inB, function: 'function g(address to, uint256 amount)' })]],
    [
      'an allowance of another token',
      [
        f({}, { allowance: { asset: USDC, amount: 'amount' } }),
        f({}, { ...inB, allowance: { asset: DAI, amount: 'amount' } }),
      ],
    ],
    ['an allowance, and none', [f({}, { allowance: { asset: USDC, amount: 'amount' } }), f({}, inB)]],
    ['another value of an argument', [f({ to: { eq: A } }), f({ to: { eq: B } }, inB)]],
    ['no value in common', [f({ other: { in: ['1', '2'] } }), f({ other: { gte: '3' } }, inB)]],
    ['what the other excludes', [f({ to: { neq: A } }), f({ to: { eq: A } }, inB)]],
    ['ranges apart', [f({ other: { lte: '9' } }), f({ other: { gte: '10' } }, inB)]],
    ['ranges apart, the other way', [f({ other: { gte: '10' } }), f({ other: { lte: '9' } }, inB)]],
    ['an amount not above the threshold', [f({}), f({ amount: { lte: '25000000' } }, inB)]],
    [
      'all that the other charges, and more',
      [f({}), f({}, { spends: [...inB.spends, { asset: USDC, amount: 'amount', budget: 'a' }] })],
    ],
  ])('behavior: no conflict with %s', (_, rules, above = { a: '25' }) => {
    expect(conflicts(rules, above)).toEqual([])
  })

  test.each<[why: string, rules: readonly Rule[], above?: Record<string, string>]>([
    ['a payee in common', [asking({ to: [A, B] }), silent({ to: [B] })]],
    ['anyone', [asking({ to: 'anyone' }), silent()]],
    ['anyone, later', [asking(), silent({ to: 'anyone' })]],
    ['a threshold higher', [asking(), silent()], { a: '25', b: '25.000001' }],
    ['a maximum one unit above the threshold', [asking(), silent({ max: '25.000001' })]],
    ['an own maximum one unit above it', [asking({ max: '25.000001' }), silent()]],
    ['a value in common', [f({ to: { in: [A, B] } }), f({ to: { eq: B } }, inB)]],
    ['ranges that touch', [f({ other: { lte: '10' } }), f({ other: { gte: '10' } }, inB)]],
    ['ranges that touch, the other way', [f({ other: { gte: '10' } }), f({ other: { lte: '10' } }, inB)]],
    ['an amount one above the threshold', [f({}), f({ amount: { lte: '25000001' } }, inB)]],
    [
      'the same token as allowance',
      [
        f({}, { allowance: { asset: USDC, amount: 'amount' } }),
        f({}, { ...inB, allowance: { asset: USDC, amount: 'amount' } }),
      ],
    ],
    [
      'two amounts, of which the other charges one',
      [f({}, { spends: ['amount', 'other'].map((amount) => ({ asset: USDC, amount, budget: 'a' })) }), f({})],
    ],
    ['another argument that asks', [f({}), f({}, { spends: [{ asset: USDC, amount: 'other', budget: 'a' }] })]],
    ['a rule without a budget', [asking(), pay({ budget: undefined, max: '90' } as never)]],
  ])('behavior: a conflict with %s', (_, rules, above = { a: '25' }) => {
    expect(conflicts(rules, above)).toEqual(['1 after 0 asks'])
  })

  test('behavior: native coin as the value that it is', () => {
    const coin = (budget: string) => pay({ asset: 'native', budget })
    expect(conflicts([coin('n'), pay({ asset: 'native', budget: undefined, max: '9' } as never)], { n: '25' })).toEqual(
      [],
    )
    expect(
      conflicts([coin('n'), pay({ asset: 'native', budget: undefined, max: '26' } as never)], { n: '25' }),
    ).toEqual(['1 after 0 asks'])
  })

  test('behavior: a call of transfer is a transfer', () => {
    const call = (args: object) =>
      act({ ...inB, target: USDC, function: 'function transfer(address to, uint256 amount)', args: args as never })
    expect(conflicts([asking(), call({})])).toEqual(['1 after 0 asks'])
    expect(conflicts([asking(), call({ to: { eq: A } })])).toEqual(['1 after 0 asks'])
    expect(conflicts([asking({ to: 'anyone' }), call({ to: { eq: B } })])).toEqual(['1 after 0 asks'])
    expect(conflicts([asking(), call({ to: { eq: B } })])).toEqual([])
    expect(conflicts([asking(), call({ amount: { lte: '25000000' } })])).toEqual([])
    expect(conflicts([asking({ asset: DAI }), call({})])).toEqual([])
    const asked = [{ asset: USDC, amount: 'amount', budget: 'a' }]
    expect(conflicts([{ ...call({}), spends: asked } as unknown as Rule, silent()])).toEqual(['1 after 0 asks'])
    expect(conflicts([{ ...call({}), spends: asked } as unknown as Rule, asking()])).toEqual([])
    const around = { allowance: { asset: DAI, amount: 'amount' } }
    expect(conflicts([asking(), { ...call({}), ...around } as unknown as Rule])).toEqual([])
  })

  test('behavior: what measures is put last', () => {
    const measuring = (asset: string, budget = 'a') => f({}, { spends: [{ asset, measured: true, budget }] })
    expect(conflicts([measuring(USDC), f({})], null)).toEqual(['1 after 0 measures'])
    expect(conflicts([f({}), measuring(USDC)], null)).toEqual([])
    expect(conflicts([measuring(USDC), measuring(USDC)], null)).toEqual([])
    expect(conflicts([measuring(USDC), measuring(DAI)], null)).toEqual(['1 after 0 measures'])
    expect(conflicts([measuring(USDC), measuring(USDC, 'b')], null)).toEqual(['1 after 0 measures'])
    expect(conflicts([measuring(USDC), f({}, { target: PAYEES[2] })], null)).toEqual([])
  })
})
