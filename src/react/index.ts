/** Hooks over `ambit/dapp` for React with wagmi. Each returns what TanStack Query returns, and nothing else. */
export { type UseGrantedPermissionsParameters, useGrantedPermissions } from './useGrantedPermissions.ts'
export { type UseSupportedPermissionsParameters, useSupportedPermissions } from './useSupportedPermissions.ts'
export type { ConfigParameter } from './useWallet.ts'
