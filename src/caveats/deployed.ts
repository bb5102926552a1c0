import { byteLength, concatBytes, sliceBytes } from '../primitives/hex.ts'
import type { CaveatOf, Codec } from './codec.ts'
import { CaveatError } from './errors.ts'
import { addressAt, assertAtLeast, assertBytes, assertTerms } from './terms.ts'

/**
 * There is code at `address` when the call runs: where there is none, the enforcer deploys `bytecode` with `salt` through
 * CREATE2 and demands that it lands there. Restricts nothing about the call.
 *
 * Terms: `[0,20) address · [20,52) salt · [52,…) bytecode, at least one byte`.
 */
export const deployed: Codec<'deployed'> = {
  name: 'DeployedEnforcer',
  kind: 'deployed',
  callType: 'any',
  counts: false,
  encode(caveat) {
    assertCaveat(caveat)
    return concatBytes(caveat.address, caveat.salt, caveat.bytecode)
  },
  decode(terms) {
    assertAtLeast(terms, 53)
    const caveat: CaveatOf<'deployed'> = {
      kind: 'deployed',
      address: addressAt(terms, 0),
      salt: sliceBytes(terms, 20, 52),
      bytecode: sliceBytes(terms, 52),
    }
    assertCaveat(caveat)
    return caveat
  },
}

function assertCaveat({ address, salt, bytecode }: CaveatOf<'deployed'>): void {
  assertBytes(address, 20, 'address')
  assertBytes(salt, 32, 'salt')
  assertTerms(bytecode)
  if (byteLength(bytecode) === 0) {
    throw new CaveatError('caveats.wrong_length', 'There is no code to deploy.', {
      details: { bytes: 0, atLeast: 1 },
      fix: 'Give the creation code.',
    })
  }
}
