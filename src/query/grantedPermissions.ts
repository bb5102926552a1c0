import type { DefaultError } from '@tanstack/query-core'
import type { Config } from '@wagmi/core'
import type { GetGrantedExecutionPermissionsReturnType } from '../dapp/getGrantedExecutionPermissions.ts'
import type { QueryOptions, QueryParameter, ScopeKeyParameter, WalletParameters } from './types.ts'
import { hasWallet, type WalletKey, walletClient, walletKey } from './wallet.ts'

export type GrantedPermissionsData = GetGrantedExecutionPermissionsReturnType
export type GrantedPermissionsOptions<selected = GrantedPermissionsData> = WalletParameters &
  ScopeKeyParameter &
  QueryParameter<GrantedPermissionsData, DefaultError, selected, GrantedPermissionsQueryKey>
export type GrantedPermissionsQueryKey = readonly ['grantedPermissions', WalletKey]
export type GrantedPermissionsQueryOptions<selected = GrantedPermissionsData> = QueryOptions<
  GrantedPermissionsData,
  DefaultError,
  selected,
  GrantedPermissionsQueryKey
>

/** What the wallet says it has granted to this page. Its word, not the chain's. Waits for a `connector`. */
export function grantedPermissionsQueryOptions<selected = GrantedPermissionsData>(
  config: Config,
  options: GrantedPermissionsOptions<selected> = {},
): GrantedPermissionsQueryOptions<selected> {
  return {
    ...options.query,
    enabled: hasWallet(options) && (options.query?.enabled ?? true),
    queryFn: async () => {
      // Loaded by whoever lists: it brings along what reads a wallet's answers.
      const { getGrantedExecutionPermissions } = await import('../dapp/getGrantedExecutionPermissions.ts')
      return getGrantedExecutionPermissions(await walletClient(config, options))
    },
    queryKey: grantedPermissionsQueryKey(options),
  }
}

/** By wallet, account and chain, as far as they are named. */
export function grantedPermissionsQueryKey(
  options: WalletParameters & ScopeKeyParameter = {},
): GrantedPermissionsQueryKey {
  return ['grantedPermissions', walletKey(options)]
}
