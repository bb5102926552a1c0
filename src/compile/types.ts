import type { Caveat } from '../caveats/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'

/** A delegation before it has an authority and a signature. */
export type Draft = {
  delegate: Address
  delegator: Address
  /** Index in `Plan.drafts` of the link above; `null` for a root. A parent stands before its children. */
  parent: number | null
  caveats: readonly Caveat[]
  /** 32 random bytes. */
  salt: Hex
}

/**
 * How a scope becomes caveats. `framework`: one caveat for each constraint, one delegation for each way to act. `fused`: the
 * whole scope in one caveat of one delegation.
 */
export type Lowering = 'framework' | 'fused'

/**
 * One way to act: the rule (and payee) it serves, and its links, leaf first, as indices into the drafts. Without a rule its
 * leaf's caveat holds the whole scope and chooses among the rules itself.
 */
export type Branch = { rule?: string; payee?: Address; links: readonly number[] }

/** Who holds one constraint of the scope. */
export type CoverageRow = {
  /** JSON pointer into the scope, for example `/rules/0/to`. */
  constraint: string
  /** The constraint in words. */
  text: string
  held:
    | { by: 'chain'; caveats: readonly { draft: number; caveat: number }[] }
    /** Accepted by name: a stolen delegate key is not bound by it. */
    | { by: 'redeemer' }
    /** A delegation beside the grant, by which the guardian ends it. `compile` knows of none: see `coverGuardian`. */
    | { by: 'killSwitch'; delegation: Hex }
    /** Holds outside delegations altogether (evidence, latency): said, not enforced. */
    | { by: 'nobody'; why: string }
}

/** One sentence about what the compiled caveats permit or forbid, and what it was read from. */
export type ExplanationRow = {
  sentence: string
  draft: number
  caveat?: number
  warning?: string
}

/** What would be signed, as data: nothing in it is signed, sent or random. */
export type Plan = {
  chainId: number
  manager: Address
  lowering: Lowering
  drafts: readonly Draft[]
  branches: readonly Branch[]
  coverage: readonly CoverageRow[]
  explanation: readonly ExplanationRow[]
  /** JSON pointers whose constraints the caller accepted as held by the redeemer only. Sorted. */
  accepted: readonly string[]
}
