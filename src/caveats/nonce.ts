import type { Codec } from './codec.ts'
import { assertTerms, assertUint, word, wordAt } from './terms.ts'

/**
 * Valid while the delegator's counter in this enforcer equals `nonce`. Raising the counter ends every delegation of that
 * delegator that names an older one: the only group revocation of the framework.
 *
 * Terms, 32 bytes: `[0,32) nonce`.
 */
export const nonce: Codec<'nonce'> = {
  name: 'NonceEnforcer',
  kind: 'nonce',
  callType: 'any',
  counts: false,
  encode(caveat) {
    assertUint(caveat.nonce, 256, 'nonce')
    return word(caveat.nonce)
  },
  decode(terms) {
    assertTerms(terms, 32)
    return { kind: 'nonce', nonce: wordAt(terms, 0) }
  },
}
