import { max, min } from '../primitives/integer.ts'
import type { Resolved } from './resolve.ts'
import { type Node, type Tagged, type Twig, tag, without } from './tree.ts'

/**
 * Arranges the twigs so that what they share is counted once: siblings under one root share the root's counter (FACTS
 * C12). Twigs that share nothing stay roots of their own.
 *
 * What binds every branch (times, group, redeemer, number of calls) stands on the root only: a leaf's authority is the
 * root's hash, so it cannot be redeemed without it, and each caveat saved is some 23,000 gas an action.
 */
export function shareLimits(twigs: readonly Twig[], resolved: Resolved): Node[] {
  const tops = shareCaps(twigs)
  const { lifetimeCalls } = resolved
  if (lifetimeCalls === null) return tops.map((top) => bind(top, resolved))
  const calls = tag({ kind: 'limitedCalls', limit: lifetimeCalls }, '/calls', ...maximaHeldByOnce(resolved))
  const [only] = tops
  if (tops.length === 1 && only !== undefined) {
    return [bind({ ...only, caveats: [...only.caveats, calls] }, resolved)]
  }
  return [bind(umbrella(tops, twigs, calls), resolved)]
}

/** One node for each cap that several twigs draw from. */
function shareCaps(twigs: readonly Twig[]): Node[] {
  const byCap = new Map<string, Twig[]>()
  for (const twig of twigs) {
    if (twig.cap === null) continue
    const sharers = byCap.get(twig.cap.key)
    if (sharers === undefined) byCap.set(twig.cap.key, [twig])
    else sharers.push(twig)
  }
  const done = new Set<string>()
  return twigs.flatMap((twig): Node[] => {
    const sharers = twig.cap === null ? [] : (byCap.get(twig.cap.key) ?? [])
    if (twig.cap === null || sharers.length === 1) return [alone(twig)]
    if (done.has(twig.cap.key)) return []
    done.add(twig.cap.key)
    return [capNode(sharers, twig.cap.limit)]
  })
}

/** Both limits are of one asset, so the lower one says all; one counter, so never two of one enforcer (FACTS C1, C2). */
function alone(twig: Twig): Node {
  const limits = twig.cap === null ? own(twig) : [lowered(twig.cap.limit, twig.own)]
  return { caveats: [...twig.shape, ...limits], children: [], twig }
}

function lowered(limit: Tagged, maximum: Tagged | null): Tagged {
  if (maximum === null || !('limit' in maximum.caveat)) return limit
  const holds = [...limit.holds, ...maximum.holds]
  const { caveat } = limit
  if (caveat.kind === 'erc20PeriodTransfer' || caveat.kind === 'nativePeriodTransfer') {
    return { caveat: { ...caveat, amount: min(maximum.caveat.limit, caveat.amount) }, holds }
  }
  if (caveat.kind === 'erc20TransferAmount' || caveat.kind === 'nativeTransferAmount') {
    return { caveat: { ...caveat, limit: min(maximum.caveat.limit, caveat.limit) }, holds }
  }
  return limit
}

/** The shared cap with what makes it safe (no value beside a token, no calldata beside value), and a leaf for each twig. */
function capNode(sharers: readonly Twig[], limit: Tagged): Node {
  const holds = new Set(sharers.flatMap((twig) => twig.cap?.limit.holds ?? []))
  const guards = gather(sharers.flatMap(({ shape }) => shape.filter(isGuard)))
  return {
    caveats: [...guards, { caveat: limit.caveat, holds: [...holds] }],
    children: sharers.map((twig) => {
      const rest = [...twig.shape.filter((tagged) => !isGuard(tagged)), ...own(twig)]
      // A link without any caveat reads as "everything" and is open to batches by itself.
      return { caveats: rest.length > 0 ? rest : twig.shape, children: [], twig }
    }),
  }
}

/** A root over branches that share nothing but the number of calls. `ValueLte` also closes batch mode (FACTS C9). */
function umbrella(tops: readonly Node[], twigs: readonly Twig[], calls: Tagged): Node {
  const most = twigs.reduce((highest, { value }) => max(highest, value), 0n)
  if (most > 0n) return { caveats: [tag({ kind: 'valueLte', max: most }), calls], children: tops }
  const noValue = gather(twigs.flatMap(({ shape }) => shape.filter(({ caveat }) => caveat.kind === 'valueLte')))
  const children = tops.map((top) => {
    const rest = without(top.caveats, 'valueLte')
    return rest.length > 0 ? { ...top, caveats: rest } : top
  })
  return { caveats: [...noValue, calls], children }
}

function bind(top: Node, { scope, notBefore, expiry, nonce }: Resolved): Node {
  const after = notBefore === null || notBefore === 0n ? 0n : notBefore - 1n
  const times = notBefore === null ? ['/expiry'] : ['/expiry', '/notBefore']
  const bound = [
    tag({ kind: 'timestamp', after, before: expiry }, ...times),
    tag({ kind: 'nonce', nonce }, '/revocation/group'),
  ]
  if (scope.redelegation.maxDepth === 0) {
    bound.push(tag({ kind: 'redeemer', redeemers: [scope.delegate] }, '/delegate', '/redelegation/maxDepth'))
  }
  return { ...top, caveats: [...top.caveats, ...bound] }
}

/** With one call in all, a lifetime cap is a cap for one action. */
function maximaHeldByOnce({ lifetimeCalls, rules }: Resolved): string[] {
  if (lifetimeCalls !== 1n) return []
  // Of a rule without a maximum nobody asks.
  return rules.map(({ pointer }) => `${pointer}/max`)
}

/** Only transfers draw from a cap: of theirs, no value and no calldata. */
function isGuard({ caveat }: Tagged): boolean {
  return caveat.kind === 'valueLte' || caveat.kind === 'exactCalldata'
}

/** Equal caveats as one that holds for all. */
function gather(tagged: readonly Tagged[]): Tagged[] {
  const [first] = tagged
  return first === undefined
    ? []
    : [{ caveat: first.caveat, holds: [...new Set(tagged.flatMap(({ holds }) => holds))] }]
}

function own(twig: Twig): Tagged[] {
  return twig.own === null ? [] : [twig.own]
}
