import type { Environment } from '../caveats/types.ts'
import type { Hex } from '../primitives/hex.ts'
import { readBlock } from './block.ts'
import { isDisabled } from './isDisabled.ts'
import { DISABLED } from './readEndings.ts'
import type { NodeClient } from './rpc.ts'
import { readReceipt } from './transactions.ts'

/** What one transaction did to some delegations. */
export type Disabling =
  /** In no canonical block, or in none that the node tells of: it may still come. */
  | { status: 'absent' }
  | { status: 'reverted'; blockNumber: bigint }
  /** `delegations`: those that the manager says it disabled by this very transaction, and that are disabled in its block. */
  | { status: 'included'; blockNumber: bigint; delegations: readonly Hex[] }

/**
 * Whether a transaction that somebody names ended delegations. Anybody can name a transaction that did nothing, or one that
 * ended something else: what counts is the manager's event in it, and the flag in its block.
 *
 * @throws `ChainError` `chain.rpc_…`
 */
export async function readDisabling(
  client: NodeClient,
  {
    environment,
    delegations,
    transaction,
  }: { environment: Environment; delegations: readonly Hex[]; transaction: Hex },
): Promise<Disabling> {
  const receipt = await readReceipt(client, transaction)
  if (receipt === null) return { status: 'absent' }
  const { blockNumber, blockHash, logs } = receipt
  if ((await readBlock(client, { number: blockNumber })).hash !== blockHash) return { status: 'absent' }
  if (receipt.status === 'reverted') return { status: 'reverted', blockNumber }
  const told = delegations.filter((hash) =>
    logs.some(({ address, topics }) => address === environment.manager && topics[0] === DISABLED && topics[1] === hash),
  )
  const flags = await Promise.all(told.map((hash) => isDisabled(client, environment, hash, blockHash)))
  return { status: 'included', blockNumber, delegations: told.filter((_hash, index) => flags[index]) }
}
