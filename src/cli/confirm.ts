import type { Context, OptionSpec } from './command.ts'
import { CliError } from './errors.ts'
import { EXIT } from './exit.ts'
import type { Rich } from './output.ts'

export const YES: OptionSpec = { flags: '--yes', description: 'do not ask for confirmation' }

/**
 * Shows what is about to happen and asks, unless `--yes` was given. Off a terminal it is an error, never a yes.
 *
 * @throws {@link CliError} `cli.missing_option`, `cli.not_confirmed`.
 */
export async function confirm(context: Context, about: Rich, question: string): Promise<void> {
  if (context.options['yes'] === true) return
  if (context.prompter.interactive) context.output.note(about)
  if (await context.prompter.confirm(question, '--yes')) return
  throw new CliError('cli.not_confirmed', EXIT.usage, 'Not confirmed: nothing was signed or sent.', {
    fix: 'Run it again, and answer yes if you mean it.',
  })
}
