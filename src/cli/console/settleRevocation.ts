import type { Disabling } from '../../chain/readDisabling.ts'
import type { SettledRevocation } from '../../console/source.ts'
import type { Address, Hex } from '../../primitives/hex.ts'
import type { Context } from '../command.ts'
import { endingOn, findEnding } from '../endingGrant.ts'
import { CliError } from '../errors.ts'
import { EXIT } from '../exit.ts'
import { type EndedLink, grantsUnder, recordEndings } from '../recordEnding.ts'
import type { Session } from '../session.ts'
import { sessionOf } from './reading.ts'

/** Milliseconds for which a page waits for a transaction: after that it can be asked for again. */
const PATIENCE = 20_000

/**
 * Proves on the chain what a wallet says it did: each link of the delegator, disabled by one of the transactions, or before.
 * Only what the chain shows is written into receipts.
 */
export async function settleRevocation(
  context: Context,
  session: Session | undefined,
  { id, delegator, transactions }: { id: Hex; delegator: Address; transactions: readonly Hex[] },
): Promise<SettledRevocation> {
  const ending = await findEnding(context, id)
  const own = ending.grant === null ? session : sessionOf(session, ending.grant)
  if (own === undefined) throw notAsked()
  const grant = await endingOn(own, ending)
  const { linksToEnd } = await import('../../chain/revoke.ts')
  const { readBlock } = await import('../../chain/block.ts')
  const { isDisabled } = await import('../../chain/isDisabled.ts')
  const { environment, node } = own
  const delegations = linksToEnd(grant, delegator).map(({ hash }) => hash)
  const read = await Promise.all(
    transactions.map(async (transaction) => ({
      transaction,
      ...(await disabling(context, own, transaction, delegations)),
    })),
  )
  const head = await readBlock(node)
  const ended = await Promise.all(
    delegations.map(async (hash): Promise<EndedLink[]> => {
      const by = read.find((it) => it.status === 'included' && it.delegations.includes(hash))
      if (by?.status === 'included') return [{ hash, transactionHash: by.transaction, blockNumber: by.blockNumber }]
      const disabled = await isDisabled(node, environment, hash, head.hash)
      return disabled ? [{ hash, transactionHash: null, blockNumber: head.number }] : []
    }),
  )
  const links = ended.flat()
  const hashes = links.map(({ hash }) => hash)
  if (links.length > 0) {
    await own.save()
    const grants = [grant, ...(await grantsUnder(context, grant, hashes))]
    await recordEndings(context, own, { grants, links, act: { act: 'disable' }, since: 0n })
  }
  if (links.length === delegations.length) return { status: 'ended' }
  if (read.some(({ status }) => status === 'absent')) return { status: 'pending' }
  return { status: links.some(({ transactionHash }) => transactionHash !== null) ? 'partial' : 'not_ended' }
}

async function disabling(
  context: Context,
  { node, environment }: Session,
  transaction: Hex,
  delegations: readonly Hex[],
): Promise<Disabling> {
  const { readDisabling } = await import('../../chain/readDisabling.ts')
  const deadline = context.monotonic() + PATIENCE
  for (;;) {
    const read = await readDisabling(node, { environment, delegations, transaction })
    if (read.status !== 'absent' || context.monotonic() >= deadline) return read
    await new Promise((resolve) => setTimeout(resolve, node.pollingInterval))
  }
}

function notAsked(): CliError {
  return new CliError('cli.missing_option', EXIT.usage, 'The chain of this grant is not open here.', {
    fix: 'Start `ambit console` with --chain and --rpc-url of that chain.',
  })
}
