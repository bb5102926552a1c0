import { describe, expect, test } from 'vitest'
import { act, budget, environment, type More, nativeBudget, pay, type Rule } from '../../test/arbitraries/plan.ts'
import { DAI, PAYEES, scopeDocument, USDC } from '../../test/arbitraries/scope.ts'
import { parseScope } from '../scope/parse.ts'
import { CompileError } from './errors.ts'
import { findObstacles, holdMax, settleObstacles } from './obstacles.ts'
import { resolve } from './resolve.ts'

const resolved = (rules: readonly Rule[], more: More = {}) =>
  resolve(parseScope(scopeDocument(rules, more)), environment, 0n)
const settled = (rules: readonly Rule[], more: More = {}, accept: readonly string[] = []) => {
  try {
    return settleObstacles(findObstacles(resolved(rules, more)), accept)
  } catch (error) {
    if (error instanceof CompileError) return { code: error.code.replace('compile.', ''), ...error.details }
    throw error
  }
}
const loose = (id: string): Rule => pay({ id, max: '5' })

describe('holdMax', () => {
  test('behavior: redundant from the budget on, lowered with one call, else loose', () => {
    const hold = (max: string | undefined, more: More) => {
      const given = resolved([pay({ max } as never)], more)
      const [rule] = given.rules
      return rule?.class === 'transfer' ? holdMax(rule, given) : null
    }
    expect([undefined, '199.999999', '200', '200.000001'].map((max) => hold(max, budget()))).toEqual([
      'none',
      'loose',
      'redundant',
      'redundant',
    ])
    const calls = (max: number) => hold('5', { ...budget(), calls: { max } })
    expect([calls(1), calls(2)]).toEqual(['lowered', 'loose'])
    expect(hold('5', { ...budget(), calls: { max: 1, per: 'P1D', window: 'fixed' } })).toBe('loose')
  })
})

describe('settleObstacles', () => {
  const rolling = { per: 'P1D', window: 'rolling' as const }
  const escalation = {
    above: { b: '25' },
    confirmer: 'principal' as const,
    timeout: 'PT15M',
    onTimeout: 'deny' as const,
  }

  test('behavior: nothing in the way', () => {
    expect(settled([pay()], budget())).toEqual([])
    expect(settled([act()])).toEqual([])
    expect(settled([act({ value: { lte: '0' } })])).toEqual([])
    expect(settled([act({ value: { lte: '1' } })], { calls: { max: 9 } })).toEqual([])
    expect(settled([pay()], budget({ assets: { [USDC]: '1', [DAI]: '1' } }))).toEqual([])
    expect(settled([pay({ max: '5', budget: undefined as never })], { calls: { max: 1 } })).toEqual([])
  })

  test('behavior: the first in the order of the scope, and whether it may be accepted', () => {
    const first = (rules: readonly Rule[], more: More) => settled(rules, more)
    expect(first([loose('a')], budget())).toEqual({ code: 'max', pointer: '/rules/0/max', acceptable: true })
    expect(first([pay({ max: '5', budget: undefined as never })], {})).toEqual({
      code: 'unbounded',
      pointer: '/rules/0',
      acceptable: false,
    })
    expect(first([act({ args: { amount: { lte: '5' } } })], {})).toEqual({
      code: 'condition',
      pointer: '/rules/0/args/amount',
      acceptable: true,
    })
    const spends = [{ asset: USDC, amount: 'amount', budget: 'b' }]
    expect(first([act({ spends })], budget())).toEqual({
      code: 'spends',
      pointer: '/rules/0/spends/0',
      acceptable: false,
    })
    expect(first([act({ value: { lte: '1' } })], {})).toEqual({
      code: 'unbounded',
      pointer: '/rules/0/value',
      acceptable: false,
    })
    expect(first([pay()], { ...budget(), escalation })).toEqual({
      code: 'escalation',
      pointer: '/escalation',
      acceptable: true,
    })
    expect(first([pay()], budget(rolling))).toEqual({
      code: 'rolling_window',
      pointer: '/budgets/b/window',
      acceptable: false,
    })
    expect(first([pay(), pay({ id: 'dai', asset: DAI })], budget({ assets: { [USDC]: '1', [DAI]: '1' } }))).toEqual({
      code: 'multi_asset_budget',
      pointer: '/budgets/b/assets',
      acceptable: false,
    })
    const two = {
      budgets: {
        b: { assets: { [USDC]: '1', [DAI]: '1' }, max: '9' },
        c: { assets: { [USDC]: '1', [DAI]: '1' }, max: '9' },
      },
    }
    expect(settled([pay(), pay({ id: 'dai', asset: DAI, budget: 'c' })], two)).toEqual([])
    expect(first([pay()], { ...budget(), calls: { max: 2, ...rolling } })).toEqual({
      code: 'calls_per_period',
      pointer: '/calls',
      acceptable: false,
    })
    expect(first([pay()], { ...budget(), request: { key: PAYEES[2], redeemers: 'anyone' } })).toMatchObject({
      code: 'request',
      acceptable: false,
    })
    expect(first([act({ allowance: { asset: USDC, amount: 'amount' } })], {})).toMatchObject({
      code: 'allowance',
      pointer: '/rules/0/allowance',
      acceptable: false,
    })
  })

  test('behavior: the others are named too, 32 at most; what was accepted is none of them', () => {
    const many = (count: number) => Array.from({ length: count }, (_, at) => loose(`r${at}`))
    const pointers = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, at) => `/rules/${from + at}/max`)
    expect(settled(many(3), budget())).toMatchObject({ pointer: '/rules/0/max', others: pointers(1, 3) })
    expect(settled(many(33), budget())).toMatchObject({ others: pointers(1, 33) })
    expect(settled(many(34), budget())).toMatchObject({ others: pointers(1, 33) })
    expect(settled(many(3), budget(), ['/rules/0/max', '/rules/2/max'])).toEqual({
      code: 'max',
      pointer: '/rules/1/max',
      acceptable: true,
    })
    expect(settled(many(2), budget(), ['/rules/1/max', '/rules/0/max', '/rules/1/max'])).toEqual([
      '/rules/0/max',
      '/rules/1/max',
    ])
    // What may not be accepted is in the way however often it is.
    expect(settled([pay()], budget(rolling), ['/budgets/b/window'])).toMatchObject({ code: 'rolling_window' })
  })

  test('error: pointers that accept nothing, 32 of them at most', () => {
    const wrong = Array.from({ length: 34 }, (_, at) => `/nowhere/${at}`)
    expect(settled([loose('a')], budget(), ['/rules/0/max', '/other'])).toEqual({
      code: 'accept_unmatched',
      pointers: ['/other'],
    })
    expect(settled([pay()], budget(), wrong)).toEqual({ code: 'accept_unmatched', pointers: wrong.slice(0, 32) })
  })

  test('behavior: what to do names what may be accepted, and only that', () => {
    const fix = (rules: readonly Rule[], more: More) => {
      try {
        settleObstacles(findObstacles(resolved(rules, more)), [])
      } catch (error) {
        return (error as CompileError).fix
      }
      return null
    }
    expect(fix([loose('a')], budget())).toContain('accept "/rules/0/max"')
    expect(fix([pay()], budget(rolling))).not.toContain('accept')
    expect(fix([pay({ asset: 'native' })], nativeBudget())).toBeNull()
  })
})
