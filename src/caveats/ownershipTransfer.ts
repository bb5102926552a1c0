import type { Codec } from './codec.ts'
import { addressAt, assertBytes, assertTerms } from './terms.ts'

/**
 * Only `transferOwnership(address)` of `target`, with calldata of exactly 36 bytes. To anyone: whoever redeems chooses the
 * new owner. Does not look at native value.
 *
 * Terms, 20 bytes: `[0,20) target`.
 */
export const ownershipTransfer: Codec<'ownershipTransfer'> = {
  name: 'OwnershipTransferEnforcer',
  kind: 'ownershipTransfer',
  callType: 'single',
  counts: false,
  encode({ target }) {
    assertBytes(target, 20, 'target')
    return target
  },
  decode(terms) {
    assertTerms(terms, 20)
    return { kind: 'ownershipTransfer', target: addressAt(terms, 0) }
  },
}
