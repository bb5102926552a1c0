import type { LocalAccount } from 'viem'
import type { TaskScopeRequest } from '../caveats/taskScope/requestDigest.ts'
import type { Grant } from '../grant/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { type Escalation, escalationStatus, type Settled, type Submission } from '../redemption/escalation.ts'
import type { Action, Escalate } from '../verdict/types.ts'
import type { Context } from './command.ts'
import { CliError, HomeError, KeyError } from './errors.ts'
import { leafHash, withEscalation } from './escalations.ts'
import { EXIT } from './exit.ts'
import { readGrant } from './grantStore.ts'
import { Journal } from './journal.ts'
import { toJson } from './output.ts'
import { type Attempt, attempt, lockSender, settleEarlier } from './redeemFlow.ts'
import { redeemerOf, requestToConfirm } from './requesting.ts'
import type { Session } from './session.ts'
import { stopOf, stoppable } from './stops.ts'
import { assertGenuine } from './trustGrant.ts'
import { verdictFailure } from './verdictText.ts'

/** Words of a person about a no that are kept. */
const MAX_WHY = 500

/**
 * Takes the confirmer's signature over the very request of a question, and keeps it durably. The chain is asked first: only
 * what would let the action pass now is kept, and nothing else confirms anything. Where a link above asks as well, the question
 * stays open with the next request, and what was signed so far goes with its action.
 *
 * @throws {@link CliError} `cli.escalation_settled`, `cli.not_confirmable`, `cli.denied`, `cli.stopped`; {@link KeyError}
 * `key.wrong_signer` for a signature of somebody else or over something else.
 */
export function confirmEscalation(
  context: Context,
  session: Session,
  number: number,
  sign: (request: TaskScopeRequest) => Promise<Hex>,
): Promise<Escalation> {
  return withEscalation(context, number, async (escalation, change) => {
    requireOpen(escalation, context.now())
    const { grant, request } = await confirmable(session, escalation)
    const confirmation = await sign(request)
    await session.freshen(0n)
    await assertGenuine(session, grant)
    const action = await confirmedAction(escalation, confirmation)
    const verdict = await requirePasses(context, session, { grant, action, signed: request })
    const next = verdict && (await requestToConfirm(context, session, { grant, action, verdict, requested: null }))
    // The question may have been over while somebody thought about it.
    const at = context.now()
    requireOpen(escalation, at)
    if (verdict === null || next === null)
      return change({ settled: { as: 'confirmed', at, confirmation, submission: null } })
    const { rule, threshold, requested, confirmer } = verdict
    return change({ action, request: next?.request ?? null, rule, threshold, requested, confirmer })
  })
}

/** Records a no. @throws {@link CliError} `cli.escalation_settled`. */
export function rejectEscalation(context: Context, number: number, why: string | undefined): Promise<Escalation> {
  return withEscalation(context, number, async (escalation, change) => {
    requireOpen(escalation, context.now())
    return change({
      settled: { as: 'rejected', at: context.now(), why: why === undefined ? null : why.slice(0, MAX_WHY) },
    })
  })
}

/**
 * Redeems what was confirmed, once: decides anew, leaves receipts, sends, follows the chain, and notes in the queue what became
 * of it. `attempted` is `null` where an earlier command had sent it and did not come to note that.
 *
 * @param signer - Who submits: the delegate, or one of the redeemers that the scope names.
 * @throws {@link CliError} `cli.not_yet_confirmed`, `cli.escalation_settled`, `cli.unsettled`; {@link KeyError}
 * `key.wrong_signer`.
 */
export function submitEscalation(
  context: Context,
  session: Session,
  number: number,
  signer: LocalAccount,
): Promise<{ escalation: Escalation; action: Action; attempted: Attempt | null }> {
  return withEscalation(context, number, async (escalation, change) => {
    const confirmed = requireConfirmed(escalation)
    const { grant } = await confirmable(session, escalation)
    const redeemer = redeemerOf(grant, signer.address.toLowerCase() as Address)
    if (signer.address.toLowerCase() !== redeemer) {
      throw new KeyError('key.wrong_signer', 'This account may not submit what was confirmed.', {
        details: { redeemer, signer: signer.address },
        fix: 'Submit it with the account that the grant is for.',
      })
    }
    const action = { ...(await confirmedAction(escalation, confirmed.confirmation)), redeemer }
    await session.freshen(0n)
    await assertGenuine(session, grant)
    await lockSender(context, redeemer)
    await settleEarlier(context, session, grant)
    const before = await redeemedBefore(context, escalation)
    if (before !== undefined)
      return { escalation: change({ settled: { ...confirmed, submission: before } }), action, attempted: null }
    const attempted = await attempt(context, session, { grant, action, signer, asker: signer })
    const submission = submissionOf(context.now(), attempted)
    return { escalation: change({ settled: { ...confirmed, submission } }), action, attempted }
  })
}

/** True where this account could submit what is confirmed. */
export function maySubmit({ grant }: Pick<Escalation, 'grant'>, account: Address): boolean {
  const scope = grant.scopes.at(-1)
  const redeemers = scope?.request?.redeemers
  if (scope?.request === undefined || redeemers === undefined) return scope?.delegate === account
  return redeemers === 'anyone' || redeemers.includes(account)
}

/**
 * The redemption in which this very request was used up, told by a receipt of its outcome: a command that died between sending
 * and noting it must not be answered with "denied", and nothing is sent a second time.
 */
