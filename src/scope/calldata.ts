import { hexToBytes } from '@noble/hashes/utils.js'
import { byteLength, bytesToUint, concatBytes, type Hex, sliceBytes, uintToBytes } from '../primitives/hex.ts'
import { type AbiType, type Accounts, abiType, bytesOf, isWord, rangeOf, wordOf } from './abi.ts'
import type { FunctionInput, ParsedFunction } from './function.ts'
import type { AbiValue } from './types.ts'

/** `transfer(address,uint256)`. */
export const TRANSFER_SELECTOR: Hex = '0xa9059cbb'
/** `approve(address,uint256)`. */
export const APPROVE_SELECTOR: Hex = '0x095ea7b3'

/** Account and amount of a call of one of the two functions above, of exactly 68 canonical bytes; else `undefined`. */
export function readAccountAmount(data: Hex, selector: Hex): { account: Hex; amount: bigint } | undefined {
  if (byteLength(data) !== 68 || sliceBytes(data, 0, 4) !== selector) return undefined
  if (bytesToUint(sliceBytes(data, 4, 16)) !== 0n) return undefined
  return { account: sliceBytes(data, 16, 36), amount: bytesToUint(sliceBytes(data, 36)) }
}

/**
 * One argument out of call data, in the form in which conditions name values; `undefined` where it is not there, is not
 * canonical (dirty padding, text that is no UTF-8), or has a type that conditions cannot name.
 */
export function readArgument(data: Hex, input: FunctionInput): AbiValue | undefined {
  const type = abiType(input.type)
  const word = wordAt(data, 4 + input.headOffset)
  if (word === undefined) return undefined
  if (isWord(type)) return readWord(type, word)
  if (type.kind !== 'bytes' && type.kind !== 'string') return undefined
  const tail = tailAt(data, word)
  if (tail === undefined) return undefined
  const bytes = sliceBytes(data, tail.start, tail.start + tail.length)
  return type.kind === 'bytes' ? bytes : utf8Of(bytes)
}

/** Elements of an array of unknown length; `undefined` where it is not there. */
export function readListLength(data: Hex, input: FunctionInput): number | undefined {
  const word = wordAt(data, 4 + input.headOffset)
  return word === undefined ? undefined : tailAt(data, word)?.length
}

/**
 * The one canonical call data of a function: heads in order, then tails in order.
 *
 * @param values - One for each input; inputs of one word, `bytes` and `string` only.
 */
export function encodeArguments(parsed: ParsedFunction, values: readonly AbiValue[], accounts: Accounts): Hex {
  const heads: Hex[] = []
  const tails: Hex[] = []
  let next = parsed.headSize
  for (const [index, input] of parsed.inputs.entries()) {
    const type = abiType(input.type)
    const value = values[index] ?? ''
    if (isWord(type)) {
      heads.push(uintToBytes(headWord(type, value, accounts), 32))
      continue
    }
    const bytes = bytesOf(type, value)
    const length = byteLength(bytes)
    const tail = concatBytes(uintToBytes(BigInt(length), 32), bytes, `0x${'00'.repeat((32 - (length % 32)) % 32)}`)
    heads.push(uintToBytes(BigInt(next), 32))
    tails.push(tail)
    next += byteLength(tail)
  }
  return concatBytes(parsed.selector, ...heads, ...tails)
}

/** The word in which a value of a one-word type stands in call data. */
export function headWord(type: AbiType, value: AbiValue, accounts: Accounts): bigint {
  const word = wordOf(type, value, accounts)
  if (type.kind === 'fixedBytes') return word << BigInt((32 - type.size) * 8)
  return BigInt.asUintN(256, word)
}

function readWord(type: AbiType, word: bigint): AbiValue | undefined {
  if (type.kind === 'fixedBytes') {
    const padding = BigInt((32 - type.size) * 8)
    return (word >> padding) << padding === word ? uintToBytes(word >> padding, type.size) : undefined
  }
  const value = type.kind === 'int' ? BigInt.asIntN(256, word) : word
  const { min, max } = rangeOf(type)
  if (value < min || value > max) return undefined
  if (type.kind === 'bool') return value === 1n
  return type.kind === 'address' ? uintToBytes(value, 20) : value.toString()
}

/**
 * Where the content of a dynamic argument begins, in bytes of the call data, and its length in bytes or elements;
 * `undefined` where there is not a byte for each.
 */
function tailAt(data: Hex, offset: bigint): { start: number; length: number } | undefined {
  const start = 4 + Number(offset) + 32
  const length = wordAt(data, start - 32)
  if (length === undefined || BigInt(start) + length > BigInt(byteLength(data))) return undefined
  return { start, length: Number(length) }
}

function wordAt(data: Hex, at: number): bigint | undefined {
  return at + 32 > byteLength(data) ? undefined : bytesToUint(sliceBytes(data, at, at + 32))
}

function utf8Of(bytes: Hex): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(hexToBytes(bytes.slice(2)))
  } catch {
    return undefined
  }
}
