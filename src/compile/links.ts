import type { Caveat } from '../caveats/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import type { Draft } from './types.ts'

/** A link of a delegation chain as this stage needs it, whoever made it. */
export type Link = {
  delegate: Address
  delegator: Address
  caveats: readonly Caveat[]
  salt: Hex
  /** Index of the link above; `null` for a root; `'missing'` where the link names one that is not here. */
  parent: number | null | 'missing'
}

/** A signed or unsigned delegation, by its parts: the struct itself belongs to a later stage. */
export type DelegationLike = {
  delegate: Address
  delegator: Address
  authority: Hex
  caveats: readonly Caveat[]
  salt: Hex
}

const ROOT_AUTHORITY = `0x${'ff'.repeat(32)}`

/**
 * Drafts or delegations as links.
 *
 * @param hash - Hash of a delegation, to find parents in any order. Without it delegations must be one context: leaf
 * first, each under the next.
 */
export function linksOf<delegation extends DelegationLike>(
  items: readonly Draft[] | readonly delegation[],
  hash?: (delegation: delegation) => Hex,
): Link[] {
  const byHash = new Map<Hex, number>()
  if (hash !== undefined) {
    items.forEach((item, index) => {
      if ('authority' in item) byHash.set(hash(item), index)
    })
  }
  return items.map((item, index): Link => {
    const { delegate, delegator, caveats, salt } = item
    if (!('authority' in item)) {
      const { parent } = item
      const above = parent === null || (Number.isInteger(parent) && parent >= 0 && parent < index)
      return { delegate, delegator, caveats, salt, parent: above ? parent : 'missing' }
    }
    if (item.authority === ROOT_AUTHORITY) return { delegate, delegator, caveats, salt, parent: null }
    const next = index + 1 < items.length ? index + 1 : undefined
    const parent = (hash === undefined ? next : byHash.get(item.authority)) ?? 'missing'
    return { delegate, delegator, caveats, salt, parent }
  })
}

/** Links that a context can carry: a longer path cannot be redeemed. */
export const MAX_PATH = 8

/**
 * From link `index` to its root, itself first; ends behind {@link MAX_PATH} links, so that a chain of any length costs no
 * more. A cycle, which no hash can make, ends the walk.
 */
export function pathOf(links: readonly Link[], index: number): number[] {
  const path: number[] = []
  for (let at: Link['parent'] = index; typeof at === 'number'; ) {
    const link: Link | undefined = links[at]
    if (link === undefined || path.length > MAX_PATH || path.includes(at)) break
    path.push(at)
    at = link.parent
  }
  return path
}

/** Links that nothing hangs under. */
export function leavesOf(links: readonly Link[]): number[] {
  const parents = new Set(links.map(({ parent }) => parent))
  return links.flatMap((_, index) => (parents.has(index) ? [] : [index]))
}

/**
 * Links that somebody may redeem as they stand. A link from the root's delegator to itself, with others under it, gives
 * nobody anything.
 */
export function redeemableLinks(links: readonly Link[]): ReadonlySet<number> {
  const leaves = new Set(leavesOf(links))
  const redeemable = links.flatMap((link, index) => {
    const root = links[pathOf(links, index).at(-1) ?? index]
    return leaves.has(index) || link.delegate !== root?.delegator ? [index] : []
  })
  return new Set(redeemable)
}
