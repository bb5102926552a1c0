import { max, min } from '../primitives/integer.ts'
import { childPointer } from '../primitives/json.ts'
import { budgetCapacity } from './budgets.ts'
import { largestArgument, largestTransfer, movementsOf, type ReadRule, readRule } from './cover.ts'
import { fillingsOver, type Lifetime, lifetimeOf, type Rate, rateOf } from './rate.ts'
import type { Asset, Scope, Window } from './types.ts'

/** Base units, or that nothing bounds it. */
export type Bounded = bigint | 'unlimited'

export type AssetRadius = {
  asset: Asset
  /** The most that can leave before expiry. */
  total: Bounded
  /** The most that can leave within seconds. Twice a fixed window's limit: the end of one and the start of the next. */
  burst: Bounded
  /** What each budget admits of this asset alone. */
  budgets: readonly {
    budget: string
    /** In one period; for life where there is none. */
    amount: bigint
    /** Seconds. */
    period: bigint | null
    window: Window | null
  }[]
  /** Pointers of the limits that `total` is made of; empty where it is unlimited. */
  boundedBy: readonly string[]
}

export type BlastRadius = {
  /** Unix seconds; empty, and all amounts 0, once the scope has ended. */
  lifetime: Lifetime
  assets: readonly AssetRadius[]
  /** Rules whose effect on assets the scope does not say: for these nothing above is a bound. */
  unmeasured: readonly { pointer: string; why: string }[]
}

/** One way by which an asset leaves. */
type Outlet = { pointer: string; asset: Asset /** Base units in one call. */; most: bigint; budget: string | undefined }

/**
 * The most that can leave the principal's account through a scope from `now` to its expiry, if the agent turns hostile.
 *
 * An upper bound, exact where one limit decides; where limits overlap (one budget over several assets, calls shared by
 * rules) the amounts stand for each asset alone. What a called contract does with anything but the amounts in `spends`,
 * `allowance` and `value` is not in it: such rules are listed as unmeasured.
 *
 * @param now - Unix seconds.
 */
export function blastRadius(scope: Scope, { now }: { now: bigint }): BlastRadius {
  const { start, end } = lifetimeOf(scope)
  // Past its end a scope has an empty lifetime, not a negative one.
  const lifetime: Lifetime = { start: min(max(now, start), end), end }
  const rules = scope.rules.map((rule, index) => readRule(scope, rule, index))
  const outlets = rules.flatMap(outletsOf).filter((outlet) => outlet.most > 0n)
  const assets = [...new Set(outlets.map(({ asset }) => asset))]
  return {
    lifetime,
    assets: assets.map((asset) =>
      radiusOf(
        scope,
        lifetime,
        asset,
        outlets.filter((outlet) => outlet.asset === asset),
      ),
    ),
    unmeasured: rules.flatMap(({ rule, index }) => {
      if (rule.class === 'transfer' || rule.spends.length > 0 || rule.allowance !== undefined) return []
      return [{ pointer: `/rules/${index}`, why: 'The scope does not say what this call moves.' }]
    }),
  }
}

function outletsOf(read: ReadRule): Outlet[] {
  const { scope, rule, index } = read
  const pointer = `/rules/${index}`
  if (rule.class === 'transfer') {
    return [{ pointer, asset: rule.asset, most: largestTransfer(scope, rule), budget: rule.budget }]
  }
  const outlets: Outlet[] = movementsOf(read).map(({ asset, most, budget }) => ({ pointer, asset, most, budget }))
  if (!rule.spends.some(({ asset }) => asset === 'native')) {
    outlets.push({ pointer, asset: 'native', most: BigInt(rule.value.lte), budget: undefined })
  }
  const { allowance } = rule
  // What is measured holds all that the target takes of the allowance.
  const counted = rule.spends.some(
    ({ asset, amount, measured }) => asset === allowance?.asset && (measured || amount === allowance.amount),
  )
  if (allowance !== undefined && !counted) {
    outlets.push({ pointer, asset: allowance.asset, most: largestArgument(read, allowance.amount), budget: undefined })
  }
  return outlets
}

function radiusOf(scope: Scope, life: Lifetime, asset: Asset, outlets: readonly Outlet[]): AssetRadius {
  const names = [...new Set(outlets.flatMap(({ budget }) => (budget === undefined ? [] : [budget])))]
  const budgets = names.flatMap((name) => {
    const budget = scope.budgets[name]
    if (budget === undefined) return []
    const rate = rateOf(budget, scope)
    const amount = budgetCapacity(budget, asset, scope.assets)
    const period = rate.kind === 'life' ? null : rate.period
    const window = rate.kind === 'life' ? null : rate.kind
    return [{ entry: { budget: name, amount, period, window }, rate }]
  })
  const calls = scope.calls && { max: BigInt(scope.calls.max), rate: rateOf(scope.calls, scope) }
  const largest = largestCall(outlets)
  const free = largestCall(outlets.filter(({ budget }) => budget === undefined))

  const within = (count: (rate: Rate) => bigint): { amount: Bounded; by: string[] } => {
    const made = calls && calls.max * count(calls.rate)
    const counted = budgets.reduce((sum, { entry, rate }) => sum + entry.amount * count(rate), 0n)
    const byBudgets = free === 0n ? counted : made === undefined ? undefined : counted + free * made
    const byCalls = made === undefined ? undefined : largest * made
    if (byCalls !== undefined && (byBudgets === undefined || byCalls < byBudgets))
      return { amount: byCalls, by: ['/calls'] }
    if (byBudgets === undefined) return { amount: 'unlimited', by: [] }
    const pointers = names.map((name) => childPointer('/budgets', name))
    return { amount: byBudgets, by: free === 0n ? pointers : [...pointers, '/calls'] }
  }
  const total = within((rate) => fillingsAnyPhase(rate, life, scope))
  const burst = within((rate) => min(fillingsAnyPhase(rate, life, scope), rate.kind === 'fixed' ? 2n : 1n))
  return {
    asset,
    total: total.amount,
    burst: burst.amount,
    budgets: budgets.map(({ entry }) => entry),
    boundedBy: total.by,
  }
}

/** Where a scope does not say when its windows begin, the lifetime may cut one at either end. */
function fillingsAnyPhase(rate: Rate, life: Lifetime, scope: Scope): bigint {
  const fillings = fillingsOver(rate, life)
  if (rate.kind !== 'fixed' || scope.notBefore !== undefined || fillings === 0n) return fillings
  return (life.end - life.start + rate.period - 1n) / rate.period + 1n
}

/** One call may move an asset in several ways. */
function largestCall(outlets: readonly Outlet[]): bigint {
  const byRule = new Map<string, bigint>()
  for (const { pointer, most } of outlets) byRule.set(pointer, (byRule.get(pointer) ?? 0n) + most)
  return [...byRule.values()].reduce(max, 0n)
}
