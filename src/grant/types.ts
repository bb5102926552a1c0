import type { Branch, Lowering } from '../compile/types.ts'
import type { Delegation } from '../delegation/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import type { Scope } from '../scope/types.ts'

/**
 * A scope with its signed delegations, portable as one JSON file. Everything in it is public: a grant is useless without
 * the delegate's key. `id` and `scopeHash` are recomputed on reading, never believed.
 */
export type Grant = {
  schema: 'ambit.grant.v1'
  /** keccak-256 over manager, chain and the branches' leaf hashes: same authority, same id. */
  id: Hex
  chainId: number
  manager: Address
  /**
   * `wallet`: the root is a wallet's own delegation for a token permission (ERC-7715), whose salt commits to no scope: nobody
   * signed for the words of the first scope, only for what its caveats say. Absent: every delegation is bound to its scope.
   */
  origin?: 'wallet'
  /** Of the effective scope. What those above it were lowered to, their caveats say. */
  lowering: Lowering
  /** Root scope first, the effective one (that of the last delegate) last; each a subset of the one before it. */
  scopes: readonly Scope[]
  /** Hash of the effective scope. */
  scopeHash: Hex
  /** JSON pointers, per scope, held by the redeemer only. Same order as `scopes`. */
  accepted: readonly (readonly string[])[]
  delegations: readonly Delegation[]
  /** `links` are indices into `delegations`, leaf first. */
  branches: readonly Branch[]
}
