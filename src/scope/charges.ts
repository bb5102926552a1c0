import { parseAmount } from '../primitives/amount.ts'
import { min } from '../primitives/integer.ts'
import { childPointer } from '../primitives/json.ts'
import { parseDuration } from '../primitives/time.ts'
import { budgetCapacity, budgetDecimals, decimalsOf, WEIGHT_DECIMALS } from './budgets.ts'
import { type Excess, excess, largestAt, largestTransfer, movementsOf, type ReadRule } from './cover.ts'
import { add, atMost, type Fraction, fraction, larger, multiply, smaller } from './fraction.ts'
import { fillingsWithin, lifetimeOf, rateOf } from './rate.ts'
import type { Asset, Budget, Scope } from './types.ts'

/** One amount of one child rule, as a budget of the parent counts it. */
export type Charge = {
  /** Index of the child's rule. */
  rule: number
  asset: Asset
  /** Most in one call, base units. */
  most: bigint
  /** The child's own budgets that count the same amount. */
  own: readonly string[]
}

/** What a child rule charges to the budgets of the parent rule that admits it, by budget. */
export function chargesOf(child: ReadRule, parent: ReadRule): Map<string, Charge[]> {
  const out = new Map<string, Charge[]>()
  const note = (budget: string, charge: Omit<Charge, 'rule'>) => {
    out.set(budget, [...(out.get(budget) ?? []), { rule: child.index, ...charge }])
  }
  if (child.rule.class === 'transfer' && parent.rule.class === 'transfer' && parent.rule.budget !== undefined) {
    const { asset, budget } = child.rule
    const own = budget === undefined ? [] : [budget]
    note(parent.rule.budget, { asset, most: largestTransfer(child.scope, child.rule), own })
  }
  const own = movementsOf(child)
  for (const { asset, at, budget } of movementsOf(parent)) {
    const counted = own.filter((movement) => movement.asset === asset && movement.at === at)
    const names = counted.map((movement) => movement.budget)
    note(budget, { asset, most: largestCounted(child, asset, largestAt(child, at), names), own: names })
  }
  return out
}

/** What one call can move of an asset if these budgets count it: no more than the smallest of them holds. */
function largestCounted({ scope }: ReadRule, asset: Asset, most: bigint, names: readonly string[]): bigint {
  const capacities = names.map((name) => {
    const budget = scope.budgets[name]
    return budget === undefined ? most : budgetCapacity(budget, asset, scope.assets)
  })
  return capacities.reduce(min, most)
}

/**
 * What of the child's spending a budget of the parent would not admit; `undefined` if nothing.
 *
 * The child's spending in one filling of the parent's budget is bounded in two ways, and the lower one counts: by the
 * child's own budgets, each as often as it fills in that time, plus what no budget of its own counts by calls; or all of it
 * by calls. All exact.
 */
export function budgetExcess(
  child: Scope,
  parent: Scope,
  name: string,
  charges: readonly Charge[],
): Excess | undefined {
  const budget = parent.budgets[name]
  if (budget === undefined) return excess('budgets', childPointer('/budgets', name), undefined, name)
  const limit = unitsOf(budget, parent)
  const outer = rateOf(budget, parent)
  const life = lifetimeOf(child)
  const calls =
    child.calls && fraction(BigInt(child.calls.max) * fillingsWithin(rateOf(child.calls, child), outer, life))

  let counted: Fraction | undefined = fraction(0n)
  const byOwn = groupBy(charges, ({ own }) => own[0])
  for (const [own, group] of byOwn) {
    const ownBudget = own === undefined ? undefined : child.budgets[own]
    const most =
      ownBudget === undefined
        ? multiply(largestCall(group, budget, parent), calls ?? fraction(0n))
        : multiply(
            multiply(unitsOf(ownBudget, child), fraction(fillingsWithin(rateOf(ownBudget, child), outer, life))),
            exchange(group, budget, ownBudget),
          )
    const bounded = ownBudget !== undefined || calls !== undefined || group.every((charge) => charge.most === 0n)
    counted = bounded && counted !== undefined ? add(counted, most) : undefined
  }
  const byCalls = calls && multiply(largestCall(charges, budget, parent), calls)
  const total = counted && byCalls ? smaller(counted, byCalls) : (counted ?? byCalls)
  if (total === undefined || !atMost(total, limit)) {
    const [first] = charges
    const own = first?.own[0]
    const pointer = own === undefined ? `/rules/${first?.rule ?? 0}` : childPointer('/budgets', own)
    return excess('budgets', pointer, own === undefined ? undefined : child.budgets[own], budget)
  }
  return escalationExcess(child, parent, name, budget, charges)
}

