import { readAccountCode, runsWhatItIsTold } from '../chain/account.ts'
import { readQuantity } from '../chain/answers.ts'
import { type Block, readBlock } from '../chain/block.ts'
import { ChainError } from '../chain/errors.ts'
import { ask, atBlock } from '../chain/rpc.ts'
import { broadcast } from '../chain/send.ts'
import { readReceipt } from '../chain/transactions.ts'
import { classifyOutcome } from '../outcome/classify.ts'
import type { ReceiptEvidence } from '../outcome/evidence.ts'
import type { Outcome } from '../outcome/types.ts'
import { outcomeReceipt } from '../receipt/outcomeReceipt.ts'
import { encodeRedemption } from '../redemption/encode.ts'
import { movedOn, RedeemerError } from './errors.ts'
import { actionOf, askedOf } from './request.ts'
import { openGrant, type Service } from './service.ts'
import { findAction, moveAction, type StoredAction } from './store/actions.ts'
import { appendReceipt, decisionOf } from './store/receipts.ts'
import { openSubmissions, placeSubmission, type Submission, settleNonce } from './store/submissions.ts'

/**
 * One look at the chain for everything that was signed and is not final. What a node says is a hint: an action is `included`
 * while a canonical block holds its transaction, goes back when a reorganisation takes that away, and ends only once the
 * block is deep enough. What is in no block is sent again, the same bytes.
 */
export async function follow(service: Service): Promise<void> {
  const open = await openSubmissions(service.database.query)
  if (open.length === 0) return
  try {
    const head = await readBlock(service.node)
    await Promise.all(open.map((submission) => lookAt(service, submission, head)))
  } catch (error) {
    // It could not be asked: nothing has changed, and nothing is concluded.
    if (!(error instanceof ChainError)) throw error
  }
}

async function lookAt(service: Service, submission: Submission, head: Block): Promise<void> {
  const receipt = await canonicalReceipt(service, submission)
  if (receipt === null) {
    await missing(service, submission, head)
    return
  }
  if (submission.block?.hash !== receipt.blockHash) await included(service, submission, receipt)
  const depth = head.number - receipt.blockNumber + 1n
  if (depth >= BigInt(service.settings.confirmations)) await finish(service, submission, receipt, head)
}

/** A receipt whose block is the chain's at its height; `null` where there is none. */
async function canonicalReceipt({ node }: Service, { hash }: Submission): Promise<ReceiptEvidence | null> {
  const receipt = await readReceipt(node, hash)
  if (receipt === null) return null
  const block = await readBlock(node, { number: receipt.blockNumber })
  return block.hash === receipt.blockHash ? receipt : null
}

async function included(service: Service, submission: Submission, receipt: ReceiptEvidence): Promise<void> {
  const { database, now } = service
  const { hash, actionId } = submission
  await database
    .transaction(async (query) => {
      await placeSubmission(query, hash, { number: Number(receipt.blockNumber), hash: receipt.blockHash })
      const action = actionId === null ? undefined : await findAction(query, actionId)
      // In another block than before, it is included as it was.
      if (action?.state !== 'submitted') return
      await moveAction(query, { id: action.id, from: 'submitted', to: 'included', at: now() })
    })
    .catch(movedOn)
}

/** In no block: back where it came from, if it had been in one, and on its way again. */
async function missing(service: Service, submission: Submission, head: Block): Promise<void> {
  const { database, node, now } = service
  const { hash, actionId, block } = submission
  if (block !== null) {
    await database
      .transaction(async (query) => {
        await placeSubmission(query, hash, null)
        const action = actionId === null ? undefined : await findAction(query, actionId)
        if (action?.state !== 'included') return
        await moveAction(query, { id: action.id, from: 'included', to: 'submitted', at: now() })
      })
      .catch(movedOn)
  }
  if (await isOver(service, submission, head)) {
    await supersede(service, submission)
    return
  }
  // Bytes that the node has are no second transaction; what it refuses now it may take later.
  await broadcast(node, { ...submission, nonce: BigInt(submission.nonce) }).catch(refusedNow)
}

