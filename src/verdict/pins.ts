import { MAX_UINT256 } from './facts.ts'

/** Bits of a word that something fixes. */
export type Pin = { mask: bigint; bits: bigint }

/** The largest word not above `bound` that has every pinned bit; `null` where there is none. */
export function largestPinned(bound: bigint, pins: readonly Pin[]): bigint | null {
  let mask = 0n
  let bits = 0n
  for (const pin of pins) {
    if ((bits & pin.mask & mask) !== (pin.bits & mask)) return null
    mask |= pin.mask
    bits |= pin.bits
  }
  const free = MAX_UINT256 & ~mask
  if ((bound & mask) === bits) return bound
  // Otherwise it agrees with the bound down to some bit, is lower there, and has every free bit below set.
  for (let bit = 0n; bit < 256n; bit++) {
    const one = 1n << bit
    const below = one - 1n
    const above = MAX_UINT256 & ~(below | one)
    if ((bound & one) === 0n || (bits & one) !== 0n) continue
    if ((bound & above & mask) !== (bits & above)) continue
    return (bound & above) | (bits & below) | (free & below)
  }
  return null
}
