import { concatBytes } from '../primitives/hex.ts'
import { assertDirection, directionAt, directionByte } from './balanceChange.ts'
import type { CaveatOf, Codec } from './codec.ts'
import { addressAt, assertBytes, assertTerms, assertUint, word, wordAt } from './terms.ts'

/**
 * After each execution, `recipient`'s balance of `token` has fallen by at most `amount` base units (decrease) or risen by at
 * least that (increase). For one execution, never in all: ten executions may each take the amount. Blind to `approve`.
 *
 * The contract locks by token and delegation: two of these on one token in one delegation never pass.
 *
 * Terms, 73 bytes: `[0,1) 0 increase, 1 decrease · [1,21) token · [21,41) recipient · [41,73) amount`. The contract reads every
 * byte but 0 as decrease; only 1 is taken here, so that there is one spelling.
 */
export const erc20BalanceChange: Codec<'erc20BalanceChange'> = {
  name: 'ERC20BalanceChangeEnforcer',
  kind: 'erc20BalanceChange',
  callType: 'any',
  counts: true,
  encode(caveat) {
    assertCaveat(caveat)
    const { direction, token, recipient, amount } = caveat
    return concatBytes(directionByte(direction), token, recipient, word(amount))
  },
  decode(terms) {
    assertTerms(terms, 73)
    const caveat: CaveatOf<'erc20BalanceChange'> = {
      kind: 'erc20BalanceChange',
      direction: directionAt(terms, 0),
      token: addressAt(terms, 1),
      recipient: addressAt(terms, 21),
      amount: wordAt(terms, 41),
    }
    assertCaveat(caveat)
    return caveat
  },
}

function assertCaveat({ direction, token, recipient, amount }: CaveatOf<'erc20BalanceChange'>): void {
  assertDirection(direction)
  assertBytes(token, 20, 'token')
  assertBytes(recipient, 20, 'recipient')
  assertUint(amount, 256, 'amount')
}
