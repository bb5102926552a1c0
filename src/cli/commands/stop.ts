import type { Grant } from '../../grant/types.ts'
import type { Hex } from '../../primitives/hex.ts'
import { formatInstant } from '../../primitives/time.ts'
import type { Command, Context, Result } from '../command.ts'
import { findGrant, readGrant, storedGrants } from '../grantStore.ts'
import { Journal } from '../journal.ts'
import { facts, lines, styled } from '../output.ts'
import { readStops, removeStop, stopOf, writeStop } from '../stops.ts'

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
    const grant = await read(context)
    const leaves = await leavesOf(grant)
    const home = context.home()
    const before = readStops(home).some((entry) => entry.grant === grant.id)
    // The stop first, then the receipt: a crash between the two leaves it stopped.
    if (!before) writeStop(home, { grant: grant.id, delegations: leaves, at: formatInstant(context.now()) })
    const receipt = before ? undefined : await record(context, grant, { act: 'stop', delegations: leaves, died: [] })
    const descendants = await alsoStopped(context, grant, leaves)
    return {
      data: { grant: grant.id, alreadyStopped: before, descendants, receipt: receipt ?? null, limits: LIMITS },
      text: lines(
        styled('green', before ? 'It was stopped already.' : 'Stopped: this machine sends nothing under it.'),
        facts([
          ['grant', grant.id],
          ...descendants.map((id): [string, string] => ['also', `grant ${id}`]),
          receipt === undefined ? undefined : ['receipt', receipt],
        ]),
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
    const grant = await read(context)
    const leaves = await leavesOf(grant)
    const stopped = removeStop(context.home(), grant.id)
    const receipt = stopped ? await record(context, grant, { act: 'resume', delegations: leaves }) : undefined
    const { hashDelegation } = await import('../../delegation/hash.ts')
    const above = stopOf(context.home(), grant.delegations.map(hashDelegation))
    return {
      data: { grant: grant.id, wasStopped: stopped, stillStoppedBy: above?.grant ?? null, receipt: receipt ?? null },
      text: lines(
        styled('green', stopped ? 'Resumed.' : 'It was not stopped.'),
        facts([['grant', grant.id], receipt === undefined ? undefined : ['receipt', receipt]]),
        above === undefined
          ? undefined
          : styled('yellow', `It comes under grant ${above.grant}, which is stopped: nothing is sent under it.`),
      ),
    }
  },
}

async function read(context: Context): Promise<Grant> {
  return readGrant((await findGrant(context, context.args[0] ?? '')).text)
}

/** The grant's own last links: naming the shared ones above would stop its siblings too. */
async function leavesOf(grant: Grant): Promise<Hex[]> {
  const { hashDelegation } = await import('../../delegation/hash.ts')
  const leaves = grant.branches.flatMap(({ links }) => {
    const leaf = grant.delegations[links[0] ?? -1]
    return leaf === undefined ? [] : [hashDelegation(leaf)]
  })
  return [...new Set(leaves)].sort()
}

async function record(
  context: Context,
  grant: Grant,
  ending: Parameters<typeof import('../../receipt/revocationReceipt.ts').revocationReceipt>[0]['ending'],
): Promise<string> {
  const { revocationReceipt } = await import('../../receipt/revocationReceipt.ts')
  return (await new Journal(context).issue(revocationReceipt({ grant, ending, layer: 'redeemer' }))).id
}

/** Grants of this machine that were handed on from it. */
async function alsoStopped(context: Context, grant: Grant, leaves: readonly Hex[]): Promise<Hex[]> {
  const { hashDelegation } = await import('../../delegation/hash.ts')
  const stopped = new Set(leaves)
  return (await storedGrants(context)).flatMap((entry) => {
    if (!('grant' in entry) || entry.grant.id === grant.id) return []
    return entry.grant.delegations.some((delegation) => stopped.has(hashDelegation(delegation))) ? [entry.grant.id] : []
  })
}
