import { AmbitError, type ErrorOptions } from '../errors.ts'
import type { ExitCode } from './exit.ts'

export type CliErrorCode =
  | 'cli.usage'
  | 'cli.missing_option'
  | 'cli.not_confirmed'
  | 'cli.interrupted'
  | 'cli.unexpected'
  | 'cli.file_unreadable'
  | 'cli.file_too_large'
  | 'cli.bundles_joined'
  | 'cli.not_found'
  | 'cli.ambiguous'
  | 'cli.grant_differs'
  | 'cli.chain_unknown'
  | 'cli.chain_mismatch'
  | 'cli.denied'
  | 'cli.stopped'
  | 'cli.escalated'
  | 'cli.escalation_settled'
  | 'cli.not_confirmable'
  | 'cli.not_yet_confirmed'
  | 'cli.reverted'
  | 'cli.unsettled'
  | 'cli.unfinished'
  | 'cli.not_verified'
  | 'cli.unhealthy'
  | 'demo.not_allowed'
  | 'demo.data_missing'
  | 'demo.failed'

/** What the command line itself refuses; it knows its exit code. */
export class CliError extends AmbitError<CliErrorCode> {
  override readonly name = 'CliError'
  readonly exit: ExitCode

  constructor(code: CliErrorCode, exit: ExitCode, shortMessage: string, options: ErrorOptions) {
    super(code, shortMessage, options)
    this.exit = exit
  }
}

export class HomeError extends AmbitError<
  'home.unsafe_permissions' | 'home.unusable' | 'home.bad_name' | 'home.locked' | 'home.exists' | 'home.damaged'
> {
  override readonly name = 'HomeError'
}

/** Keys: their absence, their lock, their wrongness. Details never hold one. */
export class KeyError extends AmbitError<
  | 'key.none'
  | 'key.not_found'
  | 'key.exists'
  | 'key.invalid_keystore'
  | 'key.wrong_password'
  | 'key.invalid'
  | 'key.environment_refused'
  | 'key.wrong_signer'
  | 'key.weak_password'
> {
  override readonly name = 'KeyError'
}
