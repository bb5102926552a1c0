import { readQuantity } from './answers.ts'
import { ChainError } from './errors.ts'
import { ask, type NodeClient } from './rpc.ts'

/** @throws {@link ChainError} `chain.wrong_chain` */
export async function assertChain(client: NodeClient, chainId: number): Promise<void> {
  const actual = readQuantity('eth_chainId', await ask(client, 'eth_chainId', []))
  if (actual === BigInt(chainId)) return
  throw new ChainError('chain.wrong_chain', 'The node serves another chain.', {
    details: { expected: chainId, actual: actual.toString() },
    fix: 'Use the RPC address of the chain of the grant.',
  })
}
