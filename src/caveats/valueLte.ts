import type { Codec } from './codec.ts'
import { assertTerms, assertUint, word, wordAt } from './terms.ts'

/**
 * At most `max` wei of native value with one call.
 *
 * Terms, 32 bytes: `[0,32) max, inclusive`.
 */
export const valueLte: Codec<'valueLte'> = {
  name: 'ValueLteEnforcer',
  kind: 'valueLte',
  callType: 'single',
  counts: false,
  encode({ max }) {
    assertUint(max, 256, 'max')
    return word(max)
  },
  decode(terms) {
    assertTerms(terms, 32)
    return { kind: 'valueLte', max: wordAt(terms, 0) }
  },
}
