import { isUint } from './facts.ts'
import type { PreparedCaveat } from './prepared.ts'
import type { Counter, State } from './types.ts'

/** Storage of a period enforcer, as the contract holds it. */
export type PeriodStorage = Extract<Counter, { kind: 'period' }>

/** Storage of a streaming enforcer, as the contract holds it. */
export type StreamStorage = Extract<Counter, { kind: 'stream' }>

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

/** Storage of a streaming enforcer; `null` as for {@link spentOf}. */
export function streamOf({ counter }: PreparedCaveat, state: State): StreamStorage | null {
  const stored = state.counters[counter ?? '']
  if (stored?.kind !== 'stream') return null
  const { initial, max, perSecond, start, spent } = stored
  return isUint(initial) && isUint(max) && isUint(perSecond) && isUint(start) && isUint(spent) ? stored : null
}

/** Whether what works once has been used; `null` where the state does not say. */
export function usedOf({ counter }: PreparedCaveat, state: State): boolean | null {
  const stored = state.counters[counter ?? '']
  return stored?.kind === 'used' && typeof stored.used === 'boolean' ? stored.used : null
}

/** What a hook said of itself; `null` where the state does not say. */
export function hookOf(counter: string, state: State): boolean | null {
  const stored = state.counters[counter]
  return stored?.kind === 'hook' && typeof stored.passes === 'boolean' ? stored.passes : null
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
