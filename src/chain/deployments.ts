import type { Environment } from '../caveats/types.ts'
import { ChainError } from './errors.ts'
import { deployments } from './generated/deployments.ts'

/** Chains on which Delegation Framework 1.3.0 has its canonical addresses, ascending. */
export const knownChains: readonly number[] = deployments.flatMap(({ chains }) => [...chains]).sort((a, b) => a - b)

/**
 * The canonical deployment of Delegation Framework 1.3.0 on a chain: data, nothing is asked. `checkDeployment` asks the
 * chain whether it is there.
 *
 * @throws {@link ChainError} `chain.unknown_chain`, naming the chains that are known.
 */
export function getEnvironment(chainId: number): Environment {
  const found = deployments.find(({ chains }) => (chains as readonly number[]).includes(chainId))
  if (found === undefined) {
    throw new ChainError('chain.unknown_chain', 'The framework has no canonical deployment on this chain.', {
      details: { chainId, known: knownChains.map(String) },
      fix: 'Use a known chain, or give the addresses of your own deployment.',
    })
  }
  const { chains: _, ...addresses } = found
  return { chainId, framework: '1.3.0', ...addresses }
}
