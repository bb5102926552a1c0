import { CompileError } from '../errors.ts'

/** What fits in the terms of one caveat, by the layout of `TaskScopeTerms.sol`. */
export const BOUNDS = {
  /** The byte's 255 means: no rule. */
  rules: 254n,
  /** Values of one list. */
  operands: 255n,
  conditions: 255n,
  calls: (1n << 24n) - 1n,
  /** Of a cap and a weight, base units. */
  amount: (1n << 112n) - 1n,
  /** Native value of one execution, wei. */
  value: (1n << 96n) - 1n,
  /** Number of an argument word; larger ones stand for sources that are no word. */
  word: 252n,
  /** Bytes of calldata that a rule can ask for. */
  length: 65_535n,
  /** Bytes of terms: with its delegation, and another as large above it, they still are a context that can be redeemed. */
  terms: 12_288n,
} as const

/**
 * Executions of one redemption: what a payment run needs, and what a block has room for many times over. More is another
 * redemption; none of the limits of a scope depends on it.
 */
export const MAX_EXECUTIONS = 50

/** @throws {@link CompileError} `compile.bound_exceeded`, with what, value and bound. */
export function requireBound(pointer: string, what: keyof typeof BOUNDS, value: bigint | number): void {
  const bound = BOUNDS[what]
  if (value <= bound) return
  throw new CompileError('compile.bound_exceeded', 'The scope is larger than one caveat can carry.', {
    details: { pointer, what, value: value.toString(), bound: bound.toString() },
    fix: 'Make it smaller there, or split the task into several scopes.',
  })
}
