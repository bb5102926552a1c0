/** TanStack query and mutation options over `ambit/dapp`, for any of its adapters. Follows wagmi: `xQueryOptions(config, …)`. */
export {
  type GrantedPermissionsData,
  type GrantedPermissionsOptions,
  type GrantedPermissionsQueryKey,
  type GrantedPermissionsQueryOptions,
  grantedPermissionsQueryKey,
  grantedPermissionsQueryOptions,
} from './grantedPermissions.ts'
export {
  type SupportedPermissionsOptions,
  type SupportedPermissionsQueryKey,
  type SupportedPermissionsQueryOptions,
  supportedPermissionsQueryKey,
  supportedPermissionsQueryOptions,
} from './supportedPermissions.ts'
export type { MutationParameter, QueryOptions, QueryParameter, ScopeKeyParameter, WalletParameters } from './types.ts'
