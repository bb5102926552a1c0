import { describe, expect, test } from 'vitest'
import { AGENT, PAYEES, PRINCIPAL, scopeDocument, TARGET, USDC } from '../../test/arbitraries/scope.ts'
import { codeOf } from '../../test/codes.ts'
import { parseScope } from './parse.ts'
import { scopeFromRar, scopeToRar } from './rar.ts'
import { ScopeDocument } from './schema.ts'
import { sourceAll, splitSources } from './sources.ts'

/** Details of several scopes, and the sources of what they hold: of several faults, which one is named. */

type Json = Record<string, unknown>
const scope = parseScope(
  scopeDocument(
    [
      { id: 'pay', class: 'transfer', asset: USDC, to: [PAYEES[0]], budget: 'b' },
      { id: 'act', class: 'call', target: TARGET, function: 'f(uint256 amount)' },
    ],
    {
      budgets: { b: { assets: { [USDC]: '1' }, max: '200' } },
      provenance: {
        '/expiry': 'ledger',
        '/rules': 'principal',
        '/rules/0': 'ledger',
        '/rules/1/target': 'addressBook',
      },
    },
  ),
)
type Detail = Json & { scope: Json }
const sent = (): [Detail, Detail] => JSON.parse(JSON.stringify(scopeToRar(scope)))
const refusal = (edit: (details: [Detail, Detail]) => void) => {
  const details = sent()
  edit(details)
  return codeOf(() => scopeFromRar(details))
}

describe('scopeToRar', () => {
  test('behavior: sources of a rule are in its detail, those of all rules and of the rest in the common part', () => {
    const [pay, act] = sent()
    expect(pay['provenance']).toEqual({ '': 'ledger' })
    expect(act['provenance']).toEqual({ '/target': 'addressBook' })
    for (const detail of [pay, act]) {
      expect(detail.scope['provenance']).toEqual({ '/expiry': 'ledger', '/rules': 'principal' })
    }
    expect(act).not.toHaveProperty('privileges')
    expect(scopeFromRar(sent())).toEqual(scope)
  })
})

describe('scopeFromRar', () => {
  test('error: of several differences the first field in the order of the first detail is named', () => {
    const error = refusal(([, second]) => {
      Object.assign(second.scope, { delegate: PAYEES[2], principal: PAYEES[1] })
    })
    expect(error.details['pointer']).toBe('/1/scope/principal')
    const chain = refusal(([, second]) => {
      Object.assign(second.scope, { delegate: PAYEES[2] })
      Object.assign(second, { locations: ['eip155:1'] })
    })
    expect(chain.details['pointer']).toBe('/1/locations')
  })

  test('error: of several sources that point into rules the first is named, by its first 200 characters', () => {
    const long = `/rules/0/${'x'.repeat(192)}`
    const error = refusal((details) => {
      for (const detail of details) {
        const provenance = { '/expiry': 'ledger', [long]: 'ledger', '/rules/1/id': 'ledger' }
        Object.assign(detail.scope, { provenance })
      }
    })
    expect(error.details).toMatchObject({ value: long.slice(0, 200) })
    expect(long.length).toBe(201)
    expect(error.details['pointer']).toMatch(/^\/0\/scope\/provenance\/~1rules~10~1x/)
  })

  test('error: a type that is long is shown by its beginning', () => {
    const type = `ab${'c'.repeat(199)}`
    const error = refusal(([, second]) => void Object.assign(second, { type }))
    expect(error).toMatchObject({
      code: 'scope.foreign_type',
      details: { pointer: '/1/type', value: type.slice(0, 200) },
    })
  })
})

describe('splitSources', () => {
  test('default: values without sources, and sources by pointer', () => {
    const { plain, sources } = splitSources({
      a: { value: 1, source: 'ledger' },
      b: [{ value: 'x', source: 'agent' }, 'y', null],
      c: { value: 2, source: 'confirmed' },
      d: { value: { value: 3, source: 'agent' }, source: '2' },
      e: { source: 'agent' },
      'x/y': { value: false, source: 'principal' },
    })
    expect(plain).toEqual({
      a: 1,
      b: ['x', 'y', null],
      c: { value: 2, source: 'confirmed' },
      d: { value: 3, source: '2' },
      e: { source: 'agent' },
      'x/y': false,
    })
    expect([...sources]).toEqual([
      ['/a', 'ledger'],
      ['/b/0', 'agent'],
      ['/d/value', 'agent'],
      ['/x~1y', 'principal'],
    ])
  })
})

describe('sourceAll', () => {
  test('default: every value from one writer, but what is said to be the agent’s', () => {
    const provenance = { '/expiry': 'agent', '/delegate': 'principal' } as const
    const to = [PAYEES[0], { value: PAYEES[1], source: 'agent' }, { value: PAYEES[2], source: 'principal' }] as const
    const rule = { id: 'p', class: 'transfer' as const, asset: USDC, to: [...to], max: '1' }
    const document = ScopeDocument.parse({ ...scopeDocument([rule], { provenance }), notBefore: undefined })
    const sourced = sourceAll(document, 'ledger') as unknown as Json & { rules: Json[] }
    expect(sourced).toMatchObject({
      version: 1,
      chainId: { value: 8453, source: 'ledger' },
      principal: { value: PRINCIPAL, source: 'ledger' },
      delegate: { value: AGENT, source: 'ledger' },
      evidence: { receipts: [{ value: 'grant', source: 'ledger' }] },
      provenance: { '/expiry': 'agent' },
    })
    expect(sourced['provenance']).toEqual({ '/expiry': 'agent' })
    expect(sourced['notBefore']).toBeUndefined()
    expect(sourced.rules).toEqual([
      {
        class: 'transfer',
        id: { value: 'p', source: 'ledger' },
        asset: { value: USDC, source: 'ledger' },
        max: { value: '1', source: 'ledger' },
        to: [
          { value: PAYEES[0], source: 'ledger' },
          { value: PAYEES[1], source: 'agent' },
          { value: PAYEES[2], source: 'ledger' },
        ],
      },
    ])
  })
})
