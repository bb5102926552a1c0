import { isUint } from '../facts.ts'
import { finding } from '../finding.ts'
import type { Check } from './check.ts'

/** LimitedCallsEnforcer: counts redemptions, not calls: one batch is one. */
export const limitedCalls: Check<'limitedCalls'> = ({ limit }, { caveat, state }) => {
  const counter = state.counters[caveat.counter ?? '']
  if (counter?.kind !== 'calls' || !isUint(counter.count)) return finding('state_missing')
  const used = counter.count + BigInt(caveat.earlier)
  if (used < limit) return null
  return finding('calls_exceeded', { limit, used, requested: 1n, remaining: 0n })
}
