import { concatBytes } from '../primitives/hex.ts'
import type { CaveatOf, Codec } from './codec.ts'
import { addressAt, assertBytes, assertStream, assertTerms, word, wordAt } from './terms.ts'

/**
 * Only `transfer(address,uint256)` of `token` with calldata of exactly 68 bytes. From `start` (unix seconds, inclusive) the
 * amount that may have left in all is `initial + perSecond * elapsed`, and never more than `max`. Does not look at native
 * value. A rate so high that this overflows 256 bits refuses every call from then on.
 *
 * The contract copies these terms into storage while nothing is spent: two in one delegation share one counter.
 *
 * Terms, 148 bytes: `[0,20) token · [20,52) initial · [52,84) max, at least initial · [84,116) per second · [116,148) start, not
 * zero`. Amounts in base units.
 */
export const erc20Streaming: Codec<'erc20Streaming'> = {
  name: 'ERC20StreamingEnforcer',
  kind: 'erc20Streaming',
  callType: 'single',
  counts: true,
  encode(caveat) {
    assertCaveat(caveat)
    const { token, initial, max, perSecond, start } = caveat
    return concatBytes(token, word(initial), word(max), word(perSecond), word(start))
  },
  decode(terms) {
    assertTerms(terms, 148)
    const caveat: CaveatOf<'erc20Streaming'> = {
      kind: 'erc20Streaming',
      token: addressAt(terms, 0),
      initial: wordAt(terms, 20),
      max: wordAt(terms, 52),
      perSecond: wordAt(terms, 84),
      start: wordAt(terms, 116),
    }
    assertCaveat(caveat)
    return caveat
  },
}

function assertCaveat(caveat: CaveatOf<'erc20Streaming'>): void {
  assertBytes(caveat.token, 20, 'token')
  assertStream(caveat)
}
