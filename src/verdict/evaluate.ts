import { denial } from './denial.ts'
import { readAction } from './facts.ts'
import { fixFor } from './fix.ts'
import { judge } from './judge.ts'
import { largestAllowed, measuredOf, remainingAfter } from './largest.ts'
import type { Note } from './note.ts'
import type { PreparedBranch, PreparedGrant } from './prepared.ts'
import type { Action, State, Verdict } from './types.ts'

/**
 * Whether the chain and the redeemer would let this action pass at the state's block and time. Pure and total: it mirrors
 * manager and enforcers of Delegation Framework 1.3.0 check by check, and what it cannot evaluate it denies.
 *
 * It speaks of authority, not of execution: balances, paused tokens and failing targets are for the simulation after it.
 */
export function evaluate(prepared: PreparedGrant, asked: Action, state: State): Verdict {
  const action = typeof asked === 'object' && asked !== null ? asked : NO_ACTION
  const facts = readAction(action)
  if ('code' in facts) {
    const malformed = { verdict: 'deny', branch: null, finding: facts } as const
    return denial(malformed, null, fixFor(prepared, action, state, malformed))
  }
  const judgement = judge(prepared, facts, state)
  switch (judgement.verdict) {
    case 'allow': {
      const { branch, notes } = judgement
      return {
        verdict: 'allow',
        branch: branch.index,
        ...rulesOf(branch, notes),
        remaining: remainingAfter(branch, facts, state, notes),
      }
    }
    case 'escalate': {
      const { branch, notes, crossing } = judgement
      return {
        verdict: 'escalate',
        code: 'above_threshold',
        branch: branch.index,
        ...rulesOf(branch, notes),
        message: 'The amount is above the threshold from which somebody confirms.',
        ...crossing,
      }
    }
    case 'deny': {
      const measured = judgement.finding.measured ?? measuredOf(facts)
      const largest = largestAllowed(prepared, facts, state, measured)
      return denial(judgement, largest, fixFor(prepared, action, state, judgement))
    }
  }
}

/** Where a caveat chooses among the rules of its scope, what the one nearest to the leaf chose. */
function rulesOf({ rule }: PreparedBranch, [note]: readonly Note[]): { rule: string; rules?: readonly string[] } {
  if (rule !== null) return { rule }
  const { rules = [], terms } = note?.passage ?? {}
  const names = rules.map((index) => terms?.named?.ids[index] ?? `rule-${index}`)
  const [first = ''] = names
  return names.length > 1 ? { rule: first, rules: names } : { rule: first }
}

/**
 * The same for one branch alone, with `largestAllowed` and `fix` seeing only that branch. For whoever has chosen one, and
 * for comparing with the chain, which knows no other branches.
 */
export function evaluateBranch(prepared: PreparedGrant, index: number, action: Action, state: State): Verdict {
  const branches = prepared.branches.filter((branch) => branch.index === index)
  return evaluate({ ...prepared, branches }, action, state)
}

/** Stands for what is no action at all, so that everything after it has members to look at. */
const NO_ACTION: Action = { chainId: Number.NaN, redeemer: '0x', calls: [] }
