import fc from 'fast-check'
import type { Caveat } from '../../src/caveats/types.ts'
import type { Delegation } from '../../src/delegation/types.ts'
import type { Hex } from '../../src/primitives/hex.ts'

/** Canonical bytes of a length, or a range of lengths. */
export const bytes = (minLength: number, maxLength = minLength): fc.Arbitrary<Hex> =>
  fc.uint8Array({ minLength, maxLength }).map((value) => `0x${Buffer.from(value).toString('hex')}` as const)

export const address = bytes(20)
export const word = bytes(32)

export const caveat: fc.Arbitrary<Caveat> = fc.record({ enforcer: address, terms: bytes(0, 100), args: bytes(0, 40) })

export const delegation: fc.Arbitrary<Delegation> = fc.record({
  delegate: address,
  delegator: address,
  authority: word,
  caveats: fc.array(caveat, { maxLength: 4 }),
  salt: word,
  signature: bytes(0, 70),
})

/** A chain in form only: nothing links its members. */
export const delegations = fc.array(delegation, { minLength: 1, maxLength: 4 })
