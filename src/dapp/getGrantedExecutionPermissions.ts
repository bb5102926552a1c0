import type { NodeClient } from '../chain/rpc.ts'
import { askWallet } from './ask.ts'
import type { DappError } from './errors.ts'
import { list, readAnswer } from './read.ts'
import { type GrantedPermission, readGranted } from './wire.ts'

export type GetGrantedExecutionPermissionsReturnType = readonly GrantedPermission[]
export type GetGrantedExecutionPermissionsErrorType = DappError

/**
 * What the wallet says it has granted to this page and not revoked. Says nothing of the chain: `getGrantStatus` does.
 *
 * @example
 * const granted = await getGrantedExecutionPermissions(walletClient)
 * granted.filter(({ status }) => status === 'known').length // 1
 *
 * @throws {@link DappError} `dapp.unsupported_method`, `dapp.unauthorized`; `dapp.answer_…`.
 */
export async function getGrantedExecutionPermissions(
  client: NodeClient,
): Promise<GetGrantedExecutionPermissionsReturnType> {
  const answer = await askWallet(client, 'wallet_getGrantedExecutionPermissions', [])
  return readAnswer(answer, (at) => list(at).map(readGranted))
}
