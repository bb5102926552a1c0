import type { Caveat } from '../caveats/types.ts'
import { createReader, type Reader } from './contextReader.ts'
import { DelegationError, type DelegationErrorCode } from './errors.ts'
import type { Delegation } from './types.ts'

/** Bounds on a permission context: bytes in all, links, caveats on each link. */
export type ContextLimits = { bytes: number; links: number; caveats: number }

/** A longer chain or a fuller link costs its redeemer more gas than any use of it is worth. */
export const CONTEXT_LIMITS: ContextLimits = { bytes: 32 * 1024, links: 8, caveats: 16 }

/**
 * Reads a permission context from anybody: one pass, no recursion, no allocation that the bytes do not pay for.
 *
 * Accepts exactly the bytes that `encodeContext` writes. The ABI lets offsets point anywhere; a lenient reader can
 * be shown one chain while the manager sees another, or be made to unfold kilobytes into gigabytes.
 *
 * @param context - Hexadecimal digits in any case.
 * @throws {@link DelegationError} one of the `delegation.context_…` codes, with the byte position.
 */
export function decodeContext(context: unknown, limits?: Partial<ContextLimits>): Delegation[] {
  const { bytes, links, caveats } = { ...CONTEXT_LIMITS, ...limits }
  if (typeof context !== 'string') throw notHex(typeof context)
  // Before the digits are looked at: the pattern and the copy in lower case would cost the sender nothing.
  if (context.length > 2 + bytes * 2) throw tooLarge(Math.floor((context.length - 2) / 2), bytes)
  if (!/^0x(?:[0-9a-fA-F]{2})*$/.test(context)) throw notHex(context)
  if (context === '0x') throw empty()
  const reader = createReader(context.slice(2).toLowerCase())

  reader.offset(32)
  const count = reader.count()
  if (count === 0) throw empty()
  if (count > links) throw tooMany('links', count, links, undefined)
  const delegations = reader.tuples(count, (index) => readDelegation(reader, index, caveats))
  reader.end()
  return delegations
}

function readDelegation(reader: Reader, link: number, maxCaveats: number): Delegation {
  const start = reader.position()
  const delegate = reader.address()
  const delegator = reader.address()
  const authority = reader.word()
  reader.offset(6 * 32)
  const salt = reader.word()
  const signatureOffset = reader.uint()
  const count = reader.count()
  if (count > maxCaveats) throw tooMany('caveats', count, maxCaveats, link)
  const caveats = reader.tuples(count, () => readCaveat(reader))
  if (signatureOffset !== reader.position() - start) throw reader.fault('bad_offset', start + 5 * 32)
  const signature = reader.bytes()
  return { delegate, delegator, authority, caveats, salt, signature }
}

function readCaveat(reader: Reader): Caveat {
  const start = reader.position()
  const enforcer = reader.address()
  reader.offset(3 * 32)
  const argsOffset = reader.uint()
  const terms = reader.bytes()
  if (argsOffset !== reader.position() - start) throw reader.fault('bad_offset', start + 2 * 32)
  const args = reader.bytes()
  return { enforcer, terms, args }
}

export function empty(): DelegationError {
  return new DelegationError('delegation.context_empty', 'This permission context has no delegation.', {
    fix: 'Never redeem it: the manager would execute as the redeemer itself. Ask for a context with a delegation.',
  })
}

function notHex(value: string): DelegationError {
  return new DelegationError('delegation.context_not_hex', 'A permission context is a hexadecimal byte string.', {
    details: { value },
    fix: 'Write 0x and an even number of hexadecimal digits.',
  })
}

export function tooLarge(bytes: number, limit: number): DelegationError {
  return new DelegationError('delegation.context_too_large', 'This permission context is too large.', {
    details: { bytes, limit },
    fix: 'Use fewer links or shorter terms.',
  })
}

export function tooMany(
  what: 'links' | 'caveats',
  count: number,
  limit: number,
  link: number | undefined,
): DelegationError {
  const code: DelegationErrorCode = `delegation.context_too_many_${what}`
  return new DelegationError(code, `This permission context has too many ${what}.`, {
    details: { count, limit, ...(link === undefined ? {} : { link }) },
    fix: what === 'links' ? 'Have a link nearer to the principal delegate directly.' : 'Split the delegation.',
  })
}
