import { describe, expect, test } from 'vitest'
import { parseScope } from './parse.ts'
import { isSubset } from './subset.ts'

/** Whether a child has somebody asked wherever its parent would: at the last unit that need not ask, and the first that must. */

const account = (n: number) => `0x${n.toString(16).padStart(2, '0').repeat(20)}` as const
const [A, TARGET, X, Y, CONFIRMER] = [account(0xa1), account(0xc1), account(0xe1), account(0xe2), account(9)] as const

type Json = Record<string, unknown>
const scope = (rules: readonly Json[], more: Json) =>
  parseScope({
    version: 1,
    task: { id: 't', purpose: 'p' },
    chainId: 1,
    principal: account(1),
    delegate: account(2),
    rules: rules.map((rule, index) => ({ id: `r${index}`, ...rule })),
    expiry: '2030-01-01T00:00:00Z',
    redelegation: { maxDepth: 0 },
    revocation: { group: 'g', maxLatencySeconds: 60 },
    evidence: { receipts: ['grant'], retain: 'P1D' },
    assets: { [X]: { symbol: 'X', decimals: 1 }, [Y]: { symbol: 'Y', decimals: 1 } },
    ...more,
  })
const pay = (more: Json = {}) => ({ class: 'transfer', asset: X, to: [A], ...more })
const call = (...spends: (readonly [asset: string, amount: string, budget: string])[]) => ({
  class: 'call',
  target: TARGET,
  function: 'f(uint256 a, uint256 b)',
  spends: spends.map(([asset, amount, budget]) => ({ asset, amount, budget })),
})
const question = (above: Json, more: Json = {}) => ({
  escalation: { above, confirmer: CONFIRMER, timeout: 'PT5M', onTimeout: 'deny', ...more },
})
const budget = (max: string, assets: Json = { [X]: '1', [Y]: '1' }) => ({ assets, max })
/** A parent that counts all in `b` and asks above so many units. */
const parent = (rules: readonly Json[], threshold: string, assets?: Json) =>
  scope(rules, { budgets: { b: budget('900', assets) }, ...question({ b: threshold }) })
const answer = (...[child, wide]: Parameters<typeof isSubset>) => {
  const found = isSubset(child, wide)
  return found.subset ? 'yes' : `${found.dimension} ${found.pointer}`
}
const WIDE = [pay({ budget: 'b' })]

