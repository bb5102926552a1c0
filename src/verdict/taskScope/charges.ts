import type { TaskScopeCharge } from '../../caveats/taskScope/types.ts'
import { argumentOf, type SizedCall } from './conditions.ts'
import { leftOf, type Passage } from './passage.ts'
import type { PreparedRule } from './prepareTerms.ts'
import { unitsOf } from './spendCounter.ts'

/** A budget that does not hold what a call charges to it: base units, and what is left of it, in units. */
export type Overdraft = { budget: number; rest: bigint; requested: bigint }

/** Above every cap: what stands for a product that would not fit. */
const BEYOND = 2n ** 128n - 1n

/**
 * Charges all budgets of a rule, or none and names the first that does not hold it. What one call charges to one budget is
 * one charge: thresholds and refusals speak of the sum.
 */
export function chargeAll(passage: Passage, rule: PreparedRule, call: SizedCall): Overdraft | null {
  const { terms, left } = passage
  const { charges } = rule
  const before = left.slice()
  // What the contract charges without weighing it is refused with the amount as it stands in the call.
  const whole = charges.length === 1 && charges[0]?.weight === 1n && !rule.measured && terms.terms.confirmer === null
  let crossing: Passage['crossing'] = null
  let sum = 0n
  for (const [at, charge] of charges.entries()) {
    const amount = amountOf(charge, call)
    sum += whole ? amount : weighed(amount, charge.weight)
    if (charges[at + 1]?.budget === charge.budget) continue
    const budget = terms.budgets[charge.budget]
    if (budget === undefined) continue
    const units = unitsOf(budget, sum)
    const rest = leftOf(passage, charge.budget)
    if (units > rest) {
      left.splice(0, left.length, ...before)
      return { budget: charge.budget, rest, requested: sum }
    }
    left[charge.budget] = rest - units
    const { threshold } = budget
    if (threshold !== null && sum > threshold) crossing ??= { threshold, requested: sum }
    sum = 0n
  }
  passage.crossing ??= crossing
  return null
}

/** What one unit of the budget's measure is in a call: a balance is known only afterwards. */
export function amountOf({ source }: TaskScopeCharge, call: SizedCall): bigint {
  if (source === 'value') return call.value
  if (source === 'count') return 1n
  return source === 'balance' ? 0n : (argumentOf(call, source.word) ?? 0n)
}

/** What an amount counts; above every cap rather than overflowing. */
export function weighed(amount: bigint, weight: bigint): bigint {
  return amount > BEYOND / weight ? BEYOND : amount * weight
}
