import type { Environment } from '../caveats/types.ts'
import type { AccountCode } from '../chain/account.ts'
import type { Block } from '../chain/block.ts'
import type { NodeClient } from '../chain/rpc.ts'
import type { Grant } from '../grant/types.ts'
import type { Limit } from './ownLimits.ts'
import type { Revocation } from './readRevocation.ts'
import type { Spending } from './readSpending.ts'
import type { WalletGrant } from './walletGrant.ts'

export type GetGrantStatusParameters = {
  /** What a wallet granted, or a grant of our own: one that was signed as a scope, or that a task account handed on. */
  grant: Pick<WalletGrant, 'chainId' | 'principal' | 'permission' | 'rules' | 'nonce' | 'hash'> | Grant
  environment: Environment
}

export type GetGrantStatusReturnType = {
  /**
   * What stands in the way first. `exhausted`: nothing is left in this period, or in all; `not_upgraded`: the principal's
   * account does not run what the manager tells it. Of our own grants only, for a reason in `own.codes`: `partial`, some of its
   * branches can be redeemed and some not; `invalid`, the manager would take none, though nothing of these ended it.
   */
  status: 'active' | 'exhausted' | 'not_started' | 'expired' | 'revoked' | 'not_upgraded' | 'partial' | 'invalid'
  /** `null` where nothing of value is counted; of our own grants also where several things are: see `own.limits`. */
  spending: Spending | null
  revocation: Revocation | null
  upgraded: boolean
  account: AccountCode
  /** Where all of it was read. */
  block: Block
  /** Of our own grants; `null` of what a wallet granted. */
  own: {
    /** Why the manager would not take it, as `checkGrant` says it; empty where it would. */
    codes: readonly string[]
    /** All that is counted on its way, calls included, at the link that leaves least. */
    limits: readonly Limit[]
  } | null
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
 * @throws `ChainError` `chain.rpc_…`, `chain.wrong_chain` where the node is in doubt; of our own grants also `GrantError` and
 * `VerdictError` where one does not hang together.
 */
export async function getGrantStatus(
  client: NodeClient,
  parameters: GetGrantStatusParameters,
): Promise<GetGrantStatusReturnType> {
  const { statusFlow } = await import('./flows.ts')
  return statusFlow(client, parameters)
}
