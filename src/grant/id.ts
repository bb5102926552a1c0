import { keccak256, stringToHex } from 'viem'
import { type Address, concatBytes, type Hex, uintToBytes } from '../primitives/hex.ts'

/** Keeps the hash apart from every other hash that is made of the same bytes. */
const TAG = keccak256(stringToHex('ambit.grant.v1'))

/**
 * Names the authority of a grant: manager, chain, and the hash of each branch's leaf, which binds the links above it.
 * The order of the branches does not matter, nor do signatures: they change nothing about what may be done.
 *
 * @param leaves - Delegation hash of each branch's leaf.
 */
export function grantId(manager: Address, chainId: number, leaves: readonly Hex[]): Hex {
  const sorted = [...leaves].sort()
  return keccak256(concatBytes(TAG, uintToBytes(BigInt(chainId), 32), uintToBytes(BigInt(manager), 32), ...sorted))
}
