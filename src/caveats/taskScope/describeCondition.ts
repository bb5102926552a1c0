import { toChecksum } from '../../primitives/address.ts'
import { uintToBytes } from '../../primitives/hex.ts'
import { listInWords, type Worded } from '../words.ts'
import { addressOf } from './payment.ts'
import type { TaskScopeCondition } from './types.ts'

/** What a word of the arguments has to be. Words are counted from 1: for people, not for programs. */
export function conditionInWords(condition: TaskScopeCondition): Worded {
  const word = `word ${condition.word + 1}`
  switch (condition.op) {
    case 'equal':
      return said(`${word} is ${valueInWords(condition.operand)}`)
    case 'not_equal':
      return said(`${word} is not ${valueInWords(condition.operand)}${cleanInWords(condition)}`)
    case 'at_most':
      return said(`${word} is at most ${numberInWords(condition.operand)}`)
    case 'at_least':
      return said(`${word} is at least ${numberInWords(condition.operand)}${cleanInWords(condition)}`)
    case 'signed_at_most':
      return said(`${word}, signed, is at most ${numberInWords(condition.operand)}${cleanInWords(condition)}`)
    case 'signed_at_least':
      return said(`${word}, signed, is at least ${numberInWords(condition.operand)}${cleanInWords(condition)}`)
    case 'one_of': {
      const { text, warnings } = listInWords(condition.operands.map(valueInWords))
      return { text: `${word} is ${text}`, warnings }
    }
    case 'bits': {
      const [mask, bits] = [hexInWords(condition.mask), hexInWords(condition.bits)]
      return said(`${word} under the mask ${mask} is ${bits}${cleanInWords(condition)}`)
    }
    case 'length_at_most':
      return said(`the bytes at ${word} are at most ${numberInWords(condition.operand)}`)
    case 'hash':
      return said(`the bytes at ${word} have the hash ${condition.operand}`)
  }
}

/** Where a type is narrower than its word, what stands beside it has to be empty. */
function cleanInWords({ width }: { width: number }): string {
  return width === 0 ? '' : ` (${width === 1 ? '1 byte' : `${width} bytes`} wide)`
}

/** A number of a length that people read, an address, or 32 bytes. */
function valueInWords(value: bigint): string {
  if (value < READABLE) return value.toString()
  return value >> 160n === 0n ? toChecksum(addressOf(value)) : uintToBytes(value, 32)
}

function numberInWords(value: bigint): string {
  if (value < 0n) return `-${numberInWords(-value)}`
  return value < READABLE ? value.toString() : hexInWords(value)
}

function hexInWords(value: bigint): string {
  return `0x${value.toString(16)}`
}

/** Numbers from here on are no amounts: said as bytes. */
const READABLE = 10n ** 24n

function said(text: string): Worded {
  return { text, warnings: [] }
}
