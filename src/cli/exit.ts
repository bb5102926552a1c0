import { AmbitError } from '../errors.ts'
import { CliError } from './errors.ts'

/** What a shell or an agent reads from `$?`. Documented in the README: never renumbered. */
export const EXIT = {
  ok: 0,
  runtime: 1,
  usage: 2,
  denied: 3,
  key: 4,
  unsettled: 5,
  reverted: 6,
  verificationFailed: 7,
  interrupted: 130,
} as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** Families whose failures mean that the input must change: scope files, addresses, flags, accepted constraints. */
const INPUT = new Set([
  'scope',
  'address',
  'hex',
  'units',
  'amount',
  'time',
  'compile',
  'caveat',
  'caveats',
  'json',
  'call',
])

/** What a grant cannot be made of as it was asked for: the wish must change, nothing signed is wrong. */
const ASKED = new Set([
  'grant.window_in_use',
  'grant.no_window_left',
  'grant.nothing_left',
  'grant.use_exceeds',
  'grant.bad_patch',
  'grant.guardian_missing',
  'grant.guardian_ends_early',
])

/** Families whose failures mean that something signed is not what it says: never usable, whoever asks. */
const SIGNED = new Set(['grant', 'delegation', 'receipt', 'verification', 'bundle', 'context'])

/** The exit code of a failure. A command that knows better throws a {@link CliError} with its own. */
export function exitOf(error: unknown): ExitCode {
  if (error instanceof CliError) return error.exit
  if (!(error instanceof AmbitError)) return EXIT.runtime
  const family = error.code.split('.', 1)[0] ?? ''
  if (family === 'key') return EXIT.key
  if (error.code === 'home.bad_name') return EXIT.usage
  if (error.retry === 'reconcile') return EXIT.unsettled
  if (INPUT.has(family) || ASKED.has(error.code)) return EXIT.usage
  if (SIGNED.has(family)) return EXIT.verificationFailed
  return EXIT.runtime
}
