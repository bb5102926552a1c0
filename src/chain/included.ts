import type { ReceiptEvidence } from '../outcome/evidence.ts'
import { readBlock } from './block.ts'
import { ChainError } from './errors.ts'
import type { NodeClient } from './rpc.ts'
import type { Sent } from './send.ts'
import { readReceipt } from './transactions.ts'

/**
 * The receipt of a transaction of ours, once a canonical block holds it.
 *
 * @throws {@link ChainError} `chain.send_unknown` when time is up: it may still land. `chain.send_refused` when it was
 * included and failed.
 */
export async function included(
  client: NodeClient,
  sent: Sent,
  { timeout = 60_000, pollingInterval = client.pollingInterval }: { timeout?: number; pollingInterval?: number },
): Promise<ReceiptEvidence> {
  const deadline = performance.now() + timeout
  for (;;) {
    const receipt = await canonicalReceipt(client, sent)
    if (receipt?.status === 'success') return receipt
    if (receipt?.status === 'reverted') {
      throw new ChainError('chain.send_refused', 'The transaction was included and failed.', {
        details: { transactionHash: sent.hash, blockNumber: receipt.blockNumber.toString() },
        fix: 'Look at why it failed before trying again.',
        retry: 'reconcile',
      })
    }
    if (performance.now() >= deadline) {
      throw new ChainError('chain.send_unknown', 'The transaction was sent and is not seen in a block.', {
        details: { transactionHash: sent.hash, nonce: sent.nonce.toString() },
        fix: 'Look for it again later; do not send another in its place without looking.',
        retry: 'reconcile',
      })
    }
    await new Promise((resolve) => setTimeout(resolve, pollingInterval))
  }
}

/** `null` also where the node cannot be asked just now. */
async function canonicalReceipt(client: NodeClient, sent: Sent): Promise<ReceiptEvidence | null> {
  try {
    const receipt = await readReceipt(client, sent.hash)
    if (receipt === null) return null
    const block = await readBlock(client, { number: receipt.blockNumber })
    return block.hash === receipt.blockHash ? receipt : null
  } catch (error) {
    if (error instanceof ChainError) return null
    throw error
  }
}