/** Whether its nonce was used by other bytes, as deep as an inclusion would have to be: then these can never land. */
async function isOver({ node, settings }: Service, { hash, signer, nonce }: Submission, head: Block): Promise<boolean> {
  const depth = BigInt(settings.confirmations) - 1n
  if (head.number < depth) return false
  const deep = depth === 0n ? head : await readBlock(node, { number: head.number - depth })
  const method = 'eth_getTransactionCount'
  const count = readQuantity(method, await ask(node, method, [signer, atBlock(deep.hash)]))
  // Between the two questions it may have been included itself.
  return count > BigInt(nonce) && (await readReceipt(node, hash)) === null
}

/** Somebody else used the key: the bytes are worthless, and the action goes on with others. */
async function supersede({ database, now }: Service, { signer, nonce, actionId }: Submission): Promise<void> {
  await database
    .transaction(async (query) => {
      await settleNonce(query, signer, nonce)
      const action = actionId === null ? undefined : await findAction(query, actionId)
      if (action?.state !== 'submitted') return
      await moveAction(query, { id: action.id, from: 'submitted', to: 'allowed', at: now() })
    })
    .catch(movedOn)
}

/** Deep enough: what the chain made of it is its end. */
async function finish(service: Service, submission: Submission, receipt: ReceiptEvidence, head: Block): Promise<void> {
  const { database, now } = service
  const { signer, nonce, actionId } = submission
  const action = actionId === null ? undefined : await findAction(database.query, actionId)
  if (action === undefined) {
    await settleNonce(database.query, signer, nonce)
    return
  }
  const { grant } = await openGrant(service, database.query, action.grantId)
  const signed = askedOf(action)
  const redemption = encodeRedemption(grant, action.branch ?? 0, actionOf(signed))
  const outcome = await outcomeOf(service, { submission, receipt, action, head })
  await database
    .transaction(async (query) => {
      await settleNonce(query, signer, nonce)
      const to = outcome.status === 'reverted' ? 'reverted' : 'final'
      await moveAction(query, { id: action.id, from: 'included', to, at: now() })
      const decision = await decisionOf(query, action.id)
      if (decision === undefined) throw undecided(action.id)
      await appendReceipt(query, database.dialect, service.issuer, {
        drafted: outcomeReceipt({ grant, request: signed, redemption, outcome, decision, layer: 'redeemer' }),
        actionId: action.id,
        terminal: true,
        now: now(),
      })
    })
    .catch(movedOn)
}

async function outcomeOf(
  service: Service,
  {
    submission,
    receipt,
    action: stored,
    head,
  }: { submission: Submission; receipt: ReceiptEvidence; action: StoredAction; head: Block },
): Promise<Outcome> {
  const { node, environment, settings } = service
  const { grant } = await openGrant(service, service.database.query, stored.grantId)
  const action = actionOf(askedOf(stored))
  const redemption = encodeRedemption(grant, stored.branch ?? 0, action)
  const { principal } = stored
  const code = await readAccountCode(node, { address: principal, environment, block: receipt.blockHash })
  const { hash, signer, nonce } = submission
  const place = { blockHash: receipt.blockHash, blockNumber: receipt.blockNumber }
  const { manager: to, data: input } = redemption
  // From the signed bytes, so that a node cannot tell us otherwise.
  const transaction = { hash, from: signer, to, input, nonce: BigInt(nonce), value: 0n, ...place }
  return classifyOutcome({
    transaction,
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

function refusedNow(error: unknown): void {
  if (!(error instanceof ChainError)) throw error
}

function undecided(action: string): RedeemerError {
  return new RedeemerError('redeemer.store_failed', 'An action was sent that nobody decided.', {
    details: { action },
    fix: 'The database was changed by something else: restore it from a backup.',
  })
}
