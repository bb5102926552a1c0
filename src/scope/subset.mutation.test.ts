import { describe, expect, test } from 'vitest'
import { parseScope } from './parse.ts'
import { isSubset } from './subset.ts'

/** Where parent and child are equal, which of several excesses is named, and which of several rules is charged. */

const account = (n: number) => `0x${n.toString(16).padStart(2, '0').repeat(20)}` as const
const [A, B, C, X, Y] = [account(0xa1), account(0xb1), account(0xc1), account(0xe1), account(0xe2)] as const
type Edit = Record<string, unknown>
const pay = (edit: Edit = {}) => ({
  id: 'pay',
  class: 'transfer',
  asset: X,
  to: [A, B],
  max: '3',
  budget: 'b',
  ...edit,
})
const limit = (max: string) => ({ assets: { [X]: '1', [Y]: '1' }, max })
const parse = (edit: Edit = {}) =>
  parseScope({
    version: 1,
    task: { id: 't', purpose: 'p' },
    chainId: 1,
    principal: account(1),
    delegate: account(2),
    rules: [pay()],
    budgets: { b: limit('6') },
    expiry: '2026-12-20T00:00:00Z',
    redelegation: { maxDepth: 0 },
    revocation: { group: 'g', maxLatencySeconds: 60 },
    evidence: { receipts: ['grant', 'decision', 'outcome'], retain: 'P1D' },
    assets: { [X]: { symbol: 'X', decimals: 0 }, [Y]: { symbol: 'Y', decimals: 0 } },
    ...edit,
  })
const ask = (child: Edit, parent: Edit = {}) => {
  const result = isSubset(parse(child), parse(parent))
  return result.subset ? 'yes' : `${result.dimension} ${result.pointer} ${result.child} ${result.parent}`
}

describe('isSubset', () => {
  test.each<[string, Edit, Edit, string]>([
    ['as many calls', { calls: { max: 5 } }, { calls: { max: 5 } }, 'yes'],
    ['one call more', { calls: { max: 6 } }, { calls: { max: 5 } }, 'calls /calls {"max":6} {"max":5}'],
    ['an end at the same second', {}, {}, 'yes'],
    [
      'an end one second later',
      { expiry: '2026-12-20T00:00:01Z' },
      {},
      'lifetime /expiry "2026-12-20T00:00:01Z" "2026-12-20T00:00:00Z"',
    ],
    [
      'kept as long, in other words',
      { evidence: { receipts: ['outcome', 'decision', 'grant'], retain: 'PT24H' } },
      {},
      'yes',
    ],
    [
      'of several receipts that are missing the first',
      { evidence: { receipts: ['decision'], retain: 'P1D' } },
      {},
      'evidence /evidence/receipts ["decision"] "grant"',
    ],
  ])('behavior: %s', (_, child, parent, found) => {
    expect(ask(child, parent)).toBe(found)
  })

  const request = (key: string, ...redeemers: string[]) => ({
    request: { key, redeemers: redeemers.length === 0 ? 'anyone' : redeemers },
  })
  test.each<[string, Edit, Edit, string]>([
    ['the key of the child’s own delegate', { delegate: A, ...request(A) }, {}, 'yes'],
    ['the key of the parent’s delegate', { delegate: A, ...request(account(2)) }, {}, 'yes'],
    ['a key of nobody known', { delegate: A, ...request(B) }, {}, `request /request/key "${B}" null`],
    ['anyone for anyone', request(A), request(A), 'yes'],
    ['somebody for anyone', request(A, B), request(A), 'yes'],
    ['one of two', request(A, C), request(A, B, C), 'yes'],
    ['both of two, turned round', request(A, C, B), request(A, B, C), 'yes'],
    [
      'of two redeemers more the first',
      request(A, X, B, Y),
      request(A, B, C),
      `request /request/redeemers "${X}" ["${B}","${C}"]`,
    ],
    ['anyone for somebody', request(A), request(A, B), `request /request/redeemers "anyone" ["${B}"]`],
  ])('behavior: %s', (_, child, parent, found) => {
    expect(ask(child, parent)).toBe(found)
  })

  test('behavior: the rule of the same id is meant, else the first that admits', () => {
    const budgets = { small: limit('2'), large: limit('6') }
    const [small, large] = [pay({ id: 'small', budget: 'small' }), pay({ id: 'large', budget: 'large' })]
    const child = (id: string) => ({ rules: [pay({ id })] })
    expect(ask(child('large'), { rules: [small, large], budgets })).toBe('yes')
    expect(ask(child('large'), { rules: [large, small], budgets })).toBe('yes')
    expect(ask(child('other'), { rules: [large, small], budgets })).toBe('yes')
    expect(ask(child('other'), { rules: [small, large], budgets })).toMatch(/^budgets /)
    expect(ask(child('small'), { rules: [large, small], budgets })).toMatch(/^budgets /)
  })

  test('error: of rules that do not admit it the nearest says why, of equally near ones the first', () => {
    const child = { rules: [pay({ id: 'child', to: [A] })] }
    const far = pay({ id: 'far', asset: Y })
    const [one, two] = [pay({ id: 'one', max: '1' }), pay({ id: 'two', max: '2' })]
    expect(ask(child, { rules: [far, one] })).toBe('max /rules/0/max "3" "1"')
    expect(ask(child, { rules: [one, far] })).toBe('max /rules/0/max "3" "1"')
    expect(ask(child, { rules: [two, one] })).toBe('max /rules/0/max "3" "2"')
    expect(ask(child, { rules: [far] })).toMatch(/^asset \/rules\/0\/asset /)
  })

  test('error: a payee that no rule has, with those of the rule that was meant', () => {
    const rules = [pay({ id: 'child', to: [B, A, C] })]
    expect(ask({ rules })).toBe(`payees /rules/0/to/2 "${C}" ["${A}","${B}"]`)
  })
})
