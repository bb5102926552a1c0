import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeBase64url, encodeBase64url } from './base64url.ts'
import { ReceiptError } from './errors.ts'

describe('encodeBase64url', () => {
  test('default: what Node writes, and back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const text = encodeBase64url(bytes)
        expect(text).toBe(Buffer.from(bytes).toString('base64url'))
        expect(decodeBase64url(text)).toEqual(bytes)
      }),
    )
  })
})

describe('decodeBase64url', () => {
  test('error: every text but one for the same bytes', () => {
    const seen = new Set<unknown>()
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 40 }),
        fc.nat(),
        fc.constantFrom(...'ABwx09-_=+/ \n\u00e9\u20ac'),
        fc.constantFrom('replace', 'insert', 'cut'),
        (bytes, position, letter, how) => {
          const text = encodeBase64url(bytes)
          const index = position % (text.length + 1)
          const tail = text.slice(how === 'insert' ? index : index + 1)
          const mutant = text.slice(0, index) + (how === 'cut' ? '' : letter) + tail
          try {
            const read = decodeBase64url(mutant)
            expect(encodeBase64url(read)).toBe(mutant)
            seen.add('accepted')
          } catch (error) {
            if (!(error instanceof ReceiptError)) throw error
            seen.add(error.details['what'])
          }
        },
      ),
      { numRuns: 3_000 },
    )
    expect(seen).toEqual(new Set(['accepted', 'length', 'letter', 'trailing bits']))
  })
})
