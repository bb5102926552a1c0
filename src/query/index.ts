/** TanStack query and mutation options over `ambit/dapp`, for any of its adapters. Follows wagmi: `xQueryOptions(config, …)`. */
export {
  type ExplanationData,
  type ExplanationOptions,
  type ExplanationQueryKey,
  type ExplanationQueryOptions,
  explanationQueryKey,
  explanationQueryOptions,
} from './explanation.ts'
export {
  type GrantedPermissionsData,
  type GrantedPermissionsOptions,
  type GrantedPermissionsQueryKey,
  type GrantedPermissionsQueryOptions,
  grantedPermissionsQueryKey,
  grantedPermissionsQueryOptions,
} from './grantedPermissions.ts'
export {
  type GrantStatusData,
  type GrantStatusOptions,
  type GrantStatusQueryKey,
  type GrantStatusQueryOptions,
  grantStatusQueryKey,
  grantStatusQueryOptions,
} from './grantStatus.ts'
export {
  type GrantsData,
  type GrantsOptions,
  type GrantsQueryKey,
  type GrantsQueryOptions,
  grantsQueryKey,
  grantsQueryOptions,
} from './grants.ts'
export {
  type RequestGrantMutationOptions,
  type RequestGrantOptions,
  type RequestGrantVariables,
  requestGrantMutationOptions,
} from './requestGrant.ts'
export {
  type RestoredGrantData,
  type RestoredGrantOptions,
  type RestoredGrantQueryKey,
  type RestoredGrantQueryOptions,
  restoredGrantQueryKey,
  restoredGrantQueryOptions,
} from './restoredGrant.ts'
export {
  type RevokeGrantMutationOptions,
  type RevokeGrantOptions,
  type RevokeGrantVariables,
  revokeGrantMutationOptions,
} from './revokeGrant.ts'
export {
  type SupportedPermissionsOptions,
  type SupportedPermissionsQueryKey,
  type SupportedPermissionsQueryOptions,
  supportedPermissionsQueryKey,
  supportedPermissionsQueryOptions,
} from './supportedPermissions.ts'
export type { MutationParameter, QueryOptions, QueryParameter, ScopeKeyParameter, WalletParameters } from './types.ts'
