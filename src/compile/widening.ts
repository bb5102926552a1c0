import type { DecodedCaveat } from '../caveats/types.ts'
import { isTaskScope } from './taskScope.ts'
import { isWiderScope } from './wideningScope.ts'

/**
 * Does a link say more than one above it? The chain holds both, so nothing more can be done: but whoever reads the child
 * alone is misled (FACTS C11). Compares limits of one kind, of one asset, and lists.
 */
export function isWider(child: readonly DecodedCaveat[], above: readonly DecodedCaveat[]): boolean {
  return child.some((own) =>
    above.some((limit) => lastsLonger(own, limit) || (own.kind === limit.kind && says(own, limit))),
  )
}

function lastsLonger(child: DecodedCaveat, parent: DecodedCaveat): boolean {
  const [end, bound] = [endOf(child), endOf(parent)]
  if (end === null || bound === null) return false
  return bound !== 0n && (end === 0n || end > bound)
}

/** Exclusive, unix seconds; 0 for never, `null` for a caveat that says nothing of it. */
function endOf(caveat: DecodedCaveat): bigint | null {
  if (caveat.kind === 'taskScope') return caveat.expiry
  return caveat.kind === 'timestamp' ? caveat.before : null
}

/** Both are of one kind. */
function says(child: DecodedCaveat, parent: DecodedCaveat): boolean {
  if (isTaskScope(child) && isTaskScope(parent)) return isWiderScope(child, parent)
  if (child.kind === 'valueLte' && parent.kind === 'valueLte') return child.max > parent.max
  if (child.kind === 'allowedTargets' && parent.kind === 'allowedTargets') return !within(child.targets, parent.targets)
  if (child.kind === 'allowedMethods' && parent.kind === 'allowedMethods') {
    return !within(child.selectors, parent.selectors)
  }
  if (child.kind === 'redeemer' && parent.kind === 'redeemer') return !within(child.redeemers, parent.redeemers)
  if ('token' in child && 'token' in parent && child.token !== parent.token) return false
  if ('duration' in child && 'duration' in parent) {
    return child.duration === parent.duration && child.amount > parent.amount
  }
  return 'limit' in child && 'limit' in parent && child.limit > parent.limit
}

function within<item>(part: readonly item[], whole: readonly item[]): boolean {
  const all = new Set(whole)
  return part.every((item) => all.has(item))
}
