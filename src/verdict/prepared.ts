import type { DecodedCaveat } from '../caveats/types.ts'
import type { Lowering } from '../compile/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import type { Held } from './held.ts'
import type { PreparedTerms } from './taskScope/prepareTerms.ts'

/** A grant read once: caveats decoded, hashes computed, counters named. Nothing in it changes while verdicts are given. */
export type PreparedGrant = {
  id: Hex
  chainId: number
  manager: Address
  lowering: Lowering
  branches: readonly PreparedBranch[]
}

/** One way to act, as the manager will walk it. */
export type PreparedBranch = {
  /** Index in the grant's branches. */
  index: number
  /** `null` where a caveat chooses among the rules of its scope. */
  rule: string | null
  /** Leaf first. */
  links: readonly PreparedLink[]
  /** Pays native coin: some link demands empty calldata. A target is then a payee, and a value an amount. */
  native: boolean
  /** Some caveat wants a batch: several calls are then what was granted. */
  batch: boolean
  /** What the redeemer alone holds, by scope: root scope first. */
  held: readonly Held[]
}

export type PreparedLink = {
  /** 0 is the leaf. */
  hop: number
  hash: Hex
  delegator: Address
  delegate: Address
  caveats: readonly PreparedCaveat[]
}

export type PreparedCaveat = {
  /** Index in the link's caveats. */
  index: number
  enforcer: Address
  meaning: DecodedCaveat
  /** What the redeemer adds: outside the signature, judged as the grant carries it. */
  args: Hex
  /** Key in `State.counters` of what its enforcer keeps or says; `null` where nothing is read for it alone. */
  counter: string | null
  /**
   * Caveats before it in this branch with the same storage. Most enforcers key storage by delegation, not by caveat: each
   * of these counts the same action once more before this one looks.
   */
  earlier: number
  /** What the redeemer chose, where the caveat wraps others. */
  choice: Choice | null
  /** The terms of the first caveat that shares a stream's storage with this one. */
  stream: StreamTerms | null
  /** The terms which an unused period storage holds when this caveat looks: those of the first caveat that shares it. */
  period: PeriodTerms | null
  /** The terms of a whole scope, with its counters named. */
  taskScope: PreparedTerms | null
}

/** `none`: there is no such group, and the contract refuses. `unknown`: what the group does cannot be judged here. */
export type Choice = { is: 'group'; caveats: readonly PreparedCaveat[] } | { is: 'none' } | { is: 'unknown' }

export type StreamTerms = { initial: bigint; max: bigint; perSecond: bigint; start: bigint }

export type PeriodTerms = { amount: bigint; duration: bigint; start: bigint }
