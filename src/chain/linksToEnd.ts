import { hashDelegation } from '../delegation/hash.ts'
import type { Delegation } from '../delegation/types.ts'
import { descendantsOf } from '../grant/descendants.ts'
import type { Grant } from '../grant/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { ChainError } from './errors.ts'

export type Link = { delegation: Delegation; hash: Hex }

/**
 * The links that `revoke` disables: the delegator's own that have none of its own above them. With them, all under
 * them die. What is above is somebody else's, and stays.
 *
 * @throws {@link ChainError} `chain.nothing_to_revoke`.
 */
export function linksToEnd(grant: Pick<Grant, 'delegations'>, delegator: Address): Link[] {
  const all = grant.delegations.map((delegation) => ({ delegation, hash: hashDelegation(delegation) }))
  const own = all.filter(({ delegation }) => delegation.delegator === delegator)
  if (own.length === 0) {
    throw new ChainError('chain.nothing_to_revoke', 'No link of this grant is this account’s.', {
      details: { delegator, delegators: [...new Set(grant.delegations.map((delegation) => delegation.delegator))] },
      fix: 'Revoke with the account of one of its delegators; of a contract account, name it with its owner’s key.',
    })
  }
  const below = new Set(own.flatMap(({ hash }) => descendantsOf(grant, [hash])))
  return own.filter(({ hash }) => !below.has(hash))
}
