import type { Address } from '../primitives/hex.ts'
import type { Context, OptionSpec } from './command.ts'
import { CliError } from './errors.ts'
import { EXIT } from './exit.ts'
import type { Rich } from './output.ts'

export const CONFIRM: OptionSpec = {
  flags: '--confirm <account>',
  description: 'name the account whose grants all end, instead of being asked; --yes is not enough for that',
}

/**
 * Shows what ends and asks, unless `--confirm` names the account. `--yes` confirms no such thing: scripts give it by habit.
 *
 * @throws {@link CliError} `cli.missing_option`, `cli.not_confirmed`, `cli.usage` where another account is named.
 */
export async function confirmAll(context: Context, about: Rich, question: string, account: Address): Promise<void> {
  const named = context.options['confirm'] as string | undefined
  if (named !== undefined) {
    const { readAccount } = await import('./grantFlags.ts')
    const given = await readAccount(context, named)
    if (given === account) return
    throw new CliError('cli.usage', EXIT.usage, 'Another account is named than the one whose grants would end.', {
      details: { confirmed: given, account },
      fix: 'Name the account that is meant, in --confirm and in --account or --delegator.',
    })
  }
  if (context.prompter.interactive) context.output.note(about)
  if (await context.prompter.confirm(question, '--confirm <account>')) return
  throw new CliError('cli.not_confirmed', EXIT.usage, 'Not confirmed: nothing was signed or sent.', {
    fix: 'Run it again, and answer yes if you mean it.',
  })
}
