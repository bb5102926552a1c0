import { type Address, concatBytes, type Hex } from '../primitives/hex.ts'
import type { Asset } from '../scope/types.ts'
import { readQuantity, readUint } from './answers.ts'
import { type BlockName, readBlock } from './block.ts'
import { ask, atBlock, getAt, type NodeClient } from './rpc.ts'

/** `balanceOf(address)`. */
const BALANCE_OF: Hex = '0x70a08231'

/** What an account holds at one block, base units. */
export type Balances = { block: { number: bigint; hash: Hex }; amounts: Readonly<Record<string, bigint>> }

/**
 * Balances of an account in several assets, all at one block. Not authority: a grant without money behind it is refused
 * by the token, not by a caveat.
 *
 * @throws `ChainError` `chain.block_mismatch`, `chain.rpc_…`. An address without code is `chain.rpc_malformed`.
 */
export async function readBalances(
  client: NodeClient,
  { owner, assets, block }: { owner: Address; assets: readonly Asset[]; block?: BlockName },
): Promise<Balances> {
  const { number, hash } = await readBlock(client, block)
  const amounts = await Promise.all(
    [...new Set(assets)].map(async (asset) => {
      if (asset === 'native') {
        const answer = await ask(client, 'eth_getBalance', [owner, atBlock(hash)])
        return [asset, readQuantity('eth_getBalance', answer)] as const
      }
      const data = concatBytes(BALANCE_OF, `0x${'00'.repeat(12)}${owner.slice(2)}`)
      return [asset, readUint('eth_call', await getAt(client, { to: asset, data, block: hash }))] as const
    }),
  )
  return { block: { number, hash }, amounts: Object.fromEntries(amounts) }
}
