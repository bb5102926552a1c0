import type { Branch, Draft } from '../compile/types.ts'
import { hashDelegation } from '../delegation/hash.ts'
import { ROOT_AUTHORITY } from '../delegation/types.ts'
import { GrantError } from './errors.ts'
import type { Grant } from './types.ts'

/** Drafts, parents before children, and the ways through them. Of a plan, or of a grant. */
export type Tree = { drafts: readonly Draft[]; branches: readonly Branch[] }

/** The delegations of a grant as drafts, each with the index of its parent instead of a hash. */
export function treeOf({ delegations, branches }: Pick<Grant, 'delegations' | 'branches'>): Tree {
  const byHash = new Map(delegations.map((delegation, index) => [hashDelegation(delegation), index]))
  const drafts = delegations.map(({ delegate, delegator, authority, caveats, salt }, index): Draft => {
    const parent = authority === ROOT_AUTHORITY ? null : byHash.get(authority)
    if (parent === undefined) {
      throw new GrantError('grant.broken_chain', 'A delegation of this grant is not bound to the one above it.', {
        details: { delegation: index, authority },
        fix: 'Ask whoever granted it for the file again.',
      })
    }
    return { delegate, delegator, parent, caveats, salt }
  })
  return { drafts, branches }
}