/** A call that the parent would have confirmed, the child must have confirmed too, by the same person. */
function escalationExcess(
  child: Scope,
  parent: Scope,
  name: string,
  budget: Budget,
  charges: readonly Charge[],
): Excess | undefined {
  const question = questionOf(parent, name)
  if (question === undefined) return undefined
  const threshold = amountOf(question.above, budgetDecimals(budget, parent.assets))
  for (const group of groupBy(charges, ({ rule }) => rule).values()) {
    if (atMost(largestCall(group, budget, parent), threshold)) continue
    const own = group[0]?.own.find((candidate) => group.every((charge) => charge.own.includes(candidate)))
    const ownBudget = own === undefined ? undefined : child.budgets[own]
    if (own !== undefined && ownBudget !== undefined) {
      const rate = exchange(group, budget, ownBudget)
      const staysBelow = (text: string) =>
        atMost(multiply(amountOf(text, budgetDecimals(ownBudget, child.assets)), rate), threshold)
      // A budget that holds no more than the threshold lets no single call above it.
      if (staysBelow(ownBudget.max)) continue
      const asked = questionOf(child, own)
      if (
        asked?.confirmer === question.confirmer &&
        parseDuration(asked.timeout) <= parseDuration(question.timeout) &&
        staysBelow(asked.above)
      )
        continue
    }
    return excess('escalation', '/escalation', child.escalation, parent.escalation)
  }
  return undefined
}

/** Above what a budget has somebody asked, whom, and for how long; `undefined` where it asks nobody. */
function questionOf({ escalation }: Scope, budget: string) {
  if (escalation === undefined || !Object.hasOwn(escalation.above, budget)) return undefined
  return { ...escalation, above: escalation.above[budget] ?? '0' }
}

function groupBy<item, key>(items: readonly item[], keyOf: (item: item) => key): Map<key, item[]> {
  const groups = new Map<key, item[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [item])
    else group.push(item)
  }
  return groups
}

/** Most that one call of any of the rules charges, in units of the budget. */
function largestCall(charges: readonly Charge[], budget: Budget, scope: Scope): Fraction {
  let most = fraction(0n)
  for (const group of groupBy(charges, ({ rule }) => rule).values()) {
    const sum = group.reduce((total, charge) => add(total, chargeOf(charge, budget, scope)), fraction(0n))
    most = larger(most, sum)
  }
  return most
}

function chargeOf({ asset, most }: Charge, budget: Budget, scope: Scope): Fraction {
  return multiply(fraction(most, 10n ** BigInt(decimalsOf(asset, scope.assets))), weightOf(budget, asset))
}

/** Most units of `budget` that one unit of `own` can stand for, over the assets charged. */
function exchange(charges: readonly Charge[], budget: Budget, own: Budget): Fraction {
  return charges.reduce((most, { asset }) => {
    const { n, d } = weightOf(own, asset)
    return larger(most, multiply(weightOf(budget, asset), fraction(d, n)))
  }, fraction(0n))
}

function weightOf(budget: Budget, asset: Asset): Fraction {
  const weight = Object.hasOwn(budget.assets, asset) ? budget.assets[asset] : undefined
  return amountOf(weight ?? '0', WEIGHT_DECIMALS)
}

function unitsOf(budget: Budget, scope: Scope): Fraction {
  return amountOf(budget.max, budgetDecimals(budget, scope.assets))
}

function amountOf(text: string, decimals: number): Fraction {
  return fraction(parseAmount(text, decimals), 10n ** BigInt(decimals))
}
