import type { TaskScopeBudget, TaskScopeCharge } from '../../caveats/taskScope/types.ts'
import { childPointer } from '../../primitives/json.ts'
import { parseDuration } from '../../primitives/time.ts'
import type { BudgetUnit } from '../../scope/budgets.ts'
import { budgetDecimals, WEIGHT_DECIMALS } from '../../scope/budgets.ts'
import { gcd } from '../../scope/fraction.ts'
import { unitsOfAmount, unitsOfText } from '../../scope/meter.ts'
import type { Asset, Budget, Scope } from '../../scope/types.ts'
import { notPositive, type Resolved, read } from '../resolve.ts'
import { requireBound } from './bounds.ts'

/** A budget as terms have it, what one base unit of each asset counts in it, and what that is in the scope. */
export type ScaledBudget = {
  name: string
  terms: TaskScopeBudget
  weights: ReadonlyMap<Asset, bigint>
  unit: BudgetUnit
}

/** Names of the budgets in the order of the terms: sorted, so that the order of a file's members changes nothing. */
export function budgetNames({ budgets }: Scope): readonly string[] {
  return Object.keys(budgets).sort()
}

/**
 * Every budget in units in which all that is counted is a whole number: the largest unit of which each charged asset's base
 * unit is a multiple. Exact: what a cap loses in being rounded down to that unit, no sum of charges could ever reach.
 *
 * @throws {@link CompileError} `compile.amount_not_positive`, `compile.bound_exceeded`.
 */
export function scaleBudgets({ scope }: Pick<Resolved, 'scope'>): readonly ScaledBudget[] {
  return budgetNames(scope).map((name) => {
    const pointer = childPointer('/budgets', name)
    return read(pointer, () => scale(scope, name, scope.budgets[name] as Budget, pointer))
  })
}

function scale(scope: Scope, name: string, budget: Budget, pointer: string): ScaledBudget {
  const { escalation } = scope
  const units = new Map(chargedAssets(scope, name).map((asset) => [asset, unitsOfAmount(budget, asset, 1n, scope)]))
  const unit = [...units.values()].reduce(gcd, 0n)
  const cap = unitsOfText(budget, budget.max, scope) / unit
  if (cap === 0n) throw notPositive(pointer)
  requireBound(`${pointer}/max`, 'amount', cap)
  const weights = new Map([...units].map(([asset, own]) => [asset, own / unit]))
  const decimals = WEIGHT_DECIMALS + budgetDecimals(budget, scope.assets)
  for (const [asset, weight] of weights) requireBound(childPointer(`${pointer}/assets`, asset), 'amount', weight)
  const above = escalation !== undefined && Object.hasOwn(escalation.above, name) ? escalation.above[name] : undefined
  const threshold = above === undefined ? cap : unitsOfText(budget, above, scope) / unit
  const period = budget.per === undefined ? null : parseDuration(budget.per)
  const window = period === null ? 'lifetime' : (budget.window ?? 'fixed')
  return {
    name,
    weights,
    unit: { amount: unit, decimals, weights: budget.assets },
    terms: { window, period, cap, threshold: escalation === undefined ? null : threshold },
  }
}

/** What one execution counts in a budget: a word of its arguments, or its native value. */
export function chargeTo(
  budgets: readonly ScaledBudget[],
  name: string,
  asset: Asset,
  source: TaskScopeCharge['source'],
): TaskScopeCharge {
  const budget = budgets.findIndex((candidate) => candidate.name === name)
  return { budget, source, weight: budgets[budget]?.weights.get(asset) ?? 1n }
}

/** Assets that some rule charges to a budget; a weight that nothing uses would only make the unit finer. */
export function chargedAssets({ rules }: Scope, budget: string): Asset[] {
  const charged = rules.flatMap((rule): Asset[] => {
    if (rule.class === 'transfer') return rule.budget === budget ? [rule.asset] : []
    return rule.spends.flatMap((spend) => (spend.budget === budget ? [spend.asset] : []))
  })
  return [...new Set(charged)]
}
