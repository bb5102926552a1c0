import { describe, expect, test } from 'vitest'
import {
  APPROVE,
  batch,
  counterWord,
  fixed,
  judged,
  lifetime,
  payRule,
  reasonOf,
  rolling,
  spent,
  swap,
  type Terms,
  triple,
} from '../../../test/fixtures/taskScope.ts'
import { denied, NOW, transfer } from '../../../test/fixtures/verdict.ts'
import type { TaskScopeBudget, TaskScopeCondition } from '../../caveats/taskScope/types.ts'
import type { Action, Call, Deny, Verdict } from '../types.ts'

/** Windows begin at an hour before now: this one ends in 40 seconds. */
const WINDOW = fixed(100n, 3_640n)
const ENDS = NOW + 40n
/** What was spent now leaves after eight sevenths, of ten seconds each here. */
const DECAY = rolling(100n, 70n)
const FORGETS = (((7n * NOW) / 70n + 8n) * 70n + 6n) / 7n

const charging = (budget: number) => [{ budget, source: { word: 1 }, weight: 1n }]
const atMost = (operand: bigint): TaskScopeCondition => ({ op: 'at_most', word: 1, operand })

/** Rules for the same call, each with a budget of its own; every budget has this much spent since now. */
function eachWith(budgets: readonly TaskScopeBudget[], used: readonly bigint[], change: Partial<Terms> = {}) {
  const terms = { budgets, rules: budgets.map((_, budget) => payRule({ charges: charging(budget) })), ...change }
  const words = Object.assign({}, ...used.map((units, at) => spent(terms, counterWord(units), at)))
  return (asked: Call | Action, now = NOW): Verdict => judged(terms, asked, now, words)
}

/** Denied for now; a second before the time that the fix names still, and at that time no more. */
function waits(at: (asked: Call | Action, now?: bigint) => Verdict, asked: Call | Action, time: bigint): Deny {
  const now = denied(at(asked))
  expect(now.fix).toEqual({ do: 'wait_until', time })
  expect(reasonOf(at(asked, time - 1n))).toBe(now.code)
  expect(at(asked, time).verdict).toBe('allow')
  return now
}