describe('isSubset', () => {
  test('behavior: a call that cannot be above the threshold asks nobody', () => {
    const child = scope([pay({ max: '3' })], { calls: { max: 9 } })
    expect(answer(child, parent(WIDE, '3'))).toBe('yes')
    expect(answer(child, parent(WIDE, '2.9'))).toBe('escalation /escalation')
    const two = scope([pay({ max: '2' }), pay({ max: '3' })], { calls: { max: 9 } })
    expect(answer(two, parent(WIDE, '3'))).toBe('yes')
    expect(answer(two, parent(WIDE, '2.9'))).toBe('escalation /escalation')
  })

  const both = (first: string, second: string) => call([X, 'a', first], [Y, 'b', second])

  test('behavior: a budget that holds no more than the threshold asks nobody, whatever else the call says', () => {
    const wide = (threshold: string, assets?: Json) => parent([both('b', 'b')], threshold, assets)
    const child = scope([both('o', 'o')], { budgets: { o: budget('4') } })
    expect(answer(child, wide('4'))).toBe('yes')
    expect(answer(child, wide('3.9'))).toBe('escalation /escalation')
    // Of an asset that counts twice with the parent, as much as if all were spent on it.
    expect(answer(child, wide('8', { [X]: '1', [Y]: '2' }))).toBe('yes')
    expect(answer(child, wide('7.9', { [X]: '1', [Y]: '2' }))).toBe('escalation /escalation')
  })

  test('behavior: only a budget that counts all that the call moves speaks for it, the first of them', () => {
    const budgets = { o: budget('4'), p: budget('4') }
    const apart = scope([both('o', 'p')], { budgets })
    expect(answer(apart, parent([both('b', 'b')], '4'))).toBe('escalation /escalation')
    expect(answer(apart, parent([both('b', 'b')], '8'))).toBe('yes')
    const twice = (first: string, second: string) =>
      scope([call([X, 'a', first], [X, 'a', second], [Y, 'b', first], [Y, 'b', second])], {
        budgets: { o: budget('4'), p: budget('400') },
      })
    expect(answer(twice('o', 'p'), parent([both('b', 'b')], '4'))).toBe('yes')
    expect(answer(twice('p', 'o'), parent([both('b', 'b')], '4'))).toBe('escalation /escalation')
    const joint = call([X, 'a', 'o'], [X, 'a', 'p'], [Y, 'b', 'p'])
    expect(answer(scope([joint], { budgets: { o: budget('9'), p: budget('4') } }), parent([both('b', 'b')], '4'))).toBe(
      'yes',
    )
  })

  test.each<[string, 'yes' | 'no', above: Json, more: Json]>([
    ['at the threshold', 'yes', { o: '3' }, {}],
    ['below it', 'yes', { o: '2.9' }, {}],
    ['above it', 'no', { o: '3.1' }, {}],
    ['for another budget', 'no', { p: '3' }, {}],
    ['with less time', 'yes', { o: '3' }, { timeout: 'PT299S' }],
    ['with the same time, said otherwise', 'yes', { o: '3' }, { timeout: 'PT300S' }],
    ['with more time', 'no', { o: '3' }, { timeout: 'PT301S' }],
    ['another person', 'no', { o: '3' }, { confirmer: account(8) }],
    ['the principal', 'no', { o: '3' }, { confirmer: 'principal' }],
  ])('behavior: asking %s: %s', (_, expected, above, more) => {
    const rules = [pay({ budget: 'o' }), pay({ max: '1', budget: 'p' })]
    const child = scope(rules, { budgets: { o: budget('90'), p: budget('90') }, ...question(above, more) })
    expect(answer(child, parent(WIDE, '3'))).toBe(expected === 'yes' ? 'yes' : 'escalation /escalation')
  })

  test('behavior: the principal by name is the same person in both, and thresholds are in units of the own budget', () => {
    const principal = { confirmer: 'principal' }
    const wide = scope(WIDE, { budgets: { b: budget('900', { [X]: '3' }) }, ...question({ b: '9' }, principal) })
    const child = (above: string) =>
      scope([pay({ budget: 'o' })], {
        budgets: { o: budget('90', { [X]: '2' }) },
        ...question({ o: above }, principal),
      })
    // Six of its own units are three tokens, and these nine units of the parent.
    expect(answer(child('6'), wide)).toBe('yes')
    expect(answer(child('6.1'), wide)).toBe('escalation /escalation')
  })

  test('behavior: a parent that asks for other budgets, or never, has nobody asked for this one', () => {
    const child = scope([pay({ max: '9' })], { calls: { max: 9 } })
    const budgets = { b: budget('900'), c: budget('900') }
    const rules = [pay({ budget: 'b' }), pay({ budget: 'c' })]
    expect(answer(child, scope(rules, { budgets, ...question({ c: '1' }) }))).toBe('yes')
    expect(answer(child, scope(rules, { budgets }))).toBe('yes')
    expect(answer(child, scope(rules, { budgets, ...question({ b: '1' }) }))).toBe('escalation /escalation')
  })

  test('error: a child made by hand whose budget is not there', () => {
    const child = scope([pay({ max: '9', budget: 'o' })], { budgets: { o: budget('3') }, calls: { max: 9 } })
    expect(answer(child, parent(WIDE, '3'))).toBe('yes')
    expect(answer({ ...child, budgets: {} }, parent(WIDE, '3'))).toBe('escalation /escalation')
  })
})
