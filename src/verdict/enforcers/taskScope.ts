import { judgeTerms, shapeOfTerms } from '../taskScope/judgeTerms.ts'
import type { Check } from './check.ts'

/** TaskScopeEnforcer: a whole scope in one caveat. What passes leaves a note: the rules, and whether somebody has to confirm. */
export const taskScope: Check<'taskScope'> = ({ confirmer }, look) => {
  const { link, caveat, notes } = look
  const terms = caveat.taskScope
  if (terms === null) return null
  const judged = judgeTerms(terms, look)
  if ('code' in judged) return judged
  const { passage, unconfirmed } = judged
  const crossing =
    unconfirmed && passage.crossing !== null && confirmer !== null
      ? {
          ...passage.crossing,
          confirmer, // Where nobody wrote how long, silence denies at once.
          timeout: terms.named?.timeout ?? 0n,
          delegation: link.hash,
        }
      : null
  notes.push({ hop: link.hop, caveat: caveat.index, passage, crossing })
  return null
}

export const taskScopeShape: Check<'taskScope'> = (_meaning, { caveat, facts, state }) =>
  caveat.taskScope === null ? null : shapeOfTerms(caveat.taskScope, facts, state)
