import { concatBytes } from '../primitives/hex.ts'
import type { CaveatOf, Codec } from './codec.ts'
import { addressAt, assertBytes, assertPeriod, assertTerms, word, wordAt } from './terms.ts'

/**
 * Only `transfer(address,uint256)` of `token` with calldata of exactly 68 bytes, and at most `amount` base units in each
 * window of `duration` seconds, counted from `start` (inclusive). Windows are fixed: twice the amount can leave within
 * seconds of a boundary. What a window leaves unused is lost. Does not look at native value.
 *
 * The contract copies these terms into storage at first use: two such caveats in one delegation share one counter.
 *
 * Terms, 116 bytes: `[0,20) token · [20,52) amount, not zero · [52,84) duration, seconds, not zero · [84,116) start, unix
 * seconds, not zero`.
 */
export const erc20PeriodTransfer: Codec<'erc20PeriodTransfer'> = {
  name: 'ERC20PeriodTransferEnforcer',
  kind: 'erc20PeriodTransfer',
  callType: 'single',
  counts: true,
  encode(caveat) {
    assertCaveat(caveat)
    return concatBytes(caveat.token, word(caveat.amount), word(caveat.duration), word(caveat.start))
  },
  decode(terms) {
    assertTerms(terms, 116)
    const caveat = {
      kind: 'erc20PeriodTransfer' as const,
      token: addressAt(terms, 0),
      amount: wordAt(terms, 20),
      duration: wordAt(terms, 52),
      start: wordAt(terms, 84),
    }
    assertCaveat(caveat)
    return caveat
  },
}

function assertCaveat(caveat: CaveatOf<'erc20PeriodTransfer'>): void {
  assertBytes(caveat.token, 20, 'token')
  assertPeriod(caveat)
}
