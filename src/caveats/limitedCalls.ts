import type { Codec } from './codec.ts'
import { assertNotZero, assertTerms, assertUint, word, wordAt } from './terms.ts'

/**
 * At most `limit` redemptions over the delegation's life. A batch counts once: alone, a limit of 1 let five transfers
 * through (FACTS C9), so it needs a single-mode caveat beside it.
 *
 * Terms, 32 bytes: `[0,32) limit, not zero`.
 */
export const limitedCalls: Codec<'limitedCalls'> = {
  name: 'LimitedCallsEnforcer',
  kind: 'limitedCalls',
  callType: 'any',
  counts: true,
  encode({ limit }) {
    assertLimit(limit)
    return word(limit)
  },
  decode(terms) {
    assertTerms(terms, 32)
    const limit = wordAt(terms, 0)
    assertLimit(limit)
    return { kind: 'limitedCalls', limit }
  },
}

function assertLimit(limit: bigint): void {
  assertUint(limit, 256, 'limit')
  assertNotZero(limit, 'limit')
}
