import { AmbitError } from '../errors.ts'
import { LAST_INSTANT } from './bounds.ts'

export class TimeError extends AmbitError<
  | 'time.invalid_instant'
  | 'time.no_such_date'
  | 'time.instant_out_of_range'
  | 'time.invalid_duration'
  | 'time.duration_out_of_range'
> {
  override readonly name = 'TimeError'
}

export { LAST_INSTANT }

const INSTANT = /^([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})Z$/
const DURATION =
  /^P(?!$)(?:([0-9]{1,4})Y)?(?:([0-9]{1,5})W)?(?:([0-9]{1,6})D)?(?:T(?=[0-9])(?:([0-9]{1,7})H)?(?:([0-9]{1,9})M)?(?:([0-9]{1,10})S)?)?$/
/** Longest text that either pattern can match: anything longer is not worth a look. */
const MAX_LENGTH = 64
const SECONDS = [365n * 86_400n, 7n * 86_400n, 86_400n, 3_600n, 60n, 1n]

/**
 * Unix seconds of an ISO 8601 instant in UTC, whole seconds: `2026-12-20T00:00:00Z`.
 *
 * From 1970 on; no leap seconds, no `24:00:00`, no 30 February (which `Date` would silently move to March).
 *
 * @throws {@link TimeError} `time.invalid_instant`, `time.no_such_date`, `time.instant_out_of_range`.
 */
export function parseInstant(text: string): bigint {
  const match = typeof text === 'string' && text.length <= MAX_LENGTH ? INSTANT.exec(text) : null
  if (match === null) {
    throw new TimeError('time.invalid_instant', 'This is not an instant.', {
      details: { value: typeof text === 'string' ? text : typeof text },
      fix: 'Write it in UTC with whole seconds, for example 2026-12-20T00:00:00Z.',
    })
  }
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number)
  if (year < 1970) {
    throw new TimeError('time.instant_out_of_range', 'This instant is before 1970.', {
      details: { value: text, bound: '1970-01-01T00:00:00Z' },
      fix: 'Write an instant from 1970 on.',
    })
  }
  const milliseconds = Date.UTC(year, month - 1, day, hour, minute, second)
  if (new Date(milliseconds).toISOString() !== `${text.slice(0, -1)}.000Z`) {
    throw new TimeError('time.no_such_date', 'The calendar has no such date or time.', {
      details: { value: text },
      fix: 'Write a date that exists and a time from 00:00:00 to 23:59:59.',
    })
  }
  return BigInt(milliseconds) / 1000n
}

/**
 * The ISO 8601 instant of unix seconds; what {@link parseInstant} reads.
 *
 * @throws {@link TimeError} `time.instant_out_of_range` outside 1970 to 9999.
 */
export function formatInstant(seconds: bigint): string {
  if (seconds < 0n || seconds > LAST_INSTANT) {
    throw new TimeError('time.instant_out_of_range', 'This time is outside the years 1970 to 9999.', {
      details: { seconds: seconds.toString(), bound: LAST_INSTANT.toString() },
      fix: 'Give unix seconds from 0 to the end of the year 9999.',
    })
  }
  return new Date(Number(seconds) * 1000).toISOString().replace('.000Z', 'Z')
}

/**
 * Seconds of an ISO 8601 duration of fixed length: `PT15M`, `P1DT12H`, `P1Y` (365 days). No months: they have no length.
 *
 * @throws {@link TimeError} `time.invalid_duration`, `time.duration_out_of_range` (less than a second).
 */
export function parseDuration(text: string): bigint {
  const match = typeof text === 'string' && text.length <= MAX_LENGTH ? DURATION.exec(text) : null
  if (match === null) {
    throw new TimeError('time.invalid_duration', 'This is not a duration of fixed length.', {
      details: { value: typeof text === 'string' ? text : typeof text },
      fix: 'Write years, weeks, days, hours, minutes and seconds, for example PT15M, P1D or P1Y.',
    })
  }
  let seconds = 0n
  for (const [index, unit] of SECONDS.entries()) seconds += BigInt(match[index + 1] ?? 0) * unit
  if (seconds < 1n) {
    throw new TimeError('time.duration_out_of_range', 'This duration is zero.', {
      details: { value: text, bound: 'PT1S' },
      fix: 'Write a duration of one second or more.',
    })
  }
  return seconds
}

/**
 * A duration for people: `1 day 12 hours`, `365 days`, `0 seconds`. Days are the largest unit, as all others above vary.
 *
 * @throws {@link TimeError} `time.duration_out_of_range` below zero.
 */
export function formatDuration(seconds: bigint): string {
  if (seconds < 0n) {
    throw new TimeError('time.duration_out_of_range', 'A duration cannot be negative.', {
      details: { seconds: seconds.toString(), bound: '0' },
      fix: 'Give seconds from 0 on.',
    })
  }
  const parts = [
    [seconds / 86_400n, 'day'],
    [(seconds / 3_600n) % 24n, 'hour'],
    [(seconds / 60n) % 60n, 'minute'],
    [seconds % 60n, 'second'],
  ] as const
  const shown = parts.filter(([count]) => count > 0n).map(([count, unit]) => plural(count, unit))
  return shown.length === 0 ? '0 seconds' : shown.join(' ')
}

function plural(count: bigint, unit: string): string {
  return `${count} ${unit}${count === 1n ? '' : 's'}`
}
