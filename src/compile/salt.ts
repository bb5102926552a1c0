import { keccak_256 } from '@noble/hashes/sha3.js'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { byteLength, bytesToUint, concatBytes, type Hex, isHex, sliceBytes } from '../primitives/hex.ts'
import { CompileError } from './errors.ts'

/** Random bytes of a salt: two delegations of one content meet by chance once in 2^48. */
const RANDOM_BYTES = 12

/**
 * The salt of a delegation: `[0,12)` random · `[12,32)` the last 20 bytes of `keccak256(scopeHash ‖ random)`.
 *
 * The delegation's hash covers the salt, and so the delegator's signature covers the whole scope, also what no caveat
 * says (purpose, evidence, guardian, depth): a file that shows the same delegations under another scope is refused without
 * asking anybody. The commitment is as strong as an address, and costs no gas.
 *
 * @param random - 32 random bytes, new for each delegation; the last 12 are used.
 */
export function bindSalt(scopeHash: Hex, random: Hex): Hex {
  if (!isHex(random) || byteLength(random) !== 32 || bytesToUint(random) === 0n) {
    throw new CompileError('compile.bad_salt', 'The source of salts gives something other than 32 random bytes.', {
      details: { value: random },
      fix: 'Return 32 random bytes, new at each call.',
    })
  }
  const head = sliceBytes(random, 32 - RANDOM_BYTES)
  return concatBytes(head, commitment(scopeHash, head))
}

/** True for a salt that was made for this scope. */
export function isBoundSalt(salt: Hex, scopeHash: Hex): boolean {
  return sliceBytes(salt, RANDOM_BYTES) === commitment(scopeHash, sliceBytes(salt, 0, RANDOM_BYTES))
}

function commitment(scopeHash: Hex, random: Hex): Hex {
  const hash = keccak_256(hexToBytes(concatBytes(scopeHash, random).slice(2)))
  return `0x${bytesToHex(hash.subarray(RANDOM_BYTES))}`
}
