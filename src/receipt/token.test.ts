import { compactVerify, importJWK } from 'jose'
import { describe, expect, test } from 'vitest'
import { issuer, issuerKey, signer } from '../../test/vectors/receipts/example.ts'
import { AmbitError } from '../errors.ts'
import { decodeBase64url, encodeBase64url } from './base64url.ts'
import { utf8 } from './bytes.ts'
import { jwkSignatureCheck, thumbprint } from './keys.ts'
import { parseToken, signToken } from './token.ts'

const kid = thumbprint(issuerKey)
const { token, id } = await signToken({ hello: 'world', n: 7 }, { kid, signer })
const check = await jwkSignatureCheck(issuer.key)
const oracle = await importJWK({ ...issuer.key }, 'ES256')

async function accepted(mutant: string): Promise<string> {
  try {
    const read = parseToken(mutant)
    return (await check(read.signed, read.signature)) ? 'accepted' : 'signature'
  } catch (error) {
    if (!(error instanceof AmbitError)) throw error
    return error.code
  }
}

const jose = (mutant: string) =>
  compactVerify(mutant.replace(/~$/, ''), oracle).then(
    () => true,
    () => false,
  )

/** r ‖ n − s: the other valid signature of the same bytes. */
function twin(signature: Uint8Array): Uint8Array {
  const n = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
  const s = BigInt(`0x${Buffer.from(signature.subarray(32)).toString('hex')}`)
  const other = Buffer.from((n - s).toString(16).padStart(64, '0'), 'hex')
  return Uint8Array.from([...signature.subarray(0, 32), ...other])
}

describe('signToken', () => {
  test('default: a JWS that jose verifies, behind which a tilde stands', async () => {
    expect(token.endsWith('~')).toBe(true)
    const { payload, protectedHeader } = await compactVerify(token.slice(0, -1), oracle)
    expect(JSON.parse(new TextDecoder().decode(payload))).toEqual({ hello: 'world', n: 7 })
    expect(protectedHeader).toEqual({ alg: 'ES256', kid, typ: 'ambit-receipt+sd-jwt' })
    const digest = await crypto.subtle.digest(
      'SHA-256',
      new TextEncoder().encode(token.split('.').slice(0, 2).join('.')),
    )
    expect(id).toBe(Buffer.from(digest).toString('base64url'))
  })

  test('behavior: a signer that gives a high s is brought down to the lower one', async () => {
    const high = await signToken({ a: 1 }, { kid, signer: async (bytes) => twin(lower(await signer(bytes))) })
    expect(await accepted(high.token)).toBe('accepted')
  })
})

/** The lower of the two signatures, whatever the signer gave. */
function lower(signature: Uint8Array): Uint8Array {
  return (signature[32] ?? 0) < 0x80 ? signature : twin(signature)
}

describe('parseToken', () => {
  test('default: header, payload, id', () => {
    expect(parseToken(token)).toMatchObject({ id, header: { kid }, payload: { hello: 'world', n: 7 } })
  })

  test('error: the twin signature, which jose accepts', async () => {
    const [header, payload, signature = ''] = token.slice(0, -1).split('.')
    const mutant = `${header}.${payload}.${encodeBase64url(twin(decodeBase64url(signature)))}~`
    expect(await jose(mutant)).toBe(true)
    expect(await accepted(mutant)).toBe('receipt.signature_malleable')
  })

  test('error: every change of the token’s ends that jose lets pass', async () => {
    const body = token.slice(0, -1)
    const last = body.at(-1) ?? ''
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const trailing = [...letters].filter((letter) => letter !== last).map((letter) => `${body.slice(0, -1)}${letter}~`)
    const suffixes = ['==', ' ', '\n', '='].flatMap((suffix) => [`${body}${suffix}~`, `${token}${suffix}`])
    const passed = []
    for (const mutant of [...trailing, ...suffixes]) {
      expect(await accepted(mutant), mutant.slice(-6)).not.toBe('accepted')
      if (await jose(mutant)) passed.push(mutant)
    }
    // The attack is real: 15 other values of the four unused bits of the last letter, and blanks or padding behind it.
    expect(passed.length).toBeGreaterThanOrEqual(15 + 2)
  })

  test('error: every one-character change, insertion and deletion', async () => {
    const codes = new Set<string>()
    const mutants = new Set<string>()
    for (let index = 0; index < token.length; index++) {
      const [before, here, after] = [token.slice(0, index), token[index], token.slice(index + 1)]
      for (const letter of ['A', 'Q', 'b', '_', '~', '.', '=', '\n', 'é']) {
        if (letter !== here) mutants.add(before + letter + after)
        mutants.add(before + letter + here + after)
      }
      mutants.add(before + after)
    }
    mutants.delete(token)
    for (const mutant of mutants) {
      const result = await accepted(mutant)
      codes.add(result)
      expect(result).not.toBe('accepted')
    }
    expect(mutants.size).toBeGreaterThan(3_000)
    for (const code of [
      'signature',
      'receipt.token_malformed',
      'receipt.base64url_malformed',
      'receipt.header_refused',
    ])
      expect(codes).toContain(code)
  })

  test('error: headers that tell a verifier what to trust, or how', async () => {
    const [, payload = '', signature = ''] = token.slice(0, -1).split('.')
    const header = (members: object) => `${encodeBase64url(utf8(JSON.stringify(members)))}.${payload}.${signature}~`
    const good = { alg: 'ES256', kid, typ: 'ambit-receipt+sd-jwt' }
    const changes = [
      { alg: 'none' },
      { alg: 'HS256' },
      { typ: 'JWT' },
      { kid: 'x' },
      { jwk: issuer.key },
      { jku: 'https://x' },
      { x5u: 'https://x' },
      { crit: ['b64'], b64: false },
    ]
    for (const change of changes) expect(await accepted(header({ ...good, ...change }))).toBe('receipt.header_refused')
    expect(await accepted(header({ alg: 'ES256', kid }))).toBe('receipt.header_refused')
    const twice = `{"alg":"ES256","alg":"none","kid":"${kid}","typ":"ambit-receipt+sd-jwt"}`
    expect(await accepted(`${encodeBase64url(utf8(twice))}.${payload}.${signature}~`)).toBe('json.duplicate_key')
  })

  test('error: a signed payload that two readers could read in two ways', async () => {
    const sign = async (text: string) => {
      const input = `${token.split('.')[0]}.${Buffer.from(text, 'latin1').toString('base64url')}`
      return `${input}.${encodeBase64url(lower(await signer(utf8(input))))}~`
    }
    expect(await accepted(await sign('{"a":1}'))).toBe('accepted')
    expect(await accepted(await sign('{"a":1,"a":2}'))).toBe('json.duplicate_key')
    expect(await accepted(await sign('{"a":12345678901234567890}'))).toBe('json.number_out_of_range')
    expect(await accepted(await sign('{"__proto__":{}}'))).toBe('json.forbidden_key')
    expect(await accepted(await sign('{"a":"\\ud800"}'))).toBe('json.lone_surrogate')
    expect(await accepted(await sign('{"a":"\xff"}'))).toBe('receipt.evidence_refused')
    expect(await accepted(await sign('\xef\xbb\xbf{"a":1}'))).toBe('receipt.evidence_refused')
    expect(await accepted(await sign('['.repeat(40) + ']'.repeat(40)))).toBe('json.too_deep')
  })

  test('error: a token of any size is refused at once', async () => {
    expect(await accepted(`${'A'.repeat(10_000_000)}.A.A~`)).toBe('receipt.token_malformed')
  })
})
