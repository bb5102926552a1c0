import { bytesToUint, concatBytes, sliceBytes, uintToBytes } from '../primitives/hex.ts'
import type { CaveatOf, Codec } from './codec.ts'
import { assertBounds, assertTerms } from './terms.ts'

/**
 * Valid while `after < block number < before`, both exclusive; 0 is no bound on that side. What a block number is differs
 * between chains: some rollups give the one of the chain below.
 *
 * Terms, 32 bytes: `[0,16) after · [16,32) before`.
 */
export const blockNumber: Codec<'blockNumber'> = {
  name: 'BlockNumberEnforcer',
  kind: 'blockNumber',
  callType: 'any',
  counts: false,
  encode(caveat) {
    assertBounds(caveat, 'block')
    return concatBytes(uintToBytes(caveat.after, 16), uintToBytes(caveat.before, 16))
  },
  decode(terms) {
    assertTerms(terms, 32)
    const caveat: CaveatOf<'blockNumber'> = {
      kind: 'blockNumber',
      after: bytesToUint(sliceBytes(terms, 0, 16)),
      before: bytesToUint(sliceBytes(terms, 16)),
    }
    assertBounds(caveat, 'block')
    return caveat
  },
}
