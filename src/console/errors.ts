import { AmbitError, type ErrorOptions } from '../errors.ts'

export type ConsoleErrorCode =
  | 'console.foreign_host'
  | 'console.foreign_origin'
  | 'console.no_session'
  | 'console.token_unusable'
  | 'console.bad_csrf'
  | 'console.too_large'
  | 'console.bad_form'
  | 'console.not_found'
  | 'console.not_proven'
  | 'console.port_unusable'
  | 'console.unexpected'

const STATUS: Readonly<Record<ConsoleErrorCode, number>> = {
  'console.foreign_host': 403,
  'console.foreign_origin': 403,
  'console.no_session': 401,
  'console.token_unusable': 403,
  'console.bad_csrf': 403,
  'console.too_large': 413,
  'console.bad_form': 400,
  'console.not_found': 404,
  'console.not_proven': 409,
  'console.port_unusable': 500,
  'console.unexpected': 500,
}

/** What the console refuses. */
export class ConsoleError extends AmbitError<ConsoleErrorCode> {
  override readonly name = 'ConsoleError'
  override readonly status: number

  constructor(code: ConsoleErrorCode, shortMessage: string, options: ErrorOptions) {
    super(code, shortMessage, options)
    this.status = STATUS[code]
  }
}

/** The same words for an address that no page has, a grant that is not here and a page that is switched off. */
export function nothingHere(): ConsoleError {
  return new ConsoleError('console.not_found', 'There is nothing at this address.', {
    fix: 'Go to the overview, and follow its links.',
  })
}
