import { concatBytes, sliceBytes } from '../primitives/hex.ts'
import type { CaveatOf, Codec } from './codec.ts'
import { assertExecution, packExecution, unpackExecution } from './execution.ts'
import { addressAt, assertAtLeast, assertBytes, assertUint, word, wordAt } from './terms.ts'

/**
 * One batch of exactly two calls: `first`, then `transfer(recipient, amount)` of `token` without native value. Once.
 *
 * Terms, as the contract on the known chains reads them: `[0,20) token · [20,40) recipient · [40,72) amount · [72,92) first
 * target · [92,124) first value, wei · [124,…) first calldata`. Release 1.3.0 had no first value: its contract reads 92 bytes
 * and then calldata, and what the framework's own encoder writes for it reverts on the known chains. `checkDeployment`
 * tells the two apart by their code.
 */
export const specificActionBatch: Codec<'specificActionBatch'> = {
  name: 'SpecificActionERC20TransferBatchEnforcer',
  kind: 'specificActionBatch',
  callType: 'batch',
  counts: true,
  encode(caveat) {
    assertCaveat(caveat)
    return concatBytes(caveat.token, caveat.recipient, word(caveat.amount), packExecution(caveat.first))
  },
  decode(terms) {
    assertAtLeast(terms, 124)
    return {
      kind: 'specificActionBatch',
      token: addressAt(terms, 0),
      recipient: addressAt(terms, 20),
      amount: wordAt(terms, 40),
      first: unpackExecution(sliceBytes(terms, 72)),
    }
  },
}

function assertCaveat({ token, recipient, amount, first }: CaveatOf<'specificActionBatch'>): void {
  assertBytes(token, 20, 'token')
  assertBytes(recipient, 20, 'recipient')
  assertUint(amount, 256, 'amount')
  assertExecution(first)
}
