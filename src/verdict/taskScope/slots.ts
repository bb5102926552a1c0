import { keccak256 } from 'viem'
import type { TaskScopeTerms } from '../../caveats/taskScope/types.ts'
import type { Group } from '../../grant/ending.ts'
import { type Address, concatBytes, type Hex, uintToBytes } from '../../primitives/hex.ts'

/** Whose delegation carries the terms. */
export type Carrier = { hash: Hex; delegator: Address }

/** Where the TaskScopeEnforcer keeps what it counts and ends: slots of its storage, 32 bytes each. */
export type Slots = {
  group: Hex
  /** One for each budget. */
  budgets: readonly Hex[]
  /** Calls stand beside the first budget; `null` where they are not counted. */
  calls: Hex | null
}

const WORD = 2n ** 256n

export function slotsOf(terms: TaskScopeTerms, { hash, delegator }: Carrier): Slots {
  const { group, guardian, budgets, calls } = terms
  return {
    group: groupSlot({ delegator, group, guardian }),
    budgets: budgets.map((_, index) => uintToBytes((BigInt(hash) + BigInt(index)) % WORD, 32)),
    calls: calls === null ? null : hash,
  }
}

/** Where a group is marked as ended: not zero. */
export function groupSlot({ delegator, group, guardian }: Group): Hex {
  return keccak256(concatBytes(wordOf(delegator), wordOf(concatBytes(group, guardian ?? NOBODY))))
}

/** Where the number of a request stands as one bit among 256. */
export function numberSlot(hash: Hex, signer: Address, number: bigint): Hex {
  return keccak256(concatBytes(hash, wordOf(signer), uintToBytes(number >> 8n, 32)))
}

export function isNumberUsed(word: bigint, number: bigint): boolean {
  return ((word >> (number & 255n)) & 1n) === 1n
}

const NOBODY: Address = `0x${'00'.repeat(20)}`

function wordOf(value: Hex): Hex {
  return `0x${value.slice(2).padStart(64, '0')}`
}
