import { partiesOf } from '../receipt/describe.ts'
import { decodeRequestEvidence, type RequestRead } from '../receipt/evidence.ts'
import type { Statement } from '../receipt/statement.ts'
import { caip2, caipChainId, cleanText } from '../receipt/values.ts'
import { causeOf, found, proven } from './checks.ts'
import type { CheckedEvidence } from './evidence.ts'
import type { GrantRead, Memory } from './memory.ts'
import type { Check } from './types.ts'

/** Is what was asked what the receipt says was asked? */
export function checkAction(
  statement: Statement,
  evidence: CheckedEvidence,
): { checks: Check[]; request?: RequestRead } {
  if (statement.kind === 'grant' || statement.kind === 'revocation') return { checks: [] }
  if (evidence.request === undefined) {
    return { checks: [found('action', 'unavailable', 'evidence_missing', 'The request is not here.')] }
  }
  let request: RequestRead
  try {
    request = decodeRequestEvidence(evidence.request)
  } catch (error) {
    const cause = causeOf(error)
    return { checks: [found('action', 'refuted', 'evidence_unreadable', 'The request cannot be read.', { cause })] }
  }
  if (disagreement(statement, request)) {
    return {
      checks: [found('action', 'refuted', 'action_mismatch', 'The request is not the one that the receipt is about.')],
    }
  }
  return { checks: [proven('action', 'The request is the one that the receipt is about.')], request }
}

/** Did the asker sign it? Without this, a redeemer could invent attempts, and denials of them. */
export function checkRequest(
  statement: Statement,
  request: RequestRead,
  read: GrantRead | undefined,
  memory: Memory,
): Check {
  if (read === undefined)
    return found('request', 'unavailable', 'evidence_missing', 'The grant that names the asker is not here.')
  if (request.signature === undefined) {
    return found(
      'request',
      'unavailable',
      'request_unsigned',
      'The asker did not sign: that it was asked is the issuer’s word.',
    )
  }
  const recovery = memory.recover(request.id, request.signature)
  if (recovery.status === 'invalid') {
    return found('request', 'refuted', 'signature_malformed', 'The signature of the request is none.', {
      cause: recovery.reason,
    })
  }
  if (recovery.signer !== partiesOf(read.grant).asker) {
    return found('request', 'refuted', 'request_other_signer', 'Somebody other than the asker signed the request.')
  }
  if (statement.kind === 'decision' && statement.verdict.result === 'allowed' && statement.state !== undefined) {
    // A kept request must not be good for ever: at the block it was allowed at, it was still wanted.
    if (request.request.deadline < BigInt(statement.state.block.time)) {
      return found('request', 'refuted', 'request_late', 'The request was allowed after its deadline.')
    }
  }
  if (statement.kind === 'ticket' && request.request.deadline < BigInt(statement.ticket.received)) {
    return found('request', 'refuted', 'request_late', 'The request was taken in after its deadline.')
  }
  return proven('request', 'The asker signed this very request.')
}

function disagreement(statement: Extract<Statement, { action: unknown }>, read: RequestRead): boolean {
  const { request, id, callsHash, signature } = read
  const { grant, action } = statement
  if (action.id !== id || request.grant !== grant.id) return true
  if (statement.kind === 'outcome') return request.chainId !== caipChainId(grant.manager)
  const { intent } = statement
  const reason = request.reason === undefined ? undefined : cleanText(request.reason)
  return (
    intent.chain !== caip2(request.chainId) ||
    intent.calls !== callsHash ||
    intent.redeemer !== request.redeemer ||
    intent.mode !== (request.calls.length === 1 ? 'single' : 'batch') ||
    intent.signed !== (signature !== undefined) ||
    // Words that are not in the evidence cannot be attributed to the asker.
    intent.reason !== reason
  )
}

/** Is the account whose signature counts the one that the receipt names? Asked where both are known. */
export function isAsker(statement: Statement, read: GrantRead): boolean {
  return !('intent' in statement) || statement.intent.asker === partiesOf(read.grant).asker
}
