import { describe, expect, test } from 'vitest'
import { AGENT, DAI, PAYEES, PRINCIPAL, TARGET, USDC } from '../../test/arbitraries/scope.ts'
import { codeOf } from '../../test/codes.ts'
import type { ScopeError } from './errors.ts'
import { type InferOptions, inferScope } from './infer.ts'

const [A] = PAYEES
type Json = Record<string, unknown>
const account = (n: number) => `0x${(0xa0000 + n).toString(16).padStart(40, 'b')}`
const times = <item>(count: number, make: (n: number) => item): item[] =>
  Array.from({ length: count }, (_, n) => make(n))
const at = (second: number) => new Date(1_800_000_000_000 + second * 1_000).toISOString().replace('.000Z', 'Z')
const plan = (calls: readonly unknown[], more: Json = {}): Json => ({
  version: 1,
  task: { id: 'task', purpose: 'p' },
  chainId: 1,
  principal: PRINCIPAL,
  delegate: AGENT,
  notBefore: at(0),
  expiry: at(100),
  assets: { [USDC]: { symbol: 'USDC', decimals: 6 }, [DAI]: { symbol: 'DAI', decimals: 18 } },
  source: 'principal',
  calls,
  ...more,
})
const pay = (to: string, more: Json = {}) => ({ asset: USDC, to, amount: '1', ...more })
const call = (n: number, more: Json = {}) => ({
  to: TARGET,
  function: 'f(uint16 n, uint16 m)',
  args: { n: `${n}`, m: '1' },
  ...more,
})
const infer = (calls: readonly unknown[], more: Json = {}, options: InferOptions = {}) =>
  inferScope(plan(calls, more), options)
const refused = (calls: readonly unknown[], more: Json = {}, options: InferOptions = {}) => {
  const error = codeOf(() => infer(calls, more, options)) as ScopeError
  return error.issues.map(({ code, pointer }) => `${code} ${pointer}`)
}

