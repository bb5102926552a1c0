import { concatBytes } from '../primitives/hex.ts'
import type { CaveatOf, Codec } from './codec.ts'
import { addressAt, assertBytes, assertTerms, assertUint, word, wordAt } from './terms.ts'

/**
 * Each redemption must pay `amount` wei to `recipient`, from a second delegation that the redeemer hands in as `args`. That
 * one must begin with an args-equality caveat over the delegation hash and the redeemer. Restricts nothing else.
 *
 * Terms, 52 bytes: `[0,20) recipient · [20,52) amount`.
 */
export const nativePayment: Codec<'nativePayment'> = {
  name: 'NativeTokenPaymentEnforcer',
  kind: 'nativePayment',
  callType: 'any',
  counts: false,
  encode(caveat) {
    assertCaveat(caveat)
    return concatBytes(caveat.recipient, word(caveat.amount))
  },
  decode(terms) {
    assertTerms(terms, 52)
    return { kind: 'nativePayment', recipient: addressAt(terms, 0), amount: wordAt(terms, 20) }
  },
}

function assertCaveat({ recipient, amount }: CaveatOf<'nativePayment'>): void {
  assertBytes(recipient, 20, 'recipient')
  assertUint(amount, 256, 'amount')
}
