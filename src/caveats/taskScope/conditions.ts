import { concatBytes, type Hex } from '../../primitives/hex.ts'
import { CaveatError } from '../errors.ts'
import { assertBytes, assertNotZero, assertUint } from '../terms.ts'
import { assertNumber, numberToBytes, sized, sizeOf, type TermsReader } from './bytes.ts'
import type { TaskScopeCondition } from './types.ts'

/** Number of the last word that a condition or a charge can name. */
export const LAST_WORD = 252

/** In the order of their numbers, from 1. */
const OPERATIONS = [
  'equal',
  'not_equal',
  'at_most',
  'at_least',
  'signed_at_most',
  'signed_at_least',
  'one_of',
  'bits',
  'length_at_most',
  'hash',
] as const satisfies readonly TaskScopeCondition['op'][]

/** Bit of the width of types that stand on the left of their word. */
const LEFT = 0x80
/** A width of 32 bytes leaves nothing outside: its one spelling is 0. */
const MOST_WIDTH = 31

/** @param length - Bytes of calldata that the rule asks for: the word has to lie in them. */
export function encodeCondition(condition: TaskScopeCondition, length: number): Hex {
  const operation = OPERATIONS.indexOf(condition.op) + 1
  if (operation === 0) throw unknownOperation(String(condition.op))
  assertWord(condition.word, length)
  const { widthOrCount, operands, least = 0 } = partsOf(condition)
  const size = Math.max(least, ...operands.map(sizeOf))
  return concatBytes(
    numberToBytes(operation, 1),
    numberToBytes(condition.word, 1),
    numberToBytes(widthOrCount, 1),
    numberToBytes(size, 1),
    ...operands.map((operand) => sized(operand, size)),
  )
}

export function readCondition(reader: TermsReader): TaskScopeCondition {
  const operation = reader.number(1)
  const op = OPERATIONS[operation - 1]
  if (op === undefined) throw unknownOperation(String(operation))
  const word = reader.number(1)
  const widthOrCount = reader.number(1)
  const size = reader.number(1)
  const width = widthOrCount % LEFT
  const left = widthOrCount >= LEFT
  switch (op) {
    case 'equal':
    case 'at_most':
    case 'length_at_most':
      return { op, word, operand: reader.uint(size) }
    case 'not_equal':
    case 'at_least':
      return { op, word, width, left, operand: reader.uint(size) }
    case 'signed_at_most':
    case 'signed_at_least':
      return { op, word, width: widthOrCount, operand: BigInt.asIntN(256, reader.uint(size)) }
    case 'one_of':
      return { op, word, operands: Array.from({ length: widthOrCount }, () => reader.uint(size)) }
    case 'bits':
      return { op, word, width, left, mask: reader.uint(size), bits: reader.uint(size) }
    case 'hash':
      return { op, word, operand: reader.take(size) }
  }
}

/** @param length - Bytes of calldata that the rule asks for. */
export function assertWord(word: number, length: number): void {
  assertNumber(word, 0, LAST_WORD, 'word')
  if (36 + 32 * word > length) {
    throw new CaveatError('caveats.unsatisfiable', 'This word lies behind the calldata that the rule asks for.', {
      details: { word, length, atLeast: 36 + 32 * word },
      fix: 'Count words from the first after the selector, and let the rule ask for all of them.',
    })
  }
}

/** What stands in the third byte, the operands as unsigned words, and the least size they are written in. */
type Parts = { widthOrCount: number; operands: readonly bigint[]; least?: number }

function partsOf(condition: TaskScopeCondition): Parts {
  switch (condition.op) {
    case 'equal':
    case 'at_most':
    case 'length_at_most':
      assertUint(condition.operand, 256, 'operand')
      return { widthOrCount: 0, operands: [condition.operand] }
    case 'not_equal':
    case 'at_least':
      assertUint(condition.operand, 256, 'operand')
      return { widthOrCount: widthOf(condition), operands: [condition.operand] }
    case 'signed_at_most':
    case 'signed_at_least':
      assertNumber(condition.width, 0, MOST_WIDTH, 'width')
      assertSigned(condition.operand)
      return { widthOrCount: condition.width, operands: [BigInt.asUintN(256, condition.operand)] }
    case 'one_of':
      assertNumber(condition.operands.length, 1, 255, 'operands')
      for (const operand of condition.operands) assertUint(operand, 256, 'operand')
      return { widthOrCount: condition.operands.length, operands: condition.operands, least: 1 }
    case 'bits':
      assertMask(condition.mask, condition.bits)
      return { widthOrCount: widthOf(condition), operands: [condition.mask, condition.bits] }
    case 'hash':
      assertBytes(condition.operand, 32, 'operand')
      return { widthOrCount: 0, operands: [BigInt(condition.operand)], least: 32 }
  }
}

function widthOf({ width, left }: { width: number; left: boolean }): number {
  assertNumber(width, left ? 1 : 0, MOST_WIDTH, 'width')
  return left ? LEFT + width : width
}

function assertSigned(operand: bigint): void {
  if (typeof operand === 'bigint' && BigInt.asIntN(256, operand) === operand) return
  throw new CaveatError('caveats.out_of_range', 'This value does not fit its place in the terms.', {
    details: { field: 'operand', value: String(operand) },
    fix: 'Give an integer from -2^255 to 2^255 - 1.',
  })
}

function assertMask(mask: bigint, bits: bigint): void {
  assertUint(mask, 256, 'mask')
  assertUint(bits, 256, 'bits')
  assertNotZero(mask, 'mask')
  if ((bits & ~mask) !== 0n) {
    throw new CaveatError(
      'caveats.unsatisfiable',
      'A bit that is asked for is not under the mask: it is never there.',
      {
        details: { mask: String(mask), bits: String(bits) },
        fix: 'Ask only for bits of the mask.',
      },
    )
  }
}

function unknownOperation(operation: string): CaveatError {
  return new CaveatError('caveats.out_of_range', 'There is no such condition.', {
    details: { operation },
    fix: `Use one of ${OPERATIONS.join(', ')}.`,
  })
}
