import { recoverSigner } from '../delegation/signature.ts'
import type { Address } from '../primitives/hex.ts'
import { digest, fromUtf8, utf8 } from '../receipt/bytes.ts'
import { decodeRequestEvidence } from '../receipt/evidence.ts'
import { checkRequest, hashRequest, type SignedRequest } from '../receipt/request.ts'
import { digestOf } from '../verdict/taskScope/requests.ts'
import type { Action } from '../verdict/types.ts'
import { RedeemerError } from './errors.ts'
import { maySubmit } from './importGrant.ts'
import type { OpenGrant, Service } from './service.ts'
import type { StoredAction } from './store/actions.ts'

/** Bytes of one request. */
export const MAX_REQUEST_BYTES = 65_536

/** What an agent asks, as it is kept: the bytes that came, and what they are called. */
export type Asked = { signed: SignedRequest; id: string; digest: string; document: string }

/**
 * Reads what an agent sends: the form in which a receipt carries a request, to the byte.
 *
 * @throws {@link RedeemerError} `redeemer.request_refused`; `receipt.evidence_refused`.
 */
export function readAsked(bytes: Uint8Array): Asked {
  if (bytes.length > MAX_REQUEST_BYTES) throw refused('bytes', bytes.length, MAX_REQUEST_BYTES)
  const { id, callsHash: _, ...signed } = decodeRequestEvidence(bytes)
  // The words may be left out of a receipt; of a request they may not, for its id is made of them.
  if (hashRequest(signed.request) !== id) throw refused('reason', 'left out', null)
  return { signed, id, digest: digest(bytes), document: fromUtf8(bytes) }
}

/** The request of an action that was kept. */
export function askedOf({ document }: StoredAction): SignedRequest {
  const { id: _, callsHash: __, ...signed } = decodeRequestEvidence(utf8(document))
  return signed
}

export function actionOf({ request }: SignedRequest): Action {
  const { chainId, redeemer, calls, reason, request: carried, requestsAbove } = request
  return {
    chainId,
    redeemer,
    calls,
    ...(reason === undefined ? {} : { reason }),
    ...(carried === undefined ? {} : { request: carried }),
    ...(requestsAbove === undefined ? {} : { requestsAbove }),
  }
}

/**
 * Makes sure that the grant's own key asked, and that this service may submit it in time. The chain checks the same again:
 * here it keeps strangers from filling the store.
 *
 * @throws {@link RedeemerError} `redeemer.request_refused`; `receipt.request_…`.
 */
export function checkAsked(service: Service, { grant, prepared }: OpenGrant, { signed }: Asked): Address {
  const { request } = signed
  const scope = grant.scopes.at(-1)
  const leaf = prepared.branches[0]?.links[0]
  const terms = leaf?.caveats.find(({ taskScope }) => taskScope !== null)?.taskScope
  const key = scope?.request?.key
  if (scope === undefined || key === undefined || terms === undefined || terms === null) {
    throw refused('grant', grant.id, null)
  }
  if (request.chainId !== grant.chainId) throw refused('chainId', request.chainId, grant.chainId)
  if (!service.signers.has(request.redeemer)) throw refused('redeemer', request.redeemer, 'one of this service')
  if (!maySubmit(scope, request.redeemer)) throw refused('redeemer', request.redeemer, 'one that the scope names')
  const carried = request.request
  if (carried === undefined || carried.signature === null) throw refused('signature', 'none', null)
  const now = BigInt(Math.floor(service.now() / 1_000))
  const latest = now + BigInt(service.settings.longestRequest)
  if (carried.deadline < now || carried.deadline > latest) throw refused('deadline', `${carried.deadline}`, `${latest}`)
  // Its receipts are judged by the one, the chain by the other: a second one would make true receipts look false.
  if (request.deadline !== carried.deadline) throw refused('deadline', `${request.deadline}`, `${carried.deadline}`)
  const recovery = recoverSigner(digestOf(terms, request, carried), carried.signature)
  if (recovery.status !== 'signed' || recovery.signer !== key) throw refused('signature', 'somebody else’s', key)
  if (signed.signature !== undefined) checkRequest({ request, signature: signed.signature }, key)
  return key
}

function refused(what: string, value: string | number, bound: string | number | null): RedeemerError {
  return new RedeemerError('redeemer.request_refused', 'This request cannot be taken.', {
    details: { what, value, bound },
    fix: 'Ask for GET /v1/service to see who submits here and how long a request may be good for; sign the request with the key of the grant.',
  })
}
