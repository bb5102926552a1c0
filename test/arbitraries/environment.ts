import type { Environment } from '../../src/caveats/types.ts'
import { getEnvironment } from '../../src/chain/deployments.ts'

/** The framework on Base. */
export async function baseEnvironment(): Promise<Environment> {
  return getEnvironment(8453)
}
