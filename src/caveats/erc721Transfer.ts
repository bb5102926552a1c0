import { concatBytes } from '../primitives/hex.ts'
import type { CaveatOf, Codec } from './codec.ts'
import { addressAt, assertBytes, assertTerms, assertUint, word, wordAt } from './terms.ts'

/**
 * Only `transferFrom` and both `safeTransferFrom` of `tokenId` in `token`, neither from nor to the zero address. To anyone,
 * with any native value and, in the long form, any data for the recipient.
 *
 * Terms, 52 bytes: `[0,20) token · [20,52) token id`.
 */
export const erc721Transfer: Codec<'erc721Transfer'> = {
  name: 'ERC721TransferEnforcer',
  kind: 'erc721Transfer',
  callType: 'single',
  counts: false,
  encode(caveat) {
    assertCaveat(caveat)
    return concatBytes(caveat.token, word(caveat.tokenId))
  },
  decode(terms) {
    assertTerms(terms, 52)
    return { kind: 'erc721Transfer', token: addressAt(terms, 0), tokenId: wordAt(terms, 20) }
  },
}

function assertCaveat({ token, tokenId }: CaveatOf<'erc721Transfer'>): void {
  assertBytes(token, 20, 'token')
  assertUint(tokenId, 256, 'tokenId')
}
