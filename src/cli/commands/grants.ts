import type { Grant } from '../../grant/types.ts'
import { parseInstant } from '../../primitives/time.ts'
import type { Scope } from '../../scope/types.ts'
import type { Command, Context } from '../command.ts'
import { storedGrants } from '../grantStore.ts'
import { warnUnfinished } from '../intents.ts'
import { lines, type Rich, type Style, styled, table } from '../output.ts'
import type { Remaining } from '../remaining.ts'
import { CHAIN_OPTIONS, chooseChain, namesChain, openChain, type Session } from '../session.ts'
import { warnOfOwed } from '../stopReceipts.ts'
import { isStoppedBy, readStops, type Stop, stoppable } from '../stops.ts'

/**
 * `not_asked`: nothing here speaks against it and the chain was not asked. `ended`: the chain says that nothing can be
 * redeemed any more.
 */
type Status = 'live' | 'partial' | 'not_asked' | 'not_yet' | 'expired' | 'stopped' | 'ended' | 'unreadable'

const STYLES: Readonly<Record<Status, Style>> = {
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

type Look = { status: Status; why: string | null; remaining: readonly Remaining[] }

async function look(
  context: Context,
  grant: Grant,
  stops: readonly Stop[],
  session: Session | undefined,
): Promise<Look> {
  const chain = await stoppable(grant)
  const stop = stops.find((one) => isStoppedBy(chain, one))
  if (stop !== undefined) return { status: 'stopped', why: `by the stop of ${stop.grant}`, remaining: [] }
  const scope = grant.scopes.at(-1) as Scope
  const now = context.now()
  if (now >= parseInstant(scope.expiry)) return { status: 'expired', why: scope.expiry, remaining: [] }
  const here =
    session !== undefined && session.choice.id === grant.chainId && session.environment.manager === grant.manager
  if (!here) {
    const early = scope.notBefore !== undefined && now < parseInstant(scope.notBefore)
    return { status: early ? 'not_yet' : 'not_asked', why: early ? (scope.notBefore ?? null) : null, remaining: [] }
  }
  const { readFacts } = await import('../../chain/readFacts.ts')
  const { checkGrant } = await import('../../grant/check.ts')
  const { remainingOf } = await import('../remaining.ts')
  const { environment, node } = session
  const { facts, state } = await readFacts(node, { grant, environment })
  const check = checkGrant(grant, facts)
  const remaining = remainingOf(grant, environment, state)
  const codes = [...check.rows, ...check.branches.flatMap(({ rows }) => rows)].flatMap((row) =>
    row.result === 'fail' ? [row.code as string] : [],
  )
  const why = codes.length === 0 ? null : [...new Set(codes)].join(', ')
  if (check.status === 'valid') return { status: 'live', why, remaining }
  if (check.status === 'partial') return { status: 'partial', why, remaining }
  if (check.status === 'unavailable') return { status: 'not_asked', why: 'the chain did not settle it', remaining }
  const early = codes.every((code) => code === 'not_yet_valid')
  return { status: early ? 'not_yet' : 'ended', why, remaining }
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
