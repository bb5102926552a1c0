import { encodeContext } from '../delegation/context.ts'
import { hashDelegation } from '../delegation/hash.ts'
import type { Delegation } from '../delegation/types.ts'
import type { Grant } from '../grant/types.ts'
import { byteLength, concatBytes, type Hex, isHex, uintToBytes } from '../primitives/hex.ts'
import type { Action, Call } from '../verdict/types.ts'
import { RedemptionError } from './errors.ts'
import type { Redemption } from './types.ts'

/** `redeemDelegations(bytes[],bytes32[],bytes[])`. */
export const REDEEM_SELECTOR: Hex = '0xcef6d209'

/** ERC-7579 mode of one call that reverts when it fails. The try mode would count what did not happen. */
export const SINGLE_DEFAULT_MODE: Hex = `0x${'00'.repeat(32)}`

/** Nodes relay no larger transaction, and a larger one costs more than a block. */
export const MAX_CALLDATA_BYTES = 131_072

/**
 * The bytes that redeem one branch of a grant for one action, in single mode: what is simulated is what is signed is what
 * is sent. Decides nothing: a verdict does.
 *
 * @param branch - Index in the grant's branches, as the verdict named it.
 * @throws {@link RedemptionError} `redemption.wrong_chain`, `redemption.no_such_branch`, `redemption.empty`,
 * `redemption.unsigned`, `redemption.not_one_call`, `redemption.malformed_call`.
 */
export function encodeRedemption(grant: Grant, branch: number, action: Action): Redemption {
  if (action.chainId !== grant.chainId) {
    throw new RedemptionError('redemption.wrong_chain', 'This action is for another chain than the grant.', {
      details: { action: action.chainId, grant: grant.chainId },
      fix: 'Redeem on the chain of the grant.',
    })
  }
  const delegations = linksOf(grant, branch)
  const execution = encodeExecution(onlyCall(action))
  const context = encodeContext(delegations)
  return {
    manager: grant.manager,
    data: encodeCall(context, SINGLE_DEFAULT_MODE, execution),
    chain: delegations.map(hashDelegation),
    context,
    mode: SINGLE_DEFAULT_MODE,
    execution,
  }
}

/** Single-mode execution: `target(20) ‖ value(32) ‖ call data`, packed. */
export function encodeExecution({ to, value, data }: Call): Hex {
  if (!/^0x[0-9a-f]{40}$/.test(to) || !isHex(data) || byteLength(data) > MAX_CALLDATA_BYTES || !isUint256(value)) {
    throw new RedemptionError('redemption.malformed_call', 'This call cannot be encoded.', {
      details: { to: String(to), value: String(value), bytes: typeof data === 'string' ? data.length : 0 },
      fix: 'Give a lower-case address, a value from 0 to 2^256 - 1 and lower-case call data of at most 128 KiB.',
    })
  }
  return concatBytes(to, uintToBytes(value, 32), data)
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

function onlyCall(action: Action): Call {
  const [call] = action.calls
  if (call === undefined || action.calls.length !== 1) {
    throw new RedemptionError('redemption.not_one_call', 'The framework lowering redeems exactly one call at a time.', {
      details: { calls: action.calls.length },
      fix: 'Send each call as an action of its own.',
    })
  }
  return call
}

function oneBytes(value: Hex): string {
  const digits = value.slice(2)
  return word(1) + word(32) + word(digits.length / 2) + digits.padEnd(Math.ceil(digits.length / 64) * 64, '0')
}

function word(value: number): string {
  return value.toString(16).padStart(64, '0')
}

function isUint256(value: unknown): value is bigint {
  return typeof value === 'bigint' && value >= 0n && value < 1n << 256n
}
