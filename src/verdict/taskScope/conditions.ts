import { keccak256 } from 'viem'
import type { TaskScopeCondition } from '../../caveats/taskScope/types.ts'
import type { Call } from '../../delegation/execution.ts'

/** A call with the size of its data, in bytes. */
export type SizedCall = Call & { size: number }

/** A word of the arguments, numbered from the first after the selector; `null` where the call data ends first. */
export function argumentOf({ data, size }: SizedCall, word: number): bigint | null {
  return wordAt(data, size, 4 + 32 * word)
}

/** Whether a condition holds of a call that has its rule's shape. Agrees with `Conditions.sol`, dirty bits included. */
export function holds(condition: TaskScopeCondition, call: SizedCall): boolean {
  const word = argumentOf(call, condition.word)
  if (word === null) return false
  switch (condition.op) {
    case 'equal':
      return word === condition.operand
    case 'at_most':
      return word <= condition.operand
    case 'one_of':
      return condition.operands.includes(word)
    case 'not_equal':
      return isClean(condition, word) && word !== condition.operand
    case 'at_least':
      return isClean(condition, word) && word >= condition.operand
    case 'bits':
      return isClean(condition, word) && (word & condition.mask) === condition.bits
    case 'signed_at_most':
      return isSigned(condition.width, word) && BigInt.asIntN(256, word) <= condition.operand
    case 'signed_at_least':
      return isSigned(condition.width, word) && BigInt.asIntN(256, word) >= condition.operand
    case 'length_at_most': {
      const tail = tailOf(call, word)
      return tail !== null && BigInt(tail.length) <= condition.operand
    }
    case 'hash': {
      const tail = tailOf(call, word)
      return (
        tail !== null &&
        keccak256(`0x${call.data.slice(2 + 2 * tail.at, 2 + 2 * (tail.at + tail.length))}`) === condition.operand
      )
    }
  }
}

/**
 * Where a `bytes` or `string` lies whose offset a word is: its first byte in the call data, and its length. `null` where it
 * does not lie in the call data.
 */
export function tailOf({ data, size }: SizedCall, offset: bigint): { at: number; length: number } | null {
  const at = 4 + Number(offset)
  const length = wordAt(data, size, at)
  if (length === null || length > BigInt(size - at - 32)) return null
  return { at: at + 32, length: Number(length) }
}

/** Some targets cut what stands beside an argument's own bytes: a word that seems unequal, or large, would then be neither. */
function isClean({ width, left }: { width: number; left: boolean }, word: bigint): boolean {
  if (width === 0) return true
  if (left) return BigInt.asUintN(256, word << BigInt(8 * width)) === 0n
  return word >> BigInt(8 * width) === 0n
}

/** The same for a two's complement number: what stands beside it repeats its sign. */
function isSigned(width: number, word: bigint): boolean {
  if (width === 0) return true
  return BigInt.asUintN(256, BigInt.asIntN(8 * width, word)) === word
}

function wordAt(data: string, size: number, at: number): bigint | null {
  return at + 32 > size ? null : BigInt(`0x${data.slice(2 + 2 * at, 66 + 2 * at)}`)
}
