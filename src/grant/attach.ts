import { decodeCaveat } from '../caveats/caveat.ts'
import { codecByKind } from '../caveats/registry.ts'
import type { DecodedCaveat, Environment } from '../caveats/types.ts'
import type { Branch, Draft } from '../compile/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { excessOver, type ReadRule, readRule } from '../scope/cover.ts'
import type { Scope } from '../scope/types.ts'
import { admits } from './admits.ts'
import { GrantError } from './errors.ts'
import type { Tree } from './tree.ts'

export type Attached = Tree & {
  /** The first drafts are the parent's: which ones, by their index there. */
  kept: readonly number[]
  /** For each branch the parent's branch that it lies under, by its index there. */
  above: readonly number[]
}

/**
 * Hangs what a child scope compiled to under the leaves of its parent: each branch under a parent branch whose caveats let
 * it pass and whose rule admits the child's, of the rule with the same id if there is one, else the first: the rule that
 * `isSubset` counted the child under. Another may look alike to its caveats and be bound to less by the redeemer. Parent
 * branches that the child does not use are left out; that changes no choice, so the same can be built again from the result.
 *
 * @param scopes - What child and parent were compiled from.
 * @param salt - For a delegation that is needed under several leaves, and so is made several times.
 * @throws {@link GrantError} `grant.no_parent_branch`, `grant.limit_not_shared`.
 */
export function attach(parameters: {
  child: Tree
  parent: Tree
  scopes: { child: Scope; parent: Scope }
  environment: Environment
  salt: () => Hex
}): Attached {
  const { child, parent, scopes, environment, salt } = parameters
  const decoded = (tree: Tree, links: readonly number[]) =>
    links.flatMap((link) => (tree.drafts[link]?.caveats ?? []).map((caveat) => decodeCaveat(environment, caveat)))
  const parents = parent.branches.map((branch) => decoded(parent, branch.links))
  const ruleFits = fitter(scopes)
  const above = child.branches.map((branch, index) => {
    const wanted = decoded(child, branch.links)
    const open = parent.branches.flatMap(({ rule }, at) =>
      admits(parents[at] ?? [], wanted) && ruleFits(branch.rule, rule) ? [at] : [],
    )
    const best = open.find((at) => parent.branches[at]?.rule === branch.rule) ?? open[0]
    if (best === undefined) throw noParent(index, branch)
    return best
  })
  const chosen = above.map((index) => at(parent.branches, index))
  requireSharedLimits(child, parent, chosen, decoded)

  const kept = [...new Set(chosen.flatMap(({ links }) => links))].sort((a, b) => a - b)
  const position = new Map(kept.map((from, to) => [from, to]))
  const drafts: Draft[] = kept.map((from) => {
    const draft = at(parent.drafts, from)
    return { ...draft, parent: draft.parent === null ? null : at(position, draft.parent) }
  })
  const copies = new Map<string, number>()
  const used = new Set<number>()
  const branches = child.branches.map((branch, index): Branch => {
    const { links } = at(chosen, index)
    const upper = links.map((link) => at(position, link))
    const holder = at(drafts, at(upper, 0)).delegate
    const own: number[] = []
    for (const link of branch.links.toReversed()) {
      const key = `${link} ${upper[0]}`
      const parentIndex = own.at(-1) ?? at(upper, 0)
      const known = copies.get(key)
      if (known === undefined) {
        const draft = handOn(at(child.drafts, link), holder, parentIndex)
        copies.set(key, drafts.length)
        own.push(drafts.length)
        drafts.push(used.has(link) ? { ...draft, salt: salt() } : draft)
        used.add(link)
      } else own.push(known)
    }
    return { ...branch, links: [...own.toReversed(), ...upper] }
  })
  return { drafts, branches, kept, above }
}

/**
 * Whether what a branch of the child serves lies within what a branch of the parent serves, payees and budgets left out: those
 * the caveats show. A branch without a rule serves them all.
 */