describe('admittedAt', () => {
  test('default: the time of the rule that was named, where no other comes first', () => {
    const alone = waits(eachWith([WINDOW], [95n]), transfer(6n), ENDS)
    expect(alone).toMatchObject({ code: 'period_budget_exceeded', resetsAt: ENDS, rule: { index: 0 } })
    expect(ENDS < FORGETS).toBe(true)
    expect(waits(eachWith([WINDOW, DECAY], [95n, 95n]), transfer(6n), ENDS)).toMatchObject({ resetsAt: ENDS })
  })

  test('default: the time of another rule that has room earlier; when the named one has, is said beside it', () => {
    const at = eachWith([DECAY, WINDOW], [95n, 95n])
    expect(waits(at, transfer(6n), ENDS)).toMatchObject({ resetsAt: FORGETS, used: 95n, rule: { index: 0 } })
    // The named rule has room at its own time, and not a second before it.
    expect(at(transfer(6n), FORGETS)).toMatchObject({ verdict: 'allow' })
    expect(
      judged({ budgets: [DECAY] }, transfer(6n), FORGETS - 1n, spent({ budgets: [DECAY] }, counterWord(95n))),
    ).toMatchObject({
      verdict: 'deny',
    })
    const three = eachWith([lifetime(100n), DECAY, WINDOW], [95n, 95n, 95n])
    expect(waits(three, transfer(6n), ENDS)).toMatchObject({ code: 'budget_exceeded', resetsAt: null })
  })

  test('default: bucket by bucket, as soon as what is left holds it', () => {
    const buckets = (90n << 24n) | 5n
    const terms = { budgets: [lifetime(1n), DECAY], rules: [0, 1].map((at) => payRule({ charges: charging(at) })) }
    const words = { ...spent(terms, counterWord(1n), 0), ...spent(terms, counterWord(buckets), 1) }
    const at = (asked: Call | Action, now = NOW) => judged(terms, asked, now, words)
    waits(at, transfer(6n), FORGETS - 10n)
    waits(at, transfer(95n), FORGETS - 10n)
    waits(at, transfer(96n), FORGETS)
    waits(at, transfer(100n), FORGETS)
    expect(denied(at(transfer(101n))).fix.do).not.toBe('wait_until')
  })

  test('behavior: also where the first rule is refused for what no time changes', () => {
    const strict = payRule({ conditions: [atMost(5n)], charges: charging(0) })
    const change = { rules: [strict, payRule({ charges: charging(1) })] }
    const stricter = waits(eachWith([WINDOW, DECAY], [0n, 95n], change), transfer(6n), FORGETS)
    expect(stricter).toMatchObject({
      code: 'action_maximum_exceeded',
      resetsAt: null,
      rule: { index: 0, part: 'condition' },
    })
    // A cap below what is asked for, of which nothing is used.
    const small = waits(eachWith([fixed(5n, 3_640n), DECAY], [0n, 95n]), transfer(6n), FORGETS)
    expect(small).toMatchObject({ code: 'period_budget_exceeded', used: 0n, resetsAt: null, rule: { index: 0 } })
  })

  test('behavior: the other budgets of the rule have to have room too', () => {
    const both = [payRule({ charges: [...charging(0), ...charging(1)] })]
    const at = eachWith([WINDOW, DECAY], [95n, 95n], { rules: both })
    expect(waits(at, transfer(6n), FORGETS)).toMatchObject({ resetsAt: ENDS, rule: { at: 0 } })
  })

  test('behavior: in a batch, the calls before it by the rules that take them then', () => {
    // Until the window ends the first call takes of the lifetime budget what the second needs.
    const rules = [payRule({ conditions: [atMost(5n)], charges: charging(0) }), payRule({ charges: charging(1) })]
    const at = eachWith([WINDOW, lifetime(14n)], [100n, 0n], { rules, maxExecutions: 2 })
    expect(waits(at, batch(transfer(5n), transfer(10n)), ENDS)).toMatchObject({ rule: { call: 1, index: 0 } })
    // What came before is charged first: alone it would pass, with these it waits.
    const two = eachWith([WINDOW, DECAY], [40n, 90n], { maxExecutions: 3 })
    expect(two(transfer(40n)).verdict).toBe('allow')
    waits(two, batch(transfer(50n), transfer(9n), transfer(40n)), ENDS)
  })

  test('behavior: in a batch the named budget has room only beside what the calls before it charge to it then', () => {
    // Now the first call is taken by the second rule. Once the window is new the first rule takes it, and has no room for both.
    const at = eachWith([WINDOW, rolling(100n, 70n)], [95n, 0n], { maxExecutions: 2 })
    const both = batch(transfer(50n), transfer(60n))
    expect(waits(at, both, ENDS)).toMatchObject({ resetsAt: null, rule: { call: 1, index: 0 } })
    // With less it has.
    const less = batch(transfer(40n), transfer(60n))
    expect(denied(eachWith([WINDOW], [95n], { maxExecutions: 2 })(less))).toMatchObject({ resetsAt: ENDS })
  })

  test('behavior: for the whole of an allowance, although its approval alone is admitted', () => {
    const [order] = swap.rules ?? []
    const approval = payRule({ selector: APPROVE, conditions: [], charges: [] })
    const at = eachWith([DECAY], [95n], { maxExecutions: 3, rules: [order ?? payRule(), approval] })
    expect(waits(at, batch(...triple(6n)), FORGETS)).toMatchObject({ code: 'target_not_allowed', rule: { call: 1 } })
  })

  test('behavior: no wait where time alone helps no rule', () => {
    const waitsFor = (verdict: Verdict) => denied(verdict).fix.do === 'wait_until'
    expect(waitsFor(eachWith([lifetime(100n)], [95n])(transfer(6n)))).toBe(false)
    expect(waitsFor(eachWith([WINDOW, DECAY], [95n, 95n])(transfer(101n)))).toBe(false)
    const strict = eachWith([WINDOW], [95n], { rules: [payRule({ conditions: [atMost(5n)] })] })
    expect(waitsFor(strict(transfer(6n)))).toBe(false)
    // The named budget comes back, and another of the same rule never does.
    const both = eachWith([WINDOW, lifetime(100n)], [95n, 95n], {
      rules: [payRule({ charges: [...charging(0), ...charging(1)] })],
    })
    const never = denied(both(transfer(6n)))
    expect(never).toMatchObject({ code: 'period_budget_exceeded', resetsAt: ENDS })
    expect(never.fix).toEqual({ do: 'lower_amount', to: 5n })
    // Nor beyond the end of the terms.
    expect(waitsFor(eachWith([WINDOW], [95n], { expiry: ENDS })(transfer(6n)))).toBe(false)
    expect(waitsFor(eachWith([WINDOW], [95n], { expiry: ENDS + 1n })(transfer(6n)))).toBe(true)
  })
})
