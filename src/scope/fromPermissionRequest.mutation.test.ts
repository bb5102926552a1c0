import { describe, expect, test } from 'vitest'
import { AGENT, DAI, PAYEES, PRINCIPAL, TARGET, USDC } from '../../test/arbitraries/scope.ts'
import { codeOf } from '../../test/codes.ts'
import { parseInstant } from '../primitives/time.ts'
import { type PermissionImport, scopeFromPermissionRequest } from './fromPermissionRequest.ts'

const [A, B] = PAYEES
const START = Number(parseInstant('2026-11-20T00:00:00Z'))
const END = Number(parseInstant('2026-12-20T00:00:00Z'))
type Json = Record<string, unknown>

const upper = (address: string) => `0x${address.slice(2).toUpperCase()}`
const options: PermissionImport = {
  principal: PRINCIPAL,
  task: { id: 't', purpose: 'p' },
  revocation: { group: 'g', maxLatencySeconds: 60 },
  evidence: { receipts: ['grant'], retain: 'P1Y' },
  assets: { [upper(USDC)]: { symbol: 'USDC', decimals: 6 }, [DAI]: { symbol: 'DAI', decimals: 18 } },
}
const expiry = { type: 'expiry', data: { timestamp: END } }
const redeemer = (...addresses: string[]) => ({ type: 'redeemer', data: { addresses } })
const payee = (...addresses: string[]) => ({ type: 'payee', data: { addresses } })
const request = (type: string, data: Json, more: Json = {}) => ({
  chainId: '0x2105',
  from: PRINCIPAL,
  to: AGENT,
  permission: { type, isAdjustmentAllowed: false, data },
  rules: [expiry, redeemer(AGENT), payee(A)],
  ...more,
})
const periodic = { periodAmount: '0x5', periodDuration: 86_400, startTime: START }
const read = (document: unknown, more: Partial<PermissionImport> = {}) =>
  scopeFromPermissionRequest(document, { ...options, ...more })
const refusal = (document: unknown, more: Partial<PermissionImport> = {}) => {
  const { code, details } = codeOf(() => read(document, more))
  return { code, ...details }
}

