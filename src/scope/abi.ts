import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { MAX_UINT256 } from '../primitives/amount.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { INTEGER } from './forms.ts'
import type { AbiValue } from './types.ts'

/** What can be said about a value of an ABI type. */
export type AbiType =
  | { kind: 'uint' | 'int'; bits: number }
  | { kind: 'address' | 'bool' }
  | { kind: 'fixedBytes'; size: number }
  | { kind: 'bytes' }
  | { kind: 'string' }
  /** Arrays of unknown length: only their length can be bounded. */
  | { kind: 'list' }
  /** Fixed arrays and structs with dynamic parts: no condition fits. */
  | { kind: 'other' }

/** Reads a canonical type as `parseFunction` gives it. */
export function abiType(type: string): AbiType {
  if (type.endsWith('[]')) return { kind: 'list' }
  if (type.endsWith(']')) return { kind: 'other' }
  if (type === 'address' || type === 'bool' || type === 'bytes' || type === 'string') return { kind: type }
  if (type.startsWith('uint')) return { kind: 'uint', bits: Number(type.slice(4)) }
  if (type.startsWith('int')) return { kind: 'int', bits: Number(type.slice(3)) }
  if (type.startsWith('bytes')) return { kind: 'fixedBytes', size: Number(type.slice(5)) }
  return { kind: 'other' }
}

/** Smallest and largest integer of an integer type; of every other one-word type as an unsigned word. */
export function rangeOf(type: AbiType): { min: bigint; max: bigint } {
  if (type.kind === 'int') return { min: -(1n << BigInt(type.bits - 1)), max: (1n << BigInt(type.bits - 1)) - 1n }
  if (type.kind === 'uint') return { min: 0n, max: (1n << BigInt(type.bits)) - 1n }
  if (type.kind === 'address') return { min: 0n, max: (1n << 160n) - 1n }
  if (type.kind === 'bool') return { min: 0n, max: 1n }
  if (type.kind === 'fixedBytes') return { min: 0n, max: (1n << BigInt(type.size * 8)) - 1n }
  return { min: 0n, max: MAX_UINT256 }
}

/** An integer as the scope writes it, if it is one and in range; `-0` and leading zeros are none. */
export function readInteger(type: AbiType, value: unknown): bigint | undefined {
  if (typeof value !== 'string' || !INTEGER.test(value)) return undefined
  const { min, max } = rangeOf(type)
  const integer = BigInt(value)
  return integer >= min && integer <= max ? integer : undefined
}

/** True for the types that fill exactly one word. */
export function isWord(type: AbiType): boolean {
  return ['uint', 'int', 'address', 'bool', 'fixedBytes'].includes(type.kind)
}

/** Accounts that `"principal"` and `"delegate"` stand for. */
export type Accounts = { principal: Address; delegate: Address }

/** The integer a one-word value of a normal form is compared as: `int` signed, all others unsigned. */
export function wordOf(type: AbiType, value: AbiValue, accounts: Accounts): bigint {
  if (typeof value === 'boolean') return value ? 1n : 0n
  if (type.kind === 'address') {
    return BigInt(value === 'principal' ? accounts.principal : value === 'delegate' ? accounts.delegate : value)
  }
  return BigInt(value)
}

/** The bytes of a `bytes` or `string` value of a normal form; neither is ever a boolean. */
export function bytesOf(type: AbiType, value: AbiValue): Hex {
  return type.kind === 'string' ? `0x${bytesToHex(utf8ToBytes(String(value)))}` : (value as Hex)
}
