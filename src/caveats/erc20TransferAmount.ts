import { concatBytes } from '../primitives/hex.ts'
import type { CaveatOf, Codec } from './codec.ts'
import { addressAt, assertBytes, assertTerms, assertUint, word, wordAt } from './terms.ts'

/**
 * Only `transfer(address,uint256)` of `token` with calldata of exactly 68 bytes, and at most `limit` base units over the
 * delegation's life. Counts what was asked for, not what arrived; does not look at native value. Zero admits transfers of
 * zero only.
 *
 * Terms, 52 bytes: `[0,20) token · [20,52) limit, inclusive`.
 */
export const erc20TransferAmount: Codec<'erc20TransferAmount'> = {
  name: 'ERC20TransferAmountEnforcer',
  kind: 'erc20TransferAmount',
  callType: 'single',
  counts: true,
  encode(caveat) {
    assertCaveat(caveat)
    return concatBytes(caveat.token, word(caveat.limit))
  },
  decode(terms) {
    assertTerms(terms, 52)
    const caveat = { kind: 'erc20TransferAmount' as const, token: addressAt(terms, 0), limit: wordAt(terms, 20) }
    assertCaveat(caveat)
    return caveat
  },
}

function assertCaveat({ token, limit }: CaveatOf<'erc20TransferAmount'>): void {
  assertBytes(token, 20, 'token')
  assertUint(limit, 256, 'limit')
}
