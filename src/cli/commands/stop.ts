import type { Grant } from '../../grant/types.ts'
import type { Hex } from '../../primitives/hex.ts'
import { formatInstant } from '../../primitives/time.ts'
import type { Command, Context, Result } from '../command.ts'
import { type EndingGrant, findEnding } from '../endingGrant.ts'
import { storedGrants } from '../grantStore.ts'
import { Journal } from '../journal.ts'
import { facts, lines, styled } from '../output.ts'
import { leavesOf, lockStops, writeOwed } from '../stopReceipts.ts'
import {
  holdsBack,
  isStoppedBy,
  type OwedReceipt,
  readStop,
  removeStop,
  stopOf,
  stoppable,
  writeStop,
} from '../stops.ts'

const GRANT = { name: 'grant', description: 'file, id, beginning of an id, task, or -' }

const LIMITS =
  'This binds this machine only. Whoever holds the delegate’s key can ignore it until the chain knows: `ambit revoke` ends it there.'

export const stop: Command = {
  name: 'stop',
  summary: 'Refuse at once, on this machine, everything under a grant',
  description: LIMITS,
  arguments: [GRANT],
  examples: ['ambit stop invoices-2026-11'],
  async run(context) {
    const ending = await findEnding(context, context.args[0] ?? '')
    const { id } = ending
    const { before, receipt, silent } = await changeStop(context, ending, 'stop')
    const descendants = await alsoStopped(context, id)
    return {
      data: { grant: id, alreadyStopped: before, descendants, receipt, withoutReceipt: silent, limits: LIMITS },
      text: lines(
        styled('green', before ? 'It was stopped already.' : 'Stopped: this machine sends nothing under it.'),
        facts([
          ['grant', id],
          ...descendants.map((other): [string, string] => ['also', `grant ${other}`]),
          receipt === null ? undefined : ['receipt', receipt],
        ]),
        silent === null ? undefined : styled('yellow', silent),
        styled('yellow', LIMITS),
      ),
    }
  },
}

export const resume: Command = {
  name: 'resume',
  summary: 'Take back a local stop',
  description: 'A revocation on chain stays: it is not a stop, and this does not touch it.',
  arguments: [GRANT],
  examples: ['ambit resume invoices-2026-11'],
  async run(context): Promise<Result> {
    const ending = await findEnding(context, context.args[0] ?? '')
    const { id, grant } = ending
    const { before, receipt, silent } = await changeStop(context, ending, 'resume')
    const above = grant === null ? undefined : stopOf(context.home(), await stoppable(grant))
    return {
      data: {
        grant: id,
        wasStopped: before,
        stillStoppedBy: above?.grant ?? null,
        receipt,
        withoutReceipt: silent,
      },
      text: lines(
        styled('green', before ? 'Resumed.' : 'It was not stopped.'),
        facts([['grant', id], receipt === null ? undefined : ['receipt', receipt]]),
        silent === null ? undefined : styled('yellow', silent),
        above === undefined
          ? undefined
          : styled('yellow', `It comes under grant ${above.grant}, which is stopped: nothing is sent under it.`),
      ),
    }
  },
}

const UNREADABLE =
  'There is no receipt of this: the file of the grant cannot be read, and no copy is kept. What was handed on from several of its branches is not recognised.'
const UNPROVEN = 'There is no receipt of this: whether the delegators signed the file is not known without the chain.'
const OWED = 'The receipt of this could not be written; it is tried again with the next one.'

type Change = { before: boolean; receipt: string | null; silent: string | null }

/**
 * Stops or resumes, unless it is so already. The change and the receipt that it owes are one durable write; the receipt
 * follows, and a crash between the two leaves it to the next command.
 */
export async function changeStop(
  context: Context,
  { id, grant, proven }: EndingGrant,
  act: OwedReceipt['act'],
): Promise<Change> {
  const home = context.home()
  const journal = new Journal(context)
  const release = await lockStops(context)
  try {
    await writeOwed(context, journal)
    // A stop that cannot be read holds back everything: both commands make an end of that.
    const [stopped, readable] = [holdsBack(home, id), readStop(home, id) !== undefined]
    if (act === 'stop' ? readable : !stopped) return { before: stopped, receipt: null, silent: null }
    const owed = grant !== null && proven ? await owe(journal, grant, act) : undefined
    if (act === 'resume' && owed === undefined) removeStop(home, id)
    else {
      const delegations = grant === null ? [] : await leavesOf(grant)
      const at = formatInstant(context.now())
      writeStop(home, { grant: id, delegations, at, ...(owed === undefined ? {} : { owed }) })
    }
    const receipt = (await writeOwed(context, journal)).get(id) ?? null
    const why = owed !== undefined ? OWED : grant === null ? UNREADABLE : UNPROVEN
    return { before: act === 'resume', receipt, silent: receipt === null ? why : null }
  } finally {
    release()
  }
}

async function owe(journal: Journal, grant: Grant, act: OwedReceipt['act']): Promise<OwedReceipt> {
  const { serializeGrant } = await import('../../grant/serialize.ts')
  return { act, grant: serializeGrant(grant), after: journal.entries().at(-1)?.seq ?? 0 }
}

/** Grants of this machine that were handed on from it. */
async function alsoStopped(context: Context, id: Hex): Promise<Hex[]> {
  const stop = readStop(context.home(), id)
  if (stop === undefined) return []
  const others: Hex[] = []
  for (const entry of await storedGrants(context)) {
    if (!('grant' in entry) || entry.grant.id === id) continue
    if (isStoppedBy(await stoppable(entry.grant), stop)) others.push(entry.grant.id)
  }
  return others
}
