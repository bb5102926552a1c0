import type { Hex } from '../../src/primitives/hex.ts'
import type { PreparedBranch } from '../../src/verdict/prepared.ts'
import type { Verdict } from '../../src/verdict/types.ts'
import type { ChainAnswer } from './chainAnswer.ts'
import { MANAGER_ERRORS, REVERTS } from './reverts.ts'

/**
 * How one verdict on one branch stands to the chain. `conservative`: the chain would run it, and a documented bound of ours
 * refuses (see {@link isDocumentedBound}); `execution`: authority held and the call itself failed, as the verdict leaves open.
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
  if (answer.status !== 'refused') return isDocumentedBound(verdict) ? 'conservative' : 'falseDeny'
  if (verdict.verdict === 'escalate') return 'falseAllow'
  if (isUnread(verdict)) return sitsBefore(branch, verdict, answer) ? 'conservative' : 'reasonMismatch'
  return sameReason(branch, verdict, answer, disabled) ? 'agree' : 'reasonMismatch'
}

type Deny = Extract<Verdict, { verdict: 'deny' }>

/**
 * Where we refuse or ask although the chain would run it:
 * - a caveat that we cannot read with certainty;
 * - several calls where no caveat closes batch mode: no scope grants a batch;
 * - what the principal left to the redeemer to hold (hop `null`), and its thresholds.
 */
export function isDocumentedBound(verdict: Verdict): boolean {
  if (verdict.verdict === 'escalate') return true
  if (verdict.verdict === 'allow') return false
  if (verdict.code === 'unknown_caveat') return true
  const held = ['action_maximum_exceeded', 'argument_not_allowed', 'batch_not_allowed']
  return verdict.hop === null && held.includes(verdict.code)
}

function isUnread(verdict: Deny): boolean {
  return verdict.code === 'unknown_caveat' || (verdict.code === 'batch_not_allowed' && verdict.hop === null)
}

/** An unread caveat may refuse on chain, or let the chain go on to a later one. It must not hide an earlier refusal. */
function sitsBefore(
  branch: PreparedBranch,
  verdict: Deny,
  answer: Extract<ChainAnswer, { status: 'refused' }>,
): boolean {
  return answer.by === 'hook' && verdict.hop !== null && positionOf(branch, verdict) <= answer.position
}

function sameReason(
  branch: PreparedBranch,
  verdict: Deny,
  answer: Extract<ChainAnswer, { status: 'refused' }>,
  disabled: ReadonlySet<Hex>,
): boolean {
  if (answer.by === 'manager') {
    if (MANAGER_ERRORS[answer.error] !== verdict.code || verdict.caveat !== null) return false
    if (verdict.code === 'paused') return verdict.hop === null
    if (verdict.code === 'redeemer_not_allowed') return verdict.hop === 0
    return verdict.hop === branch.links.findIndex(({ hash }) => disabled.has(hash))
  }
  return (
    verdict.delegation === answer.delegation &&
    positionOf(branch, verdict) === answer.position &&
    (REVERTS[answer.error]?.includes(verdict.code) ?? false)
  )
}

/** Number of caveats before the one that a denial names. */
function positionOf(branch: PreparedBranch, { hop, caveat }: Deny): number {
  if (hop === null || caveat === null) return -1
  return branch.links.slice(0, hop).reduce((sum, link) => sum + link.caveats.length, 0) + caveat.index
}
