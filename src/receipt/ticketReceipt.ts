import type { Grant } from '../grant/types.ts'
import { disagree, rootsOf } from './describe.ts'
import { about, type Drafted, kindOf, type Layer } from './draft.ts'
import { encodeGrantEvidence, encodeRequestEvidence } from './evidence.ts'
import { describeIntent, requestLimits } from './intent.ts'
import { hashRequest, type SignedRequest } from './request.ts'
import type { Statement } from './statement.ts'

/**
 * A request was taken in, and a decision is owed: signed before there is one, so that a denial cannot be left out unseen.
 *
 * @param parameters.number - Among all requests that this issuer took in, from 1 on, without a gap.
 * @param parameters.received - Unix seconds.
 * @param parameters.decideBy - Unix seconds: the latest time by which a decision follows.
 * @throws {@link ReceiptError} `receipt.inputs_disagree`.
 */
export function ticketReceipt(parameters: {
  grant: Grant
  request: SignedRequest
  number: number
  received: bigint
  decideBy: bigint
  layer: Layer
}): Drafted<'ticket'> {
  const { grant, request, number, received, decideBy, layer } = parameters
  if (request.request.grant !== grant.id) throw disagree('request.grant', request.request.grant)
  const evidence = { grant: encodeGrantEvidence(grant), request: encodeRequestEvidence(request) }
  const claims: Statement['claims'] = [
    { path: '/grant', basis: 'signature' },
    { path: '/intent', basis: request.signature === undefined ? 'attestation' : 'signature' },
    { path: '/ticket', basis: 'attestation' },
  ]
  return {
    draft: {
      ...kindOf('ticket'),
      ...about(grant, layer, evidence, claims, ['not_logged', ...requestLimits(request)]),
      action: { id: hashRequest(request.request) },
      intent: describeIntent(grant, request),
      ticket: { number, received: Number(received), decideBy: Number(decideBy) },
      roots: rootsOf(grant),
    },
    evidence,
  }
}
