import type { LogEvidence, ReceiptEvidence, TransactionEvidence } from '../outcome/evidence.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { readAddress, readAddressOrNull, readData, readFields, readHash, readQuantity } from './answers.ts'
import { authenticate } from './authenticate.ts'
import { ask, malformed, type NodeClient, toQuantity } from './rpc.ts'

/** Logs of one receipt that are read. A block of 100M gas cannot hold more. */
const MAX_LOGS = 200_000

/** A receipt, or `null` where the node knows none. Its hash is the one asked for, or it is refused. */
export async function readReceipt(client: NodeClient, hash: Hex): Promise<ReceiptEvidence | null> {
  const method = 'eth_getTransactionReceipt'
  const answer = await ask(client, method, [hash])
  if (answer === null) return null
  const fields = readFields(method, answer)
  const status = readQuantity(method, fields['status'])
  if (status > 1n) throw malformed(method, 'a status of 0 or 1', null)
  const logs = fields['logs']
  if (!Array.isArray(logs) || logs.length > MAX_LOGS) throw malformed(method, 'a list of logs', null)
  const receipt: ReceiptEvidence = {
    transactionHash: readHash(method, fields['transactionHash']),
    from: readAddress(method, fields['from']),
    to: readAddressOrNull(method, fields['to']),
    blockHash: readHash(method, fields['blockHash']),
    blockNumber: readQuantity(method, fields['blockNumber']),
    status: status === 1n ? 'success' : 'reverted',
    gasUsed: readQuantity(method, fields['gasUsed']),
    logs: logs.map((log) => readLog(method, log)),
  }
  if (receipt.transactionHash !== hash) throw malformed(method, `the receipt of ${hash}`, receipt.transactionHash)
  return receipt
}

/**
 * A transaction in a block; `pending` where the node has it in no block; `null` where it knows none. Its content is proven
 * by the hash, its sender by the signature.
 */
export async function readTransaction(
  client: NodeClient,
  hash: Hex,
): Promise<TransactionEvidence | (Omit<TransactionEvidence, 'blockHash' | 'blockNumber'> & { pending: true }) | null> {
  const method = 'eth_getTransactionByHash'
  const answer = await ask(client, method, [hash])
  if (answer === null) return null
  const fields = readFields(method, answer)
  const transaction = {
    hash: readHash(method, fields['hash']),
    from: readAddress(method, fields['from']),
    to: readAddressOrNull(method, fields['to']),
    input: readData(method, fields['input']),
    nonce: readQuantity(method, fields['nonce']),
    value: readQuantity(method, fields['value']),
  }
  if (transaction.hash !== hash) throw malformed(method, `the transaction ${hash}`, transaction.hash)
  await authenticate(method, fields, transaction)
  if (fields['blockHash'] === null || fields['blockHash'] === undefined) return { ...transaction, pending: true }
  return {
    ...transaction,
    blockHash: readHash(method, fields['blockHash']),
    blockNumber: readQuantity(method, fields['blockNumber']),
  }
}

/** Hash of the transaction in this block with this sender and nonce; `null` where there is none. */
export async function findByNonce(
  client: NodeClient,
  number: bigint,
  from: Address,
  nonce: bigint,
): Promise<Hex | null> {
  const method = 'eth_getBlockByNumber'
  const answer = await ask(client, method, [toQuantity(number), true])
  if (answer === null) return null
  const transactions = readFields(method, answer)['transactions']
  if (!Array.isArray(transactions)) throw malformed(method, 'a list of transactions', null)
  for (const transaction of transactions) {
    const fields = readFields(method, transaction)
    if (readAddress(method, fields['from']) !== from || readQuantity(method, fields['nonce']) !== nonce) continue
    return readHash(method, fields['hash'])
  }
  return null
}

function readLog(method: string, log: unknown): LogEvidence {
  const fields = readFields(method, log)
  const topics = fields['topics']
  if (!Array.isArray(topics) || topics.length > 4) throw malformed(method, 'at most four topics', null)
  if (fields['removed'] === true) throw malformed(method, 'logs of a canonical block', 'removed')
  return {
    address: readAddress(method, fields['address']),
    topics: topics.map((topic) => readHash(method, topic)),
    data: readData(method, fields['data']),
    logIndex: Number(readQuantity(method, fields['logIndex'])),
  }
}
