import type { Hex } from '../primitives/hex.ts'
import { readFields, readHash, readQuantity } from './answers.ts'
import { ChainError } from './errors.ts'
import { ask, malformed, type NodeClient, toQuantity } from './rpc.ts'

/** Which block to read at. A tag is resolved once; everything after it goes by the block's hash. */
export type BlockName = 'latest' | 'safe' | 'finalized' | { hash: Hex } | { number: bigint }

export type Block = { number: bigint; hash: Hex; parentHash: Hex; timestamp: bigint }

/**
 * A block's identity and time.
 *
 * @throws {@link ChainError} `chain.block_mismatch` when the node lacks the block or answers with another one;
 * `chain.rpc_…`.
 */
export async function readBlock(client: NodeClient, name: BlockName = 'latest'): Promise<Block> {
  const method = typeof name === 'object' && 'hash' in name ? 'eth_getBlockByHash' : 'eth_getBlockByNumber'
  const key = typeof name === 'string' ? name : 'hash' in name ? name.hash : toQuantity(name.number)
  const answer = await ask(client, method, [key, false])
  if (answer === null) throw mismatch(key, null)
  return checked(name, key, toBlock(method, answer))
}

function toBlock(method: string, answer: unknown): Block {
  const fields = readFields(method, answer)
  const block = {
    number: readQuantity(method, fields['number']),
    hash: readHash(method, fields['hash']),
    parentHash: readHash(method, fields['parentHash']),
    timestamp: readQuantity(method, fields['timestamp']),
  }
  // Enforcers hold times in 128 bits; no real chain comes near either bound.
  if (block.timestamp >= 1n << 64n || block.number >= 1n << 64n) throw malformed(method, 'a number below 2^64', null)
  return block
}

function checked(name: BlockName, key: string, block: Block): Block {
  if (typeof name === 'string') return block
  const same = 'hash' in name ? block.hash === name.hash : block.number === name.number
  if (!same) throw mismatch(key, block.hash)
  return block
}

function mismatch(asked: string, got: Hex | null): ChainError {
  return new ChainError('chain.block_mismatch', 'The node does not give the block that was asked for.', {
    details: { asked, got },
    fix: 'Read again at a block that is still canonical, or use another node.',
    retry: 'safe',
  })
}
