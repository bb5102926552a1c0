import { keccak256, type LocalAccount, type TransactionSerializable } from 'viem'
import type { Address, Hex } from '../primitives/hex.ts'
import { readFields, readQuantity } from './answers.ts'
import { readBlock } from './block.ts'
import { ChainError } from './errors.ts'
import { ask, type NodeClient, toQuantity } from './rpc.ts'

/** A signed transaction: enough to follow it, and to tell what it does without asking anybody. */
export type Sent = {
  hash: Hex
  /** The signed bytes. */
  raw: Hex
  from: Address
  to: Address
  data: Hex
  value: bigint
  nonce: bigint
  /** Head when it was signed: it cannot be in an earlier block. */
  sinceBlock: bigint
}

export type SendParameters = {
  account: LocalAccount
  chainId: number
  to: Address
  data: Hex
  value?: bigint
  /** Absent: estimated, and a fifth more. */
  gas?: bigint
  /** Absent: the account's next nonce, with what is in the node's pool counted. */
  nonce?: bigint
  authorizationList?: TransactionSerializable['authorizationList']
  /** Awaited before any byte leaves: whoever must survive a crash writes the signed bytes down here. */
  onSigned?: (sent: Sent) => void | Promise<void>
}

/** Never less than this tip, wei: a node may suggest none, and the transaction would wait for ever. */
const LEAST_TIP = 1_000_000n

/**
 * Signs one transaction and hands it to the node **once**: never a retry, for a lost answer is not a lost transaction. It
 * waits for nothing.
 *
 * The hash is made from the signed bytes, and never taken from the node. Where the node's answer is lost, the transaction
 * is returned all the same: only the chain knows, `waitForOutcome` looks.
 *
 * @throws {@link ChainError} `chain.send_refused` where the node refused it and does not have it, `retry: 'reconcile'`
 * once bytes have left, `'safe'` before; `chain.account_cannot_sign`; `chain.rpc_…` from preparing it.
 */
export async function send(client: NodeClient, parameters: SendParameters): Promise<Sent> {
  const { account, chainId, to, data, value = 0n, authorizationList } = parameters
  if (typeof account.signTransaction !== 'function') {
    throw new ChainError('chain.account_cannot_sign', 'This account cannot sign a transaction here.', {
      details: { account: account.address },
      fix: 'Give a local account, which holds its key.',
    })
  }
  const from = account.address.toLowerCase() as Address
  const [head, nonce, fees, gas] = await Promise.all([
    readBlock(client),
    parameters.nonce ??
      ask(client, 'eth_getTransactionCount', [from, 'pending']).then(asQuantity('eth_getTransactionCount')),
    readFees(client),
    parameters.gas ?? estimate(client, { from, to, data, value, authorizationList }),
  ])
  const transaction = { chainId, to, data, value, nonce: Number(nonce), gas, ...fees }
  const raw = await account.signTransaction(
    authorizationList === undefined
      ? { ...transaction, type: 'eip1559' }
      : { ...transaction, type: 'eip7702', authorizationList },
  )
  const sent: Sent = { hash: keccak256(raw), raw, from, to, data, value, nonce, sinceBlock: head.number }
  await parameters.onSigned?.(sent)
  await broadcast(client, sent)
  return sent
}

/**
 * Hands signed bytes to the node once. Bytes that it has already are no second transaction.
 *
 * @throws {@link ChainError} `chain.send_refused` where the node refused them and does not have them.
 */
export async function broadcast(client: NodeClient, sent: Pick<Sent, 'hash' | 'raw' | 'nonce'>): Promise<void> {
  try {
    // The answer is a hint: a wrong hash in it changes nothing about what was signed.
    await ask(client, 'eth_sendRawTransaction', [sent.raw], 0)
  } catch (error) {
    if (!(error instanceof ChainError)) throw error
    // No answer: it may be on its way. Whoever waits will see.
    if (error.code !== 'chain.rpc_refused') return
    if (await isKnown(client, sent.hash)) return
    throw new ChainError('chain.send_refused', 'The node refused this transaction.', {
      details: { transactionHash: sent.hash, nonce: sent.nonce.toString(), ...rpcCode(error) },
      fix: 'Check the balance for gas and the nonce of the account; look for the transaction before sending another.',
      retry: 'reconcile',
      cause: error,
    })
  }
}

/** True also where the node cannot be asked: then it is for the wait to find out. */
async function isKnown(client: NodeClient, hash: Hex): Promise<boolean> {
  try {
    return (await ask(client, 'eth_getTransactionByHash', [hash])) !== null
  } catch {
    return true
  }
}

/** What a transaction offers for gas now, wei a unit. */
export async function readFees(client: NodeClient): Promise<{ maxFeePerGas: bigint; maxPriorityFeePerGas: bigint }> {
  const [block, tip] = await Promise.all([
    ask(client, 'eth_getBlockByNumber', ['latest', false]),
    ask(client, 'eth_maxPriorityFeePerGas', []).then(asQuantity('eth_maxPriorityFeePerGas')),
  ])
  const base = readQuantity('eth_getBlockByNumber', readFields('eth_getBlockByNumber', block)['baseFeePerGas'])
  const maxPriorityFeePerGas = tip > LEAST_TIP ? tip : LEAST_TIP
  // The base fee can rise by an eighth a block: twice of it lasts for six full blocks.
  return { maxFeePerGas: base * 2n + maxPriorityFeePerGas, maxPriorityFeePerGas }
}

async function estimate(
  client: NodeClient,
  {
    from,
    to,
    data,
    value,
    authorizationList,
  }: Pick<SendParameters, 'to' | 'data' | 'value' | 'authorizationList'> & { from: Address },
): Promise<bigint> {
  const request = {
    from,
    to,
    data,
    value: toQuantity(value ?? 0n),
    ...(authorizationList === undefined
      ? {}
      : {
          authorizationList: authorizationList.map(({ address, chainId, nonce, r, s, yParity }) => ({
            address,
            chainId: toQuantity(BigInt(chainId)),
            nonce: toQuantity(BigInt(nonce)),
            r,
            s,
            yParity: toQuantity(BigInt(yParity ?? 0)),
          })),
        }),
  }
  try {
    const gas = asQuantity('eth_estimateGas')(await ask(client, 'eth_estimateGas', [request]))
    return (gas * 6n) / 5n
  } catch (error) {
    if (!(error instanceof ChainError) || error.code !== 'chain.rpc_refused') throw error
    throw new ChainError('chain.send_refused', 'The node finds that this transaction would fail.', {
      details: { from, to, ...rpcCode(error) },
      fix: 'Decide again: the chain has moved on, or the account cannot pay for gas. Nothing was sent.',
      retry: 'safe',
      cause: error,
    })
  }
}

function rpcCode(error: ChainError): { rpcCode?: number } {
  const code = error.details['rpcCode']
  return typeof code === 'number' ? { rpcCode: code } : {}
}

function asQuantity(method: string): (value: unknown) => bigint {
  return (value) => readQuantity(method, value)
}
