import type { Plan } from '../compile/types.ts'
import { createDelegations } from '../delegation/create.ts'
import { hashDelegation } from '../delegation/hash.ts'
import { type SigningAccount, signDelegation } from '../delegation/sign.ts'
import type { Delegation } from '../delegation/types.ts'
import { scopeHash } from '../scope/hash.ts'
import type { Scope } from '../scope/types.ts'
import { assertSignedScopes } from './bound.ts'
import { GrantError } from './errors.ts'
import { grantId } from './id.ts'
import { MAX_GRANT_BYTES, serializeGrant } from './serialize.ts'
import { loweringOf, readStructure } from './structure.ts'
import type { Grant } from './types.ts'

/**
 * The grant of a plan whose delegations are signed.
 *
 * @param delegations - Those of `createDelegations(plan.drafts)`, in their order, each with its signature.
 * @throws {@link GrantError} `grant.plan_mismatch` when they are not the plan's, `grant.unsigned`, `grant.wrong_actor`.
 */
export function createGrant(parameters: { scope: Scope; plan: Plan; delegations: readonly Delegation[] }): Grant {
  const { scope, plan, delegations } = parameters
  const planned = createDelegations(plan.drafts).map(hashDelegation)
  const index = planned.findIndex((hash, at) => {
    const delegation = delegations[at]
    return delegation === undefined || hashDelegation(delegation) !== hash
  })
  if (index !== -1 || delegations.length !== planned.length) {
    throw mismatch({ delegation: index === -1 ? planned.length : index, planned: planned.length })
  }
  if (plan.chainId !== scope.chainId) throw mismatch({ chainId: plan.chainId, expected: scope.chainId })
  return assemble({
    chainId: plan.chainId,
    manager: plan.manager,
    scopes: [scope],
    accepted: [plan.accepted],
    delegations,
    branches: plan.branches,
  })
}

/**
 * Signs every delegation of a plan with the principal's account, and makes the grant. One signature for each draft.
 *
 * @throws {@link GrantError} `grant.wrong_account` when the account is not the delegator of a draft, and what
 * `createGrant` and `signDelegation` throw.
 */
export async function signGrant(scope: Scope, plan: Plan, account: SigningAccount): Promise<Grant> {
  return createGrant({ scope, plan, delegations: await signAll(createDelegations(plan.drafts), plan, account) })
}

/** Signs each in turn: a wallet shows one request at a time. */
export async function signAll(
  delegations: readonly Delegation[],
  { chainId, manager }: Pick<Plan, 'chainId' | 'manager'>,
  account: SigningAccount,
): Promise<Delegation[]> {
  const address = account.address.toLowerCase()
  const foreign = delegations.findIndex(({ delegator }) => delegator !== address)
  if (foreign !== -1) {
    throw new GrantError('grant.wrong_account', 'This account is not the delegator of every delegation.', {
      details: { account: address, delegator: delegations[foreign]?.delegator ?? null, delegation: foreign },
      fix: 'Sign with the account whose authority is handed on.',
    })
  }
  const signed: Delegation[] = []
  for (const delegation of delegations) signed.push(await signDelegation(account, { delegation, chainId, manager }))
  return signed
}

/** Computes what is computed, and checks what hangs together: nothing leaves here that `parseGrant` would refuse. */
export function assemble(parts: Omit<Grant, 'schema' | 'id' | 'lowering' | 'scopeHash'>): Grant {
  const { chainId, manager, scopes } = parts
  const { leaves, levels } = readStructure(parts)
  assertSignedScopes(parts, levels)
  const grant: Grant = {
    schema: 'ambit.grant.v1',
    id: grantId(manager, chainId, leaves),
    lowering: loweringOf(parts.branches),
    scopeHash: scopeHash(scopes.at(-1) as Scope),
    ...parts,
  }
  const bytes = new TextEncoder().encode(serializeGrant(grant)).length
  if (bytes > MAX_GRANT_BYTES) {
    throw new GrantError('grant.too_large', 'This grant is too large for a file.', {
      details: { bytes, limit: MAX_GRANT_BYTES },
      fix: 'Split the task into several grants.',
    })
  }
  return grant
}

function mismatch(details: Record<string, string | number>): GrantError {
  return new GrantError('grant.plan_mismatch', 'These delegations are not the ones that the plan describes.', {
    details,
    fix: 'Pass the delegations of createDelegations(plan.drafts) in their order, changed in nothing but the signature.',
  })
}
