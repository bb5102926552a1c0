import { atTime } from '../atTime.ts'
import { type Passage, startPassage, wordOf } from './passage.ts'
import { admit } from './rules.ts'
import { forgetsAt } from './spendCounter.ts'

/**
 * The first second after the state's time at which some rule admits the call that none admits now, and rules admit the calls
 * before it; `null` where time alone never brings that. Any rule may be the one, with budgets of its own: each time at which
 * some budget forgets is tried, since a call that another rule takes may cost a later one its room.
 */
export function admittedAt({ terms, state, calls, short }: Passage, call: number): bigint | null {
  // Where no budget was short every rule that refuses would refuse the same for ever.
  if (!short) return null
  const clock = { origin: terms.terms.notBefore, now: state.block.timestamp }
  const times = new Set(terms.budgets.flatMap((budget) => forgetsAt(budget, wordOf(state, budget.key), clock)))
  const ordered = [...times].sort((left, right) => (left < right ? -1 : 1))
  return ordered.find((time) => admitsThrough(startPassage(terms, calls, atTime(state, time)), call)) ?? null
}

function admitsThrough(passage: Passage, call: number): boolean {
  for (let at = 0; at <= call; ) {
    const last = admit(passage, at)
    if (typeof last !== 'number') return false
    at = last + 1
  }
  return true
}
