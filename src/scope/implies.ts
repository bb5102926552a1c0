import { keccak_256 } from '@noble/hashes/sha3.js'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { byteLength, type Hex } from '../primitives/hex.ts'
import { max as larger } from '../primitives/integer.ts'
import { type AbiType, type Accounts, bytesOf, isWord, rangeOf, wordOf } from './abi.ts'
import type { AbiValue, Condition } from './types.ts'

/** A condition, and whom `"principal"` and `"delegate"` mean in it. */
export type Bound = { condition: Condition; accounts: Accounts }

/** The one-word values that a condition admits; `int` signed, all else unsigned. */
type Words =
  | { kind: 'values'; values: readonly bigint[] }
  | { kind: 'except'; value: bigint }
  | { kind: 'range'; min: bigint; max: bigint }
  | { kind: 'mask'; mask: bigint; equals: bigint }

/**
 * True if every value that `narrow` admits, `wide` admits too. Sound, not complete: what it cannot decide it denies.
 *
 * @param narrow - `undefined` where nothing is demanded of the argument.
 */
export function implies(type: AbiType, narrow: Bound | undefined, wide: Bound): boolean {
  if (isWord(type)) {
    const all: Words = { kind: 'range', ...rangeOf(type) }
    return containsWords(
      type,
      normal(type, narrow === undefined ? all : wordsOf(type, narrow)),
      normal(type, wordsOf(type, wide)),
    )
  }
  if (narrow === undefined) return false
  const values = listedValues(narrow.condition)
  if (values !== undefined) return values.every((value) => admitsBytes(type, bytesOf(type, value), wide))
  const { condition } = narrow
  const other = wide.condition
  if ('length' in condition) return 'length' in other && BigInt(condition.length.lte) <= BigInt(other.length.lte)
  if ('hash' in condition) return 'hash' in other && condition.hash === other.hash
  if ('neq' in condition) return 'neq' in other && bytesOf(type, condition.neq) === bytesOf(type, other.neq)
  return false
}

/** The largest integer an unsigned argument can have under a condition. */
export function largestOf(type: AbiType, bound: Bound | undefined): bigint {
  const { max } = rangeOf(type)
  if (bound === undefined) return max
  const words = wordsOf(type, bound)
  if (words.kind === 'values') return words.values.reduce(larger, 0n)
  if (words.kind === 'range') return words.max
  if (words.kind === 'mask') return words.equals | (max & ~words.mask)
  return words.value === max ? max - 1n : max
}

function wordsOf(type: AbiType, { condition, accounts }: Bound): Words {
  const { min, max } = rangeOf(type)
  const values = listedValues(condition)
  if (values !== undefined) return { kind: 'values', values: values.map((value) => wordOf(type, value, accounts)) }
  if ('neq' in condition) return { kind: 'except', value: wordOf(type, condition.neq, accounts) }
  if ('lte' in condition) return { kind: 'range', min, max: BigInt(condition.lte) }
  if ('gte' in condition) return { kind: 'range', min: BigInt(condition.gte), max }
  if ('mask' in condition) return { kind: 'mask', mask: BigInt(condition.mask), equals: BigInt(condition.equals) }
  // Length and hash do not fit a word; `parseScope` refuses them here. As the narrow side this claims all, as the wide none.
  return { kind: 'values', values: [] }
}

/** Most values that a range is written out as: what a scope can list. */
const MAX_LISTED = 64n

/** A mask that leaves the lowest bits free is a range, and a short range is its values: more can then be compared. */
function normal(type: AbiType, words: Words): Words {
  if (words.kind === 'mask') {
    const free = rangeOf(type).max & ~words.mask
    if ((free & (free + 1n)) !== 0n) return words
    return normal(type, { kind: 'range', min: words.equals, max: words.equals | free })
  }
  if (words.kind !== 'range' || words.max - words.min >= MAX_LISTED) return words
  const values = Array.from({ length: Number(words.max - words.min) + 1 }, (_, index) => words.min + BigInt(index))
  return { kind: 'values', values }
}

function containsWords(type: AbiType, narrow: Words, wide: Words): boolean {
  if (narrow.kind === 'values') {
    return narrow.values.length > 0 && narrow.values.every((value) => admitsWord(value, wide))
  }
  if (narrow.kind === 'except') {
    if (wide.kind === 'except') return wide.value === narrow.value
    return containsWords(type, { kind: 'range', ...rangeOf(type) }, wide)
  }
  const [low, high] = spanOf(type, narrow)
  if (wide.kind === 'range') return wide.min <= low && high <= wide.max
  if (wide.kind === 'except') return !admitsWord(wide.value, narrow)
  // What is left on the narrow side are long ranges and masks with gaps: none fits a list, and a range no mask with gaps.
  if (wide.kind === 'values' || narrow.kind === 'range') return false
  return (wide.mask & ~narrow.mask) === 0n && (narrow.equals & wide.mask) === wide.equals
}

/** Smallest and largest value of a range or a mask. */
function spanOf(type: AbiType, words: Extract<Words, { kind: 'range' | 'mask' }>): [bigint, bigint] {
  if (words.kind === 'range') return [words.min, words.max]
  return [words.equals, words.equals | (rangeOf(type).max & ~words.mask)]
}

function admitsWord(value: bigint, words: Words): boolean {
  if (words.kind === 'values') return words.values.includes(value)
  if (words.kind === 'except') return value !== words.value
  if (words.kind === 'range') return words.min <= value && value <= words.max
  return (value & words.mask) === words.equals
}

function admitsBytes(type: AbiType, value: Hex, { condition }: Bound): boolean {
  const values = listedValues(condition)
  if (values !== undefined) return values.some((candidate) => bytesOf(type, candidate) === value)
  if ('neq' in condition) return bytesOf(type, condition.neq) !== value
  if ('length' in condition) return BigInt(byteLength(value)) <= BigInt(condition.length.lte)
  if ('hash' in condition) return `0x${bytesToHex(keccak_256(hexToBytes(value.slice(2))))}` === condition.hash
  return false
}

function listedValues(condition: Condition): readonly AbiValue[] | undefined {
  if ('eq' in condition) return [condition.eq]
  return 'in' in condition ? condition.in : undefined
}
