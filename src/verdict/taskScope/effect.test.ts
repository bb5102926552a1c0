import { describe, expect, test } from 'vitest'
import {
  fixed,
  lifetime,
  payRule,
  rolling,
  type Terms,
  termsAt,
  termsOf,
  withWords,
} from '../../../test/fixtures/taskScope.ts'
import {
  act,
  alice,
  dai,
  denied,
  grantOf,
  mallory,
  NOW,
  stateOf,
  subAgent,
  transfer,
  usdc,
  vendor,
} from '../../../test/fixtures/verdict.ts'
import { evaluate } from '../evaluate.ts'
import { type Effect, effectKey, withEffects } from './effect.ts'

/** What a rule measures, which the chain alone can tell. */

const PASSES: Effect = { kind: 'hook', passes: true }
const lost = (spent: bigint): Effect => ({ kind: 'spent', spent })

const measuring = payRule({
  charges: [{ budget: 0, source: 'balance', weight: 1n }],
  measured: { asset: usdc, account: alice },
})
const terms = (change: Partial<Terms> = {}) => termsOf({ rules: [measuring], ...change })
const action = act(transfer(7n))
const handedOn = { ...action, redeemer: subAgent }
/** The leaf first. */
const linked = (links: readonly Terms[]) => grantOf(...links.map((caveat) => [caveat]))

/** The verdict on a transfer of 7, where the chain said this, or was not asked. */
function said(grants: readonly Terms[], effect: Effect | null, words: Record<string, bigint> = {}, time = NOW) {
  const prepared = linked(grants)
  const read = withWords(stateOf(prepared), words)
  const state = { ...read, block: { ...read.block, timestamp: time } }
  const { calls } = action
  return evaluate(
    prepared,
    grants.length > 1 ? handedOn : action,
    effect === null ? state : withEffects(state, prepared, { calls, effect }),
  )
}
const spent = (amount: bigint, change: Partial<Terms> = {}) => ({
  [termsAt(grantOf([terms(change)])).budgets[0]?.key ?? '']: (amount << 64n) | (NOW << 24n),
})

