import type { Look } from '../enforcers/check.ts'
import { type Facts, isUint } from '../facts.ts'
import { type Finding, finding } from '../finding.ts'
import type { State } from '../types.ts'
import type { SizedCall } from './conditions.ts'
import { type Passage, startPassage, wordOf } from './passage.ts'
import type { PreparedTerms } from './prepareTerms.ts'
import { refusalOf } from './refusal.ts'
import { checkRequest } from './requests.ts'
import { admit } from './rules.ts'
import { endOfWindow, isInWindow, partsOf } from './spendCounter.ts'

/**
 * What the TaskScopeEnforcer would say of an action, in its order: times, group, redeemers, mode, each call's rule with its
 * conditions and budgets, calls, and last the request that carries it.
 */
export function judgeTerms(terms: PreparedTerms, look: Look): Finding | { passage: Passage; unconfirmed: boolean } {
  const { facts, state, caveat } = look
  // The chain would charge one counter twice. No compiler makes that, and nothing is said of what others meant by it.
  if (caveat.earlier > 0) return finding('counter_shared')
  if (!isRead(terms, state)) return finding('state_missing')
  const refused = checkHead(terms, state) ?? checkForm(terms, facts)
  if (refused !== null) return refused
  const passage = startPassage(terms, sizedCalls(facts), state)
  const missed = admitAll(passage)
  if (typeof missed !== 'number') return missed
  const counted = checkCalls(terms, state, missed)
  if (counted !== null) return counted
  const request = checkRequest(terms, look, passage.crossing !== null)
  if (request !== null && request !== 'unconfirmed') return request
  return { passage, unconfirmed: request !== null }
}

/** What of the terms no use, end or time changes: the form of the action. */
export function shapeOfTerms(terms: PreparedTerms, facts: Facts, state: State): Finding | null {
  const refused = checkForm(terms, facts)
  if (refused !== null) return refused
  const admitted = admitAll(startPassage(terms, sizedCalls(facts), state, true))
  return typeof admitted === 'number' ? null : admitted
}

/** Whether nothing passes any more, whatever is asked and however long one waits. */
export function isOverForTerms(terms: PreparedTerms, state: State): boolean {
  const { expiry, calls } = terms.terms
  if (!isRead(terms, state) || state.block.timestamp >= expiry || wordOf(state, terms.groupKey) !== 0n) return true
  return calls !== null && calls.period === null && callsUsed(terms, state) >= calls.max
}

/** Calls that count in this window. */
export function callsUsed({ terms: { calls, notBefore }, callsKey }: PreparedTerms, state: State): bigint {
  const { last, calls: stored } = partsOf(wordOf(state, callsKey ?? ''))
  const period = calls?.period ?? null
  return period === null || isInWindow(last, period, notBefore, state.block.timestamp) ? stored : 0n
}

export function sizedCalls({ calls }: Pick<Facts, 'calls'>): SizedCall[] {
  return calls.map(({ to, value, data }) => ({ to, value, data, size: (data.length - 2) >> 1 }))
}

export function isRead({ keys }: PreparedTerms, { counters }: State): boolean {
  return keys.every((key) => {
    const stored = counters[key]
    return stored?.kind === 'word' && isUint(stored.word)
  })
}

/** Times, both as the contract has them (the end is exclusive), and the group. */
export function checkHead({ terms: { notBefore, expiry }, groupKey }: PreparedTerms, state: State): Finding | null {
  const now = state.block.timestamp
  if (now < notBefore) return finding('not_yet_valid', { passesAt: notBefore })
  if (now >= expiry) return finding('expired')
  return wordOf(state, groupKey) === 0n ? null : finding('group_revoked')
}

function checkForm({ terms: { redeemers, maxExecutions } }: PreparedTerms, facts: Facts): Finding | null {
  if (redeemers.length > 0 && !redeemers.includes(facts.redeemer)) return finding('redeemer_not_allowed')
  if (facts.single) return null
  if (maxExecutions === 0) return finding('batch_not_allowed')
  const [limit, requested] = [BigInt(maxExecutions), BigInt(facts.calls.length)]
  return requested > limit ? finding('batch_size_not_allowed', { limit, requested }) : null
}

/** Actions: calls, the three of an allowance as one. */
function admitAll(passage: Passage): number | Finding {
  let actions = 0
  for (let at = 0; at < passage.calls.length; actions++) {
    const last = admit(passage, at)
    if (typeof last !== 'number') return refusalOf(last, passage)
    at = last + 1
  }
  // What an account loses in one redemption cannot be told apart by action.
  return passage.measured && actions !== 1 ? finding('batch_not_allowed') : actions
}

function checkCalls(terms: PreparedTerms, state: State, actions: number): Finding | null {
  const { calls, notBefore } = terms.terms
  if (calls === null) return null
  const { max: limit, period } = calls
  const used = callsUsed(terms, state)
  const requested = BigInt(actions)
  if (used + requested <= limit) return null
  const resetsAt = period === null || requested > limit ? null : endOfWindow(period, notBefore, state.block.timestamp)
  const remaining = used < limit ? limit - used : 0n
  return finding('calls_exceeded', { limit, used, requested, remaining, resetsAt, passesAt: resetsAt })
}
