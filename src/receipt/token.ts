import { p256 } from '@noble/curves/nist.js'
import { z } from 'zod'
import { type JsonValue, parseJson } from '../primitives/json.ts'
import { decodeBase64url, encodeBase64url } from './base64url.ts'
import { digest, fromUtf8, utf8 } from './bytes.ts'
import { ReceiptError } from './errors.ts'
import type { Signer } from './keys.ts'
import { Digest } from './values.ts'

/** Longest token, in characters. */
export const MAX_TOKEN = 131_072
export const TYP = 'ambit-receipt+sd-jwt'

/** Exactly these members: no `jwk`, `jku`, `x5u` or `crit` can tell a verifier what to trust. */
const Header = z.strictObject({ alg: z.literal('ES256'), kid: Digest, typ: z.literal(TYP) })
export type Header = z.output<typeof Header>

/** A token taken apart, its signature not yet checked. */
export type Token = {
  /** Receipt id: SHA-256 of `header.payload`. The signature is outside, because two signatures can be valid. */
  id: string
  header: Header
  /** The payload as JSON. Still untrusted. */
  payload: JsonValue
  /** What the signature is over. */
  signed: Uint8Array
  /** r ‖ s, s in the lower half. */
  signature: Uint8Array
}

/**
 * Signs a payload as a compact SD-JWT without disclosures (RFC 9901): `header.payload.signature~`. The bytes that are
 * signed are the bytes that travel; nothing is ever serialised again to check them.
 */
export async function signToken(
  payload: JsonValue,
  parameters: { kid: string; signer: Signer },
): Promise<{ token: string; id: string; signed: Uint8Array; signature: Uint8Array }> {
  const header = { alg: 'ES256', kid: parameters.kid, typ: TYP }
  const input = `${encodeJson(header)}.${encodeJson(payload)}`
  const signed = utf8(input)
  const signature = lowerS(await parameters.signer(signed))
  return { token: `${input}.${encodeBase64url(signature)}~`, id: digest(signed), signed, signature }
}

/**
 * Takes a token apart strictly: three parts of strict base64url, one `~` at the end, the exact header, s in the lower half.
 *
 * @throws {@link ReceiptError} `receipt.token_malformed`, `receipt.base64url_malformed`, `receipt.header_refused`,
 * `receipt.signature_malleable`.
 */
export function parseToken(token: string): Token {
  if (typeof token !== 'string' || token.length > MAX_TOKEN) throw malformed('size')
  const parts = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)~$/.exec(token)
  // `$` also matches before a final newline in some dialects, in this one it does not; the length says so.
  if (parts === null || parts[0].length !== token.length) throw malformed('form')
  const [, header = '', payload = '', signature = ''] = parts
  const signatureBytes = decodeBase64url(signature)
  if (signatureBytes.length !== 64) throw malformed('signature size')
  if (lowerS(signatureBytes) !== signatureBytes) {
    throw new ReceiptError('receipt.signature_malleable', 'The signature is the twin of the one that was issued.', {
      fix: 'Use the token exactly as it was issued.',
    })
  }
  const signed = utf8(`${header}.${payload}`)
  return {
    id: digest(signed),
    header: parseHeader(decodeJson(header)),
    payload: decodeJson(payload),
    signed,
    signature: signatureBytes,
  }
}

function parseHeader(input: JsonValue): Header {
  const header = Header.safeParse(input)
  if (header.success) return header.data
  throw new ReceiptError('receipt.header_refused', 'The header of this token is not that of a receipt.', {
    details: { at: header.error.issues[0]?.path.map(String).join('/') ?? '', alg: 'ES256', typ: TYP },
    fix: 'Give a token that issueReceipt made.',
  })
}

/** The half-order: of s and n − s, both valid, only the lower one is a receipt's. */
const N = p256.Point.CURVE().n

function lowerS(signature: Uint8Array): Uint8Array {
  if (signature.length !== 64) throw malformed('signature size')
  let s = 0n
  for (const byte of signature.subarray(32)) s = (s << 8n) | BigInt(byte)
  if (s <= N >> 1n || s >= N) return signature
  const lower = Uint8Array.from(signature)
  let rest = N - s
  for (let index = 63; index >= 32; index--) {
    lower[index] = Number(rest & 255n)
    rest >>= 8n
  }
  return lower
}

function encodeJson(value: unknown): string {
  return encodeBase64url(utf8(JSON.stringify(value)))
}

function decodeJson(part: string): JsonValue {
  const bytes = decodeBase64url(part)
  return parseJson(fromUtf8(bytes), { maxBytes: MAX_TOKEN, maxDepth: 12 })
}

function malformed(what: 'size' | 'form' | 'signature size'): ReceiptError {
  return new ReceiptError('receipt.token_malformed', 'This is not a compact token of a receipt.', {
    details: { what, bound: MAX_TOKEN },
    fix: 'Give header.payload.signature~ exactly as it was issued.',
  })
}
