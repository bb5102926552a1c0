import { describe, expect, test } from 'vitest'
import { fusedPlan, fusedTerms } from '../../../test/arbitraries/fused.ts'
import { act, refusal } from '../../../test/arbitraries/plan.ts'
import { DAI, USDC } from '../../../test/arbitraries/scope.ts'

describe('scaleBudgets', () => {
  // What a call spends is resolved to no cap of its own: only here is seen that not one unit of it fits.
  const spending = act({
    function: 'function f(uint256 a)',
    spends: [{ asset: USDC, amount: 'a', budget: 'b' }],
  })
  const of = (max: string, weight = '1000') => ({ budgets: { b: { assets: { [USDC]: weight }, max } } })

  test.each([
    ['one base unit', '0.001', 1n],
    ['one base unit and a part', '0.001999', 1n],
    ['two', '0.002', 2n],
  ])('behavior: a call may spend %s', (_, max, cap) => {
    expect(fusedTerms([spending], of(max)).budgets).toMatchObject([{ cap }])
  })

  test.each(['0.000999', '0.000001'])('error: a call could not spend a single unit of %s', (max) => {
    expect(refusal(() => fusedPlan([spending], of(max)))).toBe('compile.amount_not_positive')
  })

  test('behavior: what one more asset makes finer, counts again', () => {
    const both = act({
      function: 'function f(uint256 a, uint256 b)',
      spends: [
        { asset: USDC, amount: 'a', budget: 'b' },
        { asset: DAI, amount: 'b', budget: 'b' },
      ],
    })
    const budgets = { b: { assets: { [USDC]: '1000', [DAI]: '1' }, max: '0.000001' } }
    expect(fusedTerms([both], { budgets }).budgets).toMatchObject([{ cap: 10n ** 12n }])
  })
})
