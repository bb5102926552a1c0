import type { Draft } from '../compile/types.ts'
import type { Hex } from '../primitives/hex.ts'
import { DelegationError } from './errors.ts'
import { hashDelegation } from './hash.ts'
import { type Delegation, ROOT_AUTHORITY } from './types.ts'

/**
 * The unsigned delegations of a plan, in the order of its drafts, each bound to the hash of its parent.
 *
 * @throws {@link DelegationError} `delegation.bad_parent` (no draft before this one has that index),
 * `delegation.parent_not_delegate` (the chain would break there), `delegation.duplicate`: equal content and salt is one
 * delegation to the manager, so revoking one kills the other, and both share their counters. Also `delegation.malformed`.
 */
export function createDelegations(drafts: readonly Draft[]): Delegation[] {
  const hashes: Hex[] = []
  const seen = new Set<Hex>()
  return drafts.map((draft, index) => {
    const { delegate, delegator, caveats, salt } = draft
    const authority = draft.parent === null ? ROOT_AUTHORITY : authorityOf(draft, index, drafts, hashes)
    const delegation: Delegation = { delegate, delegator, authority, caveats, salt, signature: '0x' }
    const hash = hashDelegation(delegation)
    if (seen.has(hash)) {
      throw new DelegationError('delegation.duplicate', 'Two drafts are one and the same delegation.', {
        details: { draft: index, hash },
        fix: 'Give every draft its own 32 random bytes of salt.',
      })
    }
    seen.add(hash)
    hashes.push(hash)
    return delegation
  })
}

function authorityOf(draft: Draft, index: number, drafts: readonly Draft[], hashes: readonly Hex[]): Hex {
  const parent = draft.parent ?? -1
  const above = drafts[parent]
  const hash = hashes[parent]
  if (above === undefined || hash === undefined) {
    throw new DelegationError('delegation.bad_parent', 'A draft names a parent that does not stand before it.', {
      details: { draft: index, parent },
      fix: 'Order the drafts so that a parent stands before its children.',
    })
  }
  if (above.delegate !== draft.delegator) {
    throw new DelegationError('delegation.parent_not_delegate', 'Only the delegate of a draft can pass it on.', {
      details: { draft: index, delegator: draft.delegator, parentDelegate: above.delegate },
      fix: "Make the child's delegator the parent's delegate.",
    })
  }
  return hash
}
