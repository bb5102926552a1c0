import { hashDelegation } from '../delegation/hash.ts'
import type { Hex } from '../primitives/hex.ts'
import type { Grant } from './types.ts'

/**
 * Hashes of the delegations of a grant that lie under one of these, themselves not counted: what dies when they end.
 *
 * @param hashes - Those of `grant.delegations`, for a caller that has them.
 */
export function descendantsOf(
  grant: Pick<Grant, 'delegations'>,
  ended: readonly Hex[],
  hashes: readonly Hex[] = grant.delegations.map(hashDelegation),
): Hex[] {
  const dead = new Set(ended)
  // A parent may stand after its child: walk until nothing more dies. Bounded by the length of a chain.
  for (let before = -1; before !== dead.size; ) {
    before = dead.size
    grant.delegations.forEach(({ authority }, index) => {
      const hash = hashes[index]
      if (hash !== undefined && dead.has(authority)) dead.add(hash)
    })
  }
  return hashes.filter((hash) => dead.has(hash) && !ended.includes(hash))
}
