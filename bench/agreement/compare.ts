import type { Hex } from '../../src/primitives/hex.ts'
import type { PreparedBranch } from '../../src/verdict/prepared.ts'
import type { Verdict } from '../../src/verdict/types.ts'
import type { ChainAnswer } from './chainAnswer.ts'
import { refusalOf, sameRefusal } from './fused/compareFused.ts'
import { MANAGER_ERRORS, REVERTS } from './reverts.ts'

/**
 * How one verdict on one branch stands to the chain. `conservative`: the chain would run it, and a documented bound of ours
 * refuses (see {@link BOUNDS}); `execution`: authority held and the call itself failed, as the verdict leaves open.
 */
export type Comparison = 'agree' | 'execution' | 'conservative' | 'falseAllow' | 'falseDeny' | 'reasonMismatch'

/** @param disabled - Hashes that this run revoked, from its own books: the manager's error names none. */
export function compare(
  branch: PreparedBranch,
  verdict: Verdict,
  answer: ChainAnswer,
  disabled: ReadonlySet<Hex>,
): Comparison {
  if (verdict.verdict === 'allow') {
    if (answer.status === 'executed') return 'agree'
    return answer.status === 'execution_failed' ? 'execution' : 'falseAllow'
  }
  if (answer.status !== 'refused') return boundOf(verdict) === null ? 'falseDeny' : 'conservative'
  if (verdict.verdict === 'escalate') return 'falseAllow'
  const doubt = doubts(branch, verdict, answer)
  if (doubt !== null) return doubt ? 'conservative' : 'reasonMismatch'
  return sameReason(branch, verdict, answer, disabled) ? 'agree' : 'reasonMismatch'
}

type Deny = Extract<Verdict, { verdict: 'deny' }>

/**
 * Where we refuse or ask although the chain may run it, by reason code, and why. Each is law 9: what cannot be known before
 * the execution is denied, and named. `(held)` and `(batch)` are denials that name no caveat.
 */
export const BOUNDS: Readonly<Record<string, string>> = {
  unknown_caveat: 'another enforcer, or terms that are not certain to be read as the contract reads them',
  choice_unknown: 'LogicalOrWrapper around enforcers that keep state: its groups share counters (FACTS, do not use)',
  effect_unknown: 'balance-change enforcers compare balances after an execution that calls foreign code',
  payment_unknown: 'NativeTokenPayment redeems another delegation afterwards, which only the manager can judge',
  counter_shared: 'two caveats of one delegation with the rules of a whole scope share their counters',
  'batch_not_allowed (batch)': 'several calls where no caveat asks for a batch: no scope grants one (FACTS C9)',
  'action_maximum_exceeded (held)': 'the principal left the maximum to the redeemer',
  'argument_not_allowed (held)': 'the principal left an argument to the redeemer',
  escalate: 'above a threshold, which the chain does not know',
}

/** The key in {@link BOUNDS} of a verdict that is one of them, else `null`. */
export function boundOf(verdict: Verdict): string | null {
  if (verdict.verdict === 'allow') return null
  if (verdict.verdict === 'escalate') return 'escalate'
  const { code, hop } = verdict
  const key = hop !== null ? code : code === 'batch_not_allowed' ? `${code} (batch)` : `${code} (held)`
  return Object.hasOwn(BOUNDS, key) ? key : null
}

type Refused = Extract<ChainAnswer, { status: 'refused' }>

/** A doubt may be refused on chain as well, there or behind it. It must not hide an earlier refusal. */
function doubts(branch: PreparedBranch, verdict: Deny, answer: Refused): boolean | null {
  switch (verdict.code) {
    case 'unknown_caveat':
    case 'counter_shared':
      return answer.by === 'outer' || (answer.by === 'hook' && positionOf(branch, verdict) <= answer.position)
    case 'choice_unknown':
      // Nothing but wrappers is asked before all others, and ours is the first of them that could refuse.
      return answer.by !== 'manager'
    case 'effect_unknown':
    case 'payment_unknown':
      return answer.by === 'outer' && answer.when === 'after'
    case 'batch_not_allowed':
      return verdict.hop === null ? answer.by === 'outer' && answer.when === 'after' : null
    default:
      return null
  }
}

function sameReason(branch: PreparedBranch, verdict: Deny, answer: Refused, disabled: ReadonlySet<Hex>): boolean {
  if (answer.by === 'manager') {
    if (MANAGER_ERRORS[answer.error] !== verdict.code || verdict.caveat !== null) return false
    if (verdict.code === 'paused') return verdict.hop === null
    if (verdict.code === 'redeemer_not_allowed') return verdict.hop === 0
    return verdict.hop === branch.links.findIndex(({ hash }) => disabled.has(hash))
  }
  if (answer.by === 'outer') {
    const caveat = branch.links[verdict.hop ?? -1]?.caveats[verdict.caveat?.index ?? -1]
    const same = verdict.delegation === answer.delegation && caveat?.enforcer === answer.enforcer
    return answer.when === 'before' && same && (REVERTS[answer.error]?.includes(verdict.code) ?? false)
  }
  if (verdict.delegation !== answer.delegation || positionOf(branch, verdict) !== answer.position) return false
  const refusal = refusalOf(answer)
  return refusal === null ? (REVERTS[answer.error]?.includes(verdict.code) ?? false) : sameRefusal(verdict, refusal)
}

/** Number of caveats before the one that a denial names. */
function positionOf(branch: PreparedBranch, { hop, caveat }: Deny): number {
  if (hop === null || caveat === null) return -1
  return branch.links.slice(0, hop).reduce((sum, link) => sum + link.caveats.length, 0) + caveat.index
}
