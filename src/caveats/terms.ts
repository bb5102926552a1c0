import type { AbiFault } from '../primitives/abi.ts'
import { type Address, byteLength, bytesToUint, type Hex, isHex, sliceBytes, uintToBytes } from '../primitives/hex.ts'
import { CaveatError } from './errors.ts'

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

/** Terms in canonical form whose tail is of any length. */
export function assertAtLeast(terms: Hex, bytes: number): void {
  assertTerms(terms)
  if (byteLength(terms) < bytes) {
    throw new CaveatError('caveats.wrong_length', 'These terms are too short.', {
      details: { bytes: byteLength(terms), atLeast: bytes },
      fix: `Give at least ${bytes} bytes.`,
    })
  }
}

/** The 32-byte integer at byte `offset`. The caller has checked the length. */
export function wordAt(terms: Hex, offset: number): bigint {
  return bytesToUint(sliceBytes(terms, offset, offset + 32))
}

/** @param field - Which value, for the error. */
export function assertUint(value: bigint, bits: number, field: string): void {
  if (typeof value !== 'bigint' || value < 0n || value >> BigInt(bits) !== 0n) {
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

/** Exclusive bounds on a clock of 128 bits; 0 is no bound. */
export function assertBounds({ after, before }: { after: bigint; before: bigint }, unit: 'second' | 'block'): void {
  assertUint(after, 128, 'after')
  assertUint(before, 128, 'before')
  if (before !== 0n && before <= after + 1n) {
    throw new CaveatError('caveats.unsatisfiable', `No ${unit} lies between these bounds.`, {
      details: { after: after.toString(), before: before.toString() },
      fix: `Let \`before\` be at least two ${unit}s behind \`after\`: both are exclusive.`,
    })
  }
}

/** Fixed windows: nothing may be zero. */
export function assertPeriod({ amount, duration, start }: { amount: bigint; duration: bigint; start: bigint }): void {
  for (const [field, value] of [
    ['amount', amount],
    ['duration', duration],
    ['start', start],
  ] as const) {
    assertUint(value, 256, field)
    assertNotZero(value, field)
  }
}

/** An amount that grows with time up to `max`. */
export function assertStream(stream: { initial: bigint; max: bigint; perSecond: bigint; start: bigint }): void {
  const { initial, max, perSecond, start } = stream
  assertUint(initial, 256, 'initial')
  assertUint(max, 256, 'max')
  assertUint(perSecond, 256, 'perSecond')
  assertUint(start, 256, 'start')
  assertNotZero(start, 'start')
  if (max < initial) {
    throw new CaveatError(
      'caveats.unsatisfiable',
      'The most is below what is there at the start: every call is refused.',
      {
        details: { initial: initial.toString(), max: max.toString() },
        fix: 'Give a `max` of at least `initial`.',
      },
    )
  }
}

/** Bytes that are not the one encoding of what they say. */
export function notCanonical(fault: AbiFault, position: number): CaveatError {
  return new CaveatError('caveats.not_canonical', 'These terms are not the canonical encoding of a list.', {
    details: { fault, position },
    fix: 'Encode the list again: only offsets that follow on each other are read.',
  })
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
  const items: Hex[] = []
  for (let offset = 0; offset < byteLength(terms); offset += size) items.push(sliceBytes(terms, offset, offset + size))
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
