import { AmbitError } from '../src/errors.ts'

/** Why mutants were not run, or not believed. */
export class MutationError extends AmbitError<
  | 'mutate.invalid_option'
  | 'mutate.tests_fail'
  | 'mutate.run_failed'
  /** The list of equivalent changes cannot be read. */
  | 'mutate.list_malformed'
  /** A change on the list can no longer be made. */
  | 'mutate.list_stale'
> {
  override readonly name = 'MutationError'
}
