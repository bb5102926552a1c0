import type { Address, Hex } from './hex.ts'

/** How bytes differ from the one canonical ABI encoding of what they say. */
export type AbiFault = 'truncated' | 'bad_offset' | 'bad_length' | 'dirty_address' | 'dirty_padding' | 'trailing_bytes'

export type AbiReader = ReturnType<typeof createAbiReader>

/**
 * Walks canonical ABI bytes once, from front to end. Positions are bytes. The ABI lets offsets point anywhere; a lenient
 * reader can be shown one thing while the contract sees another, or be made to unfold kilobytes into gigabytes.
 *
 * @param digits - Lower-case hexadecimal digits without `0x`, two for each byte.
 * @param refuse - Makes the error of the stage that reads.
 */
export function createAbiReader(digits: string, refuse: (fault: AbiFault, position: number) => Error) {
  let at = 0
  const size = digits.length / 2

  function take(length: number): string {
    if (length > size - at) throw refuse('truncated', at)
    const taken = digits.slice(at * 2, (at + length) * 2)
    at += length
    return taken
  }
  /** A length or offset. More than 32 bits can only point outside. */
  function uint(): number {
    const taken = take(32)
    if (!taken.startsWith(HIGH_ZEROS)) throw refuse('bad_length', at - 32)
    return Number.parseInt(taken.slice(56), 16)
  }
  function offset(expected: number): void {
    if (uint() !== expected) throw refuse('bad_offset', at - 32)
  }
  /** Items of a list: each takes a word of offset at the least, so a count that the rest cannot hold is refused here. */
  function count(): number {
    const items = uint()
    if (items > (size - at) / 32) throw refuse('truncated', at - 32)
    return items
  }
  return {
    position: () => at,
    fault: refuse,
    uint,
    offset,
    count,
    word: (): Hex => `0x${take(32)}`,
    address(): Address {
      const taken = take(32)
      if (!taken.startsWith(ADDRESS_ZEROS)) throw refuse('dirty_address', at - 32)
      return `0x${taken.slice(24)}`
    },
    bytes(): Hex {
      const length = uint()
      const value = take(length)
      const padding = take((32 - (length % 32)) % 32)
      if (/[^0]/.test(padding)) throw refuse('dirty_padding', at - padding.length / 2)
      return `0x${value}`
    },
    /** A list of dynamic tuples: each must begin where the one before it ended. */
    tuples<item>(length: number, read: (index: number) => item): item[] {
      const start = at
      const offsets = Array.from({ length }, uint)
      return offsets.map((expected, index) => {
        if (expected !== at - start) throw refuse('bad_offset', start + index * 32)
        return read(index)
      })
    },
    end(): void {
      if (at !== size) throw refuse('trailing_bytes', at)
    },
  }
}

const HIGH_ZEROS = '0'.repeat(56)
export const ADDRESS_ZEROS = '0'.repeat(24)
