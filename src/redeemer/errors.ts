import { AmbitError, type ErrorOptions } from '../errors.ts'

/** Everything the redeemer can refuse or fail with. */
export type RedeemerCode =
  | 'redeemer.node_too_old'
  | 'redeemer.store_unusable'
  | 'redeemer.store_failed'
  /** A unique index refused a row; the transaction that it was in is undone. */
  | 'redeemer.duplicate'

const UNAVAILABLE: readonly RedeemerCode[] = ['redeemer.store_failed']

export class RedeemerError extends AmbitError<RedeemerCode> {
  override readonly name = 'RedeemerError'
  override readonly status: number

  constructor(code: RedeemerCode, shortMessage: string, options: ErrorOptions) {
    super(code, shortMessage, options)
    this.status = UNAVAILABLE.includes(code) ? 503 : 500
  }
}
