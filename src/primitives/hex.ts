import { AmbitError } from '../errors.ts'

/** Bytes as text: `0x`, then an even number of lower-case hexadecimal digits. The one form Ambit uses inside. */
export type Hex = `0x${string}`

/** Twenty bytes as {@link Hex}, lower case. Checksums are for people: `toChecksum` in `address.ts`. */
export type Address = Hex

export class HexError extends AmbitError<'hex.invalid' | 'hex.wrong_length'> {
  override readonly name = 'HexError'
}

const HEX = /^0x(?:[0-9a-f]{2})*$/
const HEX_ANY_CASE = /^0x(?:[0-9a-fA-F]{2})*$/

/** True for the canonical form only: lower case, whole bytes. */
export function isHex(value: unknown): value is Hex {
  return typeof value === 'string' && HEX.test(value)
}

/**
 * Reads bytes written in any case and returns the canonical form.
 *
 * @param size - Exact size in bytes, where the reader knows it.
 * @throws {@link HexError} `hex.invalid`, `hex.wrong_length`.
 */
export function parseHex(value: unknown, size?: number): Hex {
  if (typeof value !== 'string' || !HEX_ANY_CASE.test(value)) {
    throw new HexError('hex.invalid', 'This is not a hexadecimal byte string.', {
      details: { value: typeof value === 'string' ? value : typeof value },
      fix: 'Write 0x and an even number of hexadecimal digits.',
    })
  }
  if (size !== undefined && byteLength(value as Hex) !== size) {
    throw new HexError('hex.wrong_length', 'This byte string has the wrong length.', {
      details: { bytes: byteLength(value as Hex), expected: size },
      fix: `Give exactly ${size} bytes.`,
    })
  }
  return value.toLowerCase() as Hex
}

/** Size in bytes. */
export function byteLength(value: Hex): number {
  return (value.length - 2) >> 1
}

/** Bytes `[start, end)`, without a bounds check: past the end it is shorter. */
export function sliceBytes(value: Hex, start: number, end?: number): Hex {
  return `0x${value.slice(2 + start * 2, end === undefined ? undefined : 2 + end * 2)}`
}

export function concatBytes(...parts: readonly Hex[]): Hex {
  let out = '0x'
  for (const part of parts) out += part.slice(2)
  return out as Hex
}

/** An unsigned integer as big-endian bytes. The caller owns the bound: `value` must fit in `size` bytes. */
export function uintToBytes(value: bigint, size: number): Hex {
  const digits = value.toString(16)
  if (value < 0n || digits.length > size * 2) {
    throw new HexError('hex.wrong_length', 'This integer does not fit.', {
      details: { value: value.toString(), bytes: size },
      fix: `Give an integer from 0 to 2^${size * 8} - 1.`,
    })
  }
  return `0x${digits.padStart(size * 2, '0')}`
}

/** Big-endian bytes as an unsigned integer; no bytes are zero. */
export function bytesToUint(value: Hex): bigint {
  return value === '0x' ? 0n : BigInt(value)
}
