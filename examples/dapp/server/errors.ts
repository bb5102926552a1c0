import { AmbitError, type ErrorOptions } from '../../../src/errors.ts'

export type ExampleErrorCode =
  | 'example.foreign_host'
  | 'example.foreign_origin'
  | 'example.not_json'
  | 'example.too_large'
  | 'example.malformed'
  | 'example.unknown_grant'
  | 'example.grant_refused'
  | 'example.request_refused'
  | 'example.busy'
  | 'example.not_found'
  | 'example.redeemer_refused'

const STATUS: Partial<Record<ExampleErrorCode, number>> = {
  'example.foreign_host': 421,
  'example.foreign_origin': 403,
  'example.not_json': 415,
  'example.too_large': 413,
  'example.unknown_grant': 404,
  'example.grant_refused': 422,
  'example.request_refused': 422,
  'example.busy': 429,
  'example.not_found': 404,
}

/** What the services of the example refuse. */
export class ExampleError extends AmbitError<ExampleErrorCode> {
  override readonly name = 'ExampleError'
  override readonly status: number

  constructor(code: ExampleErrorCode, shortMessage: string, options: ErrorOptions) {
    super(code, shortMessage, options)
    this.status = STATUS[code] ?? 400
  }
}
