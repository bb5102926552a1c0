import { AmbitError } from '../errors.ts'
import type { Check, CheckCode, CheckName, Result, Status } from './types.ts'

export function found(
  check: CheckName,
  status: Status,
  code: CheckCode,
  detail: string,
  more: { at?: string; cause?: string } = {},
): Check {
  return { check, status, code, detail, ...more }
}

export function proven(check: CheckName, detail: string, at?: string): Check {
  return found(check, 'proven', 'ok', detail, at === undefined ? {} : { at })
}

/** The code of a refusal that upstream threw on purpose; anything else is a fault of ours and is thrown on. */
export function causeOf(error: unknown): string {
  if (error instanceof AmbitError) return error.code
  throw error
}

/** Unavailable never reads as passed, and nothing checked is not valid. */
export function resultOf(checks: readonly Check[]): Result {
  if (checks.some(({ status }) => status === 'refuted')) return 'invalid'
  const settled = checks.length > 0 && checks.every(({ status }) => status === 'proven' || status === 'attested')
  return settled ? 'valid' : 'insufficient'
}
