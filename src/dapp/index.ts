/** What a page needs to ask a person for a grant, to show it, to watch it and to end it. Loads neither Node nor the kit. */
export {
  type ChoosePathOptions,
  choosePath,
  type GrantPath,
  type Missing,
  type PathName,
} from './choosePath.ts'
export { assertNoMore, type Compared, compareGranted, type Difference } from './compare.ts'
export { type Erc7715Actions, erc7715Actions } from './decorator.ts'
export {
  type DescribeGrantOptions,
  type DescribeRequestOptions,
  describeGrant,
  describeRequest,
  type Granted,
  type GrantView,
} from './describe/describeGrant.ts'
export type { Exposure } from './describe/exposure.ts'
export { loadExplanation } from './describe/loadExplanation.ts'
export type { Row, View } from './describe/rows.ts'
export type { DescribeOptions } from './describe/types.ts'
export type { OtherGrant, Warning, WarningId } from './describe/warnings.ts'
export type { Amount, Asset, TokenInfo, Tokens } from './describe/words.ts'
export { DappError, type DappErrorCode } from './errors.ts'
export {
  type GetGrantedExecutionPermissionsErrorType,
  type GetGrantedExecutionPermissionsReturnType,
  getGrantedExecutionPermissions,
} from './getGrantedExecutionPermissions.ts'
export { type GetGrantStatusParameters, type GetGrantStatusReturnType, getGrantStatus } from './getGrantStatus.ts'
export {
  type GetSupportedExecutionPermissionsErrorType,
  type GetSupportedExecutionPermissionsReturnType,
  getSupportedExecutionPermissions,
} from './getSupportedExecutionPermissions.ts'
export { type ListGrantsParameters, type ListGrantsReturnType, listGrants } from './listGrants.ts'
export type { Limit } from './ownLimits.ts'
export {
  type PermissionCaveat,
  type PermissionTrouble,
  type ReadPermission,
  readPermission,
} from './readPermission.ts'
export type { Revocation } from './readRevocation.ts'
export type { Spending } from './readSpending.ts'
export { type RedelegateScopeParameters, redelegateScope, toGrant } from './redelegate.ts'
export {
  type RequestExecutionPermissionsErrorType,
  type RequestExecutionPermissionsParameters,
  type RequestExecutionPermissionsReturnType,
  requestExecutionPermissions,
} from './requestExecutionPermissions.ts'
export {
  type GrantPreview,
  type RefusedGrant,
  type RequestGrantParameters,
  type RequestGrantReturnType,
  requestGrant,
  type TaskAccount,
} from './requestGrant.ts'
export {
  type Restored,
  type RestoreGrantParameters,
  type RestoreGrantReturnType,
  restoreGrant,
  type StoredGrant,
  type StoredOwnGrant,
  storedGrant,
} from './restoreGrant.ts'
export {
  type RevokeExecutionPermissionErrorType,
  type RevokeExecutionPermissionParameters,
  type RevokeExecutionPermissionReturnType,
  revokeExecutionPermission,
} from './revokeExecutionPermission.ts'
export {
  type RevokedLink,
  type RevokeGrantParameters,
  type RevokeGrantReturnType,
  revokeGrant,
} from './revokeGrant.ts'
export type { SignatureOptions } from './signScope.ts'
export type * from './types.ts'
export { type VerifyGrantedParameters, type VerifyGrantedReturnType, verifyGranted } from './verifyGranted.ts'
export { type ReadGrantOptions, readWalletGrant, type WalletGrant } from './walletGrant.ts'
export {
  fromWireRequest,
  fromWireResponse,
  type GrantedPermission,
  toWireRequest,
  toWireResponse,
  type WirePermissionRequest,
  type WirePermissionResponse,
} from './wire.ts'
