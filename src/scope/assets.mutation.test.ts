import { describe, expect, test } from 'vitest'
import { AssetTable } from './assets.ts'
import { Report } from './report.ts'
import type { AssetInfo } from './types.ts'

const TOKEN = '0xabababababababababababababababababababab'
const COIN = '0xcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd'
const UPPER = `0x${TOKEN.slice(2).toUpperCase()}`
const USDC: AssetInfo = { symbol: 'USDC', decimals: 6 }

const read = (stated: Readonly<Record<string, AssetInfo>>, facts: Readonly<Record<string, AssetInfo>> = {}) => {
  const report = new Report()
  const table = new AssetTable(report, stated, facts)
  return { table, issues: () => report.issues.map(({ code, pointer, value, bound }) => [code, pointer, value, bound]) }
}
const mismatch = (key: string, value: string, bound: string) => ['scope.asset_mismatch', `/assets/${key}`, value, bound]

describe('AssetTable', () => {
  test('default: decimals of what was stated and of the native coin, and only what was asked for is used', () => {
    const { table, issues } = read({ [TOKEN]: USDC, [COIN]: { symbol: 'C', decimals: 0 } })
    expect(table.decimals('/rules/0/asset', 'native')).toBe(18)
    expect(table.used()).toEqual({})
    expect(table.decimals('/rules/0/asset', TOKEN)).toBe(6)
    expect(table.used()).toEqual({ [TOKEN]: USDC })
    expect(issues()).toEqual([])
  })

  test('error: facts that differ from the document, in symbol, in decimals, or in both', () => {
    const said = 'USDC, 6 decimals'
    const against = (fact: AssetInfo) => read({ [TOKEN]: USDC }, { [TOKEN]: fact }).issues()
    expect(against(USDC)).toEqual([])
    expect(against({ symbol: 'USDC', decimals: 7 })).toEqual([mismatch(TOKEN, said, 'USDC, 7 decimals')])
    expect(against({ symbol: 'USDT', decimals: 6 })).toEqual([mismatch(TOKEN, said, 'USDT, 6 decimals')])
    expect(against({ symbol: 'T', decimals: 18 })).toEqual([mismatch(TOKEN, said, 'T, 18 decimals')])
  })

  test('behavior: facts win over the document, and are enough without it', () => {
    const { table } = read({ [TOKEN]: USDC }, { [UPPER]: { symbol: 'USDC', decimals: 7 }, [COIN]: USDC })
    expect(table.decimals('/a', TOKEN)).toBe(7)
    expect(table.decimals('/a', COIN)).toBe(6)
  })

  test('error: a document that says two things of one asset in two spellings', () => {
    const twice = (info: AssetInfo) => read({ [TOKEN]: USDC, [UPPER]: info }).issues()
    expect(twice(USDC)).toEqual([])
    expect(twice({ symbol: 'USDC', decimals: 8 })).toEqual([mismatch(UPPER, 'USDC, 6 decimals', 'USDC, 8 decimals')])
  })

  test('error: an asset that nobody knows, once for each', () => {
    const { table, issues } = read({})
    for (const asset of [TOKEN, TOKEN, COIN, TOKEN] as const) {
      expect(table.decimals(`/rules/${asset}`, asset)).toBeUndefined()
    }
    expect(issues()).toEqual([
      ['scope.unknown_decimals', `/rules/${TOKEN}`, TOKEN, undefined],
      ['scope.unknown_decimals', `/rules/${COIN}`, COIN, undefined],
    ])
    expect(table.used()).toEqual({})
  })
})
