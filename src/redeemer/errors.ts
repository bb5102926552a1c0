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

const STATUS: Readonly<Partial<Record<RedeemerCode, number>>> = {
  'redeemer.store_failed': 503,
  'redeemer.key_reused': 422,
  'redeemer.moved_on': 409,
}

export class RedeemerError extends AmbitError<RedeemerCode> {
  override readonly name = 'RedeemerError'
  override readonly status: number

  constructor(code: RedeemerCode, shortMessage: string, options: ErrorOptions) {
    super(code, shortMessage, options)
    this.status = STATUS[code] ?? 500
  }
}
