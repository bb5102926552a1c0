import type { Grant } from '../../grant/types.ts'
import type { Scope } from '../../scope/types.ts'
import type { Command, Context } from '../command.ts'
import { endedHere, type GrantStatus, notAsked, type Standing, standingOf } from '../grantStatus.ts'
import { storedGrants } from '../grantStore.ts'
import { warnUnfinished } from '../intents.ts'
import { lines, type Rich, type Style, styled, table } from '../output.ts'
import type { Remaining } from '../remaining.ts'
import { CHAIN_OPTIONS, chooseChain, namesChain, openChain, type Session } from '../session.ts'
import { warnOfOwed } from '../stopReceipts.ts'
import { readStops, type Stop } from '../stops.ts'

const STYLES: Readonly<Record<GrantStatus, Style>> = {
  live: 'green',
  partial: 'yellow',
  not_asked: 'dim',
  not_yet: 'yellow',
  expired: 'dim',
  stopped: 'red',
  ended: 'red',
  unreadable: 'red',
}

export const grants: Command = {
  name: 'grants',
  summary: 'List the grants of this machine; with a chain, what is left of each',
  options: CHAIN_OPTIONS,
  examples: ['ambit grants', 'ambit grants --chain local --json'],
  async run(context) {
    const stored = await storedGrants(context)
    const session = namesChain(context) ? await openChain(context, chooseChain(context)) : undefined
    await session?.freshen(60n)
    const stops = readStops(context.home())
    warnUnfinished(context)
    warnOfOwed(context)
    const rows = []
    for (const entry of stored) {
      if (!('grant' in entry)) {
        const stopped = stops.some(({ grant }) => grant === entry.id)
        const status = stopped ? ('stopped' as const) : ('unreadable' as const)
        rows.push({ id: entry.id, status, why: entry.error.code, remaining: [] })
        continue
      }
      const scope = entry.grant.scopes.at(-1) as Scope
      const { status, why, remaining } = await look(context, entry.grant, stops, session)
      rows.push({
        id: entry.id,
        status,
        why,
        task: scope.task.id,
        chainId: entry.grant.chainId,
        principal: scope.principal,
        delegate: scope.delegate,
        expiry: scope.expiry,
        remaining,
      })
    }
    return {
      data: {
        chainAsked: session !== undefined,
        grants: rows.map((row) => ({ ...row, remaining: row.remaining.map((left) => ({ ...left })) })),
      },
      text: rows.length === 0 ? lines('No grants. Make one with `ambit grant`.') : render(rows),
    }
  },
}

type Look = Standing & { remaining: readonly Remaining[] }

async function look(
  context: Context,
  grant: Grant,
  stops: readonly Stop[],
  session: Session | undefined,
): Promise<Look> {
  const ended = await endedHere(grant, stops, context.now())
  if (ended !== null) return { ...ended, remaining: [] }
  const here =
    session !== undefined && session.choice.id === grant.chainId && session.environment.manager === grant.manager
  if (!here) return { ...notAsked(grant, context.now()), remaining: [] }
  const { readFacts } = await import('../../chain/readFacts.ts')
  const { checkGrant } = await import('../../grant/check.ts')
  const { remainingOf } = await import('../remaining.ts')
  const { environment, node } = session
  const { facts, state } = await readFacts(node, { grant, environment })
  const check = checkGrant(grant, facts)
  const remaining = remainingOf(grant, environment, state)
  return { ...standingOf(check), remaining }
}

type Row = Look & { id: string; task?: string; delegate?: string; expiry?: string }

function render(rows: readonly Row[]): Rich {
  return table(
    ['GRANT', 'TASK', 'DELEGATE', 'UNTIL', 'STATUS', 'LEFT'],
    rows.map(({ id, task, delegate, expiry, status, why, remaining }) => [
      id.slice(0, 10),
      task ?? '',
      delegate ?? '',
      expiry ?? '',
      [styled(STYLES[status], status), why === null ? '' : ` (${why})`],
      [...new Set(remaining.map(({ text }) => text))].join('; '),
    ]),
  )
}
