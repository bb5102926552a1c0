import type { Crossing } from '../held.ts'
import type { State } from '../types.ts'
import type { SizedCall } from './conditions.ts'
import type { PreparedBudget, PreparedTerms } from './prepareTerms.ts'
import { spentAt } from './spendCounter.ts'

/** What one redemption would change of one caveat's counters: in memory until all of it has passed. */
export type Passage = {
  terms: PreparedTerms
  state: State
  calls: readonly SizedCall[]
  /** Units left of each budget; `undefined` until it is looked at. */
  left: (bigint | undefined)[]
  /** Of each call the rule that admits it; the three calls of an allowance have the same. */
  rules: number[]
  /** The first charge above its threshold, base units. */
  crossing: Pick<Crossing, 'threshold' | 'requested'> | null
  /** Whether a balance decides as well, after the execution. */
  measured: boolean
  /** Whether only the form counts, whatever has been spent. */
  unbounded: boolean
  /** Whether some rule lacked nothing but room in a budget. */
  short: boolean
}

export function startPassage(
  terms: PreparedTerms,
  calls: readonly SizedCall[],
  state: State,
  unbounded = false,
): Passage {
  const left = terms.budgets.map(() => undefined)
  return { terms, state, calls, left, rules: [], crossing: null, measured: false, unbounded, short: false }
}

/** A stored word; 0 where it was not read, which whoever judges has looked for before. */
export function wordOf(state: State, key: string): bigint {
  const stored = state.counters[key]
  return stored?.kind === 'word' ? stored.word : 0n
}

/** Units left of a budget, after what this redemption has charged so far. */
export function leftOf({ terms, state, left }: Passage, index: number): bigint {
  const known = left[index]
  if (known !== undefined) return known
  const budget = terms.budgets[index]
  const units = budget === undefined ? 0n : unspentOf(terms, budget, state)
  left[index] = units
  return units
}

/** Units left of a budget at the state's time. */
export function unspentOf({ terms: { notBefore } }: PreparedTerms, budget: PreparedBudget, state: State): bigint {
  const used = spentAt(budget, wordOf(state, budget.key), notBefore, state.block.timestamp)
  return used < budget.units ? budget.units - used : 0n
}
