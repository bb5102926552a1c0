import type { Environment } from '../caveats/types.ts'
import { classifyOutcome } from '../outcome/classify.ts'
import type { TransactionEvidence } from '../outcome/evidence.ts'
import type { Outcome } from '../outcome/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import type { Redemption } from '../redemption/types.ts'
import type { Action } from '../verdict/types.ts'
import { readAccountCode, runsWhatItIsTold } from './account.ts'
import { readQuantity } from './answers.ts'
import { type Block, readBlock } from './block.ts'
import { ChainError } from './errors.ts'
import { ask, atBlock, type NodeClient } from './rpc.ts'
import type { Sent } from './send.ts'
import { simulate } from './simulate.ts'
import { findByNonce, readReceipt, readTransaction } from './transactions.ts'

export type WaitForOutcomeParameters = {
  /** What was sent, or its hash alone: that commits to the rest. */
  sent: Sent | { hash: Hex }
  redemption: Redemption
  action: Action
  /** Root delegator. */
  principal: Address
  environment: Environment
  /** Blocks from the inclusion's on, itself counted, until it is final. Default 1. */
  confirmations?: number
  /** Milliseconds. Default 60,000. */
  timeout?: number
  /** Milliseconds between looks. Default: the client's. */
  pollingInterval?: number
  signal?: AbortSignal
}

/** Blocks that are searched for whatever used the nonce instead. */
const MAX_SEARCHED = 64n

/**
 * Follows a sent redemption until the chain has settled what became of it, or time is up; then it says how far things are:
 * `pending` (not in a block), `unknown` (the node could not be asked, or contradicts itself), or included and not `final`.
 * Never throws for what the node does. A block that a reorg removes counts for nothing.
 */
export async function waitForOutcome(client: NodeClient, parameters: WaitForOutcomeParameters): Promise<Outcome> {
  const { timeout = 60_000, pollingInterval = client.pollingInterval, signal } = parameters
  const deadline = performance.now() + timeout
  for (;;) {
    const { outcome, settled } = await look(client, parameters)
    if (settled || signal?.aborted || performance.now() >= deadline) return outcome
    await pause(Math.min(pollingInterval, Math.max(deadline - performance.now(), 1)), signal)
  }
}

type Look = { outcome: Outcome; settled: boolean }

/** One look at the chain. */
async function look(client: NodeClient, parameters: WaitForOutcomeParameters): Promise<Look> {
  const { hash } = parameters.sent
  try {
    const [head, receipt] = await Promise.all([readBlock(client), readReceipt(client, hash)])
    if (receipt === null) return await lookForReplacement(client, parameters, head)
    const block = await readBlock(client, { number: receipt.blockNumber })
    // Its block is not in the chain any more: as if it had never been included.
    if (block.hash !== receipt.blockHash) return pending(hash)
    const transaction = await transactionOf(client, parameters.sent, block)
    if (transaction === null) return pending(hash)
    const { redemption, action, principal, environment, confirmations = 1 } = parameters
    const code = await readAccountCode(client, { address: principal, environment, block: block.hash })
    const outcome = classifyOutcome({
      transaction,
      receipt,
      redemption,
      action,
      principal,
      environment,
      head: head.number,
      confirmations,
      accountRuns: runsWhatItIsTold(code),
    })
    const settled = 'final' in outcome && outcome.final
    if (!settled || outcome.status !== 'reverted') return { outcome, settled }
    return { outcome: await withReason(client, outcome, parameters, block), settled }
  } catch (error) {
    if (!(error instanceof ChainError)) throw error
    return { outcome: { status: 'unknown', transactionHash: hash, doubt: error.code }, settled: false }
  }
}

/** What the transaction is: from its signed bytes where we have them, so that a node cannot tell us otherwise. */
async function transactionOf(
  client: NodeClient,
  sent: WaitForOutcomeParameters['sent'],
  block: Block,
): Promise<TransactionEvidence | null> {
  if ('raw' in sent) {
    const { hash, from, to, data, nonce, value } = sent
    return { hash, from, to, input: data, nonce, value, blockHash: block.hash, blockNumber: block.number }
  }
  const transaction = await readTransaction(client, sent.hash)
  return transaction === null || 'pending' in transaction ? null : transaction
}

/**
 * Not in a block. If the account's nonce has moved past it, another transaction took its place for good; as deep as an
 * inclusion would have to be, for a reorg could bring either back.
 */
async function lookForReplacement(
  client: NodeClient,
  parameters: WaitForOutcomeParameters,
  head: Block,
): Promise<Look> {
  const { sent, confirmations = 1 } = parameters
  const known = 'raw' in sent ? sent : await readTransaction(client, sent.hash)
  if (known === null) return pending(sent.hash)
  const depth = BigInt(confirmations) - 1n
  if (head.number < depth) return pending(sent.hash)
  const deep = await readBlock(client, { number: head.number - depth })
  const answer = await ask(client, 'eth_getTransactionCount', [known.from, atBlock(deep.hash)])
  if (readQuantity('eth_getTransactionCount', answer) <= known.nonce) return pending(sent.hash)
  // Between the two questions it may have been included itself.
  if ((await readReceipt(client, sent.hash)) !== null) return pending(sent.hash)
  const by = await searchReplacement(client, known, 'sinceBlock' in sent ? sent.sinceBlock : null, deep.number)
  if (by === sent.hash) return pending(sent.hash)
  return { outcome: { status: 'replaced', transactionHash: sent.hash, by }, settled: true }
}

async function searchReplacement(
  client: NodeClient,
  { from, nonce }: { from: Address; nonce: bigint },
  since: bigint | null,
  to: bigint,
): Promise<Hex | null> {
  const least = to >= MAX_SEARCHED ? to - MAX_SEARCHED + 1n : 0n
  const first = since !== null && since > least ? since : least
  for (let number = to; number >= first; number--) {
    const found = await findByNonce(client, number, from, nonce)
    if (found !== null) return found
  }
  return null
}

/** A mined revert does not say why: the same bytes run again on the state before its block, or after it, may. */
async function withReason(
  client: NodeClient,
  outcome: Extract<Outcome, { status: 'reverted' }>,
  { redemption, action }: WaitForOutcomeParameters,
  block: Block,
): Promise<Outcome> {
  for (const at of [block.parentHash, block.hash]) {
    const again = await simulate(client, { redemption, from: action.redeemer, block: at })
    if (again.status === 'reverted') return { ...outcome, reason: again.error.message }
  }
  return outcome
}

function pending(transactionHash: Hex): Look {
  return { outcome: { status: 'pending', transactionHash }, settled: false }
}

function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, milliseconds)
    signal?.addEventListener('abort', done)
  })
}
