import { describe, expect, test } from 'vitest'
import { DAI, USDC } from '../../test/arbitraries/scope.ts'
import { AssetTable } from './assets.ts'
import { budgetCapacity, budgetDecimals, checkBudgets, decimalsOf, formatBudgetUnits, readBudgets } from './budgets.ts'
import { Report } from './report.ts'
import type { Budget } from './types.ts'

const ASSETS = { [USDC]: { symbol: 'USDC', decimals: 6 }, [DAI]: { symbol: 'DAI', decimals: 18 } }
const UNKNOWN = '0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee'
const UPPER = `0x${USDC.slice(2).toUpperCase()}`
const account = (n: number) => `0x${n.toString(16).padStart(40, 'b')}`

const read = (documents: Parameters<typeof readBudgets>[1]) => {
  const report = new Report()
  const known = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [account(n), { symbol: 'T', decimals: 0 }]))
  const budgets = readBudgets(report, documents, new AssetTable(report, { ...ASSETS, ...known }, {}))
  return { budgets, issues: report.issues.map(({ code, pointer, value }) => `${code} ${pointer} ${value ?? ''}`) }
}
const one = (assets: Record<string, string>, max = '1') => read({ b: { assets, max } })
const many = <value>(count: number, value: value, name: (n: number) => string) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [name(n), value] as const))

describe('readBudgets', () => {
  test('default: amounts in their shortest text, with as many decimals as the finest asset has', () => {
    expect(one({ [USDC]: '1.50' }, '2.50')).toEqual({
      budgets: { b: { assets: { [USDC]: '1.5' }, max: '2.5' } },
      issues: [],
    })
    expect(one({ [account(0)]: '1' }, '1.5').issues).toEqual(['scope.too_many_decimals /budgets/b/max 1.5'])
    expect(one({ [USDC]: '1' }, '1.1234567').issues).toEqual(['scope.too_many_decimals /budgets/b/max 1.1234567'])
    for (const assets of [
      { [USDC]: '1', [DAI]: '1' },
      { [DAI]: '1', [USDC]: '1' },
    ]) {
      expect(one(assets, '1.1234567').issues).toEqual([])
    }
  })

  test('behavior: a weight of 18 decimals, and of no more', () => {
    const fine = `0.${'0'.repeat(17)}1`
    expect(one({ [USDC]: fine }).issues).toEqual([])
    expect(one({ [USDC]: `${fine}1` }).issues).toEqual([`scope.too_many_decimals /budgets/b/assets/${USDC} ${fine}1`])
  })

  test('error: an asset that nobody knows is one complaint, wherever it stands', () => {
    const unknown = [`scope.unknown_decimals /budgets/b/assets/${UNKNOWN} ${UNKNOWN}`]
    // Text of the maximum stays as written: how many decimals it may have is not known.
    for (const assets of [{ [UNKNOWN]: '1' }, { [UNKNOWN]: '1', [USDC]: '1' }, { [USDC]: '1', [UNKNOWN]: '1' }]) {
      expect(one(assets, '1.12345670')).toMatchObject({ budgets: { b: { max: '1.12345670' } }, issues: unknown })
    }
  })

  test('error: a budget that counts nothing, or one asset twice', () => {
    expect(one({}).issues).toEqual(['scope.empty_budget /budgets/b/assets '])
    expect(one({ [USDC]: '1', [UPPER]: '1' }).issues).toEqual([
      `scope.duplicate_value /budgets/b/assets/${UPPER} ${UPPER}`,
    ])
  })

  test('error: more than 64 budgets, or 16 assets in one: the first are read', () => {
    const budget = { assets: { native: '1' }, max: '1' }
    expect(read(many(64, budget, (n) => `n${n}`)).issues).toEqual([])
    const budgets = read(many(65, budget, (n) => `n${n}`))
    expect(budgets.issues).toEqual(['scope.out_of_range /budgets 65'])
    expect(Object.keys(budgets.budgets)).toEqual(Array.from({ length: 64 }, (_, n) => `n${n}`))
    expect(one(many(16, '1', account)).issues).toEqual([])
    const assets = one(many(17, '1', account))
    expect(assets.issues).toEqual(['scope.out_of_range /budgets/b/assets 17'])
    expect(Object.keys(assets.budgets['b']?.assets ?? {})).toEqual(Array.from({ length: 16 }, (_, n) => account(n)))
  })
})

const budget = (assets: Record<string, string>, max: string) => ({ assets, max }) as Budget

describe('budgetCapacity', () => {
  test.each<[string, Budget, bigint]>([
    ['one unit each', budget({ [USDC]: '1' }, '2.5'), 2_500_000n],
    ['a weight, rounded down', budget({ [USDC]: '3' }, '2'), 666_666n],
    ['a finer asset beside it', budget({ [USDC]: '1', [DAI]: '1' }, '2.5000009'), 2_500_000n],
    ['an asset that it does not count', budget({ [DAI]: '1' }, '2'), 0n],
  ])('default: %s', (_, counted, most) => {
    expect(budgetCapacity(counted, USDC, ASSETS)).toBe(most)
  })
})

describe('decimalsOf', () => {
  test('default: 18 of the native coin, those of a token, and 77 of one that is not listed', () => {
    expect([decimalsOf('native', {}), decimalsOf(USDC, ASSETS), decimalsOf(UNKNOWN, ASSETS)]).toEqual([18, 6, 77])
  })
})

describe('budgetDecimals', () => {
  test('default: those of the finest asset', () => {
    expect(budgetDecimals(budget({ [USDC]: '1', [DAI]: '1' }, '1'), ASSETS)).toBe(18)
    expect(budgetDecimals(budget({ [USDC]: '1' }, '1'), ASSETS)).toBe(6)
    expect(budgetDecimals(budget({}, '1'), ASSETS)).toBe(0)
  })
})

describe('checkBudgets', () => {
  test('error: what no rule uses, and what no word holds', () => {
    const issues = (max: string, weight: string, used: readonly string[]) => {
      const report = new Report()
      checkBudgets(
        report,
        { b: budget({ [USDC]: weight }, max) },
        { [USDC]: { symbol: 'T', decimals: 0 } },
        new Set(used),
      )
      return report.issues.map(({ code, pointer }) => `${code} ${pointer}`)
    }
    const half = 2n ** 255n
    expect(issues('1', '1', ['b'])).toEqual([])
    expect(issues('1', '1', ['a'])).toEqual(['scope.unused_budget /budgets/b'])
    expect(issues(`${half * 2n - 1n}`, '1', ['b'])).toEqual([])
    expect(issues(`${half - 1n}`, '0.5', ['b'])).toEqual([])
    expect(issues(`${half}`, '0.5', ['b'])).toEqual(['scope.amount_overflow /budgets/b/max'])
  })
})

describe('formatBudgetUnits', () => {
  test('default: exact, and where no amount is written so finely rounded up', () => {
    expect(formatBudgetUnits({ amount: 15n, decimals: 1 })).toBe('1.5')
    expect(formatBudgetUnits({ amount: 10n ** 77n, decimals: 77 })).toBe('1')
    expect(formatBudgetUnits({ amount: 1n, decimals: 77 })).toBe(`0.${'0'.repeat(76)}1`)
    expect(formatBudgetUnits({ amount: 10n, decimals: 78 })).toBe(`0.${'0'.repeat(76)}1`)
    expect(formatBudgetUnits({ amount: 11n, decimals: 78 })).toBe(`0.${'0'.repeat(76)}2`)
    expect(formatBudgetUnits({ amount: 0n, decimals: 95 })).toBe('0')
  })
})
