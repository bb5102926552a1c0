import { type Bundle, parseBundle } from '../receipt/bundle.ts'
import { parseStatement, type Statement } from '../receipt/statement.ts'
import { parseToken, type Token } from '../receipt/token.ts'
import { causeOf, found, proven } from './checks.ts'
import type { LoadedTrust } from './trust.ts'
import type { Check } from './types.ts'

/** A receipt taken apart; nothing in it is believed yet. */
export type Envelope = { bundle: Bundle; token: Token; statement: Statement }

/** Takes a bundle apart, or says why it is none. */
export function openEnvelope(input: string | Bundle): Envelope | { check: Check; id?: string } {
  let id: string | undefined
  try {
    const bundle = typeof input === 'string' ? parseBundle(input) : input
    const token = parseToken(bundle.receipt)
    id = token.id
    return { bundle, token, statement: parseStatement(token.payload) }
  } catch (error) {
    const cause = causeOf(error)
    // A kind of a later version is nothing that this verifier can call false.
    const later = cause === 'receipt.kind_not_supported'
    const check = later
      ? found('form', 'unavailable', 'kind_not_supported', 'This verifier does not read receipts of this kind.', {
          cause,
        })
      : found('form', 'refuted', 'malformed', 'This does not have the form of a receipt.', { cause })
    return id === undefined ? { check } : { check, id }
  }
}

/** Did the named issuer sign exactly these bytes, with a key that the verifier was told is its own? */
export async function checkSignature({ token, statement }: Envelope, { loaded }: LoadedTrust): Promise<Check[]> {
  const { kid } = token.header
  const check = loaded.get(statement.iss)?.get(kid)
  if (check === undefined) {
    // Known name with a strange key, or a known key under a strange name: somebody poses as somebody.
    const posing = loaded.has(statement.iss) || [...loaded.values()].some((keys) => keys.has(kid))
    return [
      posing
        ? found('issuer', 'refuted', 'issuer_key_mismatch', 'This key is not one of this issuer’s.', {
            at: statement.iss,
          })
        : found('issuer', 'unavailable', 'issuer_unknown', 'Nobody said to trust this issuer.', { at: statement.iss }),
    ]
  }
  const issuer = proven('issuer', 'The issuer is trusted, with this key.', statement.iss)
  const signed = await check(token.signed, token.signature)
  return [
    issuer,
    signed
      ? proven('signature', 'The issuer signed these very bytes.')
      : found('signature', 'refuted', 'signature_wrong', 'The issuer did not sign these bytes.'),
  ]
}
