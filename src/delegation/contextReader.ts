import { type AbiFault, type AbiReader, createAbiReader } from '../primitives/abiReader.ts'
import { DelegationError } from './errors.ts'

export type Reader = AbiReader

/** Walks a permission context once, from front to end. */
export function createReader(digits: string): Reader {
  return createAbiReader(digits, (what, position) => {
    const [message, fix] = FAULTS[what]
    return new DelegationError(`delegation.context_${what}`, message, {
      details: { position, bytes: digits.length / 2 },
      fix,
    })
  })
}

const CANONICAL = 'Encode the delegations again with encodeContext; do not redeem these bytes.'
const FAULTS: Readonly<Record<AbiFault, readonly [message: string, fix: string]>> = {
  truncated: ['This permission context ends too early.', 'Get the whole context from whoever granted it.'],
  bad_offset: ['An offset in this permission context is not the canonical one.', CANONICAL],
  bad_length: ['A length or offset in this permission context is far too large.', CANONICAL],
  dirty_address: ['An address in this permission context has bytes before it.', CANONICAL],
  dirty_padding: ['A byte string in this permission context is padded with something other than zeros.', CANONICAL],
  trailing_bytes: ['This permission context goes on after its last delegation.', CANONICAL],
}
