import { keccak256 } from 'viem'
import type { Caveat, DecodedCaveat, TokenPeriod } from '../caveats/types.ts'
import {
  type Address,
  byteLength,
  bytesToUint,
  concatBytes,
  type Hex,
  sliceBytes,
  uintToBytes,
} from '../primitives/hex.ts'
import { type Call, counterKey } from './types.ts'

/** Where a caveat stands: its link's hash and delegator, and the manager that walks it. */
export type Place = { hash: Hex; delegator: Address; manager: Address }

/**
 * Key in `State.counters` of what a caveat's enforcer keeps, or says of itself; `null` where nothing is read for it, or
 * what to read depends on the action ({@link approvalKey}).
 */
export function counterOf(meaning: DecodedCaveat, { enforcer, terms, args }: Caveat, place: Place): string | null {
  switch (meaning.kind) {
    case 'limitedCalls':
    case 'erc20TransferAmount':
    case 'nativeTransferAmount':
    case 'erc20PeriodTransfer':
    case 'nativePeriodTransfer':
    case 'erc20Streaming':
    case 'nativeStreaming':
    case 'specificActionBatch':
      return counterKey(enforcer, place.hash)
    case 'id':
      return counterKey(enforcer, keccak256(concatBytes(place.delegator, uintToBytes(meaning.id, 32))))
    case 'multiTokenPeriod': {
      const key = periodKey(meaning.periods, args, place)
      return key === null ? null : counterKey(enforcer, key)
    }
    case 'blockNumber':
    case 'deployed':
    case 'erc20BalanceChange':
    case 'erc721BalanceChange':
    case 'erc1155BalanceChange':
      return counterKey(enforcer, keccak256(terms))
    default:
      return null
  }
}

/**
 * What two caveats of one chain must not share, and do where this is the same: a counter, a one-time id, the lock of a
 * balance. `null` where there is nothing to share.
 */
export function sharedBy(meaning: DecodedCaveat, caveat: Caveat, place: Place): string | null {
  const { enforcer } = caveat
  switch (meaning.kind) {
    case 'blockNumber':
    case 'deployed':
      return null
    case 'taskScope':
    case 'nativeBalanceChange':
      return `${enforcer}:${place.hash}`
    case 'erc20BalanceChange':
      return `${enforcer}:${place.hash}:${meaning.token}`
    case 'erc721BalanceChange':
      return `${enforcer}:${place.hash}:${meaning.token}:${meaning.recipient}`
    case 'erc1155BalanceChange':
      return `${enforcer}:${place.hash}:${meaning.token}:${meaning.recipient}:${meaning.tokenId}`
    default:
      return counterOf(meaning, caveat, place)
  }
}

/** The period that the redeemer's `args` choose, an index as a word; `null` where they choose none. */
export function chosenPeriod(
  periods: readonly TokenPeriod[],
  args: Hex,
): { period: TokenPeriod; index: bigint } | null {
  if (byteLength(args) < 32) return null
  const index = bytesToUint(sliceBytes(args, 0, 32))
  const period = periods[Number(index)]
  return period === undefined ? null : { period, index }
}

/** MultiTokenPeriodEnforcer's own key: `keccak256(abi.encode(manager, token, delegation hash, index))`. */
export function periodKey(periods: readonly TokenPeriod[], args: Hex, { hash, manager }: Place): Hex | null {
  const chosen = chosenPeriod(periods, args)
  if (chosen === null) return null
  const { period, index } = chosen
  return keccak256(concatBytes(wordOf(manager), wordOf(period.token), hash, uintToBytes(index, 32)))
}

/** Key of what ApprovalRevocationEnforcer finds when it asks the target about the approval that this call takes back. */
export function approvalKey(enforcer: Address, delegator: Address, { to, data }: Call): string {
  return counterKey(enforcer, keccak256(concatBytes(to, delegator, data)))
}

function wordOf(address: Address): Hex {
  return `0x${'00'.repeat(12)}${address.slice(2)}`
}
