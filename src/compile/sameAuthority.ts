import { decodeCaveat } from '../caveats/caveat.ts'
import type { Caveat, Environment } from '../caveats/types.ts'
import type { Hex } from '../primitives/hex.ts'
import type { Scope } from '../scope/types.ts'
import { compile } from './compile.ts'
import { type DelegationLike, linksOf } from './links.ts'
import type { Plan } from './types.ts'

/** Whether delegations are those of a plan, or the first way in which they are not. */
export type Sameness =
  | { same: true }
  | { same: false; draft: number | null; differs: 'count' | 'delegate' | 'delegator' | 'parent' | 'salt' | 'caveats' }

/**
 * Whether signed delegations carry exactly what a plan says: accounts, parents, salts, and every caveat byte for byte in
 * the same order. `args` are outside the hash and not compared.
 *
 * @param hash - Hash of a delegation, to follow `authority`.
 */
export function sameAuthority<delegation extends DelegationLike>(
  plan: Plan,
  delegations: readonly delegation[],
  hash: (delegation: delegation) => Hex,
): Sameness {
  if (plan.drafts.length !== delegations.length) return { same: false, draft: null, differs: 'count' }
  const links = linksOf(delegations, hash)
  for (const [index, draft] of plan.drafts.entries()) {
    const link = links[index]
    if (link === undefined) return { same: false, draft: index, differs: 'count' }
    const differs = (what: Exclude<Sameness, { same: true }>['differs']): Sameness => ({
      same: false,
      draft: index,
      differs: what,
    })
    if (link.delegate !== draft.delegate) return differs('delegate')
    if (link.delegator !== draft.delegator) return differs('delegator')
    if (link.parent !== draft.parent) return differs('parent')
    if (link.salt !== draft.salt) return differs('salt')
    if (!sameCaveats(draft.caveats, link.caveats)) return differs('caveats')
  }
  return { same: true }
}

/**
 * Whether signed delegations are what compiling this scope gives. What the scope does not say (salts, nonce and, without
 * a `notBefore`, the start of windows) is taken from the delegations; all else is compiled anew and must be equal. So a
 * grant that shows one scope and carries the caveats of another is refused.
 *
 * @param delegations - In the order of the plan: parents first.
 * @throws {@link CompileError} where the scope does not compile at all, or the delegations break an always-rule.
 */
export function recompile<delegation extends DelegationLike>(
  scope: Scope,
  environment: Environment,
  delegations: readonly delegation[],
  options: { hash: (delegation: delegation) => Hex; accept?: readonly string[] | undefined },
): Sameness {
  let next = 0
  const decoded = delegations.flatMap(({ caveats }) => caveats.map((caveat) => decodeCaveat(environment, caveat)))
  const nonce = decoded.find((caveat) => caveat.kind === 'nonce')?.nonce ?? 0n
  const now = decoded.flatMap((caveat) => ('start' in caveat && 'duration' in caveat ? [caveat.start] : []))[0]
  const plan = compile(scope, environment, {
    // More drafts than delegations is a difference that `sameAuthority` names; until then any salt that differs will do.
    salt: () => {
      const salt = delegations[next]?.salt ?? `0x${(next + 1).toString(16).padStart(64, '0')}`
      next++
      return salt
    },
    nonce,
    now: now ?? 1n,
    accept: options.accept,
  })
  return sameAuthority(plan, delegations, options.hash)
}

function sameCaveats(a: readonly Caveat[], b: readonly Caveat[]): boolean {
  if (a.length !== b.length) return false
  return a.every((caveat, index) => caveat.enforcer === b[index]?.enforcer && caveat.terms === b[index]?.terms)
}
