import { decodeTaskScopeRefusal, type TaskScopeRefusal } from '../../../src/caveats/taskScope/refusals.ts'
import type { Hex } from '../../../src/primitives/hex.ts'
import type { PreparedBranch } from '../../../src/verdict/prepared.ts'
import type { Deny, ReasonCode, Verdict } from '../../../src/verdict/types.ts'
import type { ChainAnswer } from '../chainAnswer.ts'
import type { Comparison } from '../compare.ts'
import { MANAGER_ERRORS, REVERTS } from '../reverts.ts'

/** Which reasons a refusal of the enforcer can mean: read off the contract, not off our evaluator. */
const REFUSALS: Readonly<Record<string, readonly ReasonCode[]>> = {
  TooEarly: ['not_yet_valid'],
  Expired: ['expired'],
  GroupEnded: ['group_revoked'],
  RedeemerNotAllowed: ['redeemer_not_allowed'],
  UnsupportedMode: ['batch_not_allowed'],
  MalformedExecution: ['calldata_not_allowed'],
  TooManyExecutions: ['batch_size_not_allowed'],
  ForbiddenTarget: ['target_not_allowed'],
  CallsExceeded: ['calls_exceeded'],
  MeasuredAlone: ['batch_not_allowed'],
  MalformedArgs: ['request_required', 'args_not_allowed'],
  RequestExpired: ['request_expired'],
  RequestUsed: ['request_used'],
  NotRequested: ['request_refused'],
}

/** The same for the parts of a rule. */
const PARTS: Readonly<Record<string, readonly ReasonCode[]>> = {
  no_rule: ['target_not_allowed', 'method_not_allowed', 'calldata_not_allowed', 'recipient_not_allowed'],
  value: ['value_not_allowed', 'action_maximum_exceeded'],
  condition: ['argument_not_allowed', 'recipient_not_allowed', 'action_maximum_exceeded', 'calldata_not_allowed'],
  allowance: ['allowance_not_returned'],
  budget: ['budget_exceeded', 'period_budget_exceeded'],
}

/** Refused by us where the chain may run it: what can be known only after the execution, and one counter counted twice. */
export const FUSED_BOUNDS: readonly string[] = ['effect_unknown', 'counter_shared']

/** How a verdict on one branch stands to the chain's answer to the same bytes. An escalation is the caller's to follow. */
export function compareFused(
  branch: PreparedBranch,
  verdict: Verdict,
  answer: ChainAnswer,
  disabled: ReadonlySet<Hex>,
): Comparison {
  if (verdict.verdict === 'escalate')
    return wantedOf(branch, answer) !== null ? 'agree' : answer.status === 'refused' ? 'reasonMismatch' : 'falseDeny'
  if (verdict.verdict === 'allow') {
    if (answer.status === 'executed') return 'agree'
    return answer.status === 'execution_failed' ? 'execution' : 'falseAllow'
  }
  if (FUSED_BOUNDS.includes(verdict.code)) return hides(branch, verdict, answer) ? 'reasonMismatch' : 'conservative'
  if (answer.status !== 'refused') return 'falseDeny'
  return sameReason(branch, verdict, answer, disabled) ? 'agree' : 'reasonMismatch'
}

/** Whose confirmation of which delegation's request the chain asks for, and nothing else yet. */
export function wantedOf(branch: PreparedBranch, answer: ChainAnswer): { delegation: Hex; confirmer: Hex } | null {
  const refusal = refusalOf(answer)
  if (refusal?.error === 'NotConfirmed') return { delegation: refusal.delegation, confirmer: refusal.confirmer }
  if (refusal?.error !== 'MalformedArgs') return null
  const caveats = branch.links.find(({ hash }) => hash === refusal.delegation)?.caveats ?? []
  const keyed = caveats.some(({ taskScope }) => taskScope !== null && taskScope.terms.requestKey !== null)
  return keyed ? null : { delegation: refusal.delegation, confirmer: refusal.signer }
}

/** What the enforcer said, where it was the one that refused. */
export function refusalOf(answer: ChainAnswer): TaskScopeRefusal | null {
  return answer.status === 'refused' && answer.by === 'hook' && answer.data !== undefined
    ? decodeTaskScopeRefusal(answer.data)
    : null
}

/** A doubt must not hide an earlier refusal: what is known after the execution comes after all hooks. */
function hides(branch: PreparedBranch, { code, hop, caveat }: Deny, answer: ChainAnswer): boolean {
  if (answer.status !== 'refused' || answer.by === 'outer') return false
  if (wantedOf(branch, answer) !== null) return false
  if (code === 'effect_unknown' || answer.by === 'manager') return true
  return answer.position < positionOf(branch, hop ?? 0, caveat?.index ?? 0)
}

type Refused = Extract<ChainAnswer, { status: 'refused' }>

function sameReason(branch: PreparedBranch, verdict: Deny, answer: Refused, disabled: ReadonlySet<Hex>): boolean {
  if (answer.by === 'manager') {
    if (MANAGER_ERRORS[answer.error] !== verdict.code || verdict.caveat !== null) return false
    if (verdict.code === 'redeemer_not_allowed') return verdict.hop === 0
    return verdict.code === 'paused' || verdict.hop === branch.links.findIndex(({ hash }) => disabled.has(hash))
  }
  if (answer.by === 'outer' || verdict.hop === null || verdict.caveat === null) return false
  const here = positionOf(branch, verdict.hop, verdict.caveat.index) === answer.position
  if (!here || verdict.delegation !== answer.delegation) return false
  const refusal = refusalOf(answer)
  if (refusal === null) return REVERTS[answer.error]?.includes(verdict.code) ?? false
  return refusal.delegation === verdict.delegation && sameRefusal(verdict, refusal)
}

/** Whether a denial names what the enforcer does: rule, part and numbers. */
export function sameRefusal(verdict: Deny, refusal: TaskScopeRefusal): boolean {
  const { code, limit, used, requested, rule } = verdict
  switch (refusal.error) {
    case 'NotAdmitted': {
      const { item, index, reason } = refusal
      const part = reason === 'no_rule' ? 'shape' : reason
      const named = rule?.call === item && rule.index === refusal.rule && rule.part === part && rule.at === index
      if (!named || !PARTS[reason]?.includes(code)) return false
      // Of a condition we name numbers only where they are an order, and of a text its length, not its place.
      if (reason === 'condition')
        return limit === null || (limit === refusal.limit && isWord(verdict, refusal.requested))
      if (reason === 'allowance') return requested === null || requested === refusal.requested
      if (reason === 'no_rule') return true
      return limit === refusal.limit && requested === refusal.requested && (used ?? 0n) === refusal.used
    }
    case 'ForbiddenTarget':
      return code === 'target_not_allowed' && rule?.call === refusal.item && rule.index === null
    case 'CallsExceeded':
      return (
        code === 'calls_exceeded' && limit === refusal.limit && used === refusal.used && requested === refusal.requested
      )
    case 'TooManyExecutions':
      return code === 'batch_size_not_allowed' && limit === refusal.limit && requested === refusal.requested
    case 'RequestExpired':
      return code === 'request_expired' && limit === refusal.deadline && requested === refusal.time
    case 'RequestUsed':
      return code === 'request_used' && requested === refusal.number
    default:
      return REFUSALS[refusal.error]?.includes(code) ?? false
  }
}

function isWord({ requested }: Deny, word: bigint): boolean {
  return requested === word || word === 128n
}

function positionOf(branch: PreparedBranch, hop: number, index: number): number {
  return branch.links.slice(0, hop).reduce((sum, { caveats }) => sum + caveats.length, 0) + index
}
