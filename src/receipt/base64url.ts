import { ReceiptError } from './errors.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const CODES: Uint8Array = Uint8Array.from(ALPHABET, (letter) => letter.charCodeAt(0))
/** Value of each ASCII letter, 255 where it has none. */
const VALUES = new Uint8Array(128).fill(255)
CODES.forEach((code, value) => {
  VALUES[code] = value
})

/** Bytes as base64url without padding (RFC 4648 §5). */
export function encodeBase64url(bytes: Uint8Array): string {
  const out = new Uint8Array(Math.ceil((bytes.length * 4) / 3))
  let at = 0
  for (let index = 0; index < bytes.length; index += 3) {
    const left = bytes.length - index
    const word = (byteAt(bytes, index) << 16) | (byteAt(bytes, index + 1) << 8) | byteAt(bytes, index + 2)
    out[at++] = byteAt(CODES, word >> 18)
    out[at++] = byteAt(CODES, (word >> 12) & 63)
    if (left > 1) out[at++] = byteAt(CODES, (word >> 6) & 63)
    if (left > 2) out[at++] = byteAt(CODES, word & 63)
  }
  return new TextDecoder().decode(out)
}

/**
 * Reads the one text that {@link encodeBase64url} gives for some bytes.
 *
 * Two texts for the same bytes would make a signed token malleable: libraries accept `==`, blanks and other values of the
 * unused trailing bits, and a receipt altered so still verifies with them. All of it is refused here.
 *
 * @throws {@link ReceiptError} `receipt.base64url_malformed`.
 */
export function decodeBase64url(text: string): Uint8Array {
  const rest = text.length % 4
  if (rest === 1) throw malformed('length')
  const out = new Uint8Array((text.length >> 2) * 3 + (rest === 0 ? 0 : rest - 1))
  let at = 0
  for (let index = 0; index < text.length; index += 4) {
    const left = text.length - index
    const third = left > 2 ? valueAt(text, index + 2) : 0
    const fourth = left > 3 ? valueAt(text, index + 3) : 0
    const word = (valueAt(text, index) << 18) | (valueAt(text, index + 1) << 12) | (third << 6) | fourth
    out[at++] = word >> 16
    if (left > 2) out[at++] = word >> 8
    else if ((word & 0xffff) !== 0) throw malformed('trailing bits')
    if (left > 3) out[at++] = word
    else if (left === 3 && (word & 0xff) !== 0) throw malformed('trailing bits')
  }
  return out
}

function valueAt(text: string, index: number): number {
  const value = VALUES[text.charCodeAt(index)]
  if (value === undefined || value === 255) throw malformed('letter')
  return value
}

function byteAt(bytes: Uint8Array, index: number): number {
  return bytes[index] ?? 0
}

function malformed(what: 'length' | 'letter' | 'trailing bits'): ReceiptError {
  return new ReceiptError('receipt.base64url_malformed', 'This is not strict base64url.', {
    details: { what },
    fix: 'Use the text exactly as it was issued: no padding, no blanks.',
  })
}
