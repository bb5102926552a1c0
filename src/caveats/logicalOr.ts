import { abiAddress, abiBytes, abiTuples, abiWord, createAbiReader } from '../primitives/abi.ts'
import type { Hex } from '../primitives/hex.ts'
import { type CaveatOf, type Codec, type Inner, NO_INNER } from './codec.ts'
import { CaveatError } from './errors.ts'
import { assertTerms, notCanonical } from './terms.ts'
import type { InnerCaveat } from './types.ts'

/** Groups, and caveats in one of them. A delegation that needs more needs another shape. */
export const MAX_GROUPS = 16
export const MAX_GROUP_CAVEATS = 16

/**
 * The redeemer picks one of `groups`, each time anew, and every caveat of it must hold. An empty group holds always.
 *
 * The inner enforcers see the wrapper as their caller: their counters are the wrapper's, shared by all groups with the terms
 * of whichever was used first, so that a cap of 100 let 1,000,000 through; a nonce inside is not the delegator's and outlives
 * the kill switch; and an inner wrapper or payment never passes, for both take calls from the manager alone.
 *
 * Terms: canonical `abi.encode(CaveatGroup[])`, a group being `(Caveat[])` and a caveat `(address enforcer, bytes terms, bytes
 * args)`; 1 to 16 groups of at most 16 caveats. The contract never reads the `args` in there.
 */
export const logicalOr: Codec<'logicalOr'> = {
  name: 'LogicalOrWrapperEnforcer',
  kind: 'logicalOr',
  callType: 'any',
  counts: true,
  encode({ groups }, inner = NO_INNER) {
    assertCount('groups', groups.length, 1, MAX_GROUPS)
    const tuples = groups.map((group) => {
      assertCount('caveats', group.length, 0, MAX_GROUP_CAVEATS)
      return abiWord(32) + abiTuples(group.map((caveat) => encodeInner(caveat, inner)))
    })
    return `0x${abiWord(32)}${abiTuples(tuples)}`
  },
  decode: decodeGroups,
}

function encodeInner({ meaning, args }: InnerCaveat, inner: Inner): string {
  assertTerms(args)
  const { enforcer, terms } = inner.encode(meaning)
  const encoded = abiBytes(terms)
  return abiAddress(enforcer) + abiWord(3 * 32) + abiWord(3 * 32 + encoded.length / 2) + encoded + abiBytes(args)
}

function decodeGroups(terms: Hex, inner: Inner = NO_INNER): CaveatOf<'logicalOr'> {
  assertTerms(terms)
  const reader = createAbiReader(terms.slice(2), notCanonical)
  reader.offset(32)
  const count = reader.count()
  assertCount('groups', count, 1, MAX_GROUPS)
  const groups = reader.tuples(count, () => {
    reader.offset(32)
    const caveats = reader.count()
    assertCount('caveats', caveats, 0, MAX_GROUP_CAVEATS)
    return reader.tuples(caveats, (): InnerCaveat => {
      const start = reader.position()
      const enforcer = reader.address()
      reader.offset(3 * 32)
      const argsOffset = reader.uint()
      const innerTerms = reader.bytes()
      if (argsOffset !== reader.position() - start) throw reader.fault('bad_offset', start + 2 * 32)
      const args = reader.bytes()
      return { meaning: inner.decode({ enforcer, terms: innerTerms, args }), args }
    })
  })
  reader.end()
  return { kind: 'logicalOr', groups }
}

function assertCount(what: 'groups' | 'caveats', count: number, least: number, most: number): void {
  if (count < least) {
    throw new CaveatError('caveats.empty_list', 'There is no group to choose from: nothing could ever pass.', {
      fix: 'Name at least one group.',
    })
  }
  if (count > most) {
    throw new CaveatError('caveats.out_of_range', 'This list is longer than Ambit reads.', {
      details: { what, count, bound: most },
      fix: `Keep to ${MAX_GROUPS} groups of ${MAX_GROUP_CAVEATS} caveats.`,
    })
  }
}
