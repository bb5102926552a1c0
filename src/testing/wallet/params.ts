import { type Address, type Hex, isHex } from '../../primitives/hex.ts'
import { invalid } from './errors.ts'

/**
 * Strict readers of what a page sends. Each throws a {@link ProviderError} of code -32602 that names the field; what comes
 * out has the one form used inside.
 */
export type Fields = Readonly<Record<string, unknown>>

export function list(value: unknown, field: string): readonly unknown[] {
  if (!Array.isArray(value)) throw invalid(field, 'a list')
  return value
}

export function fields(value: unknown, field: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(field, 'an object')
  return value as Fields
}

export function text(value: unknown, field: string): string {
  if (typeof value !== 'string') throw invalid(field, 'a text')
  return value
}

/** In any case; a wrong checksum is for the page to find. */
export function address(value: unknown, field: string): Address {
  const found = bytes(value, field)
  if (found.length !== 42) throw invalid(field, 'an address')
  return found
}

export function bytes(value: unknown, field: string): Hex {
  const lower = typeof value === 'string' ? value.toLowerCase() : value
  if (!isHex(lower)) throw invalid(field, 'bytes in hexadecimal')
  return lower
}

/** An unsigned integer of at most 256 bits, hexadecimal; leading zeros are common and harmless. */
export function quantity(value: unknown, field: string): bigint {
  if (typeof value !== 'string' || !/^0x[0-9a-fA-F]{1,64}$/.test(value)) throw invalid(field, 'a hexadecimal quantity')
  return BigInt(value)
}

export function chainIdOf(value: unknown, field: string): number {
  const id = quantity(value, field)
  if (id < 1n || id > BigInt(Number.MAX_SAFE_INTEGER)) throw invalid(field, 'a chain id')
  return Number(id)
}

export function toQuantity(value: bigint | number): Hex {
  return `0x${value.toString(16)}`
}

/** Absent and `null` are the same to JSON. */
export function optional<value>(
  given: unknown,
  field: string,
  read: (given: unknown, field: string) => value,
): value | undefined {
  return given === undefined || given === null ? undefined : read(given, field)
}
