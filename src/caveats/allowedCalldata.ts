import { byteLength, concatBytes, sliceBytes } from '../primitives/hex.ts'
import type { CaveatOf, Codec } from './codec.ts'
import { CaveatError } from './errors.ts'
import { assertAtLeast, assertTerms, assertUint, word, wordAt } from './terms.ts'

/**
 * Calldata bytes `[start, start + value.length)` must equal `value`. The selector is at 0, the first argument at 4.
 * Says nothing of what stands before, behind, or how long the calldata is.
 *
 * Terms: `[0,32) start · [32,…) value, at least one byte`.
 */
export const allowedCalldata: Codec<'allowedCalldata'> = {
  name: 'AllowedCalldataEnforcer',
  kind: 'allowedCalldata',
  callType: 'single',
  counts: false,
  encode(caveat) {
    assertCaveat(caveat)
    return concatBytes(word(caveat.start), caveat.value)
  },
  decode(terms) {
    assertAtLeast(terms, 33)
    const caveat = { kind: 'allowedCalldata' as const, start: wordAt(terms, 0), value: sliceBytes(terms, 32) }
    assertCaveat(caveat)
    return caveat
  },
}

/** No block holds calldata this long; below it, positions are safe as numbers and the contract's sum cannot overflow. */
const MAX_END = 2n ** 32n

function assertCaveat({ start, value }: CaveatOf<'allowedCalldata'>): void {
  assertUint(start, 256, 'start')
  assertTerms(value)
  if (byteLength(value) === 0) {
    throw new CaveatError('caveats.wrong_length', 'There are no bytes to compare.', {
      details: { bytes: 0, atLeast: 1 },
      fix: 'Give at least one byte to compare.',
    })
  }
  if (start + BigInt(byteLength(value)) > MAX_END) {
    throw new CaveatError('caveats.unsatisfiable', 'No calldata is long enough for this position.', {
      details: { start: start.toString(), bytes: byteLength(value) },
      fix: 'Give a position inside the calldata.',
    })
  }
}
