import type { Codec } from './codec.ts'
import { decodeList, encodeList } from './terms.ts'

/**
 * The first four bytes of calldata must be one of `selectors`. Calldata shorter than that is refused.
 *
 * Terms: `[4i, 4i+4) selector i`, at least one.
 */
export const allowedMethods: Codec<'allowedMethods'> = {
  name: 'AllowedMethodsEnforcer',
  kind: 'allowedMethods',
  callType: 'single',
  counts: false,
  encode: ({ selectors }) => encodeList(selectors, 4),
  decode: (terms) => ({ kind: 'allowedMethods', selectors: decodeList(terms, 4) }),
}
