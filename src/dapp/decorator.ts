import type { NodeClient } from '../chain/rpc.ts'
import {
  type GetGrantedExecutionPermissionsReturnType,
  getGrantedExecutionPermissions,
} from './getGrantedExecutionPermissions.ts'
import {
  type GetSupportedExecutionPermissionsReturnType,
  getSupportedExecutionPermissions,
} from './getSupportedExecutionPermissions.ts'
import {
  type RequestExecutionPermissionsParameters,
  type RequestExecutionPermissionsReturnType,
  requestExecutionPermissions,
} from './requestExecutionPermissions.ts'
import {
  type RevokeExecutionPermissionParameters,
  type RevokeExecutionPermissionReturnType,
  revokeExecutionPermission,
} from './revokeExecutionPermission.ts'

export type Erc7715Actions = {
  getSupportedExecutionPermissions: () => Promise<GetSupportedExecutionPermissionsReturnType>
  requestExecutionPermissions: (
    requests: RequestExecutionPermissionsParameters,
  ) => Promise<RequestExecutionPermissionsReturnType>
  getGrantedExecutionPermissions: () => Promise<GetGrantedExecutionPermissionsReturnType>
  revokeExecutionPermission: (
    parameters: RevokeExecutionPermissionParameters,
  ) => Promise<RevokeExecutionPermissionReturnType>
}

/**
 * The four methods of ERC-7715 (text of January 2026) as actions of a viem client.
 *
 * @example
 * const client = createWalletClient({ transport: custom(window.ethereum) }).extend(erc7715Actions())
 * await client.getSupportedExecutionPermissions()
 */
export function erc7715Actions() {
  return (client: NodeClient): Erc7715Actions => ({
    getSupportedExecutionPermissions: () => getSupportedExecutionPermissions(client),
    requestExecutionPermissions: (requests) => requestExecutionPermissions(client, requests),
    getGrantedExecutionPermissions: () => getGrantedExecutionPermissions(client),
    revokeExecutionPermission: (parameters) => revokeExecutionPermission(client, parameters),
  })
}
