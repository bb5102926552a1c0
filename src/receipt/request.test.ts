import fc from 'fast-check'
import { hashTypedData } from 'viem'
import { describe, expect, test } from 'vitest'
import { agent, at, hash, lower, stranger } from '../../test/vectors/receipts/example.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { ReceiptError } from './errors.ts'
import { decodeRequestEvidence, encodeRequestEvidence } from './evidence.ts'
import { type ActionRequest, checkRequest, hashRequest, requestTypedData, signRequest } from './request.ts'

const request: ActionRequest = {
  chainId: 8453,
  grant: hash('9d'),
  calls: [{ to: at('70'), value: 0n, data: '0xa9059cbb' }],
  redeemer: lower(agent),
  number: 1n,
  deadline: 2_000n,
  reason: 'Invoice 7',
}

const refusal = (run: () => unknown): string => {
  try {
    run()
    return 'accepted'
  } catch (error) {
    if (!(error instanceof ReceiptError)) throw error
    return `${error.code} ${error.details['what'] ?? error.details['reason'] ?? ''}`.trim()
  }
}

describe('hashRequest', () => {
  test('default: the EIP-712 digest that wallets compute', () => {
    fc.assert(
      fc.property(
        fc.record({
          chainId: fc.integer({ min: 1 }),
          number: fc.bigInt({ min: 0n, max: (1n << 256n) - 1n }),
          deadline: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
          calls: fc.array(
            fc.record({
              to: fc.constantFrom(at('70'), at('71')),
              value: fc.bigInt({ min: 0n, max: 1n << 200n }),
              data: fc.uint8Array({ maxLength: 80 }).map((it): Hex => `0x${Buffer.from(it).toString('hex')}`),
            }),
            { minLength: 1, maxLength: 4 },
          ),
          reason: fc.string({ unit: 'grapheme', maxLength: 50 }),
        }),
        (change) => {
          const it = { ...request, ...change }
          expect(hashRequest(it)).toBe(hashTypedData(requestTypedData(it)))
        },
      ),
    )
    const { reason: _, ...silent } = request
    expect(hashRequest(silent)).toBe(hashTypedData(requestTypedData(silent)))
  })

  test('behavior: every member is signed', () => {
    const changes: Partial<ActionRequest>[] = [
      { chainId: 1 },
      { grant: hash('9e') },
      { calls: [] },
      { calls: [...request.calls, ...request.calls] },
      { calls: [{ to: at('71'), value: 0n, data: '0xa9059cbb' }] },
      { calls: [{ to: at('70'), value: 1n, data: '0xa9059cbb' }] },
      { calls: [{ to: at('70'), value: 0n, data: '0xa9059cbc' }] },
      { redeemer: at('66') },
      { number: 2n },
      { deadline: 2_001n },
      { reason: 'Invoice 8' },
    ]
    const hashes = changes
      .filter(({ calls }) => calls?.length !== 0)
      .map((change) => hashRequest({ ...request, ...change }))
    expect(new Set([hashRequest(request), ...hashes]).size).toBe(changes.length)
  })

  test('error: what is not well formed, whatever its type says', () => {
    const wrong: [object, string][] = [
      [{ chainId: 0 }, 'chainId'],
      [{ chainId: 1.5 }, 'chainId'],
      [{ grant: '0x' }, 'grant'],
      [{ redeemer: at('A6') }, 'redeemer'],
      [{ number: -1n }, 'number'],
      [{ number: 1 }, 'number'],
      [{ deadline: 1n << 256n }, 'deadline'],
      [{ calls: [] }, 'calls'],
      [{ calls: Array(65).fill(request.calls[0]) }, 'calls'],
      [{ calls: 'all' }, 'calls'],
      [{ calls: [null] }, 'calls'],
      [{ calls: [{ to: at('70'), value: 0, data: '0x' }] }, 'calls'],
      [{ calls: [{ to: at('70'), value: 0n, data: '0x1' }] }, 'calls'],
      [{ reason: 7 }, 'reason'],
    ]
    for (const [change, what] of wrong)
      expect(refusal(() => hashRequest({ ...request, ...change } as ActionRequest))).toBe(
        `receipt.request_refused ${what}`,
      )
  })
})