describe('inferScope', () => {
  test('default: what the plan says of the frame, and what it leaves out', () => {
    const { document, confirm } = infer([pay(A)])
    expect(confirm).toEqual([])
    expect(document).toMatchObject({
      version: 1,
      calls: { max: 1 },
      notBefore: at(0),
      expiry: at(100),
      redelegation: { maxDepth: 0 },
      revocation: { group: 'task', maxLatencySeconds: 60 },
      evidence: { receipts: ['grant', 'decision', 'outcome', 'revocation'], retain: 'P1Y' },
    })
    expect(Object.keys(document.assets ?? {})).toEqual([USDC])
    expect(document).not.toHaveProperty('request')
    const own = {
      request: { key: AGENT, redeemers: 'anyone' },
      revocation: { group: 'g', maxLatencySeconds: 5 },
      evidence: { receipts: ['grant'], retain: 'P1D' },
    }
    expect(infer([pay(A)], own).document).toMatchObject(own)
  })

  test('behavior: where each value of the frame is from', () => {
    const sources = (calls: readonly unknown[], more: Json = {}) => infer(calls, more).document.provenance
    expect(sources([pay(A)], { source: 'ledger' })).toEqual({
      '/rules/0/asset': 'ledger',
      '/rules/0/to/0': 'ledger',
      '/rules/0/max': 'ledger',
      '/budgets/pay-1/max': 'ledger',
      '/calls/max': 'ledger',
      '/notBefore': 'ledger',
      '/expiry': 'ledger',
      '/delegate': 'ledger',
    })
    const timed = pay(A, { when: at(9), source: 'agent' })
    expect(sources([timed])).toMatchObject({ '/notBefore': 'principal', '/calls/max': 'agent' })
    expect(sources([timed, { ...timed, source: 'ledger' }], { notBefore: undefined })).toMatchObject({
      '/notBefore': 'agent',
    })
    expect(sources([pay(A)], { notBefore: undefined })).not.toHaveProperty('/notBefore')
    const request = { key: AGENT, redeemers: 'anyone' }
    expect(sources([pay(A)], { request })).toHaveProperty(['/request/key'], 'principal')
    expect(sources([pay(A)], { expiry: { value: at(100), source: 'ledger' } })).toMatchObject({ '/expiry': 'ledger' })
  })

  test('behavior: what the agent says is to be confirmed, value by value', () => {
    const { confirm } = infer([pay(A, { to: { value: A, source: 'agent' } })], {
      expiry: { value: at(99), source: 'agent' },
    })
    expect(confirm).toEqual([
      { pointer: '/rules/0/to/0', value: A },
      { pointer: '/expiry', value: at(99) },
    ])
  })

  test('behavior: it begins with the earliest call, where all have a time', () => {
    const begins = (...seconds: (number | undefined)[]) =>
      infer(
        seconds.map((second) => pay(A, second === undefined ? {} : { when: at(second) })),
        { notBefore: undefined },
      ).document.notBefore
    expect(begins(5)).toBe(at(5))
    expect([begins(5, 3, 4), begins(3, 4, 5), begins(4, 5, 3)]).toEqual([at(3), at(3), at(3)])
    expect([begins(5, undefined), begins(undefined, 5), begins(undefined)]).toEqual(Array(3).fill(undefined))
  })

  test('error: a call before the beginning, at the end or later', () => {
    const when =
      (second: number, more: Json = {}) =>
      () =>
        infer([pay(A, { when: at(second) })], more)
    expect([when(0)().document.calls, when(99)().document.calls]).toEqual([{ max: 1 }, { max: 1 }])
    expect(when(-1, { notBefore: undefined })().document.notBefore).toBe(at(-1))
    const outside = ['scope.plan_outside_lifetime /calls/0/when']
    for (const second of [-1, 100, 101]) expect(refused([pay(A, { when: at(second) })])).toEqual(outside)
    expect(refused([pay(A), pay(A, { when: at(100) })])).toEqual(['scope.plan_outside_lifetime /calls/1/when'])
    expect(refused([pay(A, { when: at(100) })], { expiry: '2027-02-30T00:00:00Z' })).toEqual([
      'scope.no_such_date /expiry',
    ])
    expect(refused([pay(A, { when: at(-1) })], { notBefore: '2027-02-30T00:00:00Z' })).toEqual([
      'scope.no_such_date /notBefore',
    ])
  })

  test('error: every call that cannot be read is named', () => {
    const unread = { to: TARGET, data: '0x12345678' }
    expect(refused([unread, pay(A), unread])).toEqual(['scope.unknown_call /calls/0', 'scope.unknown_call /calls/2'])
  })

  test('error: an expiry that has passed, where the caller says when it is', () => {
    const end = 1_800_000_100n
    expect(refused([pay(A)], {}, { now: end })).toEqual(['scope.expired /expiry'])
    expect(infer([pay(A)], {}, { now: end - 1n }).confirm).toEqual([])
  })

  test('behavior: the finest rules that fit: 64 of them, and as many budgets', () => {
    const finest = (calls: readonly unknown[], options?: InferOptions) => {
      const { rulePer, document } = infer(calls, {}, options)
      return [rulePer, document.rules.length, Object.keys(document.budgets ?? {}).length]
    }
    expect(finest(times(64, (n) => pay(account(n))))).toEqual(['call', 64, 64])
    expect(finest(times(65, (n) => pay(account(n))))).toEqual(['asset', 1, 1])
    expect(finest(times(65, (n) => pay(A, { amount: `${n + 1}` })))).toEqual(['payee', 1, 1])
    expect(finest([pay(A), pay(account(1))], { rulePer: 'asset' })).toEqual(['asset', 1, 1])
    const spends = [
      { asset: USDC, amount: 'n' },
      { asset: DAI, amount: 'm' },
    ]
    expect(finest(times(32, (n) => call(n + 1, { spends })))).toEqual(['call', 32, 64])
    expect(finest(times(33, (n) => call(n + 1, { spends })))).toEqual(['payee', 1, 2])
  })

  test('error: more rules than a scope has, or more payees than a rule', () => {
    const varied = ['scope.plan_too_varied /calls']
    expect(
      refused(
        times(65, (n) => pay(account(n))),
        {},
        { rulePer: 'call' },
      ),
    ).toEqual(varied)
    expect(
      refused(
        times(65, (n) => pay(account(n))),
        {},
        { rulePer: 'payee' },
      ),
    ).toEqual(varied)
    const payees = (count: number) => times(count, (n) => pay(account(n)))
    expect(infer(payees(256)).document.rules).toMatchObject([{ class: 'transfer' }])
    expect(refused(payees(257))).toEqual(varied)
    // Calls beside them change nothing.
    expect(infer([call(1), ...payees(256)]).document.rules).toHaveLength(2)
    expect(refused([call(1), ...payees(257)])).toEqual(varied)
    expect(refused([...payees(257), call(1)])).toEqual(varied)
  })
})