function fitter({ child, parent }: { child: Scope; parent: Scope }) {
  const read = (scope: Scope) => scope.rules.map((rule, index) => readRule(scope, rule, index))
  const served = (rules: readonly ReadRule[], id: string | undefined) =>
    rules.filter(({ rule }) => id === undefined || rule.id === id)
  const [own, wide] = [read(child), read(parent)]
  return (rule: string | undefined, above: string | undefined): boolean => {
    const over = served(wide, above)
    const narrow = served(own, rule)
    return narrow.length > 0 && narrow.every((it) => over.some((rule) => excessOver(it, rule) === undefined))
  }
}

/** The principal of the child's plan gives way to the delegate that hands on. */
function handOn(draft: Draft, holder: Address, parent: number): Draft {
  return { ...draft, delegator: holder, delegate: draft.delegate === draft.delegator ? holder : draft.delegate, parent }
}

/**
 * A link counts for itself. One that the child needs under several parent leaves is several links with several counters:
 * its limit would hold for each of them, so all together could spend a multiple. That is fine only where a link above all
 * of them counts the same and no higher.
 */
function requireSharedLimits(
  child: Tree,
  parent: Tree,
  chosen: readonly Branch[],
  decoded: (tree: Tree, links: readonly number[]) => DecodedCaveat[],
): void {
  child.drafts.forEach((_, link) => {
    const above = chosen.filter((_branch, index) => child.branches[index]?.links.includes(link))
    if (new Set(above.map(({ links }) => links[0])).size < 2) return
    const common = (above[0]?.links ?? []).filter((it) => above.every(({ links }) => links.includes(it)))
    const held = decoded(parent, common)
    const counted = decoded(child, [link]).filter(({ kind }) => kind === 'unknown' || codecByKind[kind].counts)
    const open = counted.find((caveat) => !held.some((limit) => countsAsLow(limit, caveat)))
    if (open === undefined) return
    throw new GrantError('grant.limit_not_shared', 'A limit of the child would hold for each of its branches alone.', {
      details: { caveat: open.kind, branches: above.map(({ rule }) => rule ?? '') },
      fix: 'Hand on one branch of the parent at a time, or leave the shared limit as the parent has it.',
    })
  })
}

/** True where `limit` counts the same thing as `caveat`, over the same time, up to no more. */
function countsAsLow(limit: DecodedCaveat, caveat: DecodedCaveat): boolean {
  switch (caveat.kind) {
    case 'limitedCalls':
      return limit.kind === caveat.kind && limit.limit <= caveat.limit
    case 'nativeTransferAmount':
      return limit.kind === caveat.kind && limit.limit <= caveat.limit
    case 'erc20TransferAmount':
      return limit.kind === caveat.kind && limit.token === caveat.token && limit.limit <= caveat.limit
    case 'nativePeriodTransfer':
    case 'erc20PeriodTransfer':
      return (
        limit.kind === caveat.kind &&
        limit.amount <= caveat.amount &&
        limit.duration === caveat.duration &&
        limit.start === caveat.start &&
        (limit.kind !== 'erc20PeriodTransfer' || caveat.kind !== 'erc20PeriodTransfer' || limit.token === caveat.token)
      )
    default:
      return false
  }
}

function noParent(branch: number, { rule, payee }: Branch): GrantError {
  return new GrantError(
    'grant.no_parent_branch',
    'No branch of the parent lets this part of the child scope through.',
    {
      details: { branch, ...(rule === undefined ? {} : { rule }), ...(payee === undefined ? {} : { payee }) },
      fix:
        rule === undefined
          ? 'Hand on what one branch of the parent lets through, or with the lowering of the parent.'
          : 'Split the rule so that each part lies within one rule of the parent.',
    },
  )
}

/** What is known to be there: indices come from plans and checked grants. */
function at<value>(from: readonly value[] | ReadonlyMap<number, value>, index: number): value {
  const found = from instanceof Map ? from.get(index) : (from as readonly value[])[index]
  if (found === undefined) {
    throw new GrantError('grant.bad_branch', 'A branch names delegations that are not there.', {
      details: { index },
      fix: 'Pass a plan of `compile` and a grant of `parseGrant`, unchanged.',
    })
  }
  return found
}
