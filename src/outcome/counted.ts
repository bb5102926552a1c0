import { keccak256 } from 'viem'
import { decodeCaveat } from '../caveats/caveat.ts'
import { type BudgetReport, decodeTaskScopeEvent, type TaskScopeEvent } from '../caveats/taskScope/events.ts'
import type { TaskScopeTerms } from '../caveats/taskScope/types.ts'
import type { Environment } from '../caveats/types.ts'
import { decodeContext } from '../delegation/context.ts'
import { hashDelegation } from '../delegation/hash.ts'
import { type Address, concatBytes, type Hex } from '../primitives/hex.ts'
import type { Redemption } from '../redemption/types.ts'
import type { Action } from '../verdict/types.ts'
import type { LogEvidence } from './evidence.ts'

/** What a TaskScopeEnforcer said that it counted for one delegation. */
export type Counted = {
  delegation: Hex
  /** Of each call its rule, as a number in the terms. */
  rules: readonly number[]
  /** Those that were charged, after it. */
  budgets: readonly BudgetReport[]
  /** Where the rule measures: what its account lost, base units, and each budget that counted it, after it. */
  measured?: readonly { decrease: bigint; budget: BudgetReport }[]
  /** Of the signed request that was used up; `null` where none was asked for. */
  request: bigint | null
}

/**
 * What the enforcer of whole scopes said of this redemption, one entry for each delegation with such a caveat, leaf first; or
 * what of it is missing or is not what the call data asks for. What it says of other redemptions in the same transaction is
 * no part of this one.
 */
export function readCounted(
  logs: readonly LogEvidence[],
  { redemption, action, environment }: { redemption: Redemption; action: Action; environment: Environment },
): readonly Counted[] | { missing: string } {
  const counted: Counted[] = []
  for (const [hop, place] of decodeContext(redemption.context).entries()) {
    const delegation = hashDelegation(place)
    for (const caveat of place.caveats) {
      const terms = decodeCaveat(environment, caveat)
      if (terms.kind !== 'taskScope') continue
      const said = eventsOf(logs, caveat.enforcer, delegation)
      if (said.length === 0) return { missing: 'enforcer_event' }
      const request = (hop === 0 ? action.request : action.requestsAbove?.[delegation])?.number ?? null
      const expected = { terms, calls: action.calls.length, action: actionHash(redemption), request }
      const differs = said.map((event) => differenceOf(event, expected))
      const at = differs.indexOf(null)
      const found = said[at]
      if (found === undefined) return { missing: `enforcer_event_${differs[0]}` }
      const { rules, budgets, measured } = found
      counted.push({ delegation, rules, budgets, ...(measured.length > 0 && { measured }), request: found.request })
    }
  }
  return counted
}

type Redeemed = Extract<TaskScopeEvent, { event: 'redeemed' }>
type Said = Pick<Redeemed, 'action' | 'executions' | 'request'> &
  Required<Pick<Counted, 'rules' | 'budgets' | 'measured'>>

/** Its reports about one delegation, each with the log before it that holds what did not fit. */
function eventsOf(logs: readonly LogEvidence[], enforcer: Address, delegation: Hex): Said[] {
  const own = logs.map((log) => (log.address === enforcer ? decodeTaskScopeEvent(log) : null))
  return own.flatMap((event, index) => {
    if (event?.event !== 'redeemed' || event.delegation !== delegation) return []
    const before = own[index - 1]
    const more = before?.event === 'redeemed_more' && before.delegation === delegation ? before : undefined
    const { action, executions, request, rule, budget } = event
    const rules = more === undefined || more.rules.length === 0 ? Array<number>(executions).fill(rule) : more.rules
    const budgets = more === undefined || more.budgets.length === 0 ? [budget ?? []].flat() : more.budgets
    return [{ action, executions, request, rules, budgets, measured: measuredAfter(own.slice(index + 1), delegation) }]
  })
}

/** What was settled for this redemption: nothing else of its delegation passes in between. */
function measuredAfter(later: readonly (TaskScopeEvent | null)[], delegation: Hex): Said['measured'] {
  const measured: { decrease: bigint; budget: BudgetReport }[] = []
  for (const event of later) {
    // Anybody can burn a number of anything meanwhile: that says nothing here.
    if (event === null || event.event === 'group_closed' || event.event === 'request_burned') continue
    if (event.delegation !== delegation) continue
    if (event.event !== 'measured') break
    measured.push({ decrease: event.decrease, budget: event.budget })
  }
  return measured
}

/** What of a report cannot be about this redemption. */
function differenceOf(
  said: Said,
  { terms, calls, action, request }: { terms: TaskScopeTerms; calls: number; action: Hex; request: bigint | null },
): 'action' | 'rules' | 'budgets' | 'measured' | 'request' | null {
  if (said.action !== action) return 'action'
  const rulesFit = said.rules.length === calls && said.rules.every((rule) => rule < terms.rules.length)
  if (said.executions !== calls || !rulesFit) return 'rules'
  // Spent and left of a budget are its cap, or it is another budget.
  const differs = ({ index, spent, left }: BudgetReport) => terms.budgets[index]?.cap !== spent + left
  if (said.budgets.some(differs)) return 'budgets'
  // Each charge of what is measured was settled, in its order.
  const charges = terms.rules[said.rules[0] ?? -1]?.charges.filter(({ source }) => source === 'balance') ?? []
  const settled = said.measured.map(({ budget }) => budget)
  const wanted = charges.map(({ budget }) => budget).join()
  if (settled.some(differs) || settled.map(({ index }) => index).join() !== wanted) return 'measured'
  // A request that nobody asked for is not looked at by the contract.
  const carried = terms.requestKey !== null || said.request !== null ? request : null
  return said.request === carried ? null : 'request'
}

/** As the contract names an action. */
function actionHash({ mode, execution }: Redemption): Hex {
  return keccak256(concatBytes(mode, execution))
}
