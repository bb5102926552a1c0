import { AmbitError } from '../../../src/errors.ts'

export class E2eError extends AmbitError<'e2e.no_browser' | 'e2e.invalid_option'> {
  override readonly name = 'E2eError'
}
