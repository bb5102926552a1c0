import type { Address, Hex } from '../primitives/hex.ts'

/** Bytes for the manager: what is simulated is what is signed is what is sent. */
export type Redemption = {
  manager: Address
  /** Call data of `redeemDelegations`. */
  data: Hex
  /** Delegation hashes, leaf first. */
  chain: readonly Hex[]
  /** The permission context: encoded delegations with signatures. */
  context: Hex
  mode: Hex
  execution: Hex
}