describe('evaluate, of what is measured', () => {
  test('default: unknown, with what is left, until the chain has said', () => {
    expect(denied(said([terms()], null, spent(40n)))).toMatchObject({
      code: 'effect_unknown',
      family: 'not_evaluated',
      hop: 0,
      caveat: { index: 0, kind: 'taskScope' },
      rule: { call: 0, index: 0, id: null, part: 'budget', at: 0 },
      limit: 100n,
      used: 40n,
      requested: null,
      remaining: 60n,
      fix: { do: 'simulate' },
    })
    expect(said([terms()], PASSES)).toEqual({ verdict: 'allow', branch: 0, rule: 'rule-0', remaining: null })
  })

  test('behavior: what was lost is charged, to the last unit, rounded and weighed as on chain', () => {
    const left = spent(40n)
    expect(said([terms()], lost(60n), left)).toMatchObject({ verdict: 'allow' })
    expect(denied(said([terms()], lost(61n), left))).toMatchObject({
      code: 'budget_exceeded',
      limit: 100n,
      used: 40n,
      requested: 61n,
      remaining: 60n,
    })
    const weighed = (...weights: bigint[]) => ({
      rules: [{ ...measuring, charges: weights.map((weight) => ({ budget: 0, source: 'balance' as const, weight })) }],
    })
    expect(said([terms(weighed(3n))], lost(33n))).toMatchObject({ verdict: 'allow' })
    expect(denied(said([terms(weighed(3n))], lost(34n)))).toMatchObject({ requested: 102n, used: 0n })
    // Two charges of one budget, one after the other.
    expect(said([terms(weighed(1n, 3n))], lost(25n))).toMatchObject({ verdict: 'allow' })
    expect(denied(said([terms(weighed(1n, 3n))], lost(26n)))).toMatchObject({ requested: 78n, used: 26n })
    expect(denied(said([terms(weighed(2n))], lost(2n ** 128n)))).toMatchObject({ requested: 2n ** 128n - 1n })
    // A unit of 2: an odd amount takes one more.
    const cap = 2n ** 25n - 4n
    const coarse = { budgets: [rolling(cap, 700n)] }
    expect(said([terms(coarse)], lost(cap))).toMatchObject({ verdict: 'allow' })
    expect(said([terms(coarse)], lost(cap - 1n))).toMatchObject({ verdict: 'allow' })
    expect(denied(said([terms(coarse)], lost(cap + 1n)))).toMatchObject({ code: 'period_budget_exceeded' })
  })

  test('behavior: the first budget that does not hold it is named', () => {
    const charges = [0, 1].map((budget) => ({ budget, source: 'balance' as const, weight: 1n }))
    const two = { budgets: [lifetime(9n), fixed(7n, 60n)], rules: [{ ...measuring, charges }] }
    expect(said([terms(two)], lost(7n))).toMatchObject({ verdict: 'allow' })
    expect(denied(said([terms(two)], lost(8n)))).toMatchObject({
      code: 'period_budget_exceeded',
      rule: { at: 1 },
      limit: 7n,
    })
    expect(denied(said([terms(two)], lost(10n)))).toMatchObject({ code: 'budget_exceeded', rule: { at: 0 }, limit: 9n })
    expect(denied(said([terms(two)], null))).toMatchObject({ code: 'effect_unknown', rule: { at: 0 } })
  })

  test('behavior: what can be known is refused whatever the chain would say', () => {
    const late = said([terms()], PASSES, {}, termsOf().expiry)
    expect(denied(late).code).toBe('expired')
    const declared = { ...measuring, charges: [{ budget: 0, source: { word: 1 }, weight: 20n }, ...measuring.charges] }
    expect(denied(said([terms({ rules: [declared] })], PASSES)).code).toBe('budget_exceeded')
    expect(denied(said([terms({ rules: [{ ...measuring, charges: [...declared.charges] }] })], null)).code).toBe(
      'budget_exceeded',
    )
  })

  test('behavior: what is declared beside it counts before', () => {
    const charges = [{ budget: 0, source: { word: 1 }, weight: 2n }, ...measuring.charges]
    expect(denied(said([terms({ rules: [{ ...measuring, charges }] })], null))).toMatchObject({
      used: 14n,
      remaining: 86n,
    })
  })

  test('behavior: only a rule that measures is in doubt', () => {
    const other = payRule({ target: dai })
    expect(said([terms({ rules: [other, measuring] })], null)).toMatchObject({
      code: 'effect_unknown',
      rule: { index: 1 },
    })
    expect(said([terms({ rules: [payRule(), measuring] })], null)).toMatchObject({ verdict: 'allow' })
  })

  test('behavior: every link that measures has to pass, the root first', () => {
    const two = [terms(), terms({ budgets: [lifetime(50n)] })]
    expect(denied(said(two, null))).toMatchObject({ code: 'effect_unknown', hop: 1 })
    expect(said(two, PASSES)).toMatchObject({ verdict: 'allow' })
    const prepared = linked(two)
    const { calls } = action
    const root = prepared.branches[0]?.links[1]?.hash as `0x${string}`
    const one = withEffects(stateOf(prepared), prepared, { calls, effect: PASSES, delegation: root })
    expect(denied(evaluate(prepared, handedOn, one))).toMatchObject({ code: 'effect_unknown', hop: 0 })
  })

  test('behavior: a way there is a fix, where only what is measured is left in doubt', () => {
    const prepared = grantOf([terms()])
    expect(denied(evaluate(prepared, act(transfer(7n, mallory)), stateOf(prepared)))).toMatchObject({
      code: 'recipient_not_allowed',
      fix: { do: 'pay_one_of' },
    })
  })
})

describe('effectKey', () => {
  test('default: of this delegation and exactly these calls', () => {
    const [first, second] = [termsAt(grantOf([terms()])), termsAt(grantOf([terms({ budgets: [lifetime(9n)] })]))]
    const [call, other] = [transfer(7n, vendor), transfer(8n, vendor)]
    const keys = [
      effectKey(first, [call]),
      effectKey(second, [call]),
      effectKey(first, [other]),
      effectKey(first, [call, call]),
    ]
    expect(new Set(keys).size).toBe(keys.length)
    expect(effectKey(first, [{ ...call }])).toBe(keys[0])
  })
})

describe('withEffects', () => {
  test('default: for what measures, and for nothing else', () => {
    const { calls } = action
    const count = (grants: readonly Terms[]) => {
      const prepared = linked(grants)
      const state = stateOf(prepared)
      const more = withEffects(state, prepared, { calls, effect: PASSES })
      return Object.keys(more.counters).length - Object.keys(state.counters).length
    }
    expect(count([terms()])).toBe(1)
    expect(count([termsOf()])).toBe(0)
    expect(count([terms({ rules: [payRule(), measuring] }), termsOf({ budgets: [lifetime(7n)] })])).toBe(1)
  })
})
