/** What a page needs to ask a person for a grant, to show it, to watch it and to end it. Loads neither Node nor the kit. */
export { type Erc7715Actions, erc7715Actions } from './decorator.ts'
export { DappError, type DappErrorCode } from './errors.ts'
export {
  type GetGrantedExecutionPermissionsErrorType,
  type GetGrantedExecutionPermissionsReturnType,
  getGrantedExecutionPermissions,
} from './getGrantedExecutionPermissions.ts'
export {
  type GetSupportedExecutionPermissionsErrorType,
  type GetSupportedExecutionPermissionsReturnType,
  getSupportedExecutionPermissions,
} from './getSupportedExecutionPermissions.ts'
export {
  type PermissionCaveat,
  type PermissionTrouble,
  type ReadPermission,
  readPermission,
} from './readPermission.ts'
export {
  type RequestExecutionPermissionsErrorType,
  type RequestExecutionPermissionsParameters,
  type RequestExecutionPermissionsReturnType,
  requestExecutionPermissions,
} from './requestExecutionPermissions.ts'
export {
  type RevokeExecutionPermissionErrorType,
  type RevokeExecutionPermissionParameters,
  type RevokeExecutionPermissionReturnType,
  revokeExecutionPermission,
} from './revokeExecutionPermission.ts'
export type * from './types.ts'
export {
  fromWireResponse,
  type GrantedPermission,
  toWireRequest,
  toWireResponse,
  type WirePermissionRequest,
  type WirePermissionResponse,
} from './wire.ts'
