import type { Measured } from './measured.ts'
import type { ReasonCode, RefusedRule } from './types.ts'

/** Why one branch refuses, before it is put in words: the first check that fails, in the chain's order. */
export type Finding = {
  code: ReasonCode
  /** Link and caveat that refused; `null` where none did. */
  hop: number | null
  caveat: number | null
  limit: bigint | null
  used: bigint | null
  requested: bigint | null
  remaining: bigint | null
  resetsAt: bigint | null
  /** Unix seconds from which this one check passes, by whatever rule; `null` where time does not help. */
  passesAt: bigint | null
  /** Which quantity of the action was measured. */
  measured: Measured | null
  /** Of a caveat that carries rules: which of them refused what. */
  rule: RefusedRule | null
  /** Checks passed before this one: how near the branch came. */
  passed: number
}

type Parts = Partial<Omit<Finding, 'code'>>

/** A finding with `null` wherever nothing is said. */
export function finding(code: ReasonCode, parts: Parts = {}): Finding {
  return {
    code,
    hop: parts.hop ?? null,
    caveat: parts.caveat ?? null,
    limit: parts.limit ?? null,
    used: parts.used ?? null,
    requested: parts.requested ?? null,
    remaining: parts.remaining ?? null,
    resetsAt: parts.resetsAt ?? null,
    passesAt: parts.passesAt ?? null,
    measured: parts.measured ?? null,
    rule: parts.rule ?? null,
    passed: parts.passed ?? 0,
  }
}
