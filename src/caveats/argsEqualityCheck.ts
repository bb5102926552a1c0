import type { Codec } from './codec.ts'
import { assertTerms } from './terms.ts'

/**
 * The `args` that are handed in with the redemption must equal `args` here. They are outside the delegation hash and the
 * redeemer writes them: alone this restricts nobody. The payment enforcer uses it to tie a payment to a redemption.
 *
 * Terms: the bytes themselves, none included.
 */
export const argsEqualityCheck: Codec<'argsEqualityCheck'> = {
  name: 'ArgsEqualityCheckEnforcer',
  kind: 'argsEqualityCheck',
  callType: 'any',
  counts: false,
  encode({ args }) {
    assertTerms(args)
    return args
  },
  decode(terms) {
    assertTerms(terms)
    return { kind: 'argsEqualityCheck', args: terms }
  },
}
