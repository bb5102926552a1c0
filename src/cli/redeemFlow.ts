import type { LocalAccount } from 'viem'
import type { Decision } from '../chain/decide.ts'
import type { Preview } from '../chain/preview.ts'
import type { Sent } from '../chain/send.ts'
import { AmbitError } from '../errors.ts'
import type { Grant } from '../grant/types.ts'
import type { Outcome } from '../outcome/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import type { SignedRequest } from '../receipt/request.ts'
import type { Redemption } from '../redemption/types.ts'
import type { Action, Deny, Verdict } from '../verdict/types.ts'
import type { Context } from './command.ts'
import { CliError } from './errors.ts'
import { EXIT } from './exit.ts'
import { Journal, type Recorded } from './journal.ts'
import { takeLock } from './lock.ts'
import { pendingOf, removePending, writePending } from './pending.ts'
import type { Session } from './session.ts'
import { stopOf, stoppable } from './stops.ts'
import { readCount } from './units.ts'

/** How long a request of ours may be acted upon, seconds. */
const REQUEST_LIFE = 600n

export type Attempt = {
  verdict: Verdict
  decision?: Recorded
  sent?: Sent
  outcome?: Outcome
  outcomeReceipt?: Recorded
}

/**
 * Looks at an action without leaving a trace: what `--dry-run` shows. Where the grant asks for signatures, as if its key had
 * signed and, where the command line names how the confirmer would, the confirmer too.
 */
export async function judge(
  context: Context,
  session: Session,
  grant: Grant,
  action: Action,
): Promise<Pick<Preview, 'verdict' | 'signers'>> {
  const stopped = await stoppedVerdict(context, grant)
  if (stopped !== undefined) return { verdict: stopped, signers: { key: null, confirmer: null } }
  const { preview } = await import('../chain/preview.ts')
  const confirmed = context.options['confirm'] !== undefined || context.options['confirmation'] !== undefined
  return preview(session.node, { grant, action, environment: session.environment, confirmed })
}

/**
 * Decides an action, leaves a receipt of the decision, and only then sends, once; then follows the chain and leaves a
 * receipt of the outcome.
 */
export async function attempt(
  context: Context,
  session: Session,
  { grant, action, signer, asker }: { grant: Grant; action: Action; signer: LocalAccount; asker: LocalAccount },
): Promise<Attempt> {
  const journal = new Journal(context)
  const { decisionReceipt } = await import('../receipt/decisionReceipt.ts')
  const request = await askFor(context, grant, action, asker)
  const stopped = await stoppedVerdict(context, grant)
  if (stopped !== undefined) {
    const drafted = decisionReceipt({ grant, action, verdict: stopped, request, stage: 'policy', layer: 'redeemer' })
    return { verdict: stopped, decision: await journal.issue(drafted) }
  }
  const decided = await decideNow(session, grant, action)
  const { verdict, state, redemption } = decided
  const stage = decided.simulation === null ? 'state' : 'simulation'
  const decision = await journal.issue(
    decisionReceipt({ grant, action, verdict, state, request, stage, layer: 'redeemer' }),
  )
  if (verdict.verdict !== 'allow' || redemption === null) return { verdict, decision }
  const about = { grant, request, redemption, decision: decision.id }
  const sent = await sendOnce(context, session, journal, { ...about, signer })
  context.output.progress(`Sent ${sent.hash}. Waiting for the chain…`)
  const settled = await settle(context, session, journal, { ...about, sent })
  return { verdict, decision, sent, ...settled }
}

/**
 * One command at a time sends for an account, from looking at what is open until its outcome is known: two would take one
 * nonce, and each would record the outcome of the other.
 */
export async function lockSender(context: Context, sender: Address): Promise<void> {
  const wait = (timeoutOf(context) + 30) * 1_000
  const tell = (holder: string) =>
    context.output.progress(`Waiting for process ${holder}, which sends for this account…`)
  context.defer(await takeLock(context.home(), `sender-${sender}`, tell, wait))
}

/**
 * What an earlier command sent and did not see to the end is looked for first; nothing new is sent while it is open.
 *
 * @throws {@link CliError} `cli.unsettled`.
 */
