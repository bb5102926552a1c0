import { describe, expect, test } from 'vitest'
import { AGENT, DAI, PAYEES, scopeDocument, TARGET, USDC } from '../../test/arbitraries/scope.ts'
import { diffScopes } from './diff.ts'
import { parseScope } from './parse.ts'

/** Every field that has a direction, both ways, and what has come or gone. */

type Json = Record<string, unknown>
const [A, B, C] = PAYEES
const OTHER = '0x9999999999999999999999999999999999999999'
const pay = (more: Json = {}) => ({
  id: 'pay',
  class: 'transfer',
  asset: USDC,
  to: [A],
  max: '3',
  budget: 'b',
  ...more,
})
const call = (more: Json = {}) => ({
  id: 'call',
  class: 'call',
  target: TARGET,
  function: 'f(uint256 n, uint8 m)',
  ...more,
})
const budget = (more: Json = {}) => ({ assets: { [USDC]: '2', [DAI]: '2' }, max: '5', ...more })
const scope = (more: Json = {}) =>
  parseScope({
    ...scopeDocument([], {}),
    rules: [pay(), call()],
    budgets: { b: budget(), c: budget() },
    ...more,
  })
const rules = (...all: Json[]) => {
  const used = all.some((rule) => rule['budget'] === 'c')
  return { rules: [...all, pay({ id: 'keep' }), ...(used ? [] : [pay({ id: 'other', budget: 'c' })])] }
}
const other = { ...rules(pay(), call()) }
const diff = (before: Json, after: Json) =>
  diffScopes(scope({ ...other, ...before }), scope({ ...other, ...after })).map(
    ({ pointer, direction }) => `${direction} ${pointer}`,
  )

const calls = (more: Json = {}) => ({ calls: { max: 5, ...more } })
const daily = { per: 'P1D', window: 'rolling' }
const request = (more: Json = {}) => ({ request: { key: AGENT, redeemers: [A, B], ...more } })
const revocation = (more: Json = {}) => ({ revocation: { group: 'g', maxLatencySeconds: 60, ...more } })
const escalation = (more: Json = {}) => ({
  escalation: { above: { b: '1' }, confirmer: 'principal', timeout: 'PT5M', onTimeout: 'deny', ...more },
})
const budgets = (more: Json) => ({ budgets: { b: budget(more), c: budget() } })
const receipts = (...kinds: string[]) => ({ evidence: { receipts: kinds, retain: 'P1Y' } })
const args = (n?: Json) => rules(pay(), call(n === undefined ? {} : { args: { n } }))

