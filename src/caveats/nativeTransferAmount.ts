import type { Codec } from './codec.ts'
import { assertTerms, assertUint, word, wordAt } from './terms.ts'

/**
 * At most `limit` wei of native value over the delegation's life. Does not look at the target or at the calldata: without
 * empty calldata, a call of value zero does anything (FACTS C6).
 *
 * Terms, 32 bytes: `[0,32) limit, inclusive`. The contract also reads longer terms and drops the rest; refused here.
 */
export const nativeTransferAmount: Codec<'nativeTransferAmount'> = {
  name: 'NativeTokenTransferAmountEnforcer',
  kind: 'nativeTransferAmount',
  callType: 'single',
  counts: true,
  encode({ limit }) {
    assertUint(limit, 256, 'limit')
    return word(limit)
  },
  decode(terms) {
    assertTerms(terms, 32)
    return { kind: 'nativeTransferAmount', limit: wordAt(terms, 0) }
  },
}
