import { concatBytes } from '../primitives/hex.ts'
import { assertDirection, directionAt, directionByte } from './balanceChange.ts'
import type { CaveatOf, Codec } from './codec.ts'
import { addressAt, assertBytes, assertTerms, assertUint, word, wordAt } from './terms.ts'

/**
 * After each execution, `recipient` holds at most `amount` fewer (decrease) or at least that many more (increase) tokens of the
 * collection `token`. For one execution, never in all; which tokens, it does not look. Blind to approvals.
 *
 * Terms, 73 bytes: `[0,1) 0 increase, 1 decrease · [1,21) token · [21,41) recipient · [41,73) amount`. The contract reads every
 * byte but 0 as decrease; only 1 is taken here.
 */
export const erc721BalanceChange: Codec<'erc721BalanceChange'> = {
  name: 'ERC721BalanceChangeEnforcer',
  kind: 'erc721BalanceChange',
  callType: 'any',
  counts: true,
  encode(caveat) {
    assertCaveat(caveat)
    const { direction, token, recipient, amount } = caveat
    return concatBytes(directionByte(direction), token, recipient, word(amount))
  },
  decode(terms) {
    assertTerms(terms, 73)
    const caveat: CaveatOf<'erc721BalanceChange'> = {
      kind: 'erc721BalanceChange',
      direction: directionAt(terms, 0),
      token: addressAt(terms, 1),
      recipient: addressAt(terms, 21),
      amount: wordAt(terms, 41),
    }
    assertCaveat(caveat)
    return caveat
  },
}

function assertCaveat({ direction, token, recipient, amount }: CaveatOf<'erc721BalanceChange'>): void {
  assertDirection(direction)
  assertBytes(token, 20, 'token')
  assertBytes(recipient, 20, 'recipient')
  assertUint(amount, 256, 'amount')
}