describe('checkRequest', () => {
  test('default: what signRequest gave', async () => {
    const signed = await signRequest(agent, request)
    expect(refusal(() => checkRequest(signed, lower(agent)))).toBe('accepted')
    expect(refusal(() => checkRequest(signed, lower(stranger)))).toBe('receipt.request_signer_mismatch')
    expect(refusal(() => checkRequest({ ...signed, request: { ...request, number: 2n } }, lower(agent)))).toBe(
      'receipt.request_signer_mismatch',
    )
  })

  test('error: the twin signature and other forms of the same', async () => {
    const { signature } = await signRequest(agent, request)
    const n = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
    const s = n - BigInt(`0x${signature.slice(66, 130)}`)
    const v = signature.endsWith('1b') ? '1c' : '1b'
    const forms: [Hex, string][] = [
      [`0x${signature.slice(2, 66)}${s.toString(16).padStart(64, '0')}${v}`, 'high_s'],
      [`0x${signature.slice(2, 130)}0${v === '1b' ? '1' : '0'}`, 'bad_recovery_byte'],
      [`${signature}00`, 'wrong_length'],
      ['0x', 'wrong_length'],
      [`0x${'00'.repeat(64)}1b`, 'unrecoverable'],
    ]
    for (const [form, reason] of forms)
      expect(refusal(() => checkRequest({ request, signature: form }, lower(agent)))).toBe(
        `receipt.request_signature_malformed ${reason}`,
      )
  })
})

describe('signRequest', () => {
  test('error: an account that answers with another key’s signature', async () => {
    const posing = { address: agent.address as Address, signTypedData: stranger.signTypedData }
    await expect(signRequest(posing as never, request)).rejects.toMatchObject({
      code: 'receipt.request_signer_mismatch',
    })
  })
})

describe('decodeRequestEvidence', () => {
  test('default: the request, its id computed anew', async () => {
    const signed = await signRequest(agent, request)
    expect(decodeRequestEvidence(encodeRequestEvidence(signed))).toMatchObject({ ...signed, id: hashRequest(request) })
    const { reason: _, ...silent } = request
    expect(decodeRequestEvidence(encodeRequestEvidence({ request: silent }))).toMatchObject({ request: silent })
  })

  test('behavior: too many words, or half of one, leave a hash: an agent cannot talk its way out of a receipt', () => {
    for (const reason of ['x'.repeat(2_049), 'é'.repeat(1_025), '\ud800']) {
      const long = { ...request, reason }
      const read = decodeRequestEvidence(encodeRequestEvidence({ request: long }))
      expect(read.request.reason).toBeUndefined()
      expect(read.id).toBe(hashRequest(long))
    }
  })

  test('error: words that were not signed, members more, amounts as numbers', () => {
    const text = new TextDecoder().decode(encodeRequestEvidence({ request }))
    const edited = (from: string, to: string) => {
      expect(text).toContain(from)
      return refusal(() => decodeRequestEvidence(new TextEncoder().encode(text.replace(from, to))))
    }
    expect(edited('Invoice 7', 'Invoice 8')).toBe('receipt.evidence_refused')
    expect(edited('"chainId"', '"extra":1,"chainId"')).toBe('receipt.evidence_refused')
    expect(edited('"number":"1"', '"number":1')).toBe('receipt.evidence_refused')
    expect(edited('"number":"1"', '"number":"01"')).toBe('receipt.evidence_refused')
    expect(edited('"deadline":"2000"', '"deadline":"2e3"')).toBe('receipt.evidence_refused')
  })
})
