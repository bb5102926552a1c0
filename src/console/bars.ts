import { symbolText } from '../caveats/words.ts'
import { formatAmount } from '../primitives/amount.ts'
import { max, min } from '../primitives/integer.ts'
import { budgetDecimals, WEIGHT_DECIMALS } from '../scope/budgets.ts'
import { unitsOfAmount, unitsOfText } from '../scope/meter.ts'
import { floorDiv, rateOf } from '../scope/rate.ts'
import type { Asset, Budget, Scope } from '../scope/types.ts'
import type { Spent } from './source.ts'
import { grouped } from './words.ts'

/** Fewest and most periods of one picture. */
const FEWEST = 7n
const MOST = 14n

/** What went in one period `[start, end)`, in units of the budget. */
export type Bar = { start: bigint; end: bigint; units: bigint }

/** A budget that fills again, period by period, the present one last. */
export type BudgetBars = {
  budget: string
  rolling: boolean
  limit: bigint
  bars: readonly Bar[]
  say(units: bigint): string
}

/**
 * What receipts say was spent of each budget that counts in periods. A fixed window is one bar; of a rolling one the bars are
 * counted back from now, and its limit holds in any interval as long as they are.
 *
 * @param now - Unix seconds.
 */
export function barsOf(scope: Scope, spent: readonly Spent[], now: bigint): BudgetBars[] {
  return Object.entries(scope.budgets).flatMap(([name, budget]): BudgetBars[] => {
    const rate = rateOf(budget, scope)
    if (rate.kind === 'life') return []
    const { period } = rate
    // Behind the last bar: the end of the window that holds `now`, or the second after now.
    const end = rate.kind === 'rolling' ? now + 1n : now + period - modulo(now - rate.anchor, period)
    const own = spent.filter((one) => countsIn(scope, name, budget, one))
    const first = own.reduce((least, { at }) => min(at, least), now)
    const back = floorDiv(end - 1n - first, period) + 1n
    const count = min(max(back, FEWEST), MOST)
    const bars = Array.from({ length: Number(count) }, (_, index): Bar => {
      const start = end - (count - BigInt(index)) * period
      return { start, end: start + period, units: sumBetween(own, start, start + period, budget, scope) }
    })
    return [
      {
        budget: name,
        rolling: rate.kind === 'rolling',
        limit: unitsOfText(budget, budget.max, scope),
        bars,
        say: sayer(budget, scope),
      },
    ]
  })
}

function sumBetween(spent: readonly Spent[], from: bigint, to: bigint, budget: Budget, scope: Scope): bigint {
  return spent
    .filter(({ at }) => at >= from && at < to)
    .reduce((sum, { asset, amount }) => sum + unitsOfAmount(budget, asset, amount, scope), 0n)
}

/** By the rule that the decision named; where no receipt says which, by the asset. */
function countsIn(scope: Scope, name: string, budget: Budget, { rule: id, asset }: Spent): boolean {
  if (!Object.hasOwn(budget.assets, asset)) return false
  const rule = scope.rules.find((candidate) => candidate.id === id)
  if (rule === undefined) return true
  if (rule.class === 'transfer') return rule.budget === name
  return rule.spends.some((spend) => spend.budget === name && spend.asset === asset)
}

/** Of several assets, each by its weight: no one's symbol is theirs. */
function sayer(budget: Budget, { assets }: Scope): (units: bigint) => string {
  const decimals = budgetDecimals(budget, assets) + WEIGHT_DECIMALS
  const [only, ...others] = Object.keys(budget.assets) as Asset[]
  const symbol = only === 'native' ? 'native coin' : symbolText(assets[only as `0x${string}`]?.symbol ?? '?')
  return (units) => `${grouped(formatAmount(units, decimals))} ${others.length > 0 ? 'units' : symbol}`
}

function modulo(value: bigint, period: bigint): bigint {
  return value - floorDiv(value, period) * period
}
