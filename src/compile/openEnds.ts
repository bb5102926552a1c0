import type { DecodedCaveat } from '../caveats/types.ts'
import type { Address } from '../primitives/hex.ts'
import { TRANSFER_SELECTOR } from './dangers.ts'
import { pinnedPayees, reachOf } from './reach.ts'
import { isTaskScope, paysAnyToken } from './taskScope.ts'

/** What the caveats of one path leave open and a signer should read: no caveat says it, because none is there. */
export type OpenEnd = { sentence: string; warning: string }

/**
 * Says what is open: who is paid, and whether the delegate may hand it on. From the decoded caveats alone; an unknown one
 * counts as holding nothing, so in doubt it is said.
 *
 * @param all - Caveats of the whole path, from the link to its root.
 */
export function openEnds(all: readonly DecodedCaveat[], delegate: Address): OpenEnd[] {
  const out: OpenEnd[] = []
  if (paysAnyone(all)) out.push({ sentence: 'To anyone', warning: 'Whoever redeems it chooses who is paid.' })
  // The redeemer of each redemption is checked, however long the chain: pinned to the delegate it ends there. So it does where
  // each redemption needs a signature over this very delegation.
  const pinned = (caveat: DecodedCaveat) => {
    if (isTaskScope(caveat) && caveat.requestKey !== null) return true
    const listed = caveat.kind === 'redeemer' || isTaskScope(caveat) ? caveat.redeemers : []
    return listed.length > 0 && listed.every((redeemer) => redeemer === delegate)
  }
  if (!all.some(pinned)) {
    out.push({
      sentence: 'May be handed on',
      warning: 'The delegate can give this, or a part of it, to others; how far is not held on chain.',
    })
  }
  return out
}

function paysAnyone(all: readonly DecodedCaveat[]): boolean {
  const scopes = all.filter(isTaskScope)
  if (scopes.length > 0) {
    return pinnedPayees(all).length === 0 && scopes.every(({ rules }) => rules.some(paysAnyToken))
  }
  const { tokens, targets, selectors, plain } = reachOf(all)
  const token = tokens.length > 0 || (selectors?.includes(TRANSFER_SELECTOR) ?? false)
  if (token && !plain && pinnedPayees(all).length === 0) return true
  const noValue = all.some((caveat) => caveat.kind === 'valueLte' && caveat.max === 0n)
  return targets === null && !noValue
}
