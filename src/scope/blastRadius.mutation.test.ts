import { describe, expect, test } from 'vitest'
import { DAI, PAYEES, scopeDocument, TARGET, USDC } from '../../test/arbitraries/scope.ts'
import { parseInstant } from '../primitives/time.ts'
import { blastRadius } from './blastRadius.ts'
import { parseScope } from './parse.ts'

type Json = Record<string, unknown>
const START = parseInstant('2026-11-20T00:00:00Z')
const END = parseInstant('2026-12-20T00:00:00Z')
const DAY = 86_400n
const [A] = PAYEES
const pay = (more: Json = {}) => ({ id: 'pay', class: 'transfer', asset: 'native', to: [A], max: '1', ...more })
const call = (more: Json) => ({ id: 'call', class: 'call', target: TARGET, function: 'f(uint256 amount)', ...more })
const scopeOf = (rules: readonly Json[], more: Json = {}) => parseScope(scopeDocument(rules as never, more))
const radius = (rules: readonly Json[], more: Json = {}, now = START) => blastRadius(scopeOf(rules, more), { now })

describe('blastRadius', () => {
  test.each<[string, now: bigint, start: bigint]>([
    ['before its beginning', START - 1n, START],
    ['at its beginning', START, START],
    ['a second later', START + 1n, START + 1n],
    ['in its last second', END - 1n, END - 1n],
    ['at its end', END, END],
    ['after its end', END + 1n, END],
  ])('behavior: what is left of the lifetime %s', (_, now, start) => {
    expect(radius([pay()], {}, now).lifetime).toEqual({ start, end: END })
  })

  test('behavior: an outlet of one base unit is one, of none is none', () => {
    const totals = (lte: string) =>
      radius([call({ value: { lte } })], { calls: { max: 3 } }).assets.map(({ asset, total }) => [asset, total])
    expect(totals('0')).toEqual([])
    expect(totals('1')).toEqual([['native', 3n]])
  })

  test('behavior: a call is measured by one amount that it spends, or by its allowance', () => {
    const budgets = { b: { assets: { [USDC]: '1' }, max: '1' } }
    const unmeasured = (more: Json, used: Json = {}) => radius([pay(), call(more)], used).unmeasured
    const spends = [{ asset: USDC, amount: 'amount', budget: 'b' }]
    expect(unmeasured({})).toEqual([{ pointer: '/rules/1', why: 'The scope does not say what this call moves.' }])
    expect(unmeasured({ spends }, { budgets })).toEqual([])
    expect(unmeasured({ allowance: { asset: USDC, amount: 'amount' } })).toEqual([])
  })

  test('behavior: the value of a call leaves once, counted by a budget or by nothing', () => {
    const budgets = { b: { assets: { native: '1', [USDC]: '1' }, max: '0.000000000000000009' } }
    const spend = (asset: string, amount: string) => ({ asset, amount, budget: 'b' })
    const native = (spends: readonly Json[]) =>
      radius([call({ value: { lte: '2' }, spends })], { budgets, calls: { max: 3 } }).assets.find(
        ({ asset }) => asset === 'native',
      )
    expect(native([spend('native', 'value')])).toMatchObject({ total: 6n, budgets: [{ budget: 'b', amount: 9n }] })
    expect(native([spend(USDC, 'amount')])).toMatchObject({ total: 6n, budgets: [] })
    expect(native([spend(USDC, 'amount'), spend('native', 'value')])).toMatchObject({ total: 6n })
  })

  test('behavior: of two rules the larger is what one call can move, of two amounts of one rule the sum', () => {
    const rules = ['1', '3', '2'].map((max, at) => pay({ id: `r${at}`, max }))
    expect(radius(rules, { calls: { max: 2 } }).assets[0]?.total).toBe(6n * 10n ** 18n)
  })

  test('behavior: windows that nobody anchored cut a lifetime at both its ends, an empty one at neither', () => {
    const budgets = { b: { assets: { native: '1' }, max: '1', per: 'P30D', window: 'fixed' } }
    const units = (now: bigint, more: Json = {}) => {
      const [found] = radius([pay({ budget: 'b' })], { budgets, ...more }, now).assets
      return [found?.total, found?.burst].map((amount) => Number(amount) / 1e18)
    }
    expect(units(END - DAY)).toEqual([1, 1])
    expect(units(END - DAY, { notBefore: undefined })).toEqual([2, 2])
    expect(units(END - 31n * DAY, { notBefore: undefined })).toEqual([3, 2])
    expect(units(END, { notBefore: undefined })).toEqual([0, 0])
  })

  test('behavior: a budget that is not there holds nothing', () => {
    const scope = scopeOf([pay({ asset: DAI, budget: 'b' })], { budgets: { b: { assets: { [DAI]: '1' }, max: '1' } } })
    expect(blastRadius({ ...scope, budgets: {} }, { now: START }).assets).toMatchObject([
      { asset: DAI, total: 0n, burst: 0n, budgets: [] },
    ])
  })
})
