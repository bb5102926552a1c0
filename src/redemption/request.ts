import { decodeCaveat } from '../caveats/caveat.ts'
import {
  requestDigest,
  requestTypedData,
  type TaskScopeRequest,
  type TaskScopeTypedData,
} from '../caveats/taskScope/requestDigest.ts'
import type { TaskScopeTerms } from '../caveats/taskScope/types.ts'
import type { Environment } from '../caveats/types.ts'
import { encodeCalls } from '../delegation/execution.ts'
import { hashDelegation } from '../delegation/hash.ts'
import { askForSignature, type SigningAccount } from '../delegation/sign.ts'
import type { Delegation } from '../delegation/types.ts'
import type { Grant } from '../grant/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import type { Action, ActionRequest } from '../verdict/types.ts'
import { RedemptionError } from './errors.ts'

/** What may have to be signed of an action, and by whom. */
export type Requested = {
  request: TaskScopeRequest
  /** Always signs; `null` where the terms name none. */
  key: Address | null
  /** Signs what is above a threshold; `null` where the terms name none. */
  confirmer: Address | null
}

export type RequestParameters = {
  environment: Environment
  action: Pick<Action, 'calls'>
  /** Index in the grant's branches. Default 0: a scope in one caveat has one. */
  branch?: number
  /** Below 2^64, not used before: the next of a run ({@link nextNumber}), which costs less gas than any number. */
  number: bigint
  /** Unix seconds, inclusive. */
  deadline: bigint
}

/**
 * What the agent's key and a confirmer sign, so that the leaf of a branch lets an action pass: these calls in this order, by
 * that delegation, once, until the deadline. Whoever submits it adds nothing and can change nothing.
 *
 * @throws {@link RedemptionError} `redemption.no_request` where the leaf asks for no signature, `redemption.no_such_branch`.
 * {@link DelegationError} for calls that cannot be encoded, {@link CaveatError} for a number or deadline out of range.
 */
export function requestOf(
  grant: Pick<Grant, 'delegations' | 'branches'>,
  { environment, action, branch = 0, number, deadline }: RequestParameters,
): Requested {
  const { delegation, enforcer, terms } = leafOf(grant, environment, branch)
  const { chainId } = environment
  const request = {
    chainId,
    enforcer,
    delegation: hashDelegation(delegation),
    ...encodeCalls(action.calls),
    number,
    deadline,
  }
  // Refused here, before anybody is asked to sign it.
  requestDigest(request)
  return { request, key: terms.requestKey, confirmer: terms.confirmer }
}

/**
 * The signature of the request key or of a confirmer. A local account's is checked, a contract's can only be judged by its contract.
 *
 * @throws {@link DelegationError} `delegation.signing_failed`, `delegation.bad_signature`.
 */
export function signRequest(account: SigningAccount<TaskScopeTypedData>, request: TaskScopeRequest): Promise<Hex> {
  return askForSignature(account, requestTypedData(request), requestDigest(request))
}

/** What an action carries before anybody has signed. */
export function unsignedRequest({ number, deadline }: Pick<TaskScopeRequest, 'number' | 'deadline'>): ActionRequest {
  return { number, deadline, signature: null, confirmation: null }
}

type Leaf = { delegation: Delegation; enforcer: Address; terms: TaskScopeTerms }

function leafOf(
  { delegations, branches }: Pick<Grant, 'delegations' | 'branches'>,
  environment: Environment,
  branch: number,
): Leaf {
  const delegation = delegations[branches[branch]?.links[0] ?? -1]
  if (delegation === undefined) {
    throw new RedemptionError('redemption.no_such_branch', 'The grant has no such branch.', {
      details: { branch, branches: branches.length },
      fix: 'Redeem the branch that the verdict named.',
    })
  }
  const [caveat, ...more] = delegation.caveats
  const terms = caveat === undefined || more.length > 0 ? undefined : decodeCaveat(environment, caveat)
  if (caveat === undefined || terms?.kind !== 'taskScope' || (terms.requestKey === null && terms.confirmer === null)) {
    throw new RedemptionError('redemption.no_request', 'This grant asks for no signature of a request.', {
      details: { branch },
      fix: 'Redeem without a request.',
    })
  }
  return { delegation, enforcer: caveat.enforcer, terms }
}
