import type { Lowering } from '../compile/types.ts'
import { CONTEXT_LIMITS, encodeContext } from '../delegation/context.ts'
import { DelegationError } from '../delegation/errors.ts'
import { hashDelegation } from '../delegation/hash.ts'
import { ANY_DELEGATE, type Delegation, ROOT_AUTHORITY } from '../delegation/types.ts'
import type { ErrorDetails } from '../errors.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import type { Scope } from '../scope/types.ts'
import { GrantError } from './errors.ts'
import type { Grant } from './types.ts'

/** What the delegations of a grant are, once they are known to hang together. */
export type GrantStructure = {
  /** Delegation hashes, in the order of `grant.delegations`. */
  hashes: readonly Hex[]
  /** Index of the scope that each delegation belongs to. */
  levels: readonly number[]
  /** Hash of each branch's leaf. */
  leaves: readonly Hex[]
}

/** A branch without a rule ends in a caveat that holds the whole effective scope. */
export function loweringOf(branches: Grant['branches']): Lowering {
  return branches.some(({ rule }) => rule === undefined) ? 'fused' : 'framework'
}

/** Principal, then each delegate: who hands on to whom. */
export function actorsOf(scopes: readonly Scope[]): Address[] {
  return [...scopes.slice(0, 1).map((scope) => scope.principal), ...scopes.map((scope) => scope.delegate)]
}

/**
 * Follows every branch from its leaf to its root, and every scope from its principal to its delegate, and throws unless
 * they tell the same story. Signatures are only known to be there.
 *
 * @throws {@link GrantError}
 */
export function readStructure(grant: Pick<Grant, 'scopes' | 'delegations' | 'branches'>): GrantStructure {
  const { scopes, delegations, branches } = grant
  const actors = actorsOf(scopes)
  if (new Set(actors).size !== actors.length) {
    throw wrongActor('An account stands twice in the chain of actors.', { actors })
  }
  const hashes = delegations.map(hashDelegation)
  hashes.forEach((hash, index) => {
    if (hashes.indexOf(hash) !== index) throw duplicate({ delegation: index, hash })
  })
  delegations.forEach(assertSigned)
  // One signature holds all of a scope: where there is a second way to act, somebody put it there.
  if (loweringOf(branches) === 'fused' && branches.length > 1) throw badBranch({ branches: branches.length })
  const levels = new Map<number, number>()
  const leaves = new Set<Hex>()
  branches.forEach((branch, index) => {
    readBranch(grant, hashes, actors, index, levels)
    const leaf = hashes[branch.links[0] ?? -1] as Hex
    if (leaves.has(leaf)) throw duplicate({ branch: index, hash: leaf })
    leaves.add(leaf)
  })
  return {
    hashes,
    leaves: [...leaves],
    levels: delegations.map((_, index) => {
      const level = levels.get(index)
      if (level !== undefined) return level
      throw new GrantError('grant.unused_delegation', 'A delegation of this grant belongs to no branch.', {
        details: { delegation: index },
        fix: 'Leave it out: a grant carries only what it uses.',
      })
    }),
  }
}

function assertSigned({ signature, caveats }: Delegation, delegation: number): void {
  if (signature === '0x') {
    throw new GrantError('grant.unsigned', 'A delegation of this grant is not signed.', {
      details: { delegation },
      fix: 'Have its delegator sign it.',
    })
  }
  const caveat = caveats.findIndex(({ args }) => args !== '0x')
  if (caveat !== -1) {
    throw new GrantError('grant.caveat_args', 'A caveat of this grant has args, which nobody signed.', {
      details: { delegation, caveat },
      fix: 'Leave args empty: whoever redeems fills them in, if the enforcer asks for any.',
    })
  }
}

function readBranch(
  { scopes, delegations, branches }: Pick<Grant, 'scopes' | 'delegations' | 'branches'>,
  hashes: readonly Hex[],
  actors: readonly Address[],
  branch: number,
  levels: Map<number, number>,
): void {
  const links = branches[branch]?.links ?? []
  if (links.length === 0 || links.some((link) => delegations[link] === undefined)) throw badBranch({ branch })
  if (links.length > CONTEXT_LIMITS.links) {
    throw new GrantError('grant.too_long', 'A branch has more links than can be redeemed.', {
      details: { branch, links: links.length, limit: CONTEXT_LIMITS.links },
      fix: 'Have a delegate nearer to the principal hand on its part.',
    })
  }
  let authority = ROOT_AUTHORITY
  let actor = 0
  for (const link of links.toReversed()) {
    const delegation = delegations[link] as Delegation
    const { delegator, delegate } = delegation
    if (delegation.authority !== authority) {
      throw new GrantError('grant.broken_chain', 'A delegation of this grant is not bound to the one above it.', {
        details: { branch, delegation: link, authority: delegation.authority, expected: authority },
        fix: ASK_AGAIN,
      })
    }
    if (delegator !== actors[actor]) throw wrongActor(NOT_THEIRS, { branch, delegation: link, delegator })
    levels.set(link, actor)
    // A link to oneself holds the limits that the links below it share; any other hands on.
    if (delegate !== delegator) {
      const scope = scopes[actor++]
      // Whoever submits it, submits what the request key signed: which is to be seen in its caveats, not here.
      const open = delegate === ANY_DELEGATE && scope?.request !== undefined
      if (delegate === ANY_DELEGATE && !open) {
        throw wrongActor('Anyone may redeem a delegation of this grant.', { delegation: link })
      }
      if (delegate !== actors[actor] && !open) throw wrongActor(NOT_THEIRS, { branch, delegation: link, delegate })
    }
    authority = hashes[link] as Hex
  }
  if (actor !== actors.length - 1) throw wrongActor('A branch ends before the last delegate.', { branch })
  requireContext(delegations, links, branch)
}

/** A branch that does not fit a permission context could be signed and never redeemed. */
function requireContext(delegations: readonly Delegation[], links: readonly number[], branch: number): void {
  try {
    encodeContext(links.map((link) => delegations[link] as Delegation))
  } catch (cause) {
    if (!(cause instanceof DelegationError)) throw cause
    throw new GrantError('grant.too_large', 'A branch of this grant is too large to be redeemed.', {
      details: { branch, code: cause.code, ...cause.details },
      fix: 'Name fewer constraints in one rule.',
      cause,
    })
  }
}

const ASK_AGAIN = 'Ask whoever granted it for the file again.'
const NOT_THEIRS = 'A delegation of this grant is not between the accounts that its scopes name.'

function wrongActor(message: string, details: ErrorDetails): GrantError {
  return new GrantError('grant.wrong_actor', message, { details, fix: ASK_AGAIN })
}

function badBranch(details: ErrorDetails): GrantError {
  return new GrantError('grant.bad_branch', 'A branch names delegations that are not there.', {
    details,
    fix: ASK_AGAIN,
  })
}

function duplicate(details: ErrorDetails): GrantError {
  return new GrantError('grant.duplicate', 'A delegation or branch stands twice in this grant.', {
    details,
    fix: ASK_AGAIN,
  })
}
