import { type Hex, sliceBytes } from '../primitives/hex.ts'
import { CaveatError } from './errors.ts'
import type { BalanceDirection } from './types.ts'

const BYTES: Readonly<Record<BalanceDirection, Hex>> = { increase: '0x00', decrease: '0x01' }

/** The byte that begins the terms of every balance-change enforcer. The caller has checked the direction. */
export function directionByte(direction: BalanceDirection): Hex {
  return BYTES[direction]
}

/** @throws CaveatError for a byte that the contract takes for decrease, but that is not the one spelling of it. */
export function directionAt(terms: Hex, offset: number): BalanceDirection {
  const byte = sliceBytes(terms, offset, offset + 1)
  if (byte === BYTES.increase) return 'increase'
  if (byte === BYTES.decrease) return 'decrease'
  throw notDirection(byte)
}

export function assertDirection(direction: BalanceDirection): void {
  if (!Object.hasOwn(BYTES, direction)) throw notDirection(direction)
}

function notDirection(direction: unknown): CaveatError {
  return new CaveatError('caveats.out_of_range', 'This is neither an increase nor a decrease.', {
    details: { direction: String(direction) },
    fix: 'Say `increase` (0x00) or `decrease` (0x01).',
  })
}
