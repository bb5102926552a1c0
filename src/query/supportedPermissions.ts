import type { DefaultError } from '@tanstack/query-core'
import type { Config } from '@wagmi/core'
import { getSupportedExecutionPermissions } from '../dapp/getSupportedExecutionPermissions.ts'
import type { SupportedPermissions } from '../dapp/types.ts'
import type { QueryOptions, QueryParameter, ScopeKeyParameter, WalletParameters } from './types.ts'
import { hasWallet, type WalletKey, walletClient, walletKey } from './wallet.ts'

export type SupportedPermissionsOptions<selected = SupportedPermissions> = WalletParameters &
  ScopeKeyParameter &
  QueryParameter<SupportedPermissions, DefaultError, selected, SupportedPermissionsQueryKey>
export type SupportedPermissionsQueryKey = readonly ['supportedPermissions', WalletKey]
export type SupportedPermissionsQueryOptions<selected = SupportedPermissions> = QueryOptions<
  SupportedPermissions,
  DefaultError,
  selected,
  SupportedPermissionsQueryKey
>

/** What the wallet can grant, and on which chains. Waits for a `connector`. */
export function supportedPermissionsQueryOptions<selected = SupportedPermissions>(
  config: Config,
  options: SupportedPermissionsOptions<selected> = {},
): SupportedPermissionsQueryOptions<selected> {
  return {
    ...options.query,
    enabled: hasWallet(options) && (options.query?.enabled ?? true),
    queryFn: async () => getSupportedExecutionPermissions(await walletClient(config, options)),
    queryKey: supportedPermissionsQueryKey(options),
  }
}

/** By wallet, account and chain, as far as they are named. */
export function supportedPermissionsQueryKey(
  options: WalletParameters & ScopeKeyParameter = {},
): SupportedPermissionsQueryKey {
  return ['supportedPermissions', walletKey(options)]
}
