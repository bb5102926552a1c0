import { formatInstant, parseDuration, parseInstant, TimeError } from '../primitives/time.ts'
import { attempt } from './attempt.ts'
import type { Report } from './report.ts'
import type { Window } from './types.ts'

/** Last second of 2106-02-07: four bytes, as enforcers pack times. Later is a mistake, not a plan. */
export const LAST_EXPIRY = 4_294_967_295n

/** 50 years. With a longer period the first window after unix time 0 would not have ended yet. */
const LONGEST_PERIOD = 1_576_800_000n

/** Reads `per` and `window`, which stand together or not at all. */
export function readPeriod(
  report: Report,
  pointer: string,
  document: { per?: string | undefined; window?: Window | undefined },
): { per?: string; window?: Window } {
  const { per, window } = document
  if (per === undefined && window === undefined) return {}
  if (per === undefined) {
    const fix = 'Add per, or remove window.'
    report.add('scope.window_without_period', `${pointer}/window`, 'A window needs a period.', { fix })
    return {}
  }
  readDuration(report, `${pointer}/per`, per, LONGEST_PERIOD)
  if (window === undefined) {
    const fix = 'Add window: "rolling" or "fixed".'
    report.add('scope.period_without_window', `${pointer}/per`, 'A period can be counted in two ways.', { fix })
    return { per }
  }
  return { per, window }
}

/** Reads a duration of at most `bound` seconds. */
export function readDuration(report: Report, pointer: string, text: string, bound?: bigint): void {
  attempt(
    () => {
      const seconds = parseDuration(text)
      if (bound !== undefined && seconds > bound) {
        const rest = { value: text, bound: `${bound} seconds`, fix: 'Write a shorter duration.' }
        report.add('scope.period_out_of_range', pointer, 'This duration is too long.', rest)
      }
    },
    TimeError,
    (error) => {
      const code = error.code === 'time.duration_out_of_range' ? 'scope.zero_period' : 'scope.malformed_value'
      report.add(code, pointer, error.shortMessage, { value: text, fix: error.fix })
    },
  )
}

/** Unix seconds; `undefined` where it was reported. */
export function readInstant(report: Report, pointer: string, text: string): bigint | undefined {
  return attempt(
    () => parseInstant(text),
    TimeError,
    (error) => {
      report.add('scope.no_such_date', pointer, error.shortMessage, { value: text, fix: error.fix })
      return undefined
    },
  )
}

/** Reads when a scope begins and ends. `notBefore` is inclusive, `expiry` exclusive. */
export function checkLifetime(
  report: Report,
  document: { notBefore?: string | undefined; expiry: string },
  now: bigint | undefined,
): void {
  const expiry = readInstant(report, '/expiry', document.expiry)
  const start = document.notBefore === undefined ? 0n : readInstant(report, '/notBefore', document.notBefore)
  if (expiry !== undefined) checkEnd(report, document, start, expiry, now)
}

function checkEnd(
  report: Report,
  document: { notBefore?: string | undefined; expiry: string },
  start: bigint | undefined,
  expiry: bigint,
  now: bigint | undefined,
): void {
  const value = document.expiry
  if (expiry > LAST_EXPIRY) {
    const fix = 'Write an earlier expiry.'
    const rest = { value, bound: formatInstant(LAST_EXPIRY), fix }
    report.add('scope.expiry_out_of_range', '/expiry', 'This expiry is too far away.', rest)
  }
  if (now !== undefined && expiry <= now) {
    // `now` may be any bigint a caller has; only what has a text is shown as one.
    const rest = { value, bound: `${now} (unix seconds)`, fix: 'Write an expiry in the future.' }
    report.add('scope.expired', '/expiry', 'This scope has ended already.', rest)
  }
  if (start !== undefined && start >= expiry) {
    const rest = { value: document.notBefore ?? '', bound: value, fix: 'Write a notBefore before expiry.' }
    report.add('scope.empty_lifetime', '/notBefore', 'This scope ends before it begins.', rest)
  }
}
