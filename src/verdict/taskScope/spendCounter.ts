import type { TaskScopeBudget } from '../../caveats/taskScope/types.ts'

/**
 * One budget with what its counter computes with. A rolling window counts in units of 2^`shift`, so that its sum of eight
 * 24-bit buckets stays exact; the others count base units, `shift` 0.
 */
export type SpendTerms = Pick<TaskScopeBudget, 'window' | 'period' | 'cap'> & {
  shift: bigint
  /** The cap in units, rounded down. */
  units: bigint
}

/** Largest cap of a rolling window, in its units. */
const MOST_UNITS = 2n ** 24n - 2n
const BUCKET = 24n
const BUCKETS = 8n
const SPENT = 2n ** 192n - 1n
const TIME = 2n ** 40n - 1n
const COUNT = 2n ** 24n - 1n

export function spendTerms({ window, period, cap }: TaskScopeBudget): SpendTerms {
  let shift = 0n
  if (window === 'rolling') while (cap >> shift > MOST_UNITS) shift++
  return { window, period, cap, shift, units: cap >> shift }
}

/** The parts of a stored word: what was spent, when last (unix seconds), and calls beside the first budget. */
export function partsOf(word: bigint): { spent: bigint; last: bigint; calls: bigint } {
  return { spent: word >> 64n, last: (word >> 24n) & TIME, calls: word & COUNT }
}

/** What of a stored word counts at a time, in units. `origin`: where fixed windows begin, not after `now`. */
export function spentAt(terms: SpendTerms, word: bigint, origin: bigint, now: bigint): bigint {
  const { spent, last } = partsOf(word)
  const { window, period } = terms
  if (window === 'lifetime' || period === null) return spent
  if (window === 'fixed') return isInWindow(last, period, origin, now) ? spent : 0n
  return bucketsAt(spent, seventh(now, period) - seventh(last, period))
}

/** Whether something counted at `last` is in the fixed window that holds now. */
export function isInWindow(last: bigint, period: bigint, origin: bigint, now: bigint): boolean {
  return last >= now - ((now - origin) % period)
}

/** End of the fixed window that holds now: its first second that counts anew. */
export function endOfWindow(period: bigint, origin: bigint, now: bigint): bigint {
  return now - ((now - origin) % period) + period
}

/** An amount in base units as the counter counts it: rounded up to whole units. */
export function unitsOf({ shift }: Pick<SpendTerms, 'shift'>, amount: bigint): bigint {
  return (amount + (1n << shift) - 1n) >> shift
}

/**
 * The first second, not before now, at which so many units fit beside what counts then; `null` where they never do. Exact: a
 * fixed window forgets at its end, a rolling one bucket by bucket.
 */
export function roomAt(
  terms: SpendTerms,
  word: bigint,
  units: bigint,
  { origin, now }: { origin: bigint; now: bigint },
): bigint | null {
  if (units > terms.units) return null
  if (spentAt(terms, word, origin, now) + units <= terms.units) return now
  const { window, period } = terms
  if (window === 'lifetime' || period === null) return null
  if (window === 'fixed') return endOfWindow(period, origin, now)
  const { spent, last } = partsOf(word)
  const first = seventh(last, period)
  // After eight shifts nothing is left, so that some step of these fits.
  for (let index = seventh(now, period) + 1n; ; index++) {
    if (bucketsAt(spent, index - first) + units <= terms.units) return (index * period + 6n) / 7n
  }
}

/** Number of the seventh of a period that a time is in. */
function seventh(time: bigint, period: bigint): bigint {
  return (7n * time) / period
}

/** The sum of the buckets that so many shifts leave: their number modulo 2^24 - 1, as the contract has it. */
function bucketsAt(spent: bigint, shifts: bigint): bigint {
  // A word from the future is none that the contract writes; its unsigned difference is then beyond every bucket.
  if (shifts < 0n || shifts >= BUCKETS) return 0n
  return ((spent << (BUCKET * shifts)) & SPENT) % COUNT
}
