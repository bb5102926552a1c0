import type { Environment } from '../caveats/types.ts'
import { type Fields, readData, readFields, readHash } from '../chain/answers.ts'
import { type Block, readBlock } from '../chain/block.ts'
import { ChainError } from '../chain/errors.ts'
import { DISABLED } from '../chain/readEndings.ts'
import { ask, malformed, type NodeClient, toQuantity } from '../chain/rpc.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { word } from './readSpending.ts'
import type { WalletGrant } from './walletGrant.ts'

/**
 * Who ended it, and where. `disabled`: this grant. `nonce`: all of the delegator's that carry an older nonce. `group`: all of the
 * delegator's that name the group, in one caveat that holds a whole scope.
 */
export type Revocation = {
  how: 'disabled' | 'nonce' | 'group'
  /** The delegator; of a group also its guardian can. `null`: a group's, and the node does not tell which of the two. */
  by: Address | null
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
  how: 'disabled' | 'nonce',
): Promise<Revocation> {
  const logs =
    how === 'disabled'
      ? await searchLogs(client, manager, [DISABLED, hash, word(principal)], block)
      : await searchLogs(client, enforcers['NonceEnforcer'], [USED_NONCE, word(manager), word(principal)], block)
  // Enabled and disabled again, the last one counts; of nonces the one that was its own.
  const log = logs.findLast((found) => how === 'disabled' || BigInt(readData(METHOD, found['data'], 32)) === nonce)
  return { how, by: principal, at: await placeOf(client, log) }
}

const METHOD = 'eth_getLogs'

/**
 * Logs of one contract under these topics, up to a block; none where the node does not search that far.
 *
 * @throws {@link ChainError} `chain.rpc_unreachable`, `chain.rpc_malformed`.
 */
export async function searchLogs(
  client: NodeClient,
  address: Address | undefined,
  topics: readonly Hex[],
  block: Block,
): Promise<readonly Fields[]> {
  let answer: unknown
  try {
    answer = await ask(client, METHOD, [{ address, topics, fromBlock: '0x0', toBlock: toQuantity(block.number) }])
  } catch (error) {
    if (error instanceof ChainError && error.code === 'chain.rpc_refused') return []
    throw error
  }
  if (!Array.isArray(answer) || answer.length > MAX_LOGS) throw malformed(METHOD, 'a list of logs', null)
  return answer.map((log) => {
    const fields = readFields(METHOD, log)
    const got = [fields['address'], ...(Array.isArray(fields['topics']) ? fields['topics'] : [])].map(String)
    // A log that was not asked for is no answer: a node could mix in what another contract says.
    const asked = [address, ...topics].every((value, index) => got[index]?.toLowerCase() === value)
    if (!asked) throw malformed(METHOD, 'logs that were asked for', null)
    return fields
  })
}

export async function placeOf(client: NodeClient, log: Fields | undefined): Promise<Revocation['at']> {
  if (log === undefined) return null
  const { number, timestamp } = await readBlock(client, { hash: readHash(METHOD, log['blockHash']) })
  return { blockNumber: number, timestamp, transactionHash: readHash(METHOD, log['transactionHash']) }
}