describe('diffScopes', () => {
  /** From the first to the second it becomes wider, and the other way narrower. */
  test.each<[pointer: string, narrow: Json, wide: Json]>([
    ['/calls', calls(), {}],
    ['/calls/max', calls({ max: 4 }), calls()],
    ['/calls/max', calls({ max: 9 }), calls({ max: 10 })],
    ['/calls/per', calls({ per: 'P2D', window: 'rolling' }), calls(daily)],
    ['/calls/window', calls(daily), calls({ ...daily, window: 'fixed' })],
    ['/calls/per', calls(), calls(daily)],
    ['/calls/window', calls(), calls(daily)],
    ['/notBefore', {}, { notBefore: undefined }],
    ['/notBefore', {}, { notBefore: '2026-11-19T23:59:59Z' }],
    ['/expiry', {}, { expiry: '2026-12-20T00:00:01Z' }],
    ['/redelegation/maxDepth', {}, { redelegation: { maxDepth: 1 } }],
    ['/revocation/guardian', revocation({ guardian: OTHER }), revocation()],
    ['/revocation/maxLatencySeconds', revocation(), revocation({ maxLatencySeconds: 61 })],
    ['/request/redeemers', request(), request({ redeemers: 'anyone' })],
    ['/request/redeemers', request(), request({ redeemers: [C, B, A] })],
    ['/escalation', escalation(), {}],
    ['/escalation/above/b', escalation(), escalation({ above: { b: '1.1' } })],
    ['/escalation/above/c', escalation({ above: { b: '1', c: '1' } }), escalation()],
    ['/evidence/receipts', receipts('grant', 'outcome'), receipts('grant')],
    ['/evidence/retain', {}, { evidence: { receipts: ['grant'], retain: 'P364D' } }],
    ['/budgets/b/max', budgets({}), budgets({ max: '5.5' })],
    ['/budgets/b/max', budgets({ max: '9' }), budgets({ max: '10' })],
    ['/budgets/b/per', budgets({ ...daily, per: 'PT25H' }), budgets(daily)],
    ['/budgets/b/per', budgets({}), budgets(daily)],
    ['/budgets/b/window', budgets({}), budgets({ ...daily, window: 'fixed' })],
    [`/budgets/b/assets/${USDC}`, budgets({}), budgets({ assets: { [USDC]: '1.9', [DAI]: '2' } })],
    ['/rules/0/to', {}, rules(pay({ to: 'anyone' }), call())],
    ['/rules/0/to', {}, rules(pay({ to: [B, A] }), call())],
    ['/rules/0/max', {}, rules(pay({ max: '3.000001' }), call())],
    ['/rules/0/max', {}, rules(pay({ max: undefined }), call())],
    ['/rules/0/budget', {}, rules(pay({ budget: undefined }), call())],
    ['/rules/1/value/lte', {}, rules(pay(), call({ value: { lte: '1' } }))],
    ['/rules/1/acknowledge', {}, rules(pay(), call({ acknowledge: ['x'] }))],
    ['/rules/1/args/n', args({ lte: '5' }), args()],
    ['/rules/1/args/n', args({ lte: '5' }), args({ lte: '6' })],
  ])('behavior: %s', (pointer, narrow, wide) => {
    expect(diff(narrow, wide)).toContain(`wider ${pointer}`)
    expect(diff(wide, narrow)).toContain(`narrower ${pointer}`)
  })

  /** Both ways only another, and nothing else changes with it. */
  test.each<[pointer: string, a: Json, b: Json]>([
    ['/chainId', {}, { chainId: 1 }],
    ['/request', request(), {}],
    ['/request/redeemers', request(), request({ redeemers: [B, A] })],
    ['/request/redeemers', request(), request({ redeemers: [A, C] })],
    ['/evidence/retain', {}, { evidence: { receipts: ['grant'], retain: 'P365D' } }],
    ['/evidence/receipts', receipts('grant'), receipts('outcome')],
    ['/calls/per', calls(daily), calls({ ...daily, per: 'PT24H' })],
    [`/budgets/b/assets/${DAI}`, budgets({}), budgets({ assets: { [USDC]: '2' } })],
    ['/rules/0/budget', {}, rules(pay({ budget: 'c' }), call(), pay({ id: 'other', budget: 'c' }))],
    ['/rules/0/asset', {}, rules(pay({ asset: DAI }), call())],
    ['/rules/1/args/n', args({ lte: '5' }), args({ gte: '5' })],
    ['/rules/1/args/n', args({ lte: '0' }), args({ eq: '0' })],
  ])('behavior: %s is changed', (pointer, a, b) => {
    const alone = (lines: readonly string[]) => lines.filter((line) => !/\/(?:keep|other|rules\/[23])/.test(line))
    expect(alone(diff(a, b))).toEqual([`changed ${pointer}`])
    expect(alone(diff(b, a))).toEqual([`changed ${pointer}`])
  })

  test('behavior: a list that is partly the same is neither more nor less', () => {
    const to = (...payees: string[]) => rules(pay({ to: payees }), call())
    expect(diff(to(A, B), to(B, C))).toEqual(['changed /rules/0/to'])
    expect(diff(to(A, B, C), to(B))).toEqual(['narrower /rules/0/to'])
    expect(diff(to(B), to(C, A, B))).toEqual(['wider /rules/0/to'])
  })

  test('behavior: what is there before and after, and only that, stands on both sides', () => {
    const [found, ...more] = diffScopes(scope({ ...other, ...calls() }), scope(other))
    expect([found, more]).toEqual([{ pointer: '/calls', before: { max: 5 }, after: undefined, direction: 'wider' }, []])
    const [guardian] = diffScopes(scope(other), scope({ ...other, ...revocation({ guardian: OTHER }) }))
    expect(guardian).toMatchObject({ before: undefined, after: OTHER })
  })

  test('behavior: a rule that becomes one of another class has gone and come', () => {
    const before = rules(pay({ id: 'x' }), call())
    const after = rules(call({ id: 'x' }), call())
    expect(diff(before, after)).toEqual(['wider /rules/0', 'narrower /rules/0'])
    expect(diff(after, before)).toEqual(['wider /rules/0', 'narrower /rules/0'])
  })

  test('behavior: an argument of another function is another argument', () => {
    const of = (name: string, lte: string) => rules(pay(), call({ function: name, args: { n: { lte } } }))
    expect(diff(of('f(uint256 n)', '5'), of('f(uint128 n)', '6'))).toEqual([
      'changed /rules/1/function',
      'changed /rules/1/args/n',
    ])
    expect(diff(of('f(uint256 n)', '5'), of('f(uint256 n)', '6'))).toEqual(['wider /rules/1/args/n'])
  })

  test('behavior: accounts by name are those of the scope they stand in', () => {
    const paying = (to: string) => rules(pay(), call({ function: 'f(address to)', args: { to: { eq: to } } }))
    expect(diff(paying('delegate'), paying(AGENT))).toEqual(['changed /rules/1/args/to'])
    const moved = diff(paying('delegate'), { ...paying(AGENT), delegate: OTHER })
    expect(moved).toEqual(['changed /delegate', 'changed /rules/1/args/to'])
    // The same words, of which nothing is said: the other delegate is.
    expect(diff(paying('delegate'), { ...paying('delegate'), delegate: OTHER })).toEqual(['changed /delegate'])
  })

  test('behavior: names with a slash in them are escaped, and those of other objects are not taken for fields', () => {
    const provenance = (of: string) => ({ provenance: { '/expiry': of } })
    expect(diff(provenance('principal'), provenance('ledger'))).toEqual(['changed /provenance/~1expiry'])
    const named = (max: string) => ({
      ...rules(pay({ budget: 'max' }), call()),
      budgets: { max: budget({ max }), b: budget(), c: budget() },
    })
    expect(diff(named('5'), named('6'))).toEqual(['wider /budgets/max/max'])
  })
})
