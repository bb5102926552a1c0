import { endingOf, type Group } from '../grant/ending.ts'
import type { Grant } from '../grant/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import type { Context } from './command.ts'
import { storedGrants } from './grantStore.ts'
import { Journal, type Recorded } from './journal.ts'
import type { Session } from './session.ts'

/** A delegation that has ended, and what ended it. */
export type EndedLink = {
  hash: Hex
  /** `null`: it had ended before. */
  transactionHash: Hex | null
  blockNumber: bigint
}

export type EndingAct =
  | { act: 'disable' }
  | { act: 'raise_nonce'; account: Address; nonce: bigint }
  | { act: 'end_group'; group: Group }

/**
 * Leaves a receipt in each grant that holds an ended delegation: one for each transaction.
 *
 * @param since - Unix seconds: after a crash, or when somebody asks twice, receipts of this very ending that were issued since
 * are not issued again.
 */
export async function recordEndings(
  context: Context,
  session: Session,
  {
    grants,
    links,
    act,
    since,
  }: { grants: readonly Grant[]; links: readonly EndedLink[]; act: EndingAct; since?: bigint },
): Promise<Recorded[]> {
  const { readBlock } = await import('../chain/block.ts')
  const { revocationReceipt } = await import('../receipt/revocationReceipt.ts')
  const journal = new Journal(context)
  const told = since === undefined ? [] : await endingsSince(journal, act.act, since)
  const finalized = await finalizedBlock(session)
  const receipts: Recorded[] = []
  for (const grant of grants) {
    for (const group of groupsOf(links)) {
      const here = endingOf(
        grant,
        group.map(({ hash }) => hash),
      )
      const { transactionHash, blockNumber } = group[0] as EndedLink
      const same = (it: Told) =>
        it.grant === grant.id &&
        (transactionHash === null || it.transactionHash === transactionHash) &&
        covers(it.delegations, here?.delegations ?? [])
      if (here === null || told.some(same)) continue
      const { number, hash } = await readBlock(session.node, { number: blockNumber })
      const ending = {
        ...act,
        delegations: here.delegations,
        died: here.died,
        ...(transactionHash === null ? {} : { transactionHash }),
        block: { number, hash },
        final: finalized !== undefined && finalized >= number,
      }
      receipts.push(await journal.issue(revocationReceipt({ grant, ending, layer: 'wallet' })))
    }
  }
  return receipts
}

/** Other grants of this machine that hold one of these delegations: those handed on under it, and those beside it. */
export async function grantsUnder(context: Context, grant: Grant, ended: readonly Hex[]): Promise<Grant[]> {
  return (await storedGrants(context)).flatMap((entry) =>
    'grant' in entry && entry.grant.id !== grant.id && endingOf(entry.grant, ended) !== null ? [entry.grant] : [],
  )
}

function groupsOf(links: readonly EndedLink[]): EndedLink[][] {
  const groups = new Map<string, EndedLink[]>()
  for (const link of links) {
    const key = `${link.transactionHash}:${link.blockNumber}`
    groups.set(key, [...(groups.get(key) ?? []), link])
  }
  return [...groups.values()]
}

async function finalizedBlock({ node }: Session): Promise<bigint | undefined> {
  const { readBlock } = await import('../chain/block.ts')
  const { ChainError } = await import('../chain/errors.ts')
  try {
    return (await readBlock(node, 'finalized')).number
  } catch (error) {
    // Some chains know no finality: then nothing is said to be final.
    if (error instanceof ChainError) return undefined
    throw error
  }
}

/** What a receipt says of an ending. */
type Told = { grant: Hex; delegations: readonly Hex[]; transactionHash: Hex | null }

async function endingsSince(journal: Journal, act: EndingAct['act'], since: bigint): Promise<Told[]> {
  const found: Told[] = []
  for (const entry of journal.entries().reverse()) {
    const statement = await journal.statement(entry)
    if (BigInt(statement.iat) < since) break
    if (statement.kind !== 'revocation' || statement.revocation.act !== act) continue
    const { delegations, tx: transactionHash = null } = statement.revocation
    found.push({ grant: statement.grant.id, delegations, transactionHash })
  }
  return found
}

function covers(told: readonly Hex[], ended: readonly Hex[]): boolean {
  return ended.every((hash) => told.includes(hash))
}
