import { readQuantity } from '../chain/answers.ts'
import { type Block, readBlock } from '../chain/block.ts'
import { ChainError } from '../chain/errors.ts'
import { ask, atBlock, type NodeClient } from '../chain/rpc.ts'
import { broadcast } from '../chain/send.ts'
import { readReceipt } from '../chain/transactions.ts'
import type { ReceiptEvidence } from '../outcome/evidence.ts'
import { movedOn } from './errors.ts'
import { finish } from './finish.ts'
import { replaceStuck } from './replaceStuck.ts'
import type { Service } from './service.ts'
import { moveBound } from './store/moveBound.ts'
import {
  type Attempts,
  openSubmissions,
  type Place,
  placeSubmission,
  type Submission,
  settleNonce,
} from './store/submissions.ts'

/**
 * One look at the chain for everything that was signed and is not final. What a node says is a hint: an action is `included`
 * while a canonical block holds one of its transactions, goes back when a reorganisation takes that away, and ends only once
 * the block is deep enough. What is in no block is sent again, the same bytes, or replaced by dearer ones of the same nonce.
 */
export async function follow(service: Service): Promise<void> {
  const open = byNonce(await openSubmissions(service.database.query))
  if (open.length === 0) return
  try {
    const head = await readBlock(service.node)
    await Promise.all(open.map((attempts) => lookAt(service, attempts, head)))
  } catch (error) {
    // It could not be asked: nothing has changed, and nothing is concluded.
    if (!(error instanceof ChainError)) throw error
  }
}

async function lookAt(service: Service, attempts: Attempts, head: Block): Promise<void> {
  const { node, settings } = service
  const receipts = await Promise.all(attempts.map(({ hash }) => canonicalReceipt(node, hash)))
  const at = receipts.findIndex((receipt) => receipt !== null)
  const [found, receipt] = [attempts[at], receipts[at] ?? null]
  await place(service, attempts, receipt)
  if (found !== undefined && receipt !== null) {
    const depth = head.number - receipt.blockNumber + 1n
    if (depth >= BigInt(settings.confirmations)) await finish(service, found, receipt, head)
    return
  }
  if (await isOver(service, attempts, head)) {
    await giveUp(service, attempts[0])
    return
  }
  const newest = await replaceStuck(service, attempts, head)
  // Bytes that the node has are no second transaction; what it refuses now it may take later.
  await broadcast(node, { ...newest, nonce: BigInt(newest.nonce) }).catch(refusedNow)
}

/** A receipt whose block is the chain's at its height; `null` where there is none. */
async function canonicalReceipt(node: NodeClient, hash: Submission['hash']): Promise<ReceiptEvidence | null> {
  const receipt = await readReceipt(node, hash)
  if (receipt === null) return null
  const block = await readBlock(node, { number: receipt.blockNumber })
  return block.hash === receipt.blockHash ? receipt : null
}

/** Keeps where each of them is now, and what that makes of their actions. */
async function place({ database, now }: Service, attempts: Attempts, receipt: ReceiptEvidence | null): Promise<void> {
  const moved = attempts.filter(({ hash, block }) =>
    hash === receipt?.transactionHash ? block?.hash !== receipt.blockHash : block !== null,
  )
  if (moved.length === 0) return
  await database
    .transaction(async (query) => {
      for (const { hash } of moved) {
        const here = hash === receipt?.transactionHash
        await placeSubmission(
          query,
          hash,
          here ? { number: Number(receipt.blockNumber), hash: receipt.blockHash } : null,
        )
      }
      const redeemed = attempts.some(({ hash, kind }) => hash === receipt?.transactionHash && kind === 'redemption')
      const [from, to] = redeemed ? (['submitted', 'included'] as const) : (['included', 'submitted'] as const)
      await moveBound(query, attempts[0], { from, to, at: now() })
    })
    .catch(movedOn)
}

/** Whether its nonce was used by other bytes, as deep as an inclusion would have to be: then none of these can ever land. */
async function isOver({ node, settings }: Service, attempts: Attempts, head: Block): Promise<boolean> {
  const [{ signer, nonce }] = attempts
  const depth = BigInt(settings.confirmations) - 1n
  if (head.number < depth) return false
  const deep = depth === 0n ? head : await readBlock(node, { number: head.number - depth })
  const method = 'eth_getTransactionCount'
  const count = readQuantity(method, await ask(node, method, [signer, atBlock(deep.hash)]))
  if (count <= BigInt(nonce)) return false
  // Between the questions one of them may have been included itself.
  const again = await Promise.all(attempts.map(({ hash }) => readReceipt(node, hash)))
  return again.every((receipt) => receipt === null)
}

/** Somebody else used the key: the bytes are worthless, and the actions go on with others. */
async function giveUp({ database, now }: Service, at: Place): Promise<void> {
  await database
    .transaction(async (query) => {
      await settleNonce(query, at)
      await moveBound(query, at, { from: 'submitted', to: 'allowed', at: now() })
    })
    .catch(movedOn)
}

function byNonce(submissions: readonly Submission[]): Attempts[] {
  const groups = new Map<string, [Submission, ...Submission[]]>()
  for (const submission of submissions) {
    const key = `${submission.signer} ${submission.nonce}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [submission])
    else group.push(submission)
  }
  return [...groups.values()]
}

function refusedNow(error: unknown): void {
  if (!(error instanceof ChainError)) throw error
}
