import { concatBytes, type Hex, uintToBytes } from '../../primitives/hex.ts'
import { CaveatError } from '../errors.ts'
import { assertNotZero, assertUint } from '../terms.ts'
import { numberToBytes, type TermsReader } from './bytes.ts'
import type { TaskScopeBudget } from './types.ts'

/** Bits of a cap or a threshold: spent and left of a budget stand together in one word of an event. */
export const CAP_BITS = 112

/** Largest cap of a rolling window in its own units: a sum of eight 24-bit buckets that stays exact. */
export const MOST_ROLLING_UNITS = 2n ** 24n - 2n

const ROLLING = 0x80

/** Base units of a rolling budget are counted in units of 2^shift; the finest that fits, else amounts round too far. */
export function shiftOf({ window, cap }: Pick<TaskScopeBudget, 'window' | 'cap'>): number {
  if (window !== 'rolling') return 0
  let shift = 0
  while (cap >> BigInt(shift) > MOST_ROLLING_UNITS) shift++
  return shift
}

export function encodeBudget(budget: TaskScopeBudget): Hex {
  assertBudget(budget)
  const kind = budget.window === 'rolling' ? ROLLING + shiftOf(budget) : 0
  return concatBytes(numberToBytes(kind, 1), uintToBytes(budget.period ?? 0n, 4), uintToBytes(budget.cap, 15))
}

/** The threshold is still to come. */
export function readBudget(reader: TermsReader): Omit<TaskScopeBudget, 'threshold'> {
  const kind = reader.number(1)
  const seconds = reader.uint(4)
  const cap = reader.uint(15)
  if (kind >= ROLLING) return { window: 'rolling', period: seconds, cap }
  return seconds === 0n ? { window: 'lifetime', period: null, cap } : { window: 'fixed', period: seconds, cap }
}

function assertBudget({ window, period, cap }: TaskScopeBudget): void {
  if (!['lifetime', 'fixed', 'rolling'].includes(window)) {
    throw new CaveatError('caveats.out_of_range', 'There is no such window.', {
      details: { window: String(window) },
      fix: 'Give lifetime, fixed or rolling.',
    })
  }
  if ((window === 'lifetime') !== (period === null)) {
    throw new CaveatError('caveats.unsatisfiable', 'A lifetime has no period, and a window has one.', {
      details: { window, period: String(period) },
      fix: 'Give a period in seconds to a window, and null to a lifetime.',
    })
  }
  if (period !== null) {
    assertUint(period, 32, 'period')
    assertNotZero(period, 'period')
  }
  assertUint(cap, CAP_BITS, 'cap')
  assertNotZero(cap, 'cap')
}

/** @param confirmed - Whether the terms name a confirmer. */
export function assertThreshold({ threshold, cap }: TaskScopeBudget, confirmed: boolean): void {
  if ((threshold !== null) !== confirmed) {
    throw new CaveatError('caveats.unsatisfiable', 'Thresholds and a confirmer come together.', {
      details: { threshold: String(threshold), confirmer: confirmed },
      fix: 'Name the confirmer and give every budget a threshold (its cap: never), or neither.',
    })
  }
  if (threshold === null) return
  assertUint(threshold, CAP_BITS, 'threshold')
  if (threshold > cap) {
    throw new CaveatError('caveats.unsatisfiable', 'This threshold is above its cap.', {
      details: { threshold: String(threshold), cap: String(cap) },
      fix: 'Give at most the cap: nothing above it ever passes.',
    })
  }
}
