import { keccak256, stringToHex } from 'viem'
import { type Address, concatBytes, type Hex, uintToBytes } from '../primitives/hex.ts'
import { DelegationError } from './errors.ts'
import { assertDelegation, assertManager } from './shape.ts'
import type { Delegation } from './types.ts'

/** The manager whose typed data is signed. */
export type Domain = { chainId: number; manager: Address }

const CAVEAT_TYPE = 'Caveat(address enforcer,bytes terms)'
const DELEGATION_TYPE = 'Delegation(address delegate,address delegator,bytes32 authority,Caveat[] caveats,uint256 salt)'
const DOMAIN_TYPE = 'EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)'

const caveatTypeHash = hashText(CAVEAT_TYPE)
const delegationTypeHash = hashText(DELEGATION_TYPE + CAVEAT_TYPE)
const domainPrefix = concatBytes(hashText(DOMAIN_TYPE), hashText('DelegationManager'), hashText('1'))

/**
 * The EIP-712 struct hash: what the manager disables, what children name as authority, what counters are kept under.
 * Equal to `getDelegationHash` of DelegationManager 1.3.0. `signature` and every caveat's `args` are outside it: whoever
 * relays a delegation may change them.
 *
 * @throws {@link DelegationError} `delegation.malformed`.
 */
export function hashDelegation(delegation: Delegation): Hex {
  assertDelegation(delegation)
  const caveats = delegation.caveats.map(({ enforcer, terms }) =>
    keccak256(concatBytes(caveatTypeHash, addressWord(enforcer), keccak256(terms))),
  )
  return keccak256(
    concatBytes(
      delegationTypeHash,
      addressWord(delegation.delegate),
      addressWord(delegation.delegator),
      delegation.authority,
      keccak256(concatBytes(...caveats)),
      delegation.salt,
    ),
  )
}

/**
 * Domain separator of one manager on one chain: a signature for one is worth nothing to another.
 *
 * @throws {@link DelegationError} `delegation.unsupported_chain`, `delegation.malformed`.
 */
export function domainSeparator({ chainId, manager }: Domain): Hex {
  if (!Number.isSafeInteger(chainId) || chainId < 1) {
    throw new DelegationError('delegation.unsupported_chain', 'This is not a chain id.', {
      details: { chainId: String(chainId) },
      fix: 'Give a positive integer below 2^53.',
    })
  }
  assertManager(manager)
  return keccak256(concatBytes(domainPrefix, uintToBytes(BigInt(chainId), 32), addressWord(manager)))
}

/** The 32 bytes that the delegator signs. */
export function signingHash(delegation: Delegation, domain: Domain): Hex {
  return signingHashOf(hashDelegation(delegation), domain)
}

/** {@link signingHash}, for a caller that has the delegation hash already. */
export function signingHashOf(delegationHash: Hex, domain: Domain): Hex {
  return keccak256(concatBytes('0x1901', domainSeparator(domain), delegationHash))
}

function addressWord(address: Address): Hex {
  return `0x${'00'.repeat(12)}${address.slice(2)}`
}

function hashText(text: string): Hex {
  return keccak256(stringToHex(text))
}
