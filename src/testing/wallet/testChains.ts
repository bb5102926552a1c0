import { DevWalletError } from './errors.ts'

/** Every chain the dev wallet works on: what is signed there is worth nothing. No main network is ever added to it. */
export const testChains: ReadonlyMap<number, string> = new Map([
  [31_337, 'Local chain'],
  [1_337, 'Local chain (1337)'],
  [11_155_111, 'Sepolia'],
  [560_048, 'Hoodi'],
  [84_532, 'Base Sepolia'],
  [11_155_420, 'OP Sepolia'],
  [421_614, 'Arbitrum Sepolia'],
  [59_141, 'Linea Sepolia'],
  [80_002, 'Polygon Amoy'],
  [1_301, 'Unichain Sepolia'],
  [5_003, 'Mantle Sepolia'],
  [10_200, 'Gnosis Chiado'],
  [10_143, 'Monad Testnet'],
  [97, 'BNB Smart Chain Testnet'],
  [11_142_220, 'Celo Sepolia'],
])

/**
 * Refuses every chain on which a signature could cost somebody something.
 *
 * @throws {@link DevWalletError} `wallet.not_a_test_chain`
 */
export function assertTestChain(chainId: number): void {
  if (testChains.has(chainId)) return
  throw new DevWalletError('wallet.not_a_test_chain', 'The dev wallet works on test chains only.', {
    details: { chainId: String(chainId), known: [...testChains].map(([id, name]) => `${id} ${name}`) },
    fix: 'Use a local chain or one of the known test networks; for anything else use a real wallet.',
  })
}
