import type { Grant } from '../grant/types.ts'
import type { Hex } from '../primitives/hex.ts'
import type { Context } from './command.ts'
import type { Journal } from './journal.ts'
import { takeLock } from './lock.ts'
import { type OwedReceipt, owingStops, removeStop, type Stop, writeStop } from './stops.ts'

/** One command at a time changes stops and writes what they owe. */
export function lockStops(context: Context): Promise<() => void> {
  return takeLock(context.home(), 'stops', () => context.output.progress('Waiting for another stop…'))
}

/** Writes what is owed, if anything is; what every command does before it issues a receipt of its own. */
export async function settleStops(context: Context, journal: Journal): Promise<void> {
  if (owingStops(context.home()).length === 0) return
  const release = await lockStops(context)
  try {
    await writeOwed(context, journal)
  } finally {
    release()
  }
}

/**
 * Writes the receipts that stops and resumptions owe, and then forgets that they do; gives their ids by grant. A crash
 * between the two is seen: the receipt is there already. Under {@link lockStops}.
 */
export async function writeOwed(context: Context, journal: Journal): Promise<ReadonlyMap<Hex, string>> {
  const home = context.home()
  const written = new Map<Hex, string>()
  for (const { owed, ...stop } of owingStops(home)) {
    if (owed === undefined) continue
    const id = (await issuedAlready(journal, stop.grant, owed)) ?? (await issue(context, journal, stop, owed))
    if (id === undefined) continue
    if (owed.act === 'stop') writeStop(home, stop)
    else removeStop(home, stop.grant)
    written.set(stop.grant, id)
  }
  return written
}

/** Says what is owed, where nothing is written. */
export function warnOfOwed(context: Context): void {
  for (const { grant, owed } of owingStops(context.home())) {
    context.output.warn(
      `The ${owed?.act} of grant ${grant} has no receipt yet: the next command that issues one writes it.`,
    )
  }
}

/** The grant's own last links: naming the shared ones above would stop its siblings too. */
export async function leavesOf(grant: Grant): Promise<Hex[]> {
  const { hashDelegation } = await import('../delegation/hash.ts')
  const leaves = grant.branches.flatMap(({ links }) => {
    const leaf = grant.delegations[links[0] ?? -1]
    return leaf === undefined ? [] : [hashDelegation(leaf)]
  })
  return [...new Set(leaves)].sort()
}

/** `undefined` where no receipt can say it: that stays owed and is said, and holds up no other one. */
async function issue(
  context: Context,
  journal: Journal,
  { grant: id, delegations }: Stop,
  { act, grant }: OwedReceipt,
): Promise<string | undefined> {
  const { parseGrant } = await import('../grant/parse.ts')
  const { GrantError } = await import('../grant/errors.ts')
  const { ReceiptError } = await import('../receipt/errors.ts')
  const { revocationReceipt } = await import('../receipt/revocationReceipt.ts')
  const ending = act === 'stop' ? { act, delegations, died: [] } : { act, delegations }
  try {
    const drafted = revocationReceipt({ grant: parseGrant(grant), ending, layer: 'redeemer' })
    return (await journal.append(drafted)).id
  } catch (error) {
    if (!(error instanceof GrantError || error instanceof ReceiptError)) throw error
    context.output.warn(`The ${act} of grant ${id} has no receipt: ${error.shortMessage}`)
    return undefined
  }
}

async function issuedAlready(journal: Journal, grant: Hex, { act, after }: OwedReceipt): Promise<string | undefined> {
  for (const entry of journal.entries()) {
    if (entry.seq <= after) continue
    const statement = await journal.statement(entry)
    const same = statement.kind === 'revocation' && statement.grant.id === grant && statement.revocation.act === act
    if (same) return entry.id
  }
  return undefined
}
