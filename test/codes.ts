import { AmbitError } from '../src/errors.ts'

/** The coded error that `run` throws. Anything else, also no error at all, fails the test. */
export function codeOf(run: () => unknown): AmbitError {
  try {
    run()
  } catch (error) {
    if (error instanceof AmbitError) return error
    throw error
  }
  throw new TypeError('nothing was thrown')
}

/** The coded error that a promise rejects with. */
export async function codeOfAsync(run: () => Promise<unknown>): Promise<AmbitError> {
  try {
    await run()
  } catch (error) {
    if (error instanceof AmbitError) return error
    throw error
  }
  throw new TypeError('nothing was thrown')
}
