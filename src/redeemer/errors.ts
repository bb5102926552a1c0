import { AmbitError, type ErrorOptions } from '../errors.ts'

/** Everything the redeemer can refuse or fail with. */
export type RedeemerCode =
  | 'redeemer.node_too_old'
  | 'redeemer.store_unusable'
  | 'redeemer.store_failed'
  /** A unique index refused a row; the transaction that it was in is undone. */
  | 'redeemer.duplicate'
  /** The same idempotency key came with another action. */
  | 'redeemer.key_reused'
  /** Another process was faster, or the action has ended. */
  | 'redeemer.moved_on'
  | 'redeemer.unknown_grant'
  | 'redeemer.grant_unasked'
  | 'redeemer.request_refused'
  | 'redeemer.invalid_key'

const STATUS: Readonly<Partial<Record<RedeemerCode, number>>> = {
  'redeemer.store_failed': 503,
  'redeemer.key_reused': 422,
  'redeemer.moved_on': 409,
  'redeemer.unknown_grant': 404,
  'redeemer.grant_unasked': 422,
  'redeemer.request_refused': 422,
  'redeemer.invalid_key': 400,
}

export class RedeemerError extends AmbitError<RedeemerCode> {
  override readonly name = 'RedeemerError'
  override readonly status: number

  constructor(code: RedeemerCode, shortMessage: string, options: ErrorOptions) {
    super(code, shortMessage, options)
    this.status = STATUS[code] ?? 500
  }
}

/** Takes no offence where a step came too late: another replica was faster, or the action had ended. */
export function movedOn(error: unknown): void {
  if (!(error instanceof RedeemerError && error.code === 'redeemer.moved_on')) throw error
}
