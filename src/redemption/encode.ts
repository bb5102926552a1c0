import { encodeTaskScopeArgs } from '../caveats/taskScope/args.ts'
import { encodeContext } from '../delegation/context.ts'
import { encodeCalls } from '../delegation/execution.ts'
import { hashDelegation } from '../delegation/hash.ts'
import type { Delegation } from '../delegation/types.ts'
import type { Grant } from '../grant/types.ts'
import type { Hex } from '../primitives/hex.ts'
import type { Action } from '../verdict/types.ts'
import { RedemptionError } from './errors.ts'
import type { Redemption } from './types.ts'

/** `redeemDelegations(bytes[],bytes32[],bytes[])`. */
export const REDEEM_SELECTOR: Hex = '0xcef6d209'

/**
 * The bytes that redeem one branch of a grant for one action, one call in single mode and several as one batch: what is
 * simulated is what is signed is what is sent. What was signed of the action goes into the `args` of the caveats that ask
 * for it. Decides nothing: a verdict does.
 *
 * @param branch - Index in the grant's branches, as the verdict named it.
 * @throws {@link RedemptionError} `redemption.wrong_chain`, `redemption.no_such_branch`, `redemption.empty`,
 * `redemption.unsigned`, `redemption.no_request`. {@link DelegationError} for calls that cannot be encoded.
 */
export function encodeRedemption(grant: Grant, branch: number, action: Action): Redemption {
  if (action.chainId !== grant.chainId) {
    throw new RedemptionError('redemption.wrong_chain', 'This action is for another chain than the grant.', {
      details: { action: action.chainId, grant: grant.chainId },
      fix: 'Redeem on the chain of the grant.',
    })
  }
  const delegations = linksOf(grant, branch).map((delegation, hop) => withRequest(delegation, hop, action))
  const { mode, execution } = encodeCalls(action.calls)
  const context = encodeContext(delegations)
  return {
    manager: grant.manager,
    data: encodeCall(context, mode, execution),
    chain: delegations.map(hashDelegation),
    context,
    mode,
    execution,
  }
}

/** Canonical call data of `redeemDelegations` with one entry in each list. */
export function encodeCall(context: Hex, mode: Hex, execution: Hex): Hex {
  const contexts = oneBytes(context)
  const modesAt = 3 * 32 + contexts.length / 2
  return `${REDEEM_SELECTOR}${word(3 * 32)}${word(modesAt)}${word(modesAt + 2 * 32)}${contexts}${word(1)}${mode.slice(2)}${oneBytes(execution)}`
}

function linksOf(grant: Grant, index: number): Delegation[] {
  const branch = grant.branches[index]
  if (branch === undefined) {
    throw new RedemptionError('redemption.no_such_branch', 'The grant has no such branch.', {
      details: { branch: index, branches: grant.branches.length },
      fix: 'Redeem the branch that the verdict named.',
    })
  }
  if (branch.links.length === 0) {
    // The manager takes an empty context to mean that the redeemer acts for itself: its own funds would move.
    throw new RedemptionError('redemption.empty', 'This branch has no delegation.', {
      details: { branch: index },
      fix: 'Get the whole grant again from whoever issued it.',
    })
  }
  return branch.links.map((link) => {
    const delegation = grant.delegations[link]
    if (delegation === undefined) {
      throw new RedemptionError('redemption.no_such_branch', 'This branch names a delegation that the grant lacks.', {
        details: { branch: index, link, delegations: grant.delegations.length },
        fix: 'Get the whole grant again from whoever issued it.',
      })
    }
    if (delegation.signature === '0x') {
      throw new RedemptionError('redemption.unsigned', 'A delegation of this branch is not signed.', {
        details: { branch: index, link },
        fix: 'Have its delegator sign it.',
      })
    }
    return delegation
  })
}

/** Outside a delegation's hash and signature: whoever redeems fills them in. */
function withRequest(delegation: Delegation, hop: number, { request, requestsAbove = {} }: Action): Delegation {
  const own = hop === 0 ? request : requestsAbove[hashDelegation(delegation)]
  if (own === undefined) return delegation
  const [caveat, ...more] = delegation.caveats
  if (caveat === undefined || more.length > 0) {
    throw new RedemptionError(
      'redemption.no_request',
      'This delegation has not one caveat that could take a request.',
      {
        details: { hop, caveats: delegation.caveats.length },
        fix: 'Redeem without a request.',
      },
    )
  }
  const { signature, ...rest } = own
  return { ...delegation, caveats: [{ ...caveat, args: encodeTaskScopeArgs({ ...rest, request: signature }) }] }
}

function oneBytes(value: Hex): string {
  const digits = value.slice(2)
  return word(1) + word(32) + word(digits.length / 2) + digits.padEnd(Math.ceil(digits.length / 64) * 64, '0')
}

function word(value: number): string {
  return value.toString(16).padStart(64, '0')
}
