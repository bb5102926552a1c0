import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { PAYEES, scopeDocument, TARGET, USDC } from '../../test/arbitraries/scope.ts'
import { codeOf } from '../../test/codes.ts'
import type { ScopeError } from './errors.ts'
import { scopeJsonSchema } from './hash.ts'
import { parseScope } from './parse.ts'
import type { ScopeDocument } from './schema.ts'

/** What a reader of the documentation is told, and of several accounts or values the one that is wrong. */

type More = Partial<ScopeDocument>
const act = { id: 'c', class: 'call', target: TARGET, function: 'f(uint256 a, bool, uint8 c)' } as const
const parse = (rules: readonly object[], more: More = {}) => parseScope(scopeDocument(rules as never, more))
const firstOf = (rules: readonly object[], more: More = {}) => {
  const { code, details } = codeOf(() => parse(rules, more)) as ScopeError
  return { code, pointer: details['pointer'], value: details['value'], bound: details['bound'] }
}

describe('scopeJsonSchema', () => {
  test('default: the published schema, to every bound and example', () => {
    const { title, ...published } = JSON.parse(readFileSync('docs/scope.schema.json', 'utf8'))
    expect(title).toBe('Ambit task scope, version 1')
    expect(JSON.parse(JSON.stringify(scopeJsonSchema()))).toEqual(published)
  })
})

describe('parseScope', () => {
  test('error: wei that no word holds', () => {
    const most = 2n ** 256n - 1n
    const value = (wei: bigint) => [{ ...act, value: { lte: `${wei}` } }]
    expect(parse(value(most)).rules).toMatchObject([{ value: { lte: `${most}` } }])
    expect(firstOf(value(most + 1n))).toEqual({
      code: 'scope.value_does_not_fit',
      pointer: '/rules/0/value/lte',
      value: `${most + 1n}`,
      bound: 'uint256',
    })
    expect(firstOf(value(-1n)).code).toBe('scope.value_does_not_fit')
  })

  test('error: no function at all is too short, not wrong', () => {
    expect(firstOf([{ ...act, function: '' }])).toMatchObject({ code: 'scope.out_of_range', bound: 'at least 1' })
  })

  test('error: an argument that is not there is told which are', () => {
    const unknown = { code: 'scope.unknown_argument', value: 'b', bound: 'a, c' }
    expect(firstOf([{ ...act, args: { b: { eq: '1' } } }])).toMatchObject(unknown)
    const [wide] = parse([{ ...act, args: { c: { lte: '255' }, a: { lte: '256' } } }]).rules
    expect(wide).toMatchObject({ args: { c: { lte: '255' }, a: { lte: '256' } } })
    const names = Array.from({ length: 64 }, (_, n) => `a${n}`)
    const long = { ...act, function: `f(${names.map((name) => `bool ${name}`).join(',')})` }
    expect(firstOf([{ ...long, args: { b: { eq: true } } }]).bound).toBe(names.join(', ').slice(0, 200))
  })

  test('error: a budget that does not count an asset is told which it counts', () => {
    const tokens = Array.from({ length: 5 }, (_, n) => `0x${`${n + 4}`.repeat(40)}` as const)
    const known = Object.fromEntries(tokens.map((token) => [token, { symbol: 'T', decimals: 6 }]))
    const assets = Object.fromEntries(tokens.map((token) => [token, '1']))
    const pay = { id: 'p', class: 'transfer', asset: 'native', to: [PAYEES[0]], budget: 'b' }
    expect(firstOf([pay], { budgets: { b: { assets, max: '1' } }, assets: known })).toEqual({
      code: 'scope.budget_without_asset',
      pointer: '/rules/0/budget',
      value: 'native',
      bound: tokens.join(', ').slice(0, 200),
    })
    const two = Object.fromEntries(tokens.slice(0, 2).map((token) => [token, '1']))
    const short = firstOf([pay], { budgets: { b: { assets: two, max: '1' } }, assets: known })
    expect(short.bound).toBe(tokens.slice(0, 2).join(', '))
  })

  test('behavior: anyone may be said of redeemers', () => {
    const request = { key: PAYEES[0], redeemers: 'anyone' } as const
    expect(parse([act], { request }).request).toEqual(request)
    const redeemers = [PAYEES[1], PAYEES[2]]
    expect(parse([act], { request: { key: PAYEES[0], redeemers } }).request?.redeemers).toEqual(redeemers)
  })

  test('error: a confirmer that is the agent, by its account or by its key', () => {
    const pay = { id: 'p', class: 'transfer', asset: USDC, to: [PAYEES[0]], budget: 'b' }
    const budgets = { b: { assets: { [USDC]: '1' }, max: '5' } }
    const asking = (confirmer: string, more: More = {}): More => ({
      budgets,
      escalation: { above: { b: '1' }, confirmer, timeout: 'PT1M', onTimeout: 'deny' },
      ...more,
    })
    const request = { key: PAYEES[2], redeemers: 'anyone' } as const
    const { delegate, principal } = scopeDocument([])
    const refusal = { code: 'scope.confirmer_is_delegate', pointer: '/escalation/confirmer' }
    expect(firstOf([pay], asking(String(delegate)))).toMatchObject(refusal)
    expect(firstOf([pay], asking(String(delegate), { request }))).toMatchObject(refusal)
    expect(firstOf([pay], asking(PAYEES[2], { request }))).toMatchObject(refusal)
    expect(parse([pay], asking(PAYEES[2])).escalation?.confirmer).toBe(PAYEES[2])
    expect(parse([pay], asking(String(principal))).escalation?.confirmer).toBe('principal')
    expect(parse([pay], asking('principal', { request })).escalation?.confirmer).toBe('principal')
  })
})
