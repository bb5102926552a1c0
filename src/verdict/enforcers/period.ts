import { max } from '../../primitives/integer.ts'
import { type PeriodStorage, periodOf } from '../counters.ts'
import { type Finding, finding } from '../finding.ts'
import type { PeriodTerms } from '../prepared.ts'
import type { Check, Look } from './check.ts'
import { tokenShape } from './spending.ts'

/** ERC20PeriodTransferEnforcer: fixed windows from `start`; a window's rest is lost at its end. */
export const erc20PeriodTransfer: Check<'erc20PeriodTransfer'> = ({ token }, look) =>
  tokenShape(token, look) ?? period(look.facts.tokenAmount ?? 0n, 'token', look)

/** NativeTokenPeriodTransferEnforcer: the same for wei, whatever the call data does. */
export const nativePeriodTransfer: Check<'nativePeriodTransfer'> = (_meaning, look) =>
  period(look.facts.value, 'value', look)

/** What is left in the window that contains `now`. `end` is `null` before the first one. */
export type Window = { limit: bigint; used: bigint; end: bigint | null }

/** The state that the enforcer computes with: its storage, or before first use what it would copy from the terms. */
export function windowAt(stored: PeriodStorage, terms: PeriodTerms, now: bigint): Window {
  const { amount, duration, start } = stored.start === 0n ? terms : stored
  if (now < start) return { limit: 0n, used: 0n, end: null }
  const current = (now - start) / duration + 1n
  const used = stored.start !== 0n && stored.lastPeriod === current ? stored.transferred : 0n
  return { limit: amount, used, end: start + current * duration }
}

/** Also for the period of a list that a redeemer chose. */
export function period(amount: bigint, measured: 'token' | 'value', look: Look): Finding | null {
  const { caveat, state } = look
  const stored = periodOf(caveat, state)
  const terms = caveat.period
  if (terms === null || stored === null) return finding('state_missing')
  const now = state.block.timestamp
  if (stored.start === 0n) {
    if (terms.start === 0n || terms.amount === 0n || terms.duration === 0n) return finding('caveat_unsatisfiable')
    if (now < terms.start) {
      const remaining = 0n
      return finding('period_not_started', { requested: amount, remaining, passesAt: terms.start, measured })
    }
  } else if (now >= stored.start && stored.duration === 0n) {
    return finding('caveat_unsatisfiable')
  }
  const { limit, used: before, end } = windowAt(stored, terms, now)
  const used = before + amount * BigInt(caveat.earlier)
  const remaining = max(limit - used, 0n)
  if (amount <= remaining) return null
  const passesAt = end ?? stored.start
  return finding('period_budget_exceeded', {
    limit,
    used,
    requested: amount,
    remaining,
    resetsAt: end,
    passesAt,
    measured,
  })
}
