import type { Environment } from '../caveats/types.ts'
import { LOCAL_CHAIN_ID } from './chains.ts'
import type { Context } from './command.ts'

/**
 * Addresses of the framework on a chain, without asking any chain: `--deployment`, what the embedded chain's file says, or
 * the canonical ones. `undefined` where nobody knows.
 */
export async function knownEnvironment(context: Context, chainId: number): Promise<Environment | undefined> {
  const file = context.options['deployment'] as string | undefined
  if (file !== undefined) {
    const { readDeployment } = await import('./deployment.ts')
    return readDeployment(file, chainId)
  }
  if (chainId === LOCAL_CHAIN_ID) {
    const { readChainState } = await import('../testing/chainState.ts')
    const home = context.home()
    return readChainState(home.file('chains', 'local.json'))?.environment as Environment | undefined
  }
  const { getEnvironment, knownChains } = await import('../chain/deployments.ts')
  return knownChains.includes(chainId) ? getEnvironment(chainId) : undefined
}
