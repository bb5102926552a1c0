import { describe, expect, test } from 'vitest'
import { PAYEES, PRINCIPAL, scopeDocument, TARGET, USDC } from '../../test/arbitraries/scope.ts'
import { ScopeError } from './errors.ts'
import { scopeFromPermissionRequest } from './fromPermissionRequest.ts'
import { parseScope } from './parse.ts'
import { scopeFromRar, scopeToRar } from './rar.ts'
import { scopeToPermissionRequests } from './toPermissionRequests.ts'

/** Every bound of the formats that carry scopes, at its edge: refused where it stands, before it is read as a scope. */

type Json = Record<string, unknown>
const times = <item>(count: number, make: (n: number) => item): item[] =>
  Array.from({ length: count }, (_, n) => make(n))
const firstOf = (run: () => unknown): string => {
  try {
    run()
    return 'ok'
  } catch (error) {
    if (!(error instanceof ScopeError)) throw error
    return `${error.code} ${error.details['pointer']}`
  }
}
const account = (n: number) => `0x${n.toString(16).padStart(40, 'b')}`

describe('scopeFromRar', () => {
  const call = { class: 'call', target: TARGET, function: 'f(uint8 a)', args: {}, acknowledge: ['selector:x'] }
  const details = (rules: number): Json[] => {
    const scope = parseScope(scopeDocument(times(rules, (n) => ({ ...call, id: `r${n}` })) as never, { budgets: {} }))
    return JSON.parse(JSON.stringify(scopeToRar(scope)))
  }
  const [detail] = details(1) as [Json]
  const read = (more: Json) => firstOf(() => scopeFromRar([{ ...detail, ...more }]))

  test('behavior: one detail for each of up to 64 rules', () => {
    const all = details(64)
    expect(firstOf(() => scopeFromRar(all))).toBe('ok')
    expect(firstOf(() => scopeFromRar([...all, detail]))).toBe('scope.out_of_range ')
    expect(firstOf(() => scopeFromRar([]))).toBe('scope.out_of_range ')
  })

  test('behavior: 1 to 16 privileges of up to 100 characters', () => {
    const privileges = (count: number) => read({ privileges: times(count, (n) => `danger:${n}`) })
    expect([1, 16].map(privileges)).toEqual(['ok', 'ok'])
    expect([0, 17].map(privileges)).toEqual(Array(2).fill('scope.out_of_range /0/privileges'))
    expect(read({ privileges: ['x'.repeat(100)] })).toBe('ok')
    expect(read({ privileges: ['x'.repeat(101)] })).toBe('scope.out_of_range /0/privileges/0')
  })

  test('behavior: exactly one chain and one action', () => {
    for (const [name, value] of [
      ['locations', 'eip155:8453'],
      ['actions', 'call'],
    ] as const) {
      expect(read({ [name]: [value] })).toBe('ok')
      expect(read({ [name]: [] })).toBe(`scope.out_of_range /0/${name}`)
      expect(read({ [name]: [value, value] })).toBe(`scope.out_of_range /0/${name}`)
    }
  })

  test('error: a pointer of more than 500 characters is refused where it stands', () => {
    const sourceAt = (length: number) => read({ provenance: { [`/${'x'.repeat(length - 1)}`]: 'principal' } })
    // In the scope it is longer, by where the rule stands.
    expect(sourceAt(491)).toMatch(/^scope\.dangling_provenance \/provenance/)
    expect(sourceAt(500)).toMatch(/^scope\.malformed_value \/provenance/)
    expect(sourceAt(501)).toMatch(/^scope\.malformed_value \/0\/provenance/)
  })
})

describe('scopeFromPermissionRequest', () => {
  const pay = { id: 'pay', class: 'transfer', asset: USDC, to: [PAYEES[0]], budget: 'b' }
  const budgets = { b: { assets: { [USDC]: '1' }, max: '200', per: 'P1D', window: 'fixed' } }
  const scope = parseScope(scopeDocument([pay] as never, { budgets } as never))
  const [request] = JSON.parse(JSON.stringify(scopeToPermissionRequests(scope))) as [
    Json & { permission: { data: Json }; rules: { type: string; data: Json }[] },
  ]
  const options = {
    principal: PRINCIPAL,
    task: { id: 't' },
    revocation: { group: 'g', maxLatencySeconds: 60 },
    evidence: { receipts: ['grant'], retain: 'P1Y' },
    assets: { [USDC]: { symbol: 'USDC', decimals: 6 } },
  } as const
  const read = (more: Json) => firstOf(() => scopeFromPermissionRequest({ ...request, ...more }, options))
  const data = (more: Json) =>
    read({ permission: { ...request.permission, data: { ...request.permission.data, ...more } } })
  const rule = (type: string, more: Json) =>
    read({ rules: request.rules.map((one) => (one.type === type ? { type, data: more } : one)) })
  const LAST = 4_294_967_295

  test.each<[pointer: string, least: number, most: number, ask: (n: number) => string]>([
    ['/permission/data/startTime', 1, LAST, (n) => data({ startTime: n })],
    ['/permission/data/periodDuration', 1, LAST, (n) => data({ periodDuration: n })],
    ['/permission/data/justification', 1, 500, (n) => data({ justification: 'x'.repeat(n) })],
    ['/rules/0/data/timestamp', 1, LAST, (n) => rule('expiry', { timestamp: n })],
    ['/rules/2/data/addresses', 1, 256, (n) => rule('payee', { addresses: times(n, account) })],
  ])('behavior: %s from %i to %i', (pointer, least, most, ask) => {
    const refusal = `scope.out_of_range ${pointer}`
    expect([ask(least), ask(most)]).not.toContain(refusal)
    expect([ask(least - 1), ask(most + 1)]).toEqual([refusal, refusal])
  })

  test('behavior: no more rules than there are kinds of them', () => {
    expect(read({})).toBe('ok')
    expect(read({ rules: [...request.rules, request.rules[0]] })).toBe('scope.out_of_range /rules')
  })
})
