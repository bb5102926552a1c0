import { formatInstant } from '../../primitives/time.ts'
import type { AnswerReader } from './answers.ts'
import type { Frame, Part } from './types.ts'

type Period = { per: string; window: 'rolling' | 'fixed' }

/** The period that `per` and `window` ask for; windows that follow one another begin with the grant. */
export function limitPeriod(answers: AnswerReader, frame: Frame): { period: Period; begins: Pick<Part, 'notBefore'> } {
  return periodOf(answers, frame, answers.seconds('per'))
}

/**
 * The period in which one of something that comes regularly is paid. Counted in a rolling window it is shorter than the
 * interval by a ninth and rounded down: the last payment is counted for up to an eighth of the window too long, and one that
 * was a day late must not move all that follow.
 */
export function recurringPeriod(answers: AnswerReader, frame: Frame) {
  const every = answers.seconds('every')
  const shorter = (every * 8n) / 9n
  const unit = [86_400n, 3_600n, 60n].find((length) => shorter >= 2n * length) ?? 1n
  const rolling = answers.choice('window') !== 'fixed'
  return { every, ...periodOf(answers, frame, rolling ? shorter - (shorter % unit) : every) }
}

/** How many times something that comes every so many seconds falls into the life of the grant, the first at its beginning. */
export function timesUntil(end: bigint, every: bigint, { now }: Frame): number {
  const life = end - now
  return Number((life + every - 1n) / every)
}

function periodOf(answers: AnswerReader, { now }: Frame, seconds: bigint) {
  const window = answers.choice('window') === 'fixed' ? 'fixed' : 'rolling'
  const period: Period = { per: isoDuration(seconds), window }
  return { period, begins: window === 'fixed' ? { notBefore: formatInstant(now) } : {} }
}

/** ISO 8601 in the largest unit that divides it. */
export function isoDuration(seconds: bigint): string {
  if (seconds % 86_400n === 0n) return `P${seconds / 86_400n}D`
  return seconds % 3_600n === 0n ? `PT${seconds / 3_600n}H` : `PT${seconds}S`
}
