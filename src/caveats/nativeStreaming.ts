import { concatBytes } from '../primitives/hex.ts'
import type { CaveatOf, Codec } from './codec.ts'
import { assertStream, assertTerms, word, wordAt } from './terms.ts'

/**
 * From `start` (unix seconds, inclusive) the wei that may have left in all are `initial + perSecond * elapsed`, and never
 * more than `max`. Does not look at the target or at the calldata: without empty calldata, a call of value zero does
 * anything (FACTS C6). A rate so high that this overflows 256 bits refuses every call from then on.
 *
 * Terms, 128 bytes: `[0,32) initial · [32,64) max, at least initial · [64,96) per second · [96,128) start, not zero`. Wei.
 */
export const nativeStreaming: Codec<'nativeStreaming'> = {
  name: 'NativeTokenStreamingEnforcer',
  kind: 'nativeStreaming',
  callType: 'single',
  counts: true,
  encode(caveat) {
    assertStream(caveat)
    return concatBytes(word(caveat.initial), word(caveat.max), word(caveat.perSecond), word(caveat.start))
  },
  decode(terms) {
    assertTerms(terms, 128)
    const caveat: CaveatOf<'nativeStreaming'> = {
      kind: 'nativeStreaming',
      initial: wordAt(terms, 0),
      max: wordAt(terms, 32),
      perSecond: wordAt(terms, 64),
      start: wordAt(terms, 96),
    }
    assertStream(caveat)
    return caveat
  },
}
