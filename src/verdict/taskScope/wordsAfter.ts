import type { Facts } from '../facts.ts'
import type { PreparedCaveat, PreparedLink } from '../prepared.ts'
import { callsUsed } from './judgeTerms.ts'
import { type Passage, unspentOf, wordOf } from './passage.ts'
import type { PreparedTerms } from './prepareTerms.ts'
import { argsOf, numberKey } from './requests.ts'
import { keptAt } from './spendCounter.ts'

/**
 * The words that the contract stores when what a passage judged is redeemed at the state's time, by key in `State.counters`:
 * of each charged budget, of the calls, and of the request's number.
 */
export function wordsAfter(
  passage: Passage,
  { link, caveat, facts }: { link: PreparedLink; caveat: PreparedCaveat; facts: Facts },
): Map<string, bigint> {
  const { terms, state, left } = passage
  const words = new Map<string, bigint>()
  const stamp = state.block.timestamp << 24n
  const calls = terms.callsKey === null ? null : callsUsed(terms, state) + actionsOf(passage)
  // Calls stand in the first budget's word; without a budget, alone in that place.
  if (terms.callsKey !== null && calls !== null && terms.budgets.length === 0) words.set(terms.callsKey, stamp | calls)
  for (const [index, budget] of terms.budgets.entries()) {
    const rest = left[index]
    const counts = index === 0 ? calls : null
    if (rest === undefined && counts === null) continue
    const kept = keptAt(budget, wordOf(state, budget.key), terms.terms.notBefore, state.block.timestamp)
    const units = rest === undefined ? 0n : unspentOf(terms, budget, state) - rest
    words.set(budget.key, ((kept + units) << 64n) | stamp | (counts ?? 0n))
  }
  const number = numberUsed(terms, passage, { link, caveat, facts })
  const key = number === null ? null : numberKey(terms, number)
  if (number !== null && key !== null) words.set(key, wordOf(state, key) | (1n << (number & 255n)))
  return words
}

/** The three calls of an allowance are one action. */
function actionsOf({ terms, rules }: Passage): bigint {
  let actions = 0n
  for (let at = 0; at < rules.length; actions++) at += terms.rules[rules[at] ?? -1]?.between ? 3 : 1
  return actions
}

/** Of the request that carries it; `null` where the terms ask for none. */
function numberUsed(
  { terms: { requestKey } }: PreparedTerms,
  { crossing }: Passage,
  look: Parameters<typeof argsOf>[0],
): bigint | null {
  return requestKey === null && crossing === null ? null : (argsOf(look)?.number ?? null)
}
