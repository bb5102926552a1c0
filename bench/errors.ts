import { AmbitError } from '../src/errors.ts'

export type BenchErrorCode = 'bench.chain_failed' | 'bench.unknown_name' | 'bench.invalid_option'

/** A benchmark that could not run: its numbers would mean nothing. */
export class BenchError extends AmbitError<BenchErrorCode> {
  override readonly name = 'BenchError'
}

export function chainFailed(what: string, answer: unknown): BenchError {
  return new BenchError('bench.chain_failed', 'The local chain did not answer as a chain does.', {
    details: { what, answer: JSON.stringify(answer)?.slice(0, 500) ?? 'nothing' },
    fix: 'Run again with the same seed; if it fails again, the rig is at fault.',
  })
}
