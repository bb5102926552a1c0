import { bytesToUint, concatBytes, sliceBytes, uintToBytes } from '../primitives/hex.ts'
import type { Codec } from './codec.ts'
import { assertBounds, assertTerms } from './terms.ts'

/**
 * Valid while `after < now < before`, both exclusive, unix seconds; 0 is no bound on that side. `before` of 0 never
 * expires: it is read, and flagged by `describeCaveat` and by the compiler's guard, never emitted.
 *
 * Terms, 32 bytes: `[0,16) after · [16,32) before`.
 */
export const timestamp: Codec<'timestamp'> = {
  name: 'TimestampEnforcer',
  kind: 'timestamp',
  callType: 'any',
  counts: false,
  encode(caveat) {
    assertBounds(caveat, 'second')
    return concatBytes(uintToBytes(caveat.after, 16), uintToBytes(caveat.before, 16))
  },
  decode(terms) {
    assertTerms(terms, 32)
    const caveat = {
      kind: 'timestamp' as const,
      after: bytesToUint(sliceBytes(terms, 0, 16)),
      before: bytesToUint(sliceBytes(terms, 16)),
    }
    assertBounds(caveat, 'second')
    return caveat
  },
}
