import { encodeFunctionData, parseAbi } from 'viem'
import type { Delegation } from '../delegation/types.ts'
import type { Hex } from '../primitives/hex.ts'

/** Of the manager. */
export const disableAbi = parseAbi([
  'struct Caveat { address enforcer; bytes terms; bytes args; }',
  'struct Delegation { address delegate; address delegator; bytes32 authority; Caveat[] caveats; uint256 salt; bytes signature; }',
  'function disableDelegation(Delegation delegation)',
])

/** Call data of `disableDelegation`, the same for the manager and for a framework account that passes it on. */
export function encodeDisable(delegation: Delegation): Hex {
  return encodeFunctionData({
    abi: disableAbi,
    functionName: 'disableDelegation',
    args: [
      { ...delegation, caveats: delegation.caveats.map((caveat) => ({ ...caveat })), salt: BigInt(delegation.salt) },
    ],
  })
}
