import type { Codec } from './codec.ts'
import { decodeList, encodeList } from './terms.ts'

/**
 * Who calls the manager must be one of `redeemers`, at whatever depth this link stands: on a link to the only redeemer
 * it makes redelegation useless. Says nothing of the call.
 *
 * Terms: `[20i, 20i+20) address i`, at least one.
 */
export const redeemer: Codec<'redeemer'> = {
  name: 'RedeemerEnforcer',
  kind: 'redeemer',
  callType: 'any',
  counts: false,
  encode: ({ redeemers }) => encodeList(redeemers, 20),
  decode: (terms) => ({ kind: 'redeemer', redeemers: decodeList(terms, 20) }),
}
