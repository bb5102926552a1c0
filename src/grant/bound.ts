import { isBoundSalt } from '../compile/salt.ts'
import { scopeHash } from '../scope/hash.ts'
import { GrantError } from './errors.ts'
import type { Grant } from './types.ts'

/**
 * Throws unless every delegator signed for the very scope that stands beside its delegation: each salt commits to it. But for
 * the root that a wallet made, whose salt is the wallet's.
 *
 * @param levels - Index of the scope that each delegation belongs to.
 * @throws {@link GrantError} `grant.not_the_signed_scope`.
 */
export function assertSignedScopes(
  grant: Pick<Grant, 'scopes' | 'delegations' | 'origin'>,
  levels: readonly number[],
): void {
  const hashes = grant.scopes.map(scopeHash)
  const index = grant.delegations.findIndex(({ salt }, at) => {
    if (levels[at] === 0 && grant.origin === 'wallet') return false
    const hash = hashes[levels[at] ?? -1]
    return hash === undefined || !isBoundSalt(salt, hash)
  })
  if (index === -1) return
  throw new GrantError('grant.not_the_signed_scope', 'This scope is not the one that was signed for.', {
    details: { delegation: index, scope: levels[index] ?? null },
    fix: 'Do not use it: somebody changed the scope after it was signed. Ask whoever granted it for the file again.',
  })
}
