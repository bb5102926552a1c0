import { concatBytes } from '../primitives/hex.ts'
import { assertDirection, directionAt, directionByte } from './balanceChange.ts'
import type { CaveatOf, Codec } from './codec.ts'
import { addressAt, assertBytes, assertTerms, assertUint, word, wordAt } from './terms.ts'

/**
 * After each execution, `recipient` holds at most `amount` wei less (decrease) or at least that much more (increase). For
 * one execution, never in all. Blind to everything that is not native coin.
 *
 * The contract locks by delegation: two of these in one delegation never pass.
 *
 * Terms, 53 bytes: `[0,1) 0 increase, 1 decrease · [1,21) recipient · [21,53) amount`. The contract reads every byte but 0
 * as decrease; only 1 is taken here.
 */
export const nativeBalanceChange: Codec<'nativeBalanceChange'> = {
  name: 'NativeBalanceChangeEnforcer',
  kind: 'nativeBalanceChange',
  callType: 'any',
  counts: true,
  encode(caveat) {
    assertCaveat(caveat)
    return concatBytes(directionByte(caveat.direction), caveat.recipient, word(caveat.amount))
  },
  decode(terms) {
    assertTerms(terms, 53)
    const caveat: CaveatOf<'nativeBalanceChange'> = {
      kind: 'nativeBalanceChange',
      direction: directionAt(terms, 0),
      recipient: addressAt(terms, 1),
      amount: wordAt(terms, 21),
    }
    assertCaveat(caveat)
    return caveat
  },
}

function assertCaveat({ direction, recipient, amount }: CaveatOf<'nativeBalanceChange'>): void {
  assertDirection(direction)
  assertBytes(recipient, 20, 'recipient')
  assertUint(amount, 256, 'amount')
}
