import type { Hex } from '../../primitives/hex.ts'
import { chargeAll, type Overdraft } from './charges.ts'
import { argumentOf, holds, type SizedCall } from './conditions.ts'
import type { Passage } from './passage.ts'
import type { PreparedRule, PreparedTerms, Shape } from './prepareTerms.ts'

/** Why a call is not admitted: the failure of the first rule that is for such a call, or that there is none. */
export type Miss =
  | { is: 'no_rule'; call: number }
  | { is: 'value'; call: number; rule: number }
  | { is: 'condition'; call: number; rule: number; at: number }
  /** `at`: which of the three calls is not what it has to be. */
  | { is: 'allowance'; call: number; rule: number; at: 0 | 1 | 2 }
  | ({ is: 'budget'; call: number; rule: number } & Overdraft)
  /** Refused before any rule is looked at, and whatever the others say. */
  | { is: 'forbidden_target' | 'too_long'; call: number }

/** Longest call data that a rule can name. */
const MOST_BYTES = 0xffff

/**
 * Finds the first rule that admits the call at `at`, charges it, and returns the number of the last call that it takes: itself,
 * or the third with an allowance.
 */
export function admit(passage: Passage, at: number): number | Miss {
  const { terms, calls } = passage
  const call = calls[at] as SizedCall
  const unread = unreadable(terms, call, at)
  if (unread !== null) return unread
  let fitting: Miss | null = null
  for (const [index, rule] of terms.rules.entries()) {
    if (!fits(rule.shape, call)) continue
    const last = tryRule(passage, rule, index, at)
    if (typeof last === 'number') {
      for (let taken = at; taken <= last; taken++) passage.rules[taken] = index
      passage.measured ||= rule.measured
      return last
    }
    // What cannot be read ends it, also where another rule would not have looked there.
    if (last.is === 'forbidden_target' || last.is === 'too_long') return last
    fitting ??= last
  }
  return fitting ?? { is: 'no_rule', call: at }
}

export function fits({ target, selector, length, longer }: Shape, call: SizedCall): boolean {
  if (call.to !== target || selectorOf(call) !== selector) return false
  return longer ? call.size >= length : call.size === length
}

/** What is shorter than a selector has none. */
export function selectorOf({ data, size }: SizedCall): Hex {
  return size > 3 ? (data.slice(0, 10) as Hex) : '0x'
}

/** The manager, the delegator and the enforcer are no targets, whatever the terms say. */
function unreadable({ place }: PreparedTerms, { to, size }: SizedCall, call: number): Miss | null {
  if (size > MOST_BYTES) return { is: 'too_long', call }
  const forbidden = to === place.manager || to === place.delegator || to === place.enforcer
  return forbidden ? { is: 'forbidden_target', call } : null
}

/** One rule and the call it has the shape of: allowance, value, conditions, budgets, in the contract's order. */
function tryRule(passage: Passage, rule: PreparedRule, index: number, first: number): number | Miss {
  let at = first
  let last = first
  if (rule.between !== null) {
    const refused = checkAllowance(passage, rule.between, rule.shape, index, first)
    if (refused !== null) return refused
    at = first + 1
    last = first + 2
  }
  const call = passage.calls[at] as SizedCall
  if (call.value > rule.maxValue) return { is: 'value', call: at, rule: index }
  for (const [number, condition] of rule.conditions.entries()) {
    if (!holds(condition, call)) return { is: 'condition', call: at, rule: index, at: number }
  }
  if (passage.unbounded) return last
  const overdraft = chargeAll(passage, rule, call)
  if (overdraft === null) return last
  passage.short = true
  return { is: 'budget', call: at, rule: index, ...overdraft }
}

/** approve(target, amount), the call with that amount, approve(target, 0): an allowance never outlives the redemption. */
function checkAllowance(
  { terms, calls }: Passage,
  between: Shape & { amountWord: number },
  approval: Shape,
  rule: number,
  at: number,
): Miss | null {
  const [first, second, third] = calls.slice(at)
  const exact = { ...approval, longer: false }
  const spender = BigInt(between.target)
  const miss = (step: 0 | 1 | 2): Miss => ({ is: 'allowance', call: at, rule, at: step })
  if (first === undefined || second === undefined || third === undefined) return miss(0)
  if (!fits(exact, first) || first.value !== 0n || argumentOf(first, 0) !== spender) return miss(0)
  const hidden = unreadable(terms, second, at + 1)
  if (hidden !== null) return hidden
  if (argumentOf(second, between.amountWord) !== argumentOf(first, 1) || !fits(between, second)) return miss(1)
  const behind = unreadable(terms, third, at + 2)
  if (behind !== null) return behind
  const returned = argumentOf(third, 0) === spender && argumentOf(third, 1) === 0n
  return fits(exact, third) && third.value === 0n && returned ? null : miss(2)
}
