import type { NodeClient } from '../chain/rpc.ts'
import { getGrantedExecutionPermissions } from './getGrantedExecutionPermissions.ts'
import { type Restored, verifiedGrant } from './restoreGrant.ts'
import type { VerifyGrantedParameters } from './verifyGranted.ts'
import type { WalletGrant } from './walletGrant.ts'
import type { GrantedPermission } from './wire.ts'

export type ListGrantsParameters = Omit<VerifyGrantedParameters, 'grant'> & {
  /** The page's own node, of the environment's chain. */
  publicClient: NodeClient
}

export type ListGrantsReturnType = readonly (
  | Restored<WalletGrant>
  /** Of a type, with a member, or under a rule, that is younger than this release: nothing is said of it. */
  | (GrantedPermission & { status: 'unknown' })
)[]

/**
 * What the wallet says it granted to this page on the environment's chain, every entry read from its bytes and verified on the
 * chain again: a wallet's list may hold what was revoked elsewhere, and what never was a grant.
 *
 * @throws `DappError` `dapp.unsupported_method`, `dapp.unauthorized`, `dapp.answer_…` where the wallet gives no list.
 */
export async function listGrants(
  client: NodeClient,
  { publicClient, ...parameters }: ListGrantsParameters,
): Promise<ListGrantsReturnType> {
  const granted = await getGrantedExecutionPermissions(client)
  const here = granted.filter(({ chainId }) => chainId === parameters.environment.chainId)
  return Promise.all(
    here.map(async (entry) => {
      if (entry.status === 'unknown') return entry
      // What was asked for, nobody remembers here: the wallet's words are compared with what was signed.
      return verifiedGrant(publicClient, () => [entry, entry], parameters)
    }),
  )
}
