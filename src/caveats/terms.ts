import { MAX_UINT256 } from '../primitives/amount.ts'
import { type Address, byteLength, bytesToUint, type Hex, isHex, sliceBytes, uintToBytes } from '../primitives/hex.ts'
import { CaveatError } from './errors.ts'

/** Largest unsigned integer of 128 bits. */
export const MAX_UINT128 = 2n ** 128n - 1n

/** Terms in canonical form; `length` in bytes where it is fixed. */
export function assertTerms(terms: Hex, length?: number): void {
  if (!isHex(terms)) {
    throw new CaveatError('caveats.not_hex', 'These terms are not canonical bytes.', {
      details: { terms: typeof terms === 'string' ? terms : typeof terms },
      fix: 'Give 0x and an even number of lower-case hexadecimal digits.',
    })
  }
  if (length !== undefined && byteLength(terms) !== length) {
    throw new CaveatError('caveats.wrong_length', 'These terms have the wrong length.', {
      details: { bytes: byteLength(terms), expected: length },
      fix: `Give exactly ${length} bytes.`,
    })
  }
}

/** The 32-byte integer at byte `offset`. The caller has checked the length. */
export function wordAt(terms: Hex, offset: number): bigint {
  return bytesToUint(sliceBytes(terms, offset, offset + 32))
}

/** @param field - Which value, for the error. */
export function assertUint(value: bigint, bits: 128 | 256, field: string): void {
  const max = bits === 128 ? MAX_UINT128 : MAX_UINT256
  if (typeof value !== 'bigint' || value < 0n || value > max) {
    throw new CaveatError('caveats.out_of_range', 'This value does not fit its place in the terms.', {
      details: { field, value: String(value), bits },
      fix: `Give an integer from 0 to 2^${bits} - 1.`,
    })
  }
}

export function assertNotZero(value: bigint, field: string): void {
  if (value === 0n) {
    throw new CaveatError('caveats.zero', 'This value must not be zero: the contract refuses every call under it.', {
      details: { field },
      fix: `Give ${field} a value above zero.`,
    })
  }
}

/** An item of exactly `size` bytes, canonical. */
export function assertBytes(value: Hex, size: number, field: string): void {
  assertTerms(value)
  if (byteLength(value) !== size) {
    throw new CaveatError('caveats.wrong_length', 'This value has the wrong length.', {
      details: { field, bytes: byteLength(value), expected: size },
      fix: `Give exactly ${size} bytes.`,
    })
  }
}

export function word(value: bigint): Hex {
  return uintToBytes(value, 32)
}

/** A list of items of `size` bytes each, nothing between or after. Never empty. */
export function decodeList(terms: Hex, size: number): Hex[] {
  assertTerms(terms)
  const length = byteLength(terms)
  if (length % size !== 0) {
    throw new CaveatError('caveats.wrong_length', 'These terms have the wrong length.', {
      details: { bytes: length, itemBytes: size },
      fix: `Give a whole number of items of ${size} bytes.`,
    })
  }
  const items: Hex[] = []
  for (let offset = 0; offset < length; offset += size) items.push(sliceBytes(terms, offset, offset + size))
  assertList(items, size)
  return items
}

export function encodeList(items: readonly Hex[], size: number): Hex {
  assertList(items, size)
  return `0x${items.map((item) => item.slice(2)).join('')}`
}

export function addressAt(terms: Hex, offset: number): Address {
  return sliceBytes(terms, offset, offset + 20)
}

function assertList(items: readonly Hex[], size: number): void {
  if (items.length === 0) {
    throw new CaveatError('caveats.empty_list', 'This list is empty: nothing could ever pass.', {
      fix: 'Name at least one entry.',
    })
  }
  for (const item of items) assertBytes(item, size, 'item')
}
