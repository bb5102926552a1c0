import type { Caveat } from '../caveats/types.ts'
import { abiAddress, abiBytes, abiTuples, abiWord } from '../primitives/abi.ts'
import { byteLength, type Hex } from '../primitives/hex.ts'
import { CONTEXT_LIMITS, type ContextLimits, empty, tooLarge, tooMany } from './decodeContext.ts'
import { assertDelegation } from './shape.ts'
import type { Delegation } from './types.ts'

export { CONTEXT_LIMITS, type ContextLimits, decodeContext } from './decodeContext.ts'

/**
 * The permission context of `redeemDelegations`: canonical `abi.encode(Delegation[])`, leaf first.
 *
 * @throws `DelegationError` `delegation.context_empty`: the manager takes an empty context to mean that the
 * *redeemer* acts for itself, which would put the redeemer's own funds at the agent's disposal. Also
 * `delegation.malformed` and the three `delegation.context_too_…`: what this writes, `decodeContext` reads.
 */
export function encodeContext(delegations: readonly Delegation[], limits?: Partial<ContextLimits>): Hex {
  const { bytes, links, caveats } = { ...CONTEXT_LIMITS, ...limits }
  if (delegations.length === 0) throw empty()
  if (delegations.length > links) throw tooMany('links', delegations.length, links, undefined)
  const tuples = delegations.map((delegation, index) => {
    assertDelegation(delegation)
    if (delegation.caveats.length > caveats) throw tooMany('caveats', delegation.caveats.length, caveats, index)
    return encodeDelegation(delegation)
  })
  const context: Hex = `0x${abiWord(32)}${abiTuples(tuples)}`
  if (byteLength(context) > bytes) throw tooLarge(byteLength(context), bytes)
  return context
}

function encodeDelegation({ delegate, delegator, authority, caveats, salt, signature }: Delegation): string {
  const list = abiTuples(caveats.map(encodeCaveat))
  const head = abiAddress(delegate) + abiAddress(delegator) + authority.slice(2)
  return head + abiWord(6 * 32) + salt.slice(2) + abiWord(6 * 32 + list.length / 2) + list + abiBytes(signature)
}

function encodeCaveat({ enforcer, terms, args }: Caveat): string {
  const encodedTerms = abiBytes(terms)
  return (
    abiAddress(enforcer) + abiWord(3 * 32) + abiWord(3 * 32 + encodedTerms.length / 2) + encodedTerms + abiBytes(args)
  )
}
