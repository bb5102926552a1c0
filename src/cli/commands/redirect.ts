import type { Command } from '../command.ts'
import { YES } from '../confirm.ts'
import { CliError } from '../errors.ts'
import { EXIT } from '../exit.ts'
import { KEY_OPTIONS, loadSigner } from '../keys.ts'
import { openGrant } from '../openGrant.ts'
import { CHAIN_OPTIONS } from '../session.ts'
import { START } from './narrow.ts'

export const redirect: Command = {
  name: 'redirect',
  summary: 'Give what is left of a grant to another delegate, and end it for the old one',
  description:
    'For an agent whose key was changed or stolen. The principal signs the same scope for the new delegate, less what was used: a fresh delegation counts from zero. Killed at any moment, the same command goes on.',
  arguments: [{ name: 'grant', description: 'file, id, beginning of an id, or task' }],
  options: [
    { flags: '--to <account>', description: 'the new delegate: an address or an account name' },
    START,
    { flags: '--dry-run', description: 'show everything, sign nothing' },
    YES,
    ...KEY_OPTIONS,
    ...CHAIN_OPTIONS,
  ],
  examples: ['ambit redirect invoices-2026-11 --to local:subagent --account local:principal'],
  async run(context) {
    const { grant, session } = await openGrant(context, context.args[0] ?? '')
    const signer = await loadSigner(context, session.choice)
    const { readAccount } = await import('../grantFlags.ts')
    const { replaceIntentOf } = await import('../intents.ts')
    const { replace } = await import('../replace.ts')
    const to = context.options['to'] as string | undefined
    const start = context.options['start'] as string | undefined
    if (to === undefined && replaceIntentOf(context.home(), grant.id) === undefined) {
      throw new CliError('cli.missing_option', EXIT.usage, 'It is not said to whom.', {
        details: { flag: '--to' },
        fix: 'Give --to <account>.',
      })
    }
    const delegate = to === undefined ? undefined : await readAccount(context, to)
    if (delegate !== undefined && delegate === grant.scopes.at(-1)?.delegate) {
      throw new CliError('cli.usage', EXIT.usage, 'The grant is for this delegate already.', {
        details: { delegate },
        fix: 'Name another account; to make it smaller for the same one, use `ambit narrow`.',
      })
    }
    return replace(context, session, {
      act: 'redirect',
      grant,
      signer,
      wish: delegate === undefined ? {} : { delegate },
      asked: delegate === undefined ? '' : JSON.stringify({ delegate, start }),
    })
  },
}
