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
  const kept = keptAt(terms, word, origin, now)
  return terms.window === 'rolling' ? sumOf(kept) : kept
}

/** The same in the form in which it is stored: what is counted next is added to it. */
export function keptAt({ window, period }: SpendTerms, word: bigint, origin: bigint, now: bigint): bigint {
  const { spent, last } = partsOf(word)
  if (window === 'lifetime' || period === null) return spent
  if (window === 'fixed') return isInWindow(last, period, origin, now) ? spent : 0n
  return shifted(spent, seventh(now, period) - seventh(last, period))
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
  const times = [now, ...forgetsAt(terms, word, { origin, now })]
  return times.find((time) => spentAt(terms, word, origin, time) + units <= terms.units) ?? null
}

/** The seconds after now from which less counts, in their order: the end of a fixed window, or of each bucket of a rolling one. */
export function forgetsAt(
  { window, period }: SpendTerms,
  word: bigint,
  { origin, now }: { origin: bigint; now: bigint },
): bigint[] {
  if (window === 'lifetime' || period === null) return []
  if (window === 'fixed') return [endOfWindow(period, origin, now)]
  const next = seventh(now, period) + 1n
  // After eight shifts nothing is left. A word from the future counts nothing already.
  const steps = seventh(partsOf(word).last, period) + BUCKETS - next
  const more = steps < 0n || steps >= BUCKETS ? 0 : Number(steps) + 1
  return Array.from({ length: more }, (_, step) => ((next + BigInt(step)) * period + 6n) / 7n)
}

/** Number of the seventh of a period that a time is in. */
function seventh(time: bigint, period: bigint): bigint {
  return (7n * time) / period
}

/** The buckets that so many shifts leave. */
function shifted(spent: bigint, shifts: bigint): bigint {
  // A word from the future is none that the contract writes; its unsigned difference is then beyond every bucket.
  if (shifts < 0n || shifts >= BUCKETS) return 0n
  return (spent << (BUCKET * shifts)) & SPENT
}

/** The sum of all buckets: their number modulo 2^24 - 1, as the contract has it. */
function sumOf(buckets: bigint): bigint {
  return buckets % COUNT
}
