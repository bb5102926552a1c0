import { byteLength, bytesToUint, type Hex, sliceBytes, uintToBytes } from '../../primitives/hex.ts'
import { CaveatError } from '../errors.ts'
import { assertBytes } from '../terms.ts'

export type TermsReader = ReturnType<typeof createTermsReader>

/** Walks packed bytes from front to end; whoever reads compares the whole with what it would write itself. */
export function createTermsReader(terms: Hex) {
  let at = 0
  function take(size: number): Hex {
    if (at + size > byteLength(terms)) {
      throw new CaveatError('caveats.wrong_length', 'These bytes end too early.', {
        details: { bytes: byteLength(terms), atLeast: at + size },
        fix: 'Give all of them.',
      })
    }
    at += size
    return sliceBytes(terms, at - size, at)
  }
  return {
    take,
    uint: (size: number): bigint => bytesToUint(take(size)),
    number: (size: number): number => Number(bytesToUint(take(size))),
    rest: (): Hex => sliceBytes(terms, at),
  }
}

/** Bytes that an unsigned integer needs; none for zero. */
export function sizeOf(value: bigint): number {
  return value === 0n ? 0 : Math.ceil(value.toString(16).length / 2)
}

/** An unsigned integer as `size` bytes, which may be none for zero; the caller has checked that it fits. */
export function sized(value: bigint, size: number): Hex {
  return size === 0 ? '0x' : uintToBytes(value, size)
}

/** A number of at most 53 bits as `size` bytes; the caller has checked that it fits. */
export function numberToBytes(value: number, size: number): Hex {
  return uintToBytes(BigInt(value), size)
}

/** An integer that stands in the terms: a count, an index, a length in bytes. */
export function assertNumber(value: number, least: number, most: number, field: string): void {
  if (Number.isInteger(value) && value >= least && value <= most) return
  throw new CaveatError('caveats.out_of_range', 'This value does not fit its place in the terms.', {
    details: { field, value: String(value), least, most },
    fix: `Give an integer from ${least} to ${most}.`,
  })
}

/** An address that is somebody's: zero would be nobody's. */
export function assertParty(value: Hex, field: string): void {
  assertBytes(value, 20, field)
  if (bytesToUint(value) === 0n) {
    throw new CaveatError('caveats.zero', 'The zero address is nobody.', {
      details: { field },
      fix: 'Name an account, or nobody with null.',
    })
  }
}
