import { calculateJwkThumbprint } from 'jose'
import { describe, expect, test } from 'vitest'
import { issuerKey, otherKey } from '../../test/vectors/receipts/example.ts'
import { ReceiptError } from './errors.ts'
import {
  createIssuerKey,
  jwkSignatureCheck,
  jwkSigner,
  parseKeySet,
  parsePrivateJwk,
  parsePublicJwk,
  publicJwk,
  thumbprint,
} from './keys.ts'

const refusal = (run: () => unknown): string => {
  try {
    run()
    return 'accepted'
  } catch (error) {
    if (!(error instanceof ReceiptError)) throw error
    return `${error.code} ${error.details['what'] ?? ''}`.trim()
  }
}

describe('createIssuerKey', () => {
  test('default: a key pair of the seed, that signs and checks', async () => {
    const key = createIssuerKey(new Uint8Array(48).fill(3))
    expect(createIssuerKey(new Uint8Array(48).fill(3))).toEqual(key)
    const bytes = new TextEncoder().encode('receipt')
    const signature = await (await jwkSigner(key))(bytes)
    expect(signature.length).toBe(64)
    const check = await jwkSignatureCheck(publicJwk(key))
    expect(await check(bytes, signature)).toBe(true)
    expect(await check(bytes.slice(1), signature)).toBe(false)
  })

  test('error: a seed too short to be unbiased', () => {
    expect(refusal(() => createIssuerKey(new Uint8Array(32)))).toBe('receipt.key_refused seed')
  })
})

describe('thumbprint', () => {
  test('default: the one of RFC 7638', async () => {
    expect(thumbprint(issuerKey)).toBe(await calculateJwkThumbprint(publicJwk(issuerKey)))
  })
})

describe('parsePublicJwk', () => {
  test('default: the four members', () => {
    expect(parsePublicJwk(publicJwk(issuerKey))).toEqual(publicJwk(issuerKey))
  })

  test('error: a private key where a public one belongs, and its secret is not in the error', () => {
    expect(refusal(() => parsePublicJwk(issuerKey))).toBe('receipt.key_is_private')
    try {
      parsePublicJwk(issuerKey)
    } catch (error) {
      expect(String(error)).not.toContain(issuerKey.d)
    }
  })

  test('error: other curves, other members, points elsewhere', () => {
    const key = publicJwk(issuerKey)
    const form = 'receipt.key_refused form'
    expect(refusal(() => parsePublicJwk({ ...key, crv: 'secp256k1' }))).toBe(form)
    expect(refusal(() => parsePublicJwk({ ...key, kty: 'oct', k: 'AA' }))).toBe(form)
    expect(refusal(() => parsePublicJwk({ ...key, alg: 'none' }))).toBe(form)
    expect(refusal(() => parsePublicJwk({ ...key, x: `${key.x}A` }))).toBe(form)
    expect(refusal(() => parsePublicJwk(null))).toBe(form)
    expect(refusal(() => parsePublicJwk({ ...key, y: publicJwk(otherKey).y }))).toBe('receipt.key_refused point')
  })
})

describe('parsePrivateJwk', () => {
  test('error: halves of two keys, which would sign what nobody can check', () => {
    expect(refusal(() => parsePrivateJwk({ ...otherKey, d: issuerKey.d }))).toBe('receipt.key_refused halves')
    expect(refusal(() => parsePrivateJwk({ ...issuerKey, d: 'A'.repeat(43) }))).toBe('receipt.key_refused range')
    expect(refusal(() => parsePrivateJwk(publicJwk(issuerKey)))).toBe('receipt.key_refused form')
  })
})

describe('parseKeySet', () => {
  const set = (keys: unknown[]) => JSON.stringify({ schema: 'ambit.keyset.v1', iss: 'https://pay.example', keys })

  test('default: an issuer and its public keys', () => {
    const keys = [publicJwk(issuerKey), publicJwk(otherKey)]
    expect(parseKeySet(set(keys))).toEqual({ schema: 'ambit.keyset.v1', iss: 'https://pay.example', keys })
  })

  test('error: no key, a private key, a member more', () => {
    expect(refusal(() => parseKeySet(set([])))).toBe('receipt.key_refused key set')
    expect(refusal(() => parseKeySet(set([issuerKey])))).toBe('receipt.key_is_private')
    expect(refusal(() => parseKeySet(set([publicJwk(issuerKey)]).replace('{', '{"jku":"https://x.example",')))).toBe(
      'receipt.key_refused key set',
    )
  })
})
