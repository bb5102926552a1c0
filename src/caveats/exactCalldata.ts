import type { Codec } from './codec.ts'
import { assertTerms } from './terms.ts'

/**
 * Calldata must be exactly `data`, length included. Empty: a plain payment of native value.
 *
 * Terms: `[0,…) data`.
 */
export const exactCalldata: Codec<'exactCalldata'> = {
  name: 'ExactCalldataEnforcer',
  kind: 'exactCalldata',
  callType: 'single',
  counts: false,
  encode({ data }) {
    assertTerms(data)
    return data
  },
  decode(terms) {
    assertTerms(terms)
    return { kind: 'exactCalldata', data: terms }
  },
}
