import { type Address, type Hex, isHex } from '../primitives/hex.ts'
import { DelegationError } from './errors.ts'
import type { Delegation } from './types.ts'

const ADDRESS = /^0x[0-9a-f]{40}$/
const WORD = /^0x[0-9a-f]{64}$/

/**
 * Throws unless every field has the one form used inside: lower case, exact sizes.
 *
 * Hashing and encoding join strings. A field one digit short would shift every byte after it, and two different
 * delegations could then have the same hash.
 *
 * @throws {@link DelegationError} `delegation.malformed`, with the field.
 */
export function assertDelegation(delegation: Delegation): void {
  const { delegate, delegator, authority, caveats, salt, signature } = delegation
  if (!isAddress(delegate)) fail('delegate', '20 bytes')
  if (!isAddress(delegator)) fail('delegator', '20 bytes')
  if (!isWord(authority)) fail('authority', '32 bytes')
  if (!isWord(salt)) fail('salt', '32 bytes')
  if (!isHex(signature)) fail('signature', 'whole bytes')
  if (!Array.isArray(caveats)) fail('caveats', 'a list')
  caveats.forEach((caveat, index) => {
    if (!isAddress(caveat.enforcer)) fail(`caveats/${index}/enforcer`, '20 bytes')
    if (!isHex(caveat.terms)) fail(`caveats/${index}/terms`, 'whole bytes')
    if (!isHex(caveat.args)) fail(`caveats/${index}/args`, 'whole bytes')
  })
}

/** Throws unless this is an address as used inside. A domain made of anything else would be signed for nobody. */
export function assertManager(manager: Address): void {
  if (!isAddress(manager)) fail('manager', '20 bytes')
}

function isAddress(value: unknown): value is Hex {
  return typeof value === 'string' && ADDRESS.test(value)
}

function isWord(value: unknown): value is Hex {
  return typeof value === 'string' && WORD.test(value)
}

function fail(field: string, expected: string): never {
  throw new DelegationError('delegation.malformed', 'A field of this delegation has the wrong form.', {
    details: { field, expected: `${expected}, lower-case hexadecimal` },
    fix: 'Read the delegation with decodeContext or parseGrant, which give canonical fields.',
  })
}
