import type { DefaultError } from '@tanstack/query-core'
import type { Config } from '@wagmi/core'
import { DappError } from '../dapp/errors.ts'
import type { ListGrantsParameters, ListGrantsReturnType } from '../dapp/listGrants.ts'
import type { Address } from '../primitives/hex.ts'
import type { QueryOptions, QueryParameter, ScopeKeyParameter, WalletParameters } from './types.ts'
import { hasWallet, nodeClient, type WalletKey, walletClient, walletKey } from './wallet.ts'

export type GrantsData = ListGrantsReturnType
/** The chain is that of the `environment`, whichever the wallet is on. Not there yet: the query waits. */
type Parameters = Omit<WalletParameters, 'chainId'> & {
  environment?: ListGrantsParameters['environment'] | undefined
  factories?: ListGrantsParameters['factories']
}
export type GrantsOptions<selected = GrantsData> = Parameters &
  ScopeKeyParameter &
  QueryParameter<GrantsData, DefaultError, selected, GrantsQueryKey>
export type GrantsQueryKey = readonly ['grants', WalletKey & { manager?: Address; factories?: readonly Address[] }]
export type GrantsQueryOptions<selected = GrantsData> = QueryOptions<GrantsData, DefaultError, selected, GrantsQueryKey>

/** What the wallet granted to this page, each read from its bytes and verified on the chain again. Waits for both to be there. */
export function grantsQueryOptions<selected = GrantsData>(
  config: Config,
  options: GrantsOptions<selected> = {},
): GrantsQueryOptions<selected> {
  const { connector, account, environment, factories } = options
  return {
    ...options.query,
    enabled: hasWallet(options) && environment !== undefined && (options.query?.enabled ?? true),
    queryFn: async () => {
      // `refetch` asks also what is not enabled.
      if (environment === undefined) throw new DappError('dapp.bad_request', { details: { member: 'environment' } })
      // Loaded by whoever lists: it brings along what verifies.
      const { listGrants } = await import('../dapp/listGrants.ts')
      const client = await walletClient(config, { connector, account })
      return listGrants(client, { publicClient: nodeClient(config, environment.chainId), environment, factories })
    },
    queryKey: grantsQueryKey(options),
  }
}

/** By wallet and account, the environment's chain and manager, and the factories. */
export function grantsQueryKey(options: Parameters & ScopeKeyParameter = {}): GrantsQueryKey {
  const { environment, factories, ...wallet } = options
  const { chainId, manager } = environment ?? {}
  return [
    'grants',
    {
      ...walletKey({ ...wallet, chainId }),
      ...(manager === undefined ? {} : { manager }),
      ...(factories === undefined ? {} : { factories }),
    },
  ]
}
