import { describe, expect, test } from 'vitest'
import {
  act,
  budget,
  decodedOf,
  type More,
  nativeBudget,
  noValue,
  pay,
  plan,
  type Rule,
  rowOf,
  START,
  spend,
} from '../../test/arbitraries/plan.ts'
import { DAI, USDC } from '../../test/arbitraries/scope.ts'

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

  test('behavior: under a shared number of calls a leaf says nothing again, be it one caveat that is left', () => {
    const [root, leaf] = decodedOf(plan([pay({ to: 'anyone' }), act()], { ...budget(), calls: { max: 5 } }))
    expect(root).toContainEqual(noValue)
    expect(leaf).toEqual([spend(USDC, 200_000_000n)])
  })

  test('behavior: the most value of any way to act closes the umbrella: what a payment of coin may take', () => {
    const value = (more: object) => {
      const made = plan([pay({ asset: 'native' }), act()], { ...nativeBudget(more), calls: { max: 5 } })
      return decodedOf(made)[0]?.flatMap((it) => (it.kind === 'valueLte' ? [it.max] : []))
    }
    expect([value({}), value(fixed)]).toEqual([[2n * 10n ** 18n], [2n * 10n ** 18n]])
  })
})

describe('splitRules', () => {
  const holders = (pointer: string, rules: readonly Rule[], more: More) => {
    const made = plan(rules, more)
    const held = rowOf(made, pointer)?.held
    return held?.by === 'chain' ? held.caveats.map((at) => decodedOf(made)[at.draft]?.[at.caveat]?.kind) : held?.by
  }

  test('behavior: what holds the asset: of a token its limit too, of coin that there is no calldata', () => {
    expect(holders('/rules/0/asset', [pay()], budget())).toEqual(['valueLte', 'erc20TransferAmount'])
    expect(holders('/rules/0/asset', [pay({ asset: 'native' })], nativeBudget())).toEqual(['exactCalldata'])
    const both = { budgets: { b: { assets: { [USDC]: '1', [DAI]: '1' }, max: '9' } } }
    expect(holders('/rules/0/budget', [pay()], both)).toEqual(['erc20TransferAmount'])
  })

  test('behavior: what holds the function: its selector, or a pin or calldata that begin with it', () => {
    const by = (args: object) => holders('/rules/0/function', [act({ args: args as never })], {})
    expect(by({})).toEqual(['allowedMethods'])
    expect(by({ amount: { eq: '5' } })).toEqual(['allowedMethods'])
    expect(by({ to: { eq: 'principal' } })).toEqual(['allowedCalldata'])
    expect(by({ to: { eq: 'principal' }, amount: { eq: '5' } })).toEqual(['exactCalldata'])
  })
})
