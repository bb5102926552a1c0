import type { Grant } from '../grant/types.ts'
import type { Hex } from '../primitives/hex.ts'
import { blastRadius } from '../scope/blastRadius.ts'
import type { Asset, Scope } from '../scope/types.ts'
import type { GrantRow, GrantStatus } from './source.ts'

/** What can still leave at most, over several grants. */
export type Exposure = {
  /** Base units by asset of one chain, or that nothing bounds it. */
  assets: readonly { chainId: number; asset: Asset; info: Scope['assets']; total: bigint | 'unlimited' }[]
  /** Grants of which some rule does not say what it moves. */
  unmeasured: number
}

/** Nobody has ended these: what they permit can be used, now, later, or as far as anybody here knows. */
const STANDING: ReadonlySet<GrantStatus> = new Set(['live', 'partial', 'not_asked', 'not_yet'])

export function stands({ status }: { status: GrantStatus }): boolean {
  return STANDING.has(status)
}

/**
 * The most that can leave from now on through all grants that stand, asset by asset. What was handed on is not counted again: it
 * draws from the grant above it.
 *
 * @param now - Unix seconds.
 */
export function exposureOf(rows: readonly GrantRow[], now: bigint): Exposure {
  const standing = rows.filter(stands)
  const leaves = new Map(standing.map((row) => [row.id, new Set(leavesOf(row))]))
  const roots = standing.filter(
    ({ id, hashes }) => ![...leaves].some(([other, own]) => other !== id && hashes.some((hash) => own.has(hash))),
  )
  const sums = new Map<string, Exposure['assets'][number]>()
  let unmeasured = 0
  for (const { grant } of roots) {
    if (grant === null) continue
    const scope = effective(grant)
    const radius = blastRadius(scope, { now })
    if (radius.unmeasured.length > 0) unmeasured++
    for (const { asset, total } of radius.assets) {
      const key = `${grant.chainId}:${asset}`
      const before = sums.get(key)?.total ?? 0n
      const sum = before === 'unlimited' || total === 'unlimited' ? 'unlimited' : before + total
      sums.set(key, { chainId: grant.chainId, asset, info: scope.assets, total: sum })
    }
  }
  return { assets: [...sums.values()], unmeasured }
}

/** Hashes of the last links of a grant: by these the delegate acts. */
export function leavesOf({ grant, hashes }: Pick<GrantRow, 'grant' | 'hashes'>): Hex[] {
  return grant === null ? [] : grant.branches.flatMap(({ links: [leaf] }) => hashes[leaf ?? -1] ?? [])
}

/** The scope of the last delegate. */
export function effective(grant: Grant): Scope {
  return grant.scopes.at(-1) as Scope
}
