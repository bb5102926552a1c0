import { p256 } from '@noble/curves/nist.js'
import { z } from 'zod'
import { parseJson } from '../primitives/json.ts'
import { decodeBase64url, encodeBase64url } from './base64url.ts'
import { digest, utf8 } from './bytes.ts'
import { ReceiptError } from './errors.ts'
import { Issuer } from './values.ts'

/** Public half of an issuer's key: P-256, as RFC 7517 writes it. */
export type PublicJwk = { kty: 'EC'; crv: 'P-256'; x: string; y: string }
/** An issuer's key. A secret: it goes to a file of mode 0600 and nowhere else. */
export type PrivateJwk = PublicJwk & { d: string }

/** Signs bytes with ECDSA P-256 over their SHA-256 and gives r ‖ s, 64 bytes. Where the key lives is its own affair. */
export type Signer = (bytes: Uint8Array) => Promise<Uint8Array>

/** Who issues, under which name, with which keys: what a verifier is told to trust, never what a receipt says of itself. */
export type KeySet = { schema: 'ambit.keyset.v1'; iss: string; keys: readonly PublicJwk[] }

/** Most keys an issuer may have at once. */
const MAX_KEYS = 64
const Coordinate = z.string().regex(/^[A-Za-z0-9_-]{43}$/)
const Jwk = z.strictObject({ kty: z.literal('EC'), crv: z.literal('P-256'), x: Coordinate, y: Coordinate })
const SecretJwk = z.strictObject({ ...Jwk.shape, d: Coordinate })
const KeySetDocument = z.strictObject({
  schema: z.literal('ambit.keyset.v1'),
  iss: Issuer,
  keys: z.array(z.unknown()).min(1).max(MAX_KEYS),
})

/**
 * An issuer's key from `seed`: at least 48 random bytes, so that the bias of the reduction is below 2^-128.
 *
 * @throws {@link ReceiptError} `receipt.key_refused`: the seed is short.
 */
export function createIssuerKey(seed: Uint8Array): PrivateJwk {
  if (seed.length < 48) throw refused('seed', 'Give at least 48 random bytes.')
  const secret = p256.utils.randomSecretKey(seed.slice(0, 48))
  const point = p256.getPublicKey(secret, false)
  return {
    kty: 'EC',
    crv: 'P-256',
    x: encodeBase64url(point.subarray(1, 33)),
    y: encodeBase64url(point.subarray(33, 65)),
    d: encodeBase64url(secret),
  }
}

/**
 * Reads a public key strictly: P-256, a point on the curve, exactly the four members.
 *
 * @throws {@link ReceiptError} `receipt.key_is_private`: a secret came where a public key belongs, and is now known to
 * whoever saw it; `receipt.key_refused`.
 */
export function parsePublicJwk(input: unknown): PublicJwk {
  if (typeof input === 'object' && input !== null && 'd' in input) {
    throw new ReceiptError('receipt.key_is_private', 'This key set holds a private key.', {
      fix: 'Replace the key, and publish only kty, crv, x and y.',
    })
  }
  const parsed = Jwk.safeParse(input)
  if (!parsed.success) throw refused('form', 'Give kty EC, crv P-256, x and y, and nothing else.')
  assertOnCurve(parsed.data)
  return parsed.data
}

/**
 * Reads a private key, and makes sure that its two halves belong together.
 *
 * @throws {@link ReceiptError} `receipt.key_refused`. No part of the key is in the error.
 */
export function parsePrivateJwk(input: unknown): PrivateJwk {
  const parsed = SecretJwk.safeParse(input)
  if (!parsed.success) throw refused('form', 'Give kty EC, crv P-256, x, y and d, and nothing else.')
  const secret = decodeBase64url(parsed.data.d)
  if (!p256.utils.isValidSecretKey(secret)) throw refused('range', 'Make a new key.')
  const point = p256.getPublicKey(secret, false)
  const { x, y } = parsed.data
  if (x !== encodeBase64url(point.subarray(1, 33)) || y !== encodeBase64url(point.subarray(33, 65))) {
    throw refused('halves', 'Make a new key: the public half does not belong to this private half.')
  }
  return parsed.data
}

/** The public half alone, copied member by member so that no secret can ride along. */
export function publicJwk(key: PublicJwk): PublicJwk {
  return { kty: key.kty, crv: key.crv, x: key.x, y: key.y }
}

/** RFC 7638 thumbprint, SHA-256, base64url: the `kid` of every token. */
export function thumbprint(key: PublicJwk): string {
  return digest(utf8(`{"crv":"${key.crv}","kty":"${key.kty}","x":"${key.x}","y":"${key.y}"}`))
}

/** Reads a key set file. @throws {@link ReceiptError} `receipt.key_refused`, `receipt.key_is_private`. */
export function parseKeySet(text: string): KeySet {
  const parsed = KeySetDocument.safeParse(parseJson(text, { maxBytes: 65_536, maxDepth: 4 }))
  if (!parsed.success) throw refused('key set', 'Give schema ambit.keyset.v1, iss and 1 to 64 keys.')
  return { ...parsed.data, keys: parsed.data.keys.map(parsePublicJwk) }
}

/** A {@link Signer} over a private JWK, by the platform's own ECDSA. The key stays non-extractable in it. */
export async function jwkSigner(key: PrivateJwk): Promise<Signer> {
  const { kty, crv, x, y, d } = parsePrivateJwk(key)
  const imported = await globalThis.crypto.subtle.importKey('jwk', { kty, crv, x, y, d }, ES256_KEY, false, ['sign'])
  return async (bytes) =>
    new Uint8Array(await globalThis.crypto.subtle.sign(ES256, imported, bytes as Uint8Array<ArrayBuffer>))
}

/** Tells whether r ‖ s is this key's signature over `bytes`. */
export type SignatureCheck = (bytes: Uint8Array, signature: Uint8Array) => Promise<boolean>

/** A {@link SignatureCheck} of one public key; made once, used for every receipt of the issuer. */
export async function jwkSignatureCheck(key: PublicJwk): Promise<SignatureCheck> {
  const imported = await globalThis.crypto.subtle.importKey('jwk', publicJwk(key), ES256_KEY, true, ['verify'])
  return (bytes, signature) =>
    globalThis.crypto.subtle.verify(
      ES256,
      imported,
      signature as Uint8Array<ArrayBuffer>,
      bytes as Uint8Array<ArrayBuffer>,
    )
}

const ES256_KEY = { name: 'ECDSA', namedCurve: 'P-256' } as const
const ES256 = { name: 'ECDSA', hash: 'SHA-256' } as const

function assertOnCurve(key: PublicJwk): void {
  const point = new Uint8Array(65)
  point[0] = 4
  point.set(decodeBase64url(key.x), 1)
  point.set(decodeBase64url(key.y), 33)
  if (!p256.utils.isValidPublicKey(point, false)) throw refused('point', 'Copy the key again: it is not on the curve.')
}

function refused(what: string, fix: string): ReceiptError {
  return new ReceiptError('receipt.key_refused', 'This key cannot be used for receipts.', { details: { what }, fix })
}
