import { parseAmount } from '../primitives/amount.ts'
import { budgetDecimals, decimalsOf, WEIGHT_DECIMALS } from './budgets.ts'
import { floorDiv, type Rate, rateOf } from './rate.ts'
import type { Asset, Budget, Scope, Window } from './types.ts'

/** What was used of one limit so far. Times are unix seconds and do not go back. */
export type Meter = {
  /** In what the limit counts as one with `time`. */
  used(time: bigint): bigint
  add(time: bigint, units: bigint): void
}

/** A meter for a limit of this scope, nothing used. */
export function createMeter(limit: { per?: string; window?: Window }, scope: Scope): Meter {
  const rate = rateOf(limit, scope)
  return rate.kind === 'rolling' ? rolling(rate.period) : windowed(rate)
}

/**
 * Units that an amount charges to a budget, and that the budget holds: exact integers, of ten to the power of minus
 * (18 + {@link budgetDecimals}).
 *
 * @param asset - One that the budget counts: no rule names another.
 * @param amount - Base units.
 */
export function unitsOfAmount(budget: Budget, asset: Asset, amount: bigint, scope: Scope): bigint {
  const weight = budget.assets[asset] ?? '0'
  // A budget has the decimals of its finest asset: what it counts, it counts without a remainder.
  const scale = budgetDecimals(budget, scope.assets) - decimalsOf(asset, scope.assets)
  return amount * parseAmount(weight, WEIGHT_DECIMALS) * 10n ** BigInt(scale)
}

/** The same units for what is written in units of the budget: its maximum, a threshold. */
export function unitsOfText(budget: Budget, text: string, scope: Scope): bigint {
  return parseAmount(text, budgetDecimals(budget, scope.assets)) * 10n ** BigInt(WEIGHT_DECIMALS)
}

/** For life, or in windows that follow one another: only the one that holds the present matters. */
function windowed(rate: Exclude<Rate, { kind: 'rolling' }>): Meter {
  let current: bigint | undefined
  let sum = 0n
  const windowAt = (time: bigint) => (rate.kind === 'life' ? undefined : floorDiv(time - rate.anchor, rate.period))
  return {
    used: (time) => (windowAt(time) === current ? sum : 0n),
    add(time, units) {
      const window = windowAt(time)
      sum = window === current ? sum + units : units
      current = window
    },
  }
}

/** Every interval of the period's length that ends now: what is older counts no more. */
function rolling(period: bigint): Meter {
  const events: { time: bigint; units: bigint }[] = []
  let first = 0
  let sum = 0n
  return {
    used(time) {
      for (let event = events[first]; event !== undefined && event.time <= time - period; event = events[++first]) {
        sum -= event.units
      }
      return sum
    },
    add(time, units) {
      events.push({ time, units })
      sum += units
    },
  }
}