describe('scopeFromPermissionRequest', () => {
  const at = (start: number | undefined) => (start === undefined ? {} : { notBefore: '2026-11-20T00:00:00Z' })

  test.each<[type: string, data: Json, asset: string, budget: Json, start: number | undefined]>([
    [
      'erc20-token-periodic',
      { ...periodic, tokenAddress: USDC },
      USDC,
      { max: '0.000005', per: 'P1D', window: 'fixed' },
      START,
    ],
    [
      'erc20-token-periodic',
      { ...periodic, tokenAddress: upper(DAI) },
      DAI,
      { max: '0.000000000000000005', per: 'P1D', window: 'fixed' },
      START,
    ],
    ['native-token-periodic', periodic, 'native', { max: '0.000000000000000005', per: 'P1D', window: 'fixed' }, START],
    ['native-token-allowance', { allowanceAmount: '0x5' }, 'native', { max: '0.000000000000000005' }, undefined],
    [
      'native-token-allowance',
      { allowanceAmount: '0x5', startTime: null },
      'native',
      { max: '0.000000000000000005' },
      undefined,
    ],
    [
      'erc20-token-allowance',
      { allowanceAmount: '0x5', startTime: START, tokenAddress: USDC },
      USDC,
      { max: '0.000005' },
      START,
    ],
  ])('default: %s %j', (type, data, asset, budget, start) => {
    const scope = read(request(type, data))
    expect(scope).toMatchObject({
      version: 1,
      chainId: 8453,
      principal: PRINCIPAL,
      delegate: AGENT,
      rules: [{ id: 'pay', class: 'transfer', asset, to: [A], budget: 'limit' }],
      redelegation: { maxDepth: 0 },
      expiry: '2026-12-20T00:00:00Z',
    })
    expect(scope.budgets).toEqual({ limit: { assets: { [asset]: '1' }, ...budget } })
    const { notBefore } = scope
    expect(notBefore === undefined ? {} : { notBefore }).toEqual(at(start))
  })

  test.each<[seconds: number, per: string]>([
    [1, 'PT1S'],
    [3_600, 'PT3600S'],
    [86_399, 'PT86399S'],
    [86_400, 'P1D'],
    [86_401, 'PT86401S'],
    [172_800, 'P2D'],
  ])('behavior: a period of %i seconds is %s', (periodDuration, per) => {
    expect(read(request('native-token-periodic', { ...periodic, periodDuration })).budgets['limit']?.per).toBe(per)
  })

  test('behavior: a start of one period is that of windows counted from unix time 0, any other is a start', () => {
    const startOf = (startTime: number) => read(request('native-token-periodic', { ...periodic, startTime })).notBefore
    expect([86_399, 86_400, 86_401].map(startOf)).toEqual(['1970-01-01T23:59:59Z', undefined, '1970-01-02T00:00:01Z'])
  })

  const native = (more: Json) => request('native-token-periodic', periodic, more)

  test('behavior: rules in any order, anyone without payees, redeemers in any spelling', () => {
    expect(read(native({ rules: [payee(A, B), redeemer(upper(AGENT)), expiry] })).rules).toMatchObject([{ to: [A, B] }])
    expect(read(native({ rules: [redeemer(AGENT), expiry] })).rules).toMatchObject([{ to: 'anyone' }])
    expect(read(native({ rules: [expiry] }), { maxDepth: 2 }).redelegation).toEqual({ maxDepth: 2 })
    expect(read(native({ rules: [expiry] }), { maxDepth: 0 }).redelegation).toEqual({ maxDepth: 0 })
    expect(read(native({}), { maxDepth: 0 }).redelegation).toEqual({ maxDepth: 0 })
  })

  test.each<[string, rules: unknown, expected: Json]>([
    ['no rules', undefined, { code: 'scope.missing_expiry', pointer: '/rules' }],
    ['no expiry', [redeemer(AGENT)], { code: 'scope.missing_expiry', pointer: '/rules' }],
    [
      'two expiries',
      [expiry, expiry, payee(A)],
      { code: 'scope.contradictory_details', pointer: '/rules/1', value: 'expiry' },
    ],
    [
      'two lists',
      [payee(A), expiry, payee(A)],
      { code: 'scope.contradictory_details', pointer: '/rules/2', value: 'payee' },
    ],
    ['two redeemers', [redeemer(AGENT), redeemer(AGENT), expiry], { pointer: '/rules/1', value: 'redeemer' }],
    ['open depth', [expiry], { code: 'scope.cannot_hold', pointer: '/rules' }],
    ['another redeemer', [expiry, redeemer(B)], { code: 'scope.cannot_hold', value: B, bound: AGENT }],
    ['one redeemer more', [expiry, redeemer(AGENT, B)], { code: 'scope.cannot_hold', value: `${AGENT}, ${B}` }],
    [
      'an unknown rule',
      [expiry, { type: 'x', data: {} }],
      { code: 'scope.foreign_type', pointer: '/rules/1/type', value: 'x' },
    ],
    [
      'a long unknown rule',
      [{ type: 'x'.repeat(201), data: {} }],
      { pointer: '/rules/0/type', value: 'x'.repeat(200), bound: 'expiry, redeemer, payee' },
    ],
  ])('error: %s', (_, rules, expected) => {
    expect(refusal(native({ rules }))).toMatchObject(expected)
  })

  test('error: a depth beside the delegate as the only redeemer', () => {
    expect(refusal(native({}), { maxDepth: 1 })).toMatchObject({
      code: 'scope.contradictory_details',
      value: 1,
      bound: 0,
    })
  })

  test.each<[type: unknown, code: string]>([
    ['erc20-token-stream', 'scope.cannot_hold'],
    ['native-token-stream', 'scope.cannot_hold'],
    ['toString', 'scope.foreign_type'],
    ['erc20-token', 'scope.foreign_type'],
    [7, 'scope.malformed_value'],
  ])('error: a permission of the type %s', (type, code) => {
    const document = native({ permission: { type, isAdjustmentAllowed: false, data: periodic } })
    expect(refusal(document)).toMatchObject({ code, pointer: '/permission/type' })
  })

  test.each([null, 'x', 7, [], { permission: null }, { rules: [null] }])('error: %j is no request', (document) => {
    expect(refusal(document).code).toMatch(/^scope\.(?:wrong_type|missing_field)$/)
  })

  test('error: a token that nobody knows, and periods that begin whenever', () => {
    const token = (tokenAddress: string) => request('erc20-token-periodic', { ...periodic, tokenAddress })
    expect(refusal(token(TARGET))).toMatchObject({ code: 'scope.unknown_decimals', value: TARGET })
    expect(codeOf(() => read(token(USDC), { assets: {} }))).toMatchObject({ code: 'scope.unknown_decimals' })
    for (const startTime of [undefined, null]) {
      const open = request('native-token-periodic', { ...periodic, startTime })
      expect(refusal(open)).toMatchObject({ code: 'scope.cannot_hold', pointer: '/permission/data/startTime' })
    }
  })

  test('behavior: a reason is the purpose where the caller has none', () => {
    const because = (justification: unknown) => request('native-token-periodic', { ...periodic, justification })
    const task = { id: 't' }
    expect(read(because('why'), { task }).task).toEqual({ id: 't', purpose: 'why' })
    expect(read(because('why')).task).toEqual({ id: 't', purpose: 'p' })
    for (const none of [null, undefined]) {
      expect(refusal(because(none), { task })).toMatchObject({ code: 'scope.missing_field', pointer: '/task/purpose' })
    }
  })

  test('behavior: what the wallet may adjust waits for the principal', () => {
    const open = native({ permission: { type: 'native-token-periodic', isAdjustmentAllowed: true, data: periodic } })
    expect(refusal(open)).toMatchObject({ code: 'scope.agent_sourced' })
    const confirmed = ['/budgets/limit/max', '/budgets/limit/per', '/notBefore', '/expiry']
    const { provenance } = read(open, { confirmed })
    expect(Object.keys(provenance).sort()).toEqual([...confirmed].sort())
  })
})

describe('readImported', () => {
  test('error: another party, however the known one is spelled', () => {
    const asked = request('native-token-periodic', periodic)
    const of = (more: Partial<PermissionImport>) => refusal(asked, more)
    expect(read(asked, { principal: upper(PRINCIPAL) as typeof B, delegate: upper(AGENT) as typeof B })).toMatchObject({
      principal: PRINCIPAL,
      delegate: AGENT,
    })
    expect(of({ principal: B })).toEqual({
      code: 'scope.other_party',
      pointer: '/principal',
      value: PRINCIPAL,
      bound: B,
    })
    expect(of({ delegate: B })).toMatchObject({ code: 'scope.other_party', pointer: '/delegate', value: AGENT })
  })

  test('behavior: every value is of whom the caller says, or of nobody', () => {
    const sources = (more: Partial<PermissionImport>) =>
      read(request('native-token-periodic', periodic), more).provenance
    expect(sources({})).toEqual({})
    expect(sources({ source: 'ledger' })['/budgets/limit/max']).toBe('ledger')
  })
})
