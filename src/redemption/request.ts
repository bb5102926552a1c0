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
  /** Whose caveat asks, by hash: the one that an escalation names. Default the leaf; a link above may have somebody confirm, too. */
  delegation?: Hex
  /** Below 2^64, not used before: the next of a run ({@link nextNumber}), which costs less gas than any number. */
  number: bigint
  /** Unix seconds, inclusive. */
  deadline: bigint
}

/**
 * What the agent's key and a confirmer sign, so that a link of a branch lets an action pass: these calls in this order, by
 * that delegation, once, until the deadline. Whoever submits it adds nothing and can change nothing. What the leaf asks for goes
 * into the action's `request`, what a link above asks for into its `requestsAbove`.
 *
 * @throws {@link RedemptionError} `redemption.no_request` where the link asks for no signature, `redemption.no_such_branch`.
 * {@link DelegationError} for calls that cannot be encoded, {@link CaveatError} for a number or deadline out of range.
 */
export function requestOf(
  grant: Pick<Grant, 'delegations' | 'branches'>,
  { environment, action, branch = 0, delegation, number, deadline }: RequestParameters,
): Requested {
  const { hash, enforcer, terms } = linkOf(grant, environment, branch, delegation)
  const { chainId } = environment
  const request = {
    chainId,
    enforcer,
    delegation: hash,
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

type Asking = { hash: Hex; enforcer: Address; terms: TaskScopeTerms }

function linkOf(
  { delegations, branches }: Pick<Grant, 'delegations' | 'branches'>,
  environment: Environment,
  branch: number,
  wanted: Hex | undefined,
): Asking {
  const path = branches[branch]?.links ?? []
  const links = (wanted === undefined ? path.slice(0, 1) : path).flatMap((index): [Hex, Delegation][] => {
    const delegation = delegations[index]
    return delegation === undefined ? [] : [[hashDelegation(delegation), delegation]]
  })
  const [hash, delegation] = links.find(([own]) => own === (wanted ?? own)) ?? []
  if (hash === undefined || delegation === undefined) {
    throw new RedemptionError('redemption.no_such_branch', 'The grant has no such branch.', {
      details: { branch, branches: branches.length, ...(wanted === undefined ? {} : { delegation: wanted }) },
      fix: 'Redeem the branch that the verdict named, and sign for a delegation of it.',
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
  return { hash, enforcer: caveat.enforcer, terms }
}
