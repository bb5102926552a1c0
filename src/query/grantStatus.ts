import type { DefaultError } from '@tanstack/query-core'
import type { Config } from '@wagmi/core'
import { DappError } from '../dapp/errors.ts'
import { type GetGrantStatusParameters, type GetGrantStatusReturnType, getGrantStatus } from '../dapp/getGrantStatus.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import type { QueryOptions, QueryParameter, ScopeKeyParameter } from './types.ts'
import { nodeClient } from './wallet.ts'

/** Not there yet: the query waits. */
type Parameters = { [name in keyof GetGrantStatusParameters]?: GetGrantStatusParameters[name] | undefined }

export type GrantStatusData = GetGrantStatusReturnType
export type GrantStatusOptions<selected = GrantStatusData> = Parameters &
  ScopeKeyParameter &
  QueryParameter<GrantStatusData, DefaultError, selected, GrantStatusQueryKey>
export type GrantStatusQueryKey = readonly [
  'grantStatus',
  { chainId?: number; grant?: Hex; manager?: Address; scopeKey?: string },
]
export type GrantStatusQueryOptions<selected = GrantStatusData> = QueryOptions<
  GrantStatusData,
  DefaultError,
  selected,
  GrantStatusQueryKey
>

/**
 * How a grant stands on its chain, from the config's own node. Waits for a `grant` and an `environment`. Nothing is asked again
 * by itself: give `query.refetchInterval`, or watch blocks.
 */
export function grantStatusQueryOptions<selected = GrantStatusData>(
  config: Config,
  options: GrantStatusOptions<selected> = {},
): GrantStatusQueryOptions<selected> {
  const { grant, environment } = options
  return {
    ...options.query,
    enabled: grant !== undefined && environment !== undefined && (options.query?.enabled ?? true),
    queryFn: async () => {
      // `refetch` asks also what is not enabled.
      if (grant === undefined || environment === undefined)
        throw new DappError('dapp.bad_request', { details: { member: 'grant' } })
      return getGrantStatus(nodeClient(config, grant.chainId), { grant, environment })
    },
    queryKey: grantStatusQueryKey(options),
  }
}

/** By the delegation's hash, and of our own grants by their id: the same grant read again has the same key. */
export function grantStatusQueryKey(options: Parameters & ScopeKeyParameter = {}): GrantStatusQueryKey {
  const { grant, environment, scopeKey } = options
  return [
    'grantStatus',
    {
      ...(grant === undefined ? {} : { chainId: grant.chainId, grant: 'hash' in grant ? grant.hash : grant.id }),
      ...(environment === undefined ? {} : { manager: environment.manager }),
      ...(scopeKey === undefined ? {} : { scopeKey }),
    },
  ]
}
