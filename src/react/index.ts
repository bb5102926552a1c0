/** Hooks over `ambit/dapp` for React with wagmi. Each returns what TanStack Query returns, and nothing else. */

export { GrantSummary, type GrantSummaryProps } from './GrantSummary.ts'
export { type UseExplanationParameters, useExplanation } from './useExplanation.ts'
export { type UseGrantedPermissionsParameters, useGrantedPermissions } from './useGrantedPermissions.ts'
export { type UseGrantStatusParameters, useGrantStatus } from './useGrantStatus.ts'
export { type UseGrantsParameters, useGrants } from './useGrants.ts'
export { type UseRequestGrantParameters, useRequestGrant } from './useRequestGrant.ts'
export { type UseRestoredGrantParameters, useRestoredGrant } from './useRestoredGrant.ts'
export { type UseRevokeGrantParameters, useRevokeGrant } from './useRevokeGrant.ts'
export { type UseSupportedPermissionsParameters, useSupportedPermissions } from './useSupportedPermissions.ts'
export type { ConfigParameter } from './useWallet.ts'
