import type { CheckRow } from '../delegation/facts.ts'
import type { Context, Data, Result } from './command.ts'
import { CliError } from './errors.ts'
import { EXIT } from './exit.ts'
import { type Rich, table } from './output.ts'
import { section } from './scopeText.ts'
import { chooseChain, namesChain, openChain, type Session } from './session.ts'
import type { Node } from './treeNodes.ts'

/** What was found out, with the links that it was found out of. */
export type Inspected = Result & { nodes: readonly Node[] }

/** The chain that the command line names, if it names one. */
export async function openNamed(
  context: Context,
  chainId?: number,
  open: typeof openChain = openChain,
): Promise<Session | undefined> {
  if (namesChain(context)) return open(context, chooseChain(context, chainId))
  if (context.options['block'] === undefined) return undefined
  throw new CliError('cli.missing_option', EXIT.usage, 'A block is named, and no chain.', {
    details: { flag: '--chain' },
    fix: 'Give --chain or --rpc-url.',
  })
}

export function linkData({ drawn, delegation, sentences, live }: Node): Data {
  return {
    hash: drawn.hash,
    delegator: delegation.delegator,
    delegate: delegation.delegate,
    authority: delegation.authority,
    caveats: delegation.caveats.map(({ enforcer, terms }) => ({ enforcer, terms })),
    says: sentences.map(({ sentence, warning }) => ({ sentence, warning: warning ?? null })),
    state: drawn.state,
    until: drawn.until,
    meters: live === undefined ? null : { own: live.own, remaining: live.remaining },
    ended: live?.ended ?? null,
  }
}

export function renderTroubles(rows: readonly CheckRow[]): Rich | undefined {
  const wrong = rows.filter(({ result }) => result === 'fail')
  if (wrong.length === 0) return undefined
  const unique = [...new Map(wrong.map((row) => [`${row.check}${row.link}`, row])).values()]
  return section(
    'Checks that failed',
    table(
      ['CHECK', 'LINK', 'WHY'],
      unique.map((row) => [row.check, row.link === null ? '' : String(row.link), row.detail]),
    ),
  )
}

export function usage(message: string, fix: string): CliError {
  return new CliError('cli.usage', EXIT.usage, message, { fix })
}

export function unknownDeployment(chainId: number): CliError {
  return new CliError('cli.chain_unknown', EXIT.usage, 'The framework has no known deployment on this chain.', {
    details: { chainId },
    fix: 'Give its addresses with --deployment <file>.',
  })
}
