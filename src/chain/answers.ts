import { type Address, byteLength, bytesToUint, type Hex, isHex, sliceBytes } from '../primitives/hex.ts'
import { malformed } from './rpc.ts'

/**
 * Strict readers of what a node answers: an answer has exactly the form the interface promises, or it is a coded error.
 * A default in place of a missing field would let a broken or hostile node decide.
 */
export type Fields = Readonly<Record<string, unknown>>

export function readFields(method: string, value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(method, 'an object', value)
  return value as Fields
}

/** A JSON-RPC quantity of at most 256 bits. */
export function readQuantity(method: string, value: unknown): bigint {
  if (typeof value !== 'string' || !/^0x(?:0|[1-9a-fA-F][0-9a-fA-F]{0,63})$/.test(value)) {
    throw malformed(method, 'a quantity', value)
  }
  return BigInt(value)
}

/** Bytes, of exactly `size` where it is given. */
export function readData(method: string, value: unknown, size?: number): Hex {
  const lower = typeof value === 'string' ? value.toLowerCase() : value
  if (!isHex(lower) || (size !== undefined && byteLength(lower) !== size)) {
    throw malformed(method, size === undefined ? 'bytes' : `${size} bytes`, value)
  }
  return lower
}

export function readHash(method: string, value: unknown): Hex {
  return readData(method, value, 32)
}

export function readAddress(method: string, value: unknown): Address {
  return readData(method, value, 20)
}

export function readAddressOrNull(method: string, value: unknown): Address | null {
  return value === null || value === undefined ? null : readAddress(method, value)
}

/** Exactly `count` words of an ABI answer, as integers. No code at the address gives no bytes, and so an error. */
export function readWords(method: string, value: Hex, count: number): bigint[] {
  if (byteLength(value) !== count * 32) throw malformed(method, `${count * 32} bytes`, value)
  return Array.from({ length: count }, (_, index) => bytesToUint(sliceBytes(value, index * 32, index * 32 + 32)))
}

export function readUint(method: string, value: Hex): bigint {
  return readWords(method, value, 1)[0] as bigint
}

/** An ABI bool: 0 or 1, nothing else. */
export function readBool(method: string, value: Hex): boolean {
  const word = readUint(method, value)
  if (word > 1n) throw malformed(method, 'a bool', value)
  return word === 1n
}
