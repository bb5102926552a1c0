import type { Hex } from '../../primitives/hex.ts'
import type { BudgetReport, TaskScopeEvent } from './events.ts'

/** One redemption by one delegation, as its logs together say. */
export type TaskScopeRedemption = {
  delegation: Hex
  /** keccak-256 of mode ‖ execution. */
  action: Hex
  /** The rule of each execution. */
  rules: readonly number[]
  /** Every budget that was charged, as it was afterwards. */
  budgets: readonly BudgetReport[]
  /** Number of the signed request. */
  request: bigint | null
  /** What a measured account lost. */
  measured: readonly { rule: number; decrease: bigint; budget: BudgetReport }[]
}

/**
 * The redemptions of one transaction, from the contract's events in their order. `null` where they do not fit together: an
 * event is missing, or another contract's is among them.
 */
export function collectRedemptions(events: readonly TaskScopeEvent[]): readonly TaskScopeRedemption[] | null {
  const redemptions: TaskScopeRedemption[] = []
  let more: Extract<TaskScopeEvent, { event: 'redeemed_more' }> | null = null
  for (const event of events) {
    if (more !== null && event.event !== 'redeemed') return null
    if (event.event === 'redeemed_more') more = event
    if (event.event === 'redeemed') {
      const redemption = merged(event, more)
      if (redemption === null) return null
      redemptions.push(redemption)
      more = null
    }
    if (event.event === 'measured') {
      const at = redemptions.findLastIndex(({ delegation }) => delegation === event.delegation)
      const redemption = redemptions[at]
      if (redemption === undefined) return null
      const { rule, decrease, budget } = event
      redemptions[at] = { ...redemption, measured: [...redemption.measured, { rule, decrease, budget }] }
    }
  }
  return more === null ? redemptions : null
}

function merged(
  { delegation, action, rule, executions, budget, request }: Extract<TaskScopeEvent, { event: 'redeemed' }>,
  more: Extract<TaskScopeEvent, { event: 'redeemed_more' }> | null,
): TaskScopeRedemption | null {
  const same = Array<number>(executions).fill(rule)
  const one = budget === null ? [] : [budget]
  if (more === null) return { delegation, action, rules: same, budgets: one, request, measured: [] }
  const rules = more.rules.length === 0 ? same : more.rules
  const first = more.budgets[0]
  const agree = rules.length === executions && rules[0] === rule && first?.index === budget?.index
  if (more.delegation !== delegation || !agree) return null
  return { delegation, action, rules, budgets: more.budgets, request, measured: [] }
}
