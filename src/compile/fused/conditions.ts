import { keccak256 } from 'viem'
import type { TaskScopeCondition } from '../../caveats/taskScope/types.ts'
import { type AbiType, type Accounts, abiType, bytesOf, isWord, rangeOf } from '../../scope/abi.ts'
import { headWord } from '../../scope/calldata.ts'
import type { FunctionInput } from '../../scope/function.ts'
import type { AbiValue, Condition } from '../../scope/types.ts'

/** All have to hold. */
type Conditions = readonly TaskScopeCondition[]

/** How many rules it takes to say a condition: each of several texts has a hash of its own. */
export function countAlternatives(type: AbiType, condition: Condition): number {
  return !isWord(type) && 'in' in condition ? condition.in.length : 1
}

/** False for what the caveat has no operation for: a dynamic argument that must not have a value. */
export function isExpressible(type: AbiType, condition: Condition): boolean {
  if (isWord(type)) return !('length' in condition || 'hash' in condition)
  if (type.kind === 'list') return 'length' in condition
  const dynamic = type.kind === 'bytes' || type.kind === 'string'
  return dynamic && ('eq' in condition || 'in' in condition || 'length' in condition || 'hash' in condition)
}

/**
 * What a condition of the scope says in operations of the caveat: ways of which one has to hold. Takes what
 * {@link isExpressible} says yes to.
 */
export function alternativesOf(input: FunctionInput, condition: Condition, accounts: Accounts): readonly Conditions[] {
  const type = abiType(input.type)
  const word = input.headOffset / 32
  if (isWord(type)) return [conditionsOn(type, word, condition, accounts)]
  if ('length' in condition) return [[{ op: 'length_at_most', word, operand: BigInt(condition.length.lte) }]]
  if ('hash' in condition) return [[{ op: 'hash', word, operand: condition.hash }]]
  const values = 'in' in condition ? condition.in : 'eq' in condition ? [condition.eq] : []
  return values.map((value) => [{ op: 'hash', word, operand: keccak256(bytesOf(type, value)) }])
}

function conditionsOn(type: AbiType, word: number, condition: Condition, accounts: Accounts): Conditions {
  const asWord = (value: AbiValue) => headWord(type, value, accounts)
  if ('eq' in condition) return [{ op: 'equal', word, operand: asWord(condition.eq) }]
  if ('neq' in condition) return differs(type, word, asWord(condition.neq))
  if ('in' in condition) return [oneOf(word, condition.in.map(asWord))]
  const { width, left } = widthOf(type)
  if ('lte' in condition) {
    const operand = BigInt(condition.lte)
    return [type.kind === 'int' ? { op: 'signed_at_most', word, width, operand } : { op: 'at_most', word, operand }]
  }
  if ('gte' in condition) {
    const operand = BigInt(condition.gte)
    if (type.kind === 'int') return [{ op: 'signed_at_least', word, width, operand }]
    return [{ op: 'at_least', word, width, left, operand }]
  }
  const { mask, equals } = condition as Extract<Condition, { mask: string }>
  // No bit is looked at: what is left of the condition is that the word is one of its type.
  if (mask === '0') return [{ op: 'at_most', word, operand: rangeOf(type).max }]
  return [{ op: 'bits', word, width, left, mask: BigInt(mask), bits: BigInt(equals) }]
}

/** A list of one is `equal`: cheaper, and it fixes the word for whoever reads it. */
export function oneOf(word: number, operands: readonly bigint[]): TaskScopeCondition {
  const [only] = operands
  return operands.length === 1 && only !== undefined
    ? { op: 'equal', word, operand: only }
    : { op: 'one_of', word, operands }
}

/** Beside its own bytes a word must be clean, or one that a target cuts to the refused value would pass. */
function differs(type: AbiType, word: number, operand: bigint): Conditions {
  if (type.kind === 'bool') return [{ op: 'equal', word, operand: 1n - operand }]
  const { width, left } = widthOf(type)
  const different = { op: 'not_equal', word, operand } as const
  // What `not_equal` takes for clean is zeros, and a negative number has ones there: another operation looks at those.
  if (type.kind === 'int' && width !== 0) {
    return [
      { op: 'signed_at_least', word, width, operand: rangeOf(type).min },
      { ...different, width: 0, left: false },
    ]
  }
  return [{ ...different, width, left }]
}

/** Bytes of a type in its word; 0 where nothing is outside. */
function widthOf(type: AbiType): { width: number; left: boolean } {
  switch (type.kind) {
    case 'uint':
    case 'int':
      return { width: (type.bits / 8) % 32, left: false }
    case 'fixedBytes':
      return { width: type.size % 32, left: type.size < 32 }
    default:
      // An account: of a truth value nothing else is compared than that it is the one or the other.
      return { width: 20, left: false }
  }
}
