import { parseAddress } from '../primitives/address.ts'
import type { Address } from '../primitives/hex.ts'
import { formatInstant } from '../primitives/time.ts'
import type { ScopeDocument } from '../scope/schema.ts'
import { parseToken } from './assets.ts'
import type { Context } from './command.ts'
import { CliError } from './errors.ts'
import { EXIT } from './exit.ts'
import { accountAddress } from './keys.ts'
import type { Session } from './session.ts'
import { parseEnd, parseLimit, readCount } from './units.ts'

/**
 * The scope document that flags describe: one token, some payees, one limit. What they leave out is what is safest: no
 * redelegation, an own revocation group. What has no safe default (who, what, how much, to whom, until when) is asked for.
 *
 * @throws {@link CliError} `cli.missing_option` naming every flag that is missing.
 */
export async function scopeFromFlags(context: Context, session: Session, principal: Address): Promise<ScopeDocument> {
  const text = (name: string) => context.options[name] as string | undefined
  const list = (name: string) => (context.options[name] as readonly string[] | undefined) ?? []
  const payees = list('payee').flatMap((entry) => entry.split(','))
  const missing = ['to', 'token', 'limit', 'expires']
    .filter((name) => text(name) === undefined)
    .map((name) => `--${name}`)
  if (payees.length === 0) missing.push('--payee')
  if (missing.length > 0) {
    throw new CliError('cli.missing_option', EXIT.usage, 'The grant is not fully described.', {
      details: { missing },
      fix: 'Give these flags, or a scope file. --payee anyone is possible and must be said.',
    })
  }
  const now = context.now()
  const delegate = await readAccount(context, text('to') ?? '')
  const asset = await parseToken(session, text('token') ?? '')
  const { max, per } = parseLimit(text('limit') ?? '', '--limit')
  const expiry = parseEnd(text('expires') ?? '', now, '--expires')
  const id =
    text('task') ?? `grant-${formatInstant(now).slice(0, 10)}-${Buffer.from(context.random(3)).toString('hex')}`
  const calls = text('calls')
  const guardian = text('guardian')
  const most = text('max')
  return {
    version: 1,
    task: { id, purpose: text('purpose') ?? 'Token transfers within a limit' },
    chainId: session.choice.id,
    principal,
    delegate,
    rules: [
      {
        id: 'transfer',
        class: 'transfer',
        asset,
        to: payees.includes('anyone') ? await onlyAnyone(payees) : await readAccounts(context, payees),
        ...(most === undefined ? {} : { max: most }),
        budget: 'limit',
      },
    ],
    budgets: {
      limit: {
        assets: { [asset]: '1' },
        max,
        ...(per === undefined ? {} : { per, window: readWindow(text('window')) }),
      },
    },
    ...(calls === undefined ? {} : { calls: { max: readCount(calls, '--calls') } }),
    expiry: formatInstant(expiry),
    redelegation: { maxDepth: readCount(text('redelegate') ?? '0', '--redelegate') },
    revocation: {
      group: text('group') ?? id,
      ...(guardian === undefined ? {} : { guardian: await readAccount(context, guardian) }),
      maxLatencySeconds: 60,
    },
    evidence: { receipts: ['grant', 'decision', 'outcome', 'revocation'], retain: 'P1Y' },
  }
}

function readWindow(text = 'fixed'): 'fixed' | 'rolling' {
  if (text === 'fixed' || text === 'rolling') return text
  throw new CliError('cli.usage', EXIT.usage, 'There is no such window.', {
    details: { window: text, known: ['fixed', 'rolling'] },
    fix: 'Give --window fixed or --window rolling.',
  })
}

/** An address, or the name of an account of this machine. A name never shadows an address: names do not begin with 0x. */
export async function readAccount(context: Context, text: string): Promise<Address> {
  if (text.startsWith('0x')) return parseAddress(text)
  const found = await accountAddress(context, text)
  if (found !== undefined) return found
  throw new CliError('cli.not_found', EXIT.usage, 'There is no account with this name.', {
    details: { name: text },
    fix: 'Give an address, or a name out of `ambit account ls`.',
  })
}

async function readAccounts(context: Context, names: readonly string[]): Promise<Address[]> {
  return Promise.all(names.map((name) => readAccount(context, name.trim())))
}

/** `--payee anyone` beside a name is a contradiction: one of the two was not meant. */
async function onlyAnyone(payees: readonly string[]): Promise<'anyone'> {
  if (payees.length === 1) return 'anyone'
  throw new CliError('cli.usage', EXIT.usage, 'Either anyone may be paid, or these accounts.', {
    details: { payees },
    fix: 'Leave "anyone" out, or give nothing else.',
  })
}
