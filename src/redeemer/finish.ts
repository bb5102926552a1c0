import { readAccountCode, runsWhatItIsTold } from '../chain/account.ts'
import type { Block } from '../chain/block.ts'
import { classifyOutcome } from '../outcome/classify.ts'
import type { ReceiptEvidence } from '../outcome/evidence.ts'
import type { Outcome } from '../outcome/types.ts'
import { outcomeReceipt } from '../receipt/outcomeReceipt.ts'
import { encodeRedemption } from '../redemption/encode.ts'
import type { Redemption } from '../redemption/types.ts'
import type { Action } from '../verdict/types.ts'
import { movedOn, RedeemerError } from './errors.ts'
import { actionOf, askedOf } from './request.ts'
import { openGrant, type Service } from './service.ts'
import { findAction, moveAction, type StoredAction } from './store/actions.ts'
import { moveBound } from './store/moveBound.ts'
import { appendReceipt, decisionOf } from './store/receipts.ts'
import { boundTo, type Submission, settleNonce } from './store/submissions.ts'

/** Deep enough: what the chain made of a nonce is the end of its actions, with the one receipt that says so. */
export async function finish(
  service: Service,
  submission: Submission,
  receipt: ReceiptEvidence,
  head: Block,
): Promise<void> {
  const { database, now } = service
  if (submission.kind === 'nothing') {
    // Its actions can never land with this nonce: they go on, or end by their own clock.
    await database
      .transaction(async (query) => {
        await settleNonce(query, submission)
        await moveBound(query, submission, { from: 'submitted', to: 'allowed', at: now() })
      })
      .catch(movedOn)
    return
  }
  const ids = await boundTo(database.query, submission)
  const ends = await Promise.all(ids.map((id) => endOf(service, id, { submission, receipt, head })))
  await database
    .transaction(async (query) => {
      // Another replica was faster.
      if (!(await settleNonce(query, submission))) return
      for (const { stored, outcome, drafted } of ends) {
        const to = outcome.status === 'reverted' ? 'reverted' : 'final'
        await moveAction(query, { id: stored.id, from: 'included', to, at: now() })
        const receipt = { drafted, actionId: stored.id, terminal: true, now: now() }
        await appendReceipt(query, database.dialect, service.issuer, receipt)
      }
    })
    .catch(movedOn)
}

type Inclusion = { submission: Submission; receipt: ReceiptEvidence; head: Block }

async function endOf(service: Service, id: string, inclusion: Inclusion) {
  const { query } = service.database
  const [stored, decision] = await Promise.all([findAction(query, id), decisionOf(query, id)])
  if (stored === undefined || decision === undefined) throw undecided(id)
  const { grant } = await openGrant(service, query, stored.grantId)
  const request = askedOf(stored)
  const action = actionOf(request)
  const redemption = encodeRedemption(grant, stored.branch ?? 0, action)
  const outcome = await outcomeOf(service, { stored, action, redemption, ...inclusion })
  return {
    stored,
    outcome,
    drafted: outcomeReceipt({ grant, request, redemption, outcome, decision, layer: 'redeemer' }),
  }
}

async function outcomeOf(
  { node, environment, settings }: Service,
  {
    stored,
    action,
    redemption,
    submission,
    receipt,
    head,
  }: Inclusion & {
    stored: StoredAction
    action: Action
    redemption: Redemption
  },
): Promise<Outcome> {
  const { principal } = stored
  const code = await readAccountCode(node, { address: principal, environment, block: receipt.blockHash })
  const { hash, signer, nonce } = submission
  const place = { blockHash: receipt.blockHash, blockNumber: receipt.blockNumber }
  const { manager: to, data: input } = redemption
  return classifyOutcome({
    // From the bytes that were signed, so that a node cannot tell us otherwise.
    transaction: { hash, from: signer, to, input, nonce: BigInt(nonce), value: 0n, ...place },
    receipt,
    redemption,
    action,
    principal,
    environment,
    head: head.number,
    confirmations: settings.confirmations,
    accountRuns: runsWhatItIsTold(code),
  })
}

function undecided(action: string): RedeemerError {
  return new RedeemerError('redeemer.store_failed', 'An action was sent that nobody decided.', {
    details: { action },
    fix: 'The database was changed by something else: restore it from a backup.',
  })
}
