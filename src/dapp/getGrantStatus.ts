import type { Environment } from '../caveats/types.ts'
import type { AccountCode } from '../chain/account.ts'
import type { Block } from '../chain/block.ts'
import type { NodeClient } from '../chain/rpc.ts'
import type { Revocation } from './readRevocation.ts'
import type { Spending } from './readSpending.ts'
import type { WalletGrant } from './walletGrant.ts'

export type GetGrantStatusParameters = {
  grant: Pick<WalletGrant, 'chainId' | 'principal' | 'permission' | 'rules' | 'nonce' | 'hash'>
  environment: Environment
}

export type GetGrantStatusReturnType = {
  /**
   * What stands in the way first. `exhausted`: nothing is left in this period, or in all; `not_upgraded`: the principal's
   * account does not run what the manager tells it.
   */
  status: 'active' | 'exhausted' | 'not_started' | 'expired' | 'revoked' | 'not_upgraded'
  /** `null` where nothing of value moves. */
  spending: Spending | null
  revocation: Revocation | null
  upgraded: boolean
  account: AccountCode
  /** Where all of it was read. */
  block: Block
}

/**
 * How a grant stands: what was spent of it and what is left, whether it was ended, by whom and when, and how much of it the
 * principal's balance covers. All read at one block's state, from the page's own node.
 *
 * @example
 * const { status, spending } = await getGrantStatus(publicClient, { grant, environment })
 * status === 'active' && spending?.movable // 4000000n
 *
 * @param client - A public client of the grant's chain.
 * @throws `ChainError` `chain.rpc_…`, `chain.wrong_chain` where the node is in doubt.
 */
export async function getGrantStatus(
  client: NodeClient,
  parameters: GetGrantStatusParameters,
): Promise<GetGrantStatusReturnType> {
  const { statusFlow } = await import('./flows.ts')
  return statusFlow(client, parameters)
}
