import { decodeCaveat } from '../caveats/caveat.ts'
import type { Environment } from '../caveats/types.ts'
import { type CompileOptions, compile } from '../compile/compile.ts'
import { bindSalt } from '../compile/salt.ts'
import type { Plan } from '../compile/types.ts'
import { createDelegations } from '../delegation/create.ts'
import type { SigningAccount } from '../delegation/sign.ts'
import type { Delegation } from '../delegation/types.ts'
import { scopeHash } from '../scope/hash.ts'
import { isSubset } from '../scope/subset.ts'
import type { Scope } from '../scope/types.ts'
import { attach } from './attach.ts'
import { assertGrantsScope } from './compare.ts'
import { assemble, signAll } from './create.ts'
import { GrantError } from './errors.ts'
import { treeOf } from './tree.ts'
import type { Grant } from './types.ts'

export type AttenuateOptions = CompileOptions & {
  /** What the sub-agent may do: `principal` is still the root principal, `delegate` the sub-agent. */
  scope: Scope
  environment: Environment
  /** Of the account that hands on, not of the principal. */
  nonce: CompileOptions['nonce']
}

/** What the delegate would sign, and what it comes under. */
export type Attenuation = {
  plan: Plan
  /** The parent's links that are used, signed, then the new ones, not signed. */
  delegations: readonly Delegation[]
  /** Index in `delegations` of the first new one. */
  firstNew: number
  branches: Grant['branches']
}

/**
 * A narrower grant for a sub-agent, from a grant that the signing account is the delegate of. The principal is not asked:
 * what it signed already bounds everything below.
 *
 * The new links lie under the parent's, so every limit of the parent still counts, and revoking the parent ends the child.
 *
 * @throws {@link GrantError} `grant.widened` with the dimension, `grant.redelegation_forbidden`, `grant.redeemer_pinned`,
 * `grant.no_parent_branch`, `grant.limit_not_shared`, `grant.wrong_account`; what `compile` and `signDelegation` throw.
 */
export async function attenuateGrant(
  grant: Grant,
  options: AttenuateOptions & { account: SigningAccount },
): Promise<Grant> {
  const { plan, delegations, firstNew, branches } = planAttenuation(grant, options)
  const signed = await signAll(delegations.slice(firstNew), plan, options.account)
  return assemble({
    chainId: grant.chainId,
    manager: grant.manager,
    ...(grant.origin === undefined ? {} : { origin: grant.origin }),
    scopes: [...grant.scopes, options.scope],
    accepted: [...grant.accepted, plan.accepted],
    delegations: [...delegations.slice(0, firstNew), ...signed],
    branches,
  })
}

/** {@link attenuateGrant} up to the signature: what to show before it is given. */
export function planAttenuation(grant: Grant, options: AttenuateOptions): Attenuation {
  const { scope, environment } = options
  const parent = grant.scopes.at(-1) as Scope
  requireHandingOn(scope, parent)
  requireRedeemer(grant.delegations, scope, environment)
  // A scope that its caveats do not keep to would say nothing about what is handed on.
  assertGrantsScope(grant, environment)
  const plan = compile(scope, environment, options)
  const hash = scopeHash(scope)
  const salt = () => bindSalt(hash, options.salt())
  const { drafts, branches, kept } = attach({
    child: plan,
    parent: treeOf(grant),
    scopes: { child: scope, parent },
    environment,
    salt,
  })
  const above = kept.map((index) => grant.delegations[index] as Delegation)
  const created = createDelegations(drafts)
  return { plan, delegations: [...above, ...created.slice(kept.length)], firstNew: kept.length, branches }
}

function requireHandingOn(scope: Scope, parent: Scope): void {
  const depth = parent.redelegation.maxDepth
  if (depth < 1 || scope.redelegation.maxDepth >= depth) {
    throw new GrantError('grant.redelegation_forbidden', 'This grant may not be handed on that far.', {
      details: { maxDepth: depth, childMaxDepth: scope.redelegation.maxDepth },
      fix:
        depth < 1
          ? 'Ask the principal for a grant whose redelegation.maxDepth is at least 1.'
          : `Set redelegation.maxDepth of the child to ${depth - 1} or less.`,
    })
  }
  const result = isSubset(scope, parent, { redelegated: true })
  if (result.subset) return
  throw new GrantError('grant.widened', 'The child scope is wider than the grant.', {
    details: { dimension: result.dimension, pointer: result.pointer },
    fix: 'Narrow the child scope there, or ask the principal for a wider grant.',
  })
}

/** The manager hands the enforcer whoever calls it: a pin on the parent's delegate keeps every sub-agent out. */
function requireRedeemer(delegations: readonly Delegation[], scope: Scope, environment: Environment): void {
  const { delegate, request } = scope
  // Whoever may submit what a key signed: one of them is enough, and of anyone there always is one.
  if (request?.redeemers === 'anyone') return
  const submit = request?.redeemers ?? [delegate]
  for (const caveat of delegations.flatMap(({ caveats }) => caveats)) {
    const decoded = decodeCaveat(environment, caveat)
    const pinned = decoded.kind === 'redeemer' || decoded.kind === 'taskScope' ? decoded.redeemers : []
    if (pinned.length === 0 || submit.some((redeemer) => pinned.includes(redeemer))) continue
    throw new GrantError('grant.redeemer_pinned', 'This grant can be redeemed by the accounts it names only.', {
      details: { redeemers: pinned, delegate },
      fix: 'Ask the principal for a grant that may be handed on.',
    })
  }
}
