import type { Caveat } from '../caveats/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'

/** The ERC-7710 struct of Delegation Framework 1.3.0. The hash covers all but `signature` and each caveat's `args`. */
export type Delegation = {
  delegate: Address
  delegator: Address
  /** Hash of the link above, or {@link ROOT_AUTHORITY}. 32 bytes. */
  authority: Hex
  caveats: readonly Caveat[]
  /** 32 bytes. */
  salt: Hex
  /** Empty (`0x`) until signed. */
  signature: Hex
}

/** `authority` of a root: 32 bytes of `ff`. */
export const ROOT_AUTHORITY: Hex = `0x${'ff'.repeat(32)}`

/** Delegate that means: anyone may redeem. Ambit never emits it and warns when it reads it. */
export const ANY_DELEGATE: Address = '0x0000000000000000000000000000000000000a11'
