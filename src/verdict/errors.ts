import { AmbitError } from '../errors.ts'

export type VerdictErrorCode =
  | 'verdict.wrong_environment'
  | 'verdict.wrong_grant'
  | 'verdict.broken_chain'
  | 'verdict.unsupported_constraint'
  | 'verdict.invalid_fix'
  | 'verdict.use_unread'

/** A grant that cannot be prepared for verdicts. A verdict itself is never an error: what cannot be evaluated is denied. */
export class VerdictError extends AmbitError<VerdictErrorCode> {
  override readonly name = 'VerdictError'
}
