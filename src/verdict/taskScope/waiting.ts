import { atTime } from '../atTime.ts'
import { leftOf, type Passage, startPassage, wordOf } from './passage.ts'
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
  return (
    forgets(terms, state).find((time) => admitsBefore(startPassage(terms, calls, atTime(state, time)), call + 1)) ??
    null
  )
}

/**
 * The first second after the state's time at which a budget holds so many units for a call, beside what the calls before it
 * charge then: another rule may take them by that time, with another budget. `null` where time alone never brings that.
 */
export function roomForCallAt(
  { terms, state, calls }: Passage,
  { call, budget, units }: { call: number; budget: number; units: bigint },
): bigint | null {
  const hasRoom = (time: bigint) => {
    const passage = startPassage(terms, calls, atTime(state, time))
    return admitsBefore(passage, call) && leftOf(passage, budget) >= units
  }
  return forgets(terms, state).find(hasRoom) ?? null
}

/** The seconds at which some budget forgets, in their order. */
function forgets({ terms, budgets }: Passage['terms'], state: Passage['state']): bigint[] {
  const clock = { origin: terms.notBefore, now: state.block.timestamp }
  const times = new Set(budgets.flatMap((budget) => forgetsAt(budget, wordOf(state, budget.key), clock)))
  return [...times].sort((left, right) => (left < right ? -1 : 1))
}

/** Whether rules admit all calls before this place. */
function admitsBefore(passage: Passage, end: number): boolean {
  for (let at = 0; at < end; ) {
    const last = admit(passage, at)
    if (typeof last !== 'number') return false
    at = last + 1
  }
  return true
}
