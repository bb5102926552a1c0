import { encodeCaveat } from '../../../src/caveats/index.ts'
import type { Caveat } from '../../../src/caveats/types.ts'
import { hashDelegation } from '../../../src/delegation/index.ts'
import { ANY_DELEGATE, type Delegation, ROOT_AUTHORITY } from '../../../src/delegation/types.ts'
import type { Grant } from '../../../src/grant/types.ts'
import type { Address } from '../../../src/primitives/hex.ts'
import type { Call } from '../../../src/verdict/types.ts'
import { bytesOf, chance, type Draw, pick } from '../../../test/arbitraries/draw.ts'
import type { World } from '../../../test/arbitraries/grantSketch.ts'
import { signedGrant } from '../grants.ts'
import type { Rig } from '../rig.ts'
import { sketchTerms, type Terms, type TermsSketch } from './sketch.ts'

/** A grant whose links carry whole scopes, and the calls that those were made around. */
export type FusedSubject = {
  grant: Grant
  /** By delegation, absent where a link carries caveats of the framework. */
  terms: readonly (Terms | null)[]
  /** Calls that some rule was made for. */
  bases: readonly (readonly Call[])[]
}

/** Most grants have one link. */
const ONE = ['one', 'one', 'one'] as const

type Link = { delegator: Address; delegate: Address; caveats: readonly Caveat[]; terms: Terms | null }

/** One link; two, each with terms of its own; or two leaves that share the counters of one root. */
export async function drawFused(draw: Draw, rig: Rig, world: World): Promise<FusedSubject> {
  const principal = pick(draw, world.principals)
  const [agent, helper] = chance(draw, 50) ? [world.agents[0], world.agents[1]] : [world.agents[1], world.agents[0]]
  const form = pick(draw, [...ONE, ...ONE, 'two', 'two', 'two', 'siblings', 'siblings', 'under', 'twice'] as const)
  const single = form === 'one' || form === 'twice'
  const root = drawTerms(draw, world, principal, agent, single)
  const rootLink = linkOf(rig, principal, agent, [root.terms])
  switch (form) {
    case 'one':
      return subjectOf(rig, draw, [rootLink], [[0]], root.bases)
    case 'twice': {
      const link = linkOf(rig, principal, agent, [root.terms, root.terms])
      return subjectOf(rig, draw, [link], [[0]], root.bases)
    }
    case 'under': {
      const leaf = linkOf(rig, agent, helper, [root.terms])
      const limits = encodeCaveat(rig.environment, { kind: 'limitedCalls', limit: BigInt(1 + draw.int(3)) })
      const above = { delegator: principal, delegate: agent, caveats: [limits], terms: null }
      return subjectOf(rig, draw, [leaf, above], [[0, 1]], root.bases)
    }
    case 'two':
    case 'siblings': {
      const others = form === 'two' ? [helper] : [helper, world.agents[2] ?? helper]
      const leaves = others.map((delegate) => {
        const terms = chance(draw, 60)
          ? tightened(draw, root, delegate)
          : drawTerms(draw, world, principal, delegate, true)
        return { terms, link: linkOf(rig, agent, delegate, [terms.terms]) }
      })
      const links = [...leaves.map(({ link }) => link), rootLink]
      const branches = leaves.map((_, index) => [index, leaves.length])
      return subjectOf(rig, draw, links, branches, [...root.bases, ...leaves.flatMap(({ terms }) => terms.bases)])
    }
  }
}

function drawTerms(draw: Draw, world: World, principal: Address, delegate: Address, leaf: boolean): TermsSketch {
  const key = leaf && chance(draw, 40) ? (world.agents[2] ?? delegate) : null
  // A plain account, or the principal: an account with code, which judges its signature itself.
  const confirmer = chance(draw, 30) ? pick(draw, [world.agents[3] ?? principal, principal]) : null
  return sketchTerms(draw, world, { principal, delegate, key, confirmer })
}

/** The same scope handed on: smaller budgets, another group, perhaps a key. */
function tightened(draw: Draw, { terms, bases }: TermsSketch, delegate: Address): TermsSketch {
  const share = BigInt(50 + draw.int(51))
  const budgets = terms.budgets.map((budget) => {
    const cap = (budget.cap * share) / 100n || 1n
    return { ...budget, cap, threshold: budget.threshold === null ? null : min(budget.threshold, cap) }
  })
  const redeemers = terms.redeemers.length === 0 ? [] : [...terms.redeemers, delegate]
  return { terms: { ...terms, group: bytesOf(draw, 8), budgets, redeemers }, bases }
}

function linkOf({ environment }: Rig, delegator: Address, delegate: Address, all: readonly Terms[]): Link {
  const [terms] = all
  const open = terms !== undefined && terms.requestKey !== null
  return {
    delegator,
    delegate: open ? ANY_DELEGATE : delegate,
    caveats: all.map((meaning) => encodeCaveat(environment, meaning)),
    terms: terms ?? null,
  }
}

/** Signs from the root down: the last link is the root of every branch. */
async function subjectOf(
  rig: Rig,
  draw: Draw,
  links: readonly Link[],
  branches: readonly (readonly number[])[],
  bases: readonly (readonly Call[])[],
): Promise<FusedSubject> {
  const made: Delegation[] = []
  const root = links.length - 1
  for (let at = root; at >= 0; at--) {
    const { delegator, delegate, caveats } = links[at] as Link
    const authority = at === root ? ROOT_AUTHORITY : hashDelegation(made[root] as Delegation)
    made[at] = { delegator, delegate, authority, caveats, salt: bytesOf(draw, 32), signature: '0x' }
  }
  const grant = await signedGrant(
    rig,
    made,
    branches.map((links) => ({ links })),
  )
  return { grant: { ...grant, lowering: 'fused' }, terms: links.map(({ terms }) => terms), bases }
}

function min(left: bigint, right: bigint): bigint {
  return left < right ? left : right
}