async function redeemedBefore(
  context: Context,
  { request, decision, at }: Escalation,
): Promise<Submission | undefined> {
  const journal = new Journal(context)
  for (const entry of journal.entries().reverse()) {
    if (entry.id === decision) return undefined
    const statement = await journal.statement(entry)
    if (statement.kind !== 'outcome' || statement.outcome.status !== 'executed') continue
    const used = statement.outcome.counted?.some(
      (counted) => counted.delegation === request?.delegation && counted.request === String(request?.number),
    )
    if (used !== true) continue
    const receipts = { decision: statement.decision, outcome: entry.id }
    return { at, status: 'executed', code: null, transactionHash: statement.outcome.tx as Hex, receipts }
  }
  return undefined
}

function requireOpen(escalation: Escalation, now: bigint): void {
  const status = escalationStatus(escalation, now)
  if (status === 'open') return
  const message =
    status === 'over' ? 'Nobody answered in time, which is a no.' : 'This question has been answered already.'
  throw new CliError('cli.escalation_settled', EXIT.denied, message, {
    details: { escalation: escalation.number, status },
    fix: 'Have the agent ask again, if it is still wanted.',
  })
}

function requireConfirmed(escalation: Escalation): Extract<Settled, { as: 'confirmed' }> {
  const { number, settled } = escalation
  if (settled === null || settled.as === 'rejected') {
    throw new CliError('cli.not_yet_confirmed', EXIT.unsettled, 'Nobody has confirmed this.', {
      details: { escalation: number, status: settled === null ? 'open' : 'rejected' },
      fix: 'Have the confirmer sign it: `ambit escalations confirm`, or in the console.',
    })
  }
  const { submission } = settled
  // What is not known yet is looked up by asking again: a request counts once, whatever is sent.
  if (submission === null || submission.status === 'pending' || submission.status === 'unknown') return settled
  throw new CliError('cli.escalation_settled', EXIT.denied, 'This was submitted already.', {
    details: { escalation: number, status: submission.status, transactionHash: submission.transactionHash },
    fix: 'Look at its receipts; a confirmation counts once.',
  })
}

/** The grant, read strictly and against its caveats, and the request made anew from it: nothing of the file is believed. */
async function confirmable(
  session: Session,
  { grant: kept, action, number, request }: Escalation,
): Promise<{ grant: Grant; request: TaskScopeRequest }> {
  if (request === null) {
    throw new CliError('cli.not_confirmable', EXIT.denied, 'No signature can confirm this.', {
      details: { escalation: number, heldBy: 'redeemer' },
      fix: 'The framework’s caveats hold no threshold: whoever submits does. Grant it anew with --lowering fused.',
    })
  }
  const { serializeGrant } = await import('../grant/serialize.ts')
  const { requestOf } = await import('../redemption/request.ts')
  const { environment } = session
  const grant = await readGrant(serializeGrant(kept), environment)
  const { deadline, delegation } = request
  const again = requestOf(grant, { environment, action, delegation, number: request.number, deadline }).request
  if (toJson(Object.entries(again).sort()) === toJson(Object.entries(request).sort())) return { grant, request: again }
  throw new HomeError('home.damaged', 'An escalation does not hold the request of its own action.', {
    details: { escalation: number },
    fix: 'Reject it, and have the agent ask again.',
  })
}

async function confirmedAction({ action, request, grant }: Escalation, confirmation: Hex): Promise<Action> {
  const { number, deadline, delegation } = request as TaskScopeRequest
  const carried = { number, deadline, confirmation }
  if (delegation !== (await leafHash(grant))) {
    const above = { ...action.requestsAbove, [delegation]: { ...carried, signature: null } }
    return { ...action, requestsAbove: above }
  }
  return { ...action, request: { ...carried, signature: action.request?.signature ?? null } }
}

/** `null` where it passes; else what another link asks for, in the order from the leaf: then this signature was right. */
async function requirePasses(
  context: Context,
  session: Session,
  { grant, action, signed }: { grant: Grant; action: Action; signed: TaskScopeRequest },
): Promise<Escalate | null> {
  if (stopOf(context.home(), await stoppable(grant)) !== undefined) {
    throw new CliError('cli.stopped', EXIT.denied, 'The grant is stopped here: nothing of it is confirmed.', {
      details: { grant: grant.id },
      fix: 'Run `ambit resume` first, if it may go on.',
    })
  }
  const { decide } = await import('../chain/decide.ts')
  const { verdict } = await decide(session.node, { grant, action, environment: session.environment })
  if (verdict.verdict === 'allow') return null
  const other = verdict.verdict === 'escalate' && ![undefined, signed.delegation].includes(verdict.delegation)
  if (other) return verdict
  const failure = verdict.verdict === 'deny' ? verdictFailure(verdict) : undefined
  if (failure !== undefined) throw failure.error
  throw new KeyError('key.wrong_signer', 'This is not the confirmer’s signature over this request.', {
    details: { confirmer: verdict.verdict === 'escalate' ? verdict.confirmer : null },
    fix: 'Sign the very request that is shown, with the confirmer’s account.',
  })
}

function submissionOf(at: bigint, { verdict, decision, sent, outcome, outcomeReceipt }: Attempt): Submission {
  return {
    at,
    status: outcome?.status ?? (verdict.verdict === 'allow' ? 'unknown' : 'denied'),
    code: verdict.verdict === 'allow' ? null : verdict.code,
    transactionHash: sent?.hash ?? null,
    receipts: { decision: decision?.id ?? null, outcome: outcomeReceipt?.id ?? null },
  }
}
