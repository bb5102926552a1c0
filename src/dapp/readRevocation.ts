import type { Environment } from '../caveats/types.ts'
import { readData, readFields, readHash } from '../chain/answers.ts'
import { type Block, readBlock } from '../chain/block.ts'
import { ChainError } from '../chain/errors.ts'
import { DISABLED } from '../chain/readEndings.ts'
import { ask, malformed, type NodeClient, toQuantity } from '../chain/rpc.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { word } from './readSpending.ts'
import type { WalletGrant } from './walletGrant.ts'

/** Who ended it, and where. `disabled`: this grant. `nonce`: all of the principal's that carry an older nonce. */
export type Revocation = {
  how: 'disabled' | 'nonce'
  /** Only the principal can. */
  by: Address
  /** `null`: the node does not search that far back. */
  at: { blockNumber: bigint; timestamp: bigint; transactionHash: Hex } | null
}

/** `UsedNonce(address,address,uint256)` */
const USED_NONCE: Hex = '0xe02d340254c92bc3ad96f0fceb790db939e11c669c1f4c8a549d248f17130b33'
/** Each costs its sender some gas; a node could send any number. */
const MAX_LOGS = 10_000

/**
 * The event by which an end was told, up to a block.
 *
 * @throws {@link ChainError} `chain.rpc_unreachable`, `chain.rpc_malformed`.
 */
export async function readRevocation(
  client: NodeClient,
  { principal, hash, nonce }: Pick<WalletGrant, 'principal' | 'hash' | 'nonce'>,
  { manager, enforcers }: Environment,
  block: Block,
  how: Revocation['how'],
): Promise<Revocation> {
  const method = 'eth_getLogs'
  const found = (at: Revocation['at']): Revocation => ({ how, by: principal, at })
  const [address, ...topics] =
    how === 'disabled'
      ? [manager, DISABLED, hash, word(principal)]
      : [enforcers['NonceEnforcer'], USED_NONCE, word(manager), word(principal)]
  let answer: unknown
  try {
    answer = await ask(client, method, [{ address, topics, fromBlock: '0x0', toBlock: toQuantity(block.number) }])
  } catch (error) {
    if (error instanceof ChainError && error.code === 'chain.rpc_refused') return found(null)
    throw error
  }
  if (!Array.isArray(answer) || answer.length > MAX_LOGS) throw malformed(method, 'a list of logs', null)
  const logs = answer.map((log) => {
    const fields = readFields(method, log)
    const got = [fields['address'], ...(Array.isArray(fields['topics']) ? fields['topics'] : [])].map(String)
    // A log that was not asked for is no answer: a node could mix in what another contract says.
    const asked = [address, ...topics].every((value, index) => got[index]?.toLowerCase() === value)
    if (!asked) throw malformed(method, 'logs that were asked for', null)
    return fields
  })
  // Enabled and disabled again, the last one counts; of nonces the one that was its own.
  const log = logs.findLast((fields) => how === 'disabled' || BigInt(readData(method, fields['data'], 32)) === nonce)
  if (log === undefined) return found(null)
  const { number, timestamp } = await readBlock(client, { hash: readHash(method, log['blockHash']) })
  return found({ blockNumber: number, timestamp, transactionHash: readHash(method, log['transactionHash']) })
}
