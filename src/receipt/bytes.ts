import { sha256 } from '@noble/hashes/sha2.js'
import type { Hex } from '../primitives/hex.ts'
import { encodeBase64url } from './base64url.ts'
import { ReceiptError } from './errors.ts'

const DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** SHA-256, base64url: how receipts and evidence are named. 43 characters. */
export function digest(bytes: Uint8Array): string {
  return encodeBase64url(sha256(bytes))
}

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

/** @throws {@link ReceiptError} `receipt.evidence_refused`: not UTF-8, or a byte order mark. */
export function fromUtf8(bytes: Uint8Array): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    if (!text.startsWith('\ufeff')) return text
  } catch {
    // told below, with the other reason
  }
  throw new ReceiptError('receipt.evidence_refused', 'These bytes are not plain UTF-8 text.', {
    details: { bytes: bytes.length },
    fix: 'Use the bytes exactly as they were issued.',
  })
}

export function bytesToHex(bytes: Uint8Array): Hex {
  let out = '0x'
  for (const byte of bytes) out += DIGITS[byte]
  return out as Hex
}

/** The caller owns the form: canonical {@link Hex}. */
export function hexToBytes(hex: Hex): Uint8Array {
  const out = new Uint8Array((hex.length - 2) >> 1)
  for (let index = 0; index < out.length; index++) {
    out[index] = Number.parseInt(hex.slice(2 + index * 2, 4 + index * 2), 16)
  }
  return out
}
