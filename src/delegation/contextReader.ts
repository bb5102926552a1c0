import type { Address, Hex } from '../primitives/hex.ts'
import { DelegationError } from './errors.ts'

export type Reader = ReturnType<typeof createReader>

/** Walks canonical ABI bytes once, from front to end. Positions are bytes, `digits` two for each. */
export function createReader(digits: string) {
  let at = 0
  const size = digits.length / 2

  function fault(what: Fault, position: number): DelegationError {
    const [message, fix] = FAULTS[what]
    return new DelegationError(`delegation.context_${what}`, message, { details: { position, bytes: size }, fix })
  }
  function take(length: number): string {
    if (length > size - at) throw fault('truncated', at)
    const taken = digits.slice(at * 2, (at + length) * 2)
    at += length
    return taken
  }
  /** A length or offset. More than 32 bits can only point outside. */
  function uint(): number {
    const taken = take(32)
    if (!taken.startsWith(HIGH_ZEROS)) throw fault('bad_length', at - 32)
    return Number.parseInt(taken.slice(56), 16)
  }
  function offset(expected: number): void {
    if (uint() !== expected) throw fault('bad_offset', at - 32)
  }
  /** Items of a list: each takes a word of offset at the least, so a count that the rest cannot hold is refused here. */
  function count(): number {
    const items = uint()
    if (items > (size - at) / 32) throw fault('truncated', at - 32)
    return items
  }
  return {
    position: () => at,
    fault,
    uint,
    offset,
    count,
    word: (): Hex => `0x${take(32)}`,
    address(): Address {
      const taken = take(32)
      if (!taken.startsWith(ADDRESS_ZEROS)) throw fault('dirty_address', at - 32)
      return `0x${taken.slice(24)}`
    },
    bytes(): Hex {
      const length = uint()
      const value = take(length)
      const padding = take((32 - (length % 32)) % 32)
      if (/[^0]/.test(padding)) throw fault('dirty_padding', at - padding.length / 2)
      return `0x${value}`
    },
    /** A list of dynamic tuples: each must begin where the one before it ended. */
    tuples<item>(length: number, read: (index: number) => item): item[] {
      const start = at
      const offsets = Array.from({ length }, uint)
      return offsets.map((expected, index) => {
        if (expected !== at - start) throw fault('bad_offset', start + index * 32)
        return read(index)
      })
    },
    end(): void {
      if (at !== size) throw fault('trailing_bytes', at)
    },
  }
}

const HIGH_ZEROS = '0'.repeat(56)
const ADDRESS_ZEROS = '0'.repeat(24)

type Fault = 'truncated' | 'bad_offset' | 'bad_length' | 'dirty_address' | 'dirty_padding' | 'trailing_bytes'

const CANONICAL = 'Encode the delegations again with encodeContext; do not redeem these bytes.'
const FAULTS: Readonly<Record<Fault, readonly [message: string, fix: string]>> = {
  truncated: ['This permission context ends too early.', 'Get the whole context from whoever granted it.'],
  bad_offset: ['An offset in this permission context is not the canonical one.', CANONICAL],
  bad_length: ['A length or offset in this permission context is far too large.', CANONICAL],
  dirty_address: ['An address in this permission context has bytes before it.', CANONICAL],
  dirty_padding: ['A byte string in this permission context is padded with something other than zeros.', CANONICAL],
  trailing_bytes: ['This permission context goes on after its last delegation.', CANONICAL],
}
