import { decodeCaveat, encodeCaveat } from '../../src/caveats/caveat.ts'
import type { TaskScopeRule, TaskScopeTerms } from '../../src/caveats/taskScope/types.ts'
import type { Caveat, DecodedCaveat } from '../../src/caveats/types.ts'
import type { CompileOptions } from '../../src/compile/compile.ts'
import type { Draft, Plan } from '../../src/compile/types.ts'
import { environment, type More, plan, type Rule } from './plan.ts'
import { USDC } from './scope.ts'

/** Plans of one caveat, and such caveats by hand. */

export function fusedPlan(rules: readonly Rule[], more: More = {}, options: Partial<CompileOptions> = {}): Plan {
  return plan(rules, more, { lowering: 'fused', ...options })
}

/** The terms of the only caveat of the only draft. */
export function termsOf({ drafts }: { drafts: readonly Pick<Draft, 'caveats'>[] }): TaskScopeTerms {
  const [caveat, ...others] = drafts.flatMap(({ caveats }) => caveats)
  if (caveat === undefined || others.length > 0) throw new RangeError('not one caveat')
  const decoded = decodeCaveat(environment, caveat)
  if (decoded.kind !== 'taskScope') throw new RangeError(`a caveat of kind ${decoded.kind}`)
  const { kind, ...terms } = decoded
  return terms
}

export function fusedTerms(rules: readonly Rule[], more: More = {}): TaskScopeTerms {
  return termsOf(fusedPlan(rules, more))
}

export const PLAIN_RULE = {
  longer: false,
  maxValue: 0n,
  conditions: [],
  charges: [],
  allowance: null,
  measured: null,
} as const

/** A payment rule by hand: to anyone, of at most 5 base units, counted in budget 0. */
export const payRule: TaskScopeRule = {
  ...PLAIN_RULE,
  target: USDC,
  selector: '0xa9059cbb',
  length: 68,
  conditions: [{ op: 'at_most', word: 1, operand: 5n }],
  charges: [{ budget: 0, source: { word: 1 }, weight: 1n }],
}

/** Terms by hand: one payment rule, a lifetime budget, no key. */
export function handTerms(change: Partial<TaskScopeTerms> = {}): Extract<DecodedCaveat, { kind: 'taskScope' }> {
  return {
    kind: 'taskScope',
    notBefore: 0n,
    expiry: 2_000_000_000n,
    maxExecutions: 10,
    group: '0x0102030405060708',
    guardian: null,
    requestKey: null,
    confirmer: null,
    calls: null,
    redeemers: [],
    budgets: [{ window: 'lifetime', period: null, cap: 9n, threshold: null }],
    rules: [payRule],
    ...change,
  }
}

export function handCaveat(change: Partial<TaskScopeTerms> = {}): Caveat {
  return encodeCaveat(environment, handTerms(change))
}
