import type { LocalAccount } from 'viem'
import type { NonceRaised, RaiseParameters } from '../chain/revokeAll.ts'
import { nonceFate } from '../grant/ending.ts'
import type { Address } from '../primitives/hex.ts'
import type { Context, Data, Result } from './command.ts'
import { storedGrants } from './grantStore.ts'
import { type RaiseIntent, raiseIntentOf, removeIntent, writeIntent } from './intents.ts'
import type { Recorded } from './journal.ts'
import { facts, lines, type Rich, styled } from './output.ts'
import { planRaise, type RaisePlan, raiseData, renderRaise } from './raisePlan.ts'
import { type EndedLink, recordEndings } from './recordEnding.ts'
import { lockSender } from './redeemFlow.ts'
import type { Session } from './session.ts'

export type RaiseOptions = {
  /** Whose nonce is raised. */
  account: Address
  /** Who pays and signs the transaction. */
  signer: LocalAccount
  /** Asked with what ends before it; not asked again after a crash. */
  confirm: (about: Rich) => Promise<void>
  send: (parameters: RaiseParameters) => Promise<NonceRaised>
}

/**
 * Raises an account's nonce once for what was shown and confirmed, and leaves a receipt in each grant that ended with it.
 * Killed at any moment, the same command goes on: it sends the same bytes again, never a second raising.
 */
export async function raise(context: Context, session: Session, options: RaiseOptions): Promise<Result> {
  const { account, signer } = options
  const { environment, node } = session
  const home = context.home()
  const { readNonce } = await import('../chain/readNonce.ts')
  await lockSender(context, signer.address.toLowerCase() as Address)
  const key = { chainId: environment.chainId, manager: environment.manager, account }
  const begun = raiseIntentOf(home, key)
  const nonce = begun?.nonce ?? (await readNonce(node, { delegator: account, environment }))
  const plan = await planRaise(context, { environment, account, nonce })
  if (begun === undefined) await options.confirm(renderRaise(plan))
  else context.output.progress('This was confirmed and begun before: going on with it…')
  const intent: RaiseIntent = begun ?? {
    kind: 'raise_nonce',
    ...key,
    nonce,
    grants: plan.ends.map(({ id }) => id),
    at: context.now(),
  }
  if (begun === undefined) writeIntent(home, intent)
  context.output.progress('Raising the nonce, and waiting for the chain…')
  let signed = intent.sent !== undefined
  let raised: NonceRaised
  try {
    raised = await options.send({
      delegator: account,
      environment,
      nonce,
      ...(intent.sent === undefined ? {} : { earlier: intent.sent }),
      onSigned: (sent) => {
        signed = true
        writeIntent(home, { ...intent, sent })
      },
    })
  } catch (error) {
    // Nothing has left, and nothing will: the next command is to ask again.
    if (!signed) removeIntent(home, intent)
    throw error
  }
  await session.save()
  const receipts = await record(context, session, intent, raised, begun !== undefined)
  removeIntent(home, intent)
  return resultOf(plan, raised, receipts, begun !== undefined)
}

async function record(
  context: Context,
  session: Session,
  intent: RaiseIntent,
  { nonce, transactionHash, blockNumber }: NonceRaised,
  resumed: boolean,
): Promise<Recorded[]> {
  const { account, grants: ids, at } = intent
  const stored = await storedGrants(context)
  const grants = stored.flatMap((entry) => ('grant' in entry && ids.includes(entry.id as never) ? [entry.grant] : []))
  const links = grants.flatMap((grant): EndedLink[] => {
    const fate = nonceFate(grant, { environment: session.environment, account, nonce })
    return fate.fate === 'ends' ? fate.delegations.map((hash) => ({ hash, transactionHash, blockNumber })) : []
  })
  const act = { act: 'raise_nonce' as const, account, nonce }
  const unique = [...new Map(links.map((link) => [link.hash, link])).values()]
  return recordEndings(context, session, { grants, links: unique, act, ...(resumed ? { since: at } : {}) })
}

function resultOf(plan: RaisePlan, raised: NonceRaised, receipts: readonly Recorded[], resumed: boolean): Result {
  const { transactionHash, blockNumber, current } = raised
  const ended = plan.known.filter(({ fate }) => fate.fate === 'ends')
  return {
    data: {
      ...(raiseData(plan) as { [key: string]: Data }),
      current,
      transactionHash,
      blockNumber,
      resumed,
      receipts: receipts.map(({ id }) => id),
    },
    text: lines(
      styled('green', transactionHash === null ? 'The nonce had been raised before.' : 'Raised, and proven on chain.'),
      facts([
        ['account', plan.account],
        ['nonce', `${plan.nonce}, now ${current} at block ${blockNumber}`],
        transactionHash === null ? undefined : ['transaction', transactionHash],
        ...ended.map(({ name, what }): [string, Rich] => ['ended', `${name} (${what})`]),
        ...receipts.map(({ id }): [string, Rich] => ['receipt', id]),
      ]),
    ),
  }
}
