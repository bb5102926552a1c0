import { isUint } from './facts.ts'
import type { PreparedCaveat } from './prepared.ts'
import type { Counter, State } from './types.ts'

/** Storage of a period enforcer, as the contract holds it. */
export type PeriodStorage = Extract<Counter, { kind: 'period' }>

/** What was spent before, or `null` where the state does not say so in a number that the contract could hold. */
export function spentOf({ counter }: PreparedCaveat, state: State): bigint | null {
  const stored = state.counters[counter ?? '']
  return stored?.kind === 'spent' && isUint(stored.spent) ? stored.spent : null
}

/** Calls counted before; `null` as for {@link spentOf}. */
export function callsOf({ counter }: PreparedCaveat, state: State): bigint | null {
  const stored = state.counters[counter ?? '']
  return stored?.kind === 'calls' && isUint(stored.count) ? stored.count : null
}

/** A period's storage; `null` as for {@link spentOf}. */
export function periodOf({ counter }: PreparedCaveat, state: State): PeriodStorage | null {
  const stored = state.counters[counter ?? '']
  if (stored?.kind !== 'period') return null
  const { amount, duration, start, lastPeriod, transferred } = stored
  return isUint(amount) && isUint(duration) && isUint(start) && isUint(lastPeriod) && isUint(transferred)
    ? stored
    : null
}
