import type { Codec } from './codec.ts'
import { assertTerms, assertUint, word, wordAt } from './terms.ts'

/**
 * Passes once for each `id` of this delegator: of all its delegations that name the id, one is redeemed, one time. A batch
 * counts once. Says nothing of the call.
 *
 * Terms, 32 bytes: `[0,32) id`.
 */
export const id: Codec<'id'> = {
  name: 'IdEnforcer',
  kind: 'id',
  callType: 'any',
  counts: false,
  encode(caveat) {
    assertUint(caveat.id, 256, 'id')
    return word(caveat.id)
  },
  decode(terms) {
    assertTerms(terms, 32)
    return { kind: 'id', id: wordAt(terms, 0) }
  },
}
