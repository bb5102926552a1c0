import type { Grant } from '../grant/types.ts'
import type { Hex } from '../primitives/hex.ts'
import { ticketReceipt } from '../receipt/ticketReceipt.ts'
import { RedeemerError } from './errors.ts'
import { askedOf, checkAsked, readAsked } from './request.ts'
import { openGrant, type Service } from './service.ts'
import { acceptAction, type StoredAction } from './store/actions.ts'
import type { Query } from './store/database.ts'
import { appendReceipt } from './store/receipts.ts'

const KEY = /^[\x21-\x7e]{1,128}$/

/**
 * Takes an agent's request in: checked, numbered and durable when this returns. The same key or the same request again is the
 * same action.
 *
 * @param parameters.body - The request, in the form that `encodeRequestEvidence` gives it.
 * @param parameters.idempotencyKey - 1 to 128 visible ASCII characters of the agent's choice.
 * @throws {@link RedeemerError} `redeemer.invalid_key`, `redeemer.request_refused`, `redeemer.unknown_grant`,
 * `redeemer.key_reused`, `redeemer.store_failed`; `receipt.…` for bytes that are no request.
 */
export async function accept(
  service: Service,
  { body, idempotencyKey }: { body: Uint8Array; idempotencyKey: string },
): Promise<{ action: StoredAction; repeated: boolean }> {
  if (!KEY.test(idempotencyKey)) {
    throw new RedeemerError('redeemer.invalid_key', 'This is no idempotency key.', {
      details: { length: idempotencyKey.length },
      fix: 'Give 1 to 128 visible ASCII characters, another one for each action.',
    })
  }
  const { database } = service
  const asked = readAsked(body)
  const { request } = asked.signed
  const open = await openGrant(service, database.query, request.grant)
  const agent = checkAsked(service, open, asked)
  const { id, digest, document } = asked
  return database.transaction(async (query) => {
    const kept = await acceptAction(query, database.dialect, {
      id,
      grantId: open.grant.id,
      principal: open.grant.scopes[0]?.principal as Hex,
      agent,
      idempotencyKey,
      digest,
      document,
      deadline: Number(request.request?.deadline ?? request.deadline),
      acceptedAt: service.now(),
    })
    if (!kept.repeated) await giveTicket(service, query, open.grant, kept.action)
    return kept
  })
}

/** Signed and kept with the request itself, before anybody has looked at it: a denial cannot be left out unseen. */
async function giveTicket(service: Service, query: Query, grant: Grant, action: StoredAction): Promise<void> {
  const received = BigInt(Math.floor(action.acceptedAt / 1_000))
  const drafted = ticketReceipt({
    grant,
    request: askedOf(action),
    number: action.ticket,
    received,
    decideBy: received + BigInt(service.settings.decideWithin),
    layer: 'redeemer',
  })
  const receipt = { drafted, actionId: action.id, terminal: false, now: action.acceptedAt }
  await appendReceipt(query, service.database.dialect, service.issuer, receipt)
}
