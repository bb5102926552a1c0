import { describe, expect, test } from 'vitest'
import { budget, decodedOf, nativeBudget, pay, plan, rowOf, START } from '../../test/arbitraries/plan.ts'
import { USDC } from '../../test/arbitraries/scope.ts'

describe('shareLimits', () => {
  const window = { duration: 86_400n, start: START }
  const fixed = { per: 'P1D', window: 'fixed' as const }
  const capOf = (max: string, native = false) => {
    const rule = pay(native ? { asset: 'native', max } : { max })
    const more = native ? nativeBudget(fixed) : budget(fixed)
    const made = plan([rule], { ...more, calls: { max: 1 } })
    const held = rowOf(made, '/rules/0/max')?.held
    return [decodedOf(made)[0]?.find(({ kind }) => kind.endsWith('PeriodTransfer')), held?.by]
  }

  test('behavior: with one call in all the cap of a window is the maximum, where that is the lower one', () => {
    const token = (amount: bigint) => ({ kind: 'erc20PeriodTransfer', token: USDC, amount, ...window })
    expect(capOf('50')).toEqual([token(50_000_000n), 'chain'])
    expect(capOf('199.999999')).toEqual([token(199_999_999n), 'chain'])
    expect(capOf('200')).toEqual([token(200_000_000n), 'chain'])
    expect(capOf('201')).toEqual([token(200_000_000n), 'chain'])
    const coin = (amount: bigint) => ({ kind: 'nativePeriodTransfer', amount, ...window })
    expect(capOf('1', true)).toEqual([coin(10n ** 18n), 'chain'])
    expect(capOf('3', true)).toEqual([coin(2n * 10n ** 18n), 'chain'])
  })

  test('behavior: the same for a life, of tokens and of coin', () => {
    const limit = (native: boolean, max: string) => {
      const rule = pay(native ? { asset: 'native', max } : { max })
      const made = plan([rule], { ...(native ? nativeBudget() : budget()), calls: { max: 1 } })
      return decodedOf(made)[0]?.flatMap((it) =>
        it.kind.endsWith('TransferAmount') && 'limit' in it ? [it.limit] : [],
      )
    }
    expect([limit(false, '50'), limit(false, '250')]).toEqual([[50_000_000n], [200_000_000n]])
    expect([limit(true, '1'), limit(true, '3')]).toEqual([[10n ** 18n], [2n * 10n ** 18n]])
  })
})