export async function settleEarlier(context: Context, session: Session, grant: Grant): Promise<void> {
  const journal = new Journal(context)
  for (const pending of pendingOf(context.home(), grant.id)) {
    // A crash came between the receipt of the outcome and this: the story is told already.
    if (await journal.hasSettled(pending.decision)) {
      removePending(context.home(), pending.sent.hash)
      continue
    }
    context.output.progress(`Looking for ${pending.sent.hash}, sent earlier…`)
    const { outcome } = await settle(context, session, journal, pending)
    if (isSettled(outcome)) continue
    // The embedded chain forgets what it has not included, and nobody else has these bytes: it never will be.
    if (session.choice.embedded && outcome.status === 'pending') {
      removePending(context.home(), pending.sent.hash)
      continue
    }
    throw new CliError('cli.unsettled', EXIT.unsettled, 'Something sent earlier is still open.', {
      details: { transactionHash: pending.sent.hash, status: outcome.status },
      fix: 'Wait and run it again. If the transaction can never be included, use its nonce for another one; then it is settled.',
      retry: 'safe',
    })
  }
}

export function isSettled({ status }: Outcome): boolean {
  return status !== 'pending' && status !== 'unknown'
}

/** The agent's own signature over what it asks: without it the receipt would be our word. */
async function askFor(context: Context, grant: Grant, action: Action, signer: LocalAccount): Promise<SignedRequest> {
  const { createRequest, signRequest } = await import('../receipt/request.ts')
  const number = BigInt(`0x${Buffer.from(context.random(32)).toString('hex')}`)
  const request = createRequest(action, { grant: grant.id, number, deadline: context.now() + REQUEST_LIFE })
  const scope = grant.scopes.at(-1)
  const asker = scope?.request?.key ?? scope?.delegate
  if (asker !== signer.address.toLowerCase()) return { request }
  return signRequest(
    { address: signer.address.toLowerCase() as Address, signTypedData: (data) => signer.signTypedData(data) },
    request,
  )
}

async function stoppedVerdict(context: Context, grant: Grant): Promise<Deny | undefined> {
  if (stopOf(context.home(), await stoppable(grant)) === undefined) return undefined
  const { denyFor } = await import('../verdict/index.ts')
  return denyFor('stopped')
}

async function decideNow(session: Session, grant: Grant, action: Action): Promise<Decision> {
  const { decide } = await import('../chain/decide.ts')
  return decide(session.node, { grant, action, environment: session.environment })
}

type About = { grant: Grant; request: SignedRequest; redemption: Redemption; decision: string }

/** Sign, write down, broadcast. Where nothing left, the decision gets an outcome that says so. */
async function sendOnce(
  context: Context,
  session: Session,
  journal: Journal,
  { signer, ...about }: About & { signer: LocalAccount },
): Promise<Sent> {
  const { send } = await import('../chain/send.ts')
  const { manager: to, data } = about.redemption
  const home = context.home()
  let signed: Hex | undefined
  try {
    return await send(session.node, {
      account: signer,
      chainId: session.choice.id,
      to,
      data,
      onSigned: async (sent) => {
        // A stop that came while we decided still counts: until here nothing has left.
        if ((await stoppedVerdict(context, about.grant)) !== undefined) throw stoppedMeanwhile(about.grant.id)
        signed = sent.hash
        writePending(home, { ...about, sent })
      },
    })
  } catch (error) {
    const doubt = error instanceof AmbitError ? error.code : 'cli.unexpected'
    await recordOutcome(journal, about, { status: 'unknown', transactionHash: signed ?? null, doubt })
    throw error
  }
}

function stoppedMeanwhile(grant: Hex): CliError {
  return new CliError('cli.stopped', EXIT.denied, 'The grant was stopped before anything was sent.', {
    details: { grant },
    fix: 'Run `ambit resume` if it may go on, then redeem again.',
  })
}

async function settle(
  context: Context,
  session: Session,
  journal: Journal,
  { sent, ...about }: About & { sent: Sent },
): Promise<{ outcome: Outcome; outcomeReceipt: Recorded }> {
  const { waitForOutcome } = await import('../chain/waitForOutcome.ts')
  const outcome = await waitForOutcome(session.node, {
    sent,
    redemption: about.redemption,
    action: about.request.request,
    principal: about.grant.scopes[0]?.principal ?? sent.from,
    environment: session.environment,
    timeout: timeoutOf(context) * 1_000,
  })
  // The embedded chain first: a receipt of a transaction that its chain then forgets would be false.
  await session.save()
  const outcomeReceipt = await recordOutcome(journal, about, outcome)
  if (isSettled(outcome)) removePending(context.home(), sent.hash)
  return { outcome, outcomeReceipt }
}

function timeoutOf(context: Context): number {
  return readCount((context.options['timeout'] as string | undefined) ?? '60', '--timeout')
}

async function recordOutcome(journal: Journal, about: About, outcome: Outcome): Promise<Recorded> {
  const { outcomeReceipt } = await import('../receipt/outcomeReceipt.ts')
  return journal.issue(outcomeReceipt({ ...about, outcome, layer: 'redeemer' }))
}
