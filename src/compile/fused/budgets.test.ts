import { describe, expect, test } from 'vitest'
import { fusedTerms } from '../../../test/arbitraries/fused.ts'
import { act, type More, pay, type Rule, refusal } from '../../../test/arbitraries/plan.ts'
import { DAI, scopeDocument, USDC } from '../../../test/arbitraries/scope.ts'
import { parseScope } from '../../scope/parse.ts'
import { budgetNames, chargedAssets } from './budgets.ts'

const E18 = 10n ** 18n
const both: readonly Rule[] = [pay(), pay({ id: 'dai', asset: DAI })]
const of = (assets: Record<string, string>, more: object = {}): More => ({
  budgets: { b: { assets, max: '200', ...more } } as never,
})

/** Cap of the only budget, and the weights of the rules' first charges. */
function scaled(rules: readonly Rule[], more: More) {
  const terms = fusedTerms(rules, more)
  return { cap: terms.budgets[0]?.cap, weights: terms.rules.map(({ charges }) => charges[0]?.weight) }
}

describe('scaleBudgets', () => {
  const table: [string, readonly Rule[], More, { cap: bigint; weights: bigint[] }][] = [
    ['one asset counts in its base units', [pay()], of({ [USDC]: '1' }), { cap: 200_000_000n, weights: [1n] }],
    ['whatever its weight', [pay()], of({ [USDC]: '0.5' }), { cap: 400_000_000n, weights: [1n] }],
    [
      'a weight that does not divide rounds the cap down',
      [pay()],
      of({ [USDC]: '3' }),
      { cap: 66_666_666n, weights: [1n] },
    ],
    [
      'two assets of different decimals: the finer one is the unit',
      both,
      of({ [USDC]: '1', [DAI]: '1' }),
      { cap: 200n * E18, weights: [10n ** 12n, 1n] },
    ],
    [
      'weights meet in the largest common unit',
      both,
      of({ [USDC]: '1.5', [DAI]: '0.9' }),
      { cap: 666_666_666_666_666_666_666n, weights: [5n * 10n ** 12n, 3n] },
    ],
    [
      'an asset that no rule moves does not make the unit finer',
      [pay()],
      of({ [USDC]: '1', [DAI]: '1' }),
      { cap: 200_000_000n, weights: [1n] },
    ],
    [
      'the native coin beside a token',
      [pay(), pay({ id: 'n', asset: 'native' })],
      of({ [USDC]: '1', native: '3000' }),
      { cap: 2n * 10n ** 17n, weights: [10n ** 9n, 3n] },
    ],
  ]
  test.each(table)('default: %s', (_, rules, more, expected) => {
    // The proportions of the scope, and no sum of charges lies between the cap and the scope's maximum.
    expect(scaled(rules, more)).toEqual(expected)
  })

  test('behavior: windows, and what is spent by a call', () => {
    const rule = act({ spends: [{ asset: DAI, amount: 'amount', budget: 'b' }] })
    expect(fusedTerms([rule], of({ [DAI]: '1' }, { per: 'P1D', window: 'rolling' })).budgets).toEqual([
      { window: 'rolling', period: 86_400n, cap: 200n * E18, threshold: null },
    ])
    expect(fusedTerms([rule], of({ [DAI]: '1' }, { per: 'PT1H', window: 'fixed' })).budgets).toEqual([
      { window: 'fixed', period: 3_600n, cap: 200n * E18, threshold: null },
    ])
  })

  test('behavior: two amounts of one call add up in one budget, ordered by budget whatever the order of the scope', () => {
    const rule = act({
      function: 'function join(uint256 a, uint256 b)',
      spends: [
        { asset: USDC, amount: 'b', budget: 'z' },
        { asset: USDC, amount: 'a', budget: 'b' },
        { asset: DAI, amount: 'b', budget: 'b' },
      ],
    })
    const terms = fusedTerms([rule], {
      budgets: { z: { assets: { [USDC]: '1' }, max: '1' }, b: { assets: { [USDC]: '1', [DAI]: '1' }, max: '1' } },
    })
    expect(terms.rules[0]?.charges).toEqual([
      { budget: 0, source: { word: 0 }, weight: 10n ** 12n },
      { budget: 0, source: { word: 1 }, weight: 1n },
      { budget: 1, source: { word: 1 }, weight: 1n },
    ])
    expect(terms.budgets.map(({ cap }) => cap)).toEqual([E18, 1_000_000n])
  })

  test('behavior: a threshold is scaled as its cap', () => {
    const escalation = { above: { b: '100' }, confirmer: 'principal', timeout: 'PT5M', onTimeout: 'deny' } as const
    const terms = fusedTerms([pay()], { ...of({ [USDC]: '3' }), escalation })
    expect(terms.budgets[0]).toMatchObject({ cap: 66_666_666n, threshold: 33_333_333n })
    const every = fusedTerms([pay()], { ...of({ [USDC]: '3' }), escalation: { ...escalation, above: { b: '0' } } })
    expect(every.budgets[0]?.threshold).toBe(0n)
  })

  test('error: a cap of less than one unit, and numbers that do not fit', () => {
    expect(refusal(() => fusedTerms([pay()], of({ [USDC]: '1000' }, { max: '0.000001' })))).toBe(
      'compile.amount_not_positive',
    )
    const most = (1n << 112n) - 1n
    const units = (base: bigint) => `${base / 10n ** 6n}.${`${base % 10n ** 6n}`.padStart(6, '0')}`
    expect(fusedTerms([pay()], of({ [USDC]: '1' }, { max: units(most) })).budgets[0]?.cap).toBe(most)
    expect(refusal(() => fusedTerms([pay()], of({ [USDC]: '1' }, { max: units(most + 1n) })))).toBe(
      'compile.bound_exceeded',
    )
    // One base unit of USDC weighs 10^34 times what one of DAI does: more than any cap.
    const spending = act({
      function: 'function f(uint256 a, uint256 b)',
      spends: [
        { asset: USDC, amount: 'a', budget: 'b' },
        { asset: DAI, amount: 'b', budget: 'b' },
      ],
    })
    const weighing = (usdc: bigint) => () => fusedTerms([spending], of({ [USDC]: `${usdc}`, [DAI]: '1' }, { max: '1' }))
    const largest = most / 10n ** 12n
    expect(refusal(weighing(largest))).toBe('none')
    expect(refusal(weighing(largest + 1n))).toBe('compile.bound_exceeded')
  })
})

describe('budgetNames', () => {
  test('default: sorted, as a file may have them in any order', () => {
    const budget = { assets: { [USDC]: '1' }, max: '1' }
    const names = ['b', '10', 'a', '9']
    const scope = parseScope(
      scopeDocument(
        names.map((name) => pay({ id: `r${name}`, budget: name })),
        { budgets: Object.fromEntries(names.map((name) => [name, budget])) },
      ),
    )
    expect(budgetNames(scope)).toEqual(['10', '9', 'a', 'b'])
    expect(names.map((name) => chargedAssets(scope, name))).toEqual(names.map(() => [USDC]))
    expect(chargedAssets(scope, 'c')).toEqual([])
  })
})
