import { concatBytes } from '../primitives/hex.ts'
import { assertDirection, directionAt, directionByte } from './balanceChange.ts'
import type { CaveatOf, Codec } from './codec.ts'
import { addressAt, assertBytes, assertTerms, assertUint, word, wordAt } from './terms.ts'

/**
 * After each execution, `recipient`'s balance of `tokenId` in `token` has fallen by at most `amount` (decrease) or risen by at
 * least that (increase). For one execution, never in all. Blind to approvals.
 *
 * Terms, 105 bytes: `[0,1) 0 increase, 1 decrease · [1,21) token · [21,41) recipient · [41,73) token id · [73,105) amount`. The
 * contract reads every byte but 0 as decrease; only 1 is taken here.
 */
export const erc1155BalanceChange: Codec<'erc1155BalanceChange'> = {
  name: 'ERC1155BalanceChangeEnforcer',
  kind: 'erc1155BalanceChange',
  callType: 'any',
  counts: true,
  encode(caveat) {
    assertCaveat(caveat)
    const { direction, token, recipient, tokenId, amount } = caveat
    return concatBytes(directionByte(direction), token, recipient, word(tokenId), word(amount))
  },
  decode(terms) {
    assertTerms(terms, 105)
    const caveat: CaveatOf<'erc1155BalanceChange'> = {
      kind: 'erc1155BalanceChange',
      direction: directionAt(terms, 0),
      token: addressAt(terms, 1),
      recipient: addressAt(terms, 21),
      tokenId: wordAt(terms, 41),
      amount: wordAt(terms, 73),
    }
    assertCaveat(caveat)
    return caveat
  },
}

function assertCaveat({ direction, token, recipient, tokenId, amount }: CaveatOf<'erc1155BalanceChange'>): void {
  assertDirection(direction)
  assertBytes(token, 20, 'token')
  assertBytes(recipient, 20, 'recipient')
  assertUint(tokenId, 256, 'tokenId')
  assertUint(amount, 256, 'amount')
}
