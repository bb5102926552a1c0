import { concatBytes } from '../primitives/hex.ts'
import type { Codec } from './codec.ts'
import { assertPeriod, assertTerms, word, wordAt } from './terms.ts'

/**
 * At most `amount` wei of native value in each fixed window of `duration` seconds from `start` (inclusive). Does not look
 * at the target or at the calldata: without empty calldata, a call of value zero does anything (FACTS C6).
 *
 * Terms, 96 bytes: `[0,32) amount, not zero · [32,64) duration, seconds, not zero · [64,96) start, unix seconds, not zero`.
 */
export const nativePeriodTransfer: Codec<'nativePeriodTransfer'> = {
  name: 'NativeTokenPeriodTransferEnforcer',
  kind: 'nativePeriodTransfer',
  callType: 'single',
  counts: true,
  encode(caveat) {
    assertPeriod(caveat)
    return concatBytes(word(caveat.amount), word(caveat.duration), word(caveat.start))
  },
  decode(terms) {
    assertTerms(terms, 96)
    const caveat = {
      kind: 'nativePeriodTransfer' as const,
      amount: wordAt(terms, 0),
      duration: wordAt(terms, 32),
      start: wordAt(terms, 64),
    }
    assertPeriod(caveat)
    return caveat
  },
}
