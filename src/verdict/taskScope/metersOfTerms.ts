import type { Counted, Meter } from '../meters.ts'
import type { ReasonCode, State } from '../types.ts'
import { callsUsed, checkHead, isRead } from './judgeTerms.ts'
import { unspentOf, wordOf } from './passage.ts'
import type { PreparedBudget, PreparedTerms } from './prepareTerms.ts'
import { endOfWindow, roomAt } from './spendCounter.ts'

/** Every budget and the calls at the state's time. */
export function metersOfTerms(terms: PreparedTerms, state: State): Meter[] {
  return [
    ...terms.budgets.map((budget, index) => budgetMeter(terms, budget, index, state)),
    ...(terms.terms.calls === null ? [] : [callsMeter(terms, terms.terms.calls, state)]),
  ]
}

/** Why nothing passes at the state's time, whatever is asked. */
export function endOfTerms(terms: PreparedTerms, state: State): ReasonCode | null {
  return isRead(terms, state) ? (checkHead(terms, state)?.code ?? null) : 'state_missing'
}

function budgetMeter(terms: PreparedTerms, budget: PreparedBudget, index: number, state: State): Meter {
  const { cap: limit, units, shift } = budget
  const named = terms.named?.budgets[index]
  const name = named?.name ?? `${index}`
  const [only, ...others] = named?.weights.keys() ?? []
  const counts: Counted = only === undefined || others.length > 0 ? `budget:${name}` : only
  const unit = named === undefined || others.length === 0 ? {} : { unit: named.unit }
  const unread = { counts, budget: name, ...unit, limit, used: null, left: null, resetsAt: null }
  if (!isRead(terms, state)) return unread
  const rest = unspentOf(terms, budget, state)
  const used = (units - rest) << shift
  const resetsAt = hasBegun(terms, state) ? wholeAgain(terms, budget, used, state) : null
  return { ...unread, used, left: rest << shift, resetsAt }
}

/** When a budget is whole again: at the end of a fixed window, or when a rolling one has forgotten its last spend. */
function wholeAgain(
  { terms: { notBefore: origin } }: PreparedTerms,
  budget: PreparedBudget,
  used: bigint,
  state: State,
): bigint | null {
  const { window, period, units, key } = budget
  const now = state.block.timestamp
  if (period === null) return null
  if (window === 'fixed') return endOfWindow(period, origin, now)
  return used === 0n ? null : roomAt(budget, wordOf(state, key), units, { origin, now })
}

function callsMeter(
  terms: PreparedTerms,
  { max: limit, period }: { max: bigint; period: bigint | null },
  state: State,
): Meter {
  if (!isRead(terms, state)) return { counts: 'calls', limit, used: null, left: null, resetsAt: null }
  const begun = hasBegun(terms, state)
  const used = begun ? callsUsed(terms, state) : 0n
  const resetsAt = period === null || !begun ? null : endOfWindow(period, terms.terms.notBefore, state.block.timestamp)
  return { counts: 'calls', limit, used, left: used < limit ? limit - used : 0n, resetsAt }
}

/** Before that there is no window yet. */
function hasBegun({ terms: { notBefore } }: PreparedTerms, { block }: State): boolean {
  return block.timestamp >= notBefore
}
