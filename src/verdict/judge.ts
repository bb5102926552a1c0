import { type Facts, isUint } from './facts.ts'
import { type Finding, finding } from './finding.ts'
import { type Crossing, checkHeld } from './held.ts'
import type { Note } from './note.ts'
import { hasShape, walk } from './order.ts'
import type { PreparedBranch, PreparedGrant } from './prepared.ts'
import type { State } from './types.ts'

/** What is decided before it is put in words. */
export type Judgement =
  | { verdict: 'allow'; branch: PreparedBranch; notes: readonly Note[] }
  | { verdict: 'escalate'; branch: PreparedBranch; notes: readonly Note[]; crossing: Crossing }
  | { verdict: 'deny'; branch: PreparedBranch | null; finding: Finding }

/**
 * The first branch that admits the action; otherwise the first above whose threshold only a confirmer can decide;
 * otherwise the refusal of the branch that came nearest.
 */
export function judge(prepared: PreparedGrant, facts: Facts | Finding, state: State): Judgement {
  if ('code' in facts) return { verdict: 'deny', branch: null, finding: facts }
  const before = checkFrame(prepared, facts, state)
  if (before !== null) return { verdict: 'deny', branch: null, finding: before }
  let escalation: Judgement | null = null
  let nearest: { branch: PreparedBranch; finding: Finding; shaped: boolean } | null = null
  for (const branch of prepared.branches) {
    const judged = judgeBranch(branch, facts, state)
    if (judged.verdict === 'allow') return judged
    if (judged.verdict === 'escalate') {
      escalation ??= judged
    } else if (escalation === null) {
      // A branch whose form the action has refuses for a limit, a time or an end, and that is the answer. What a branch of
      // another form says of its limits says nothing about this action. Of equals the one in which more checks passed.
      const shaped = hasShape(branch, facts, state)
      const { finding: refused } = judged
      const nearer = nearest === null || (shaped === nearest.shaped ? refused.passed > nearest.finding.passed : shaped)
      if (nearer) nearest = { branch, finding: refused, shaped }
    }
  }
  if (escalation !== null) return escalation
  if (nearest === null) return { verdict: 'deny', branch: null, finding: finding('target_not_allowed') }
  return { verdict: 'deny', branch: nearest.branch, finding: nearest.finding }
}

/** One branch: the chain first, then what the redeemer alone holds. */
export function judgeBranch(
  branch: PreparedBranch,
  facts: Facts,
  state: State,
): Exclude<Judgement, { verdict: 'deny' }> | { verdict: 'deny'; branch: PreparedBranch; finding: Finding } {
  const notes: Note[] = []
  const refused = walk(branch, facts, state, notes)
  if (refused !== null) return { verdict: 'deny', branch, finding: refused }
  const held = checkHeld(branch.held, facts)
  if (held !== null && 'code' in held) return { verdict: 'deny', branch, finding: held }
  const crossing = notes.find((note) => note.crossing !== null)?.crossing ?? held
  return crossing === null ? { verdict: 'allow', branch, notes } : { verdict: 'escalate', branch, notes, crossing }
}

/** What must hold before any branch is looked at: this chain, this manager, a state that can be computed with. */
export function checkFrame(prepared: PreparedGrant, facts: Facts, state: State): Finding | null {
  if (facts.chainId !== prepared.chainId) return finding('wrong_chain')
  if (!isReadable(state)) return finding('state_missing')
  if (state.chainId !== prepared.chainId || state.manager !== prepared.manager) return finding('state_mismatch')
  return null
}

/** A state comes from a node: every part has to be there before anything is computed with it. */
function isReadable(state: State): boolean {
  const { block, disabled, nonces, counters } = (state ?? {}) as Partial<State>
  const parts = [block, disabled, nonces, counters]
  return parts.every((part) => typeof part === 'object' && part !== null) && isUint(block?.timestamp)
}
