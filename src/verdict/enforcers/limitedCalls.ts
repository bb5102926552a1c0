import { callsOf } from '../counters.ts'
import { finding } from '../finding.ts'
import type { Check } from './check.ts'

/** LimitedCallsEnforcer: counts redemptions, not calls: one batch is one. */
export const limitedCalls: Check<'limitedCalls'> = ({ limit }, { caveat, state }) => {
  const count = callsOf(caveat, state)
  if (count === null) return finding('state_missing')
  const used = count + BigInt(caveat.earlier)
  if (used < limit) return null
  return finding('calls_exceeded', { limit, used, requested: 1n, remaining: 0n })
}
