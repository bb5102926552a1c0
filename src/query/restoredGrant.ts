import type { DefaultError } from '@tanstack/query-core'
import type { Config } from '@wagmi/core'
import { DappError } from '../dapp/errors.ts'
import type { RestoreGrantParameters, RestoreGrantReturnType } from '../dapp/restoreGrant.ts'
import type { Address } from '../primitives/hex.ts'
import type { QueryOptions, QueryParameter, ScopeKeyParameter } from './types.ts'
import { nodeClient } from './wallet.ts'

/** Not there yet: the query waits. `stored`: `null` is what an empty storage holds, and is waited for too. */
type Parameters = { [name in keyof RestoreGrantParameters]?: RestoreGrantParameters[name] | undefined }

export type RestoredGrantData = RestoreGrantReturnType
export type RestoredGrantOptions<selected = RestoredGrantData> = Parameters &
  ScopeKeyParameter &
  QueryParameter<RestoredGrantData, DefaultError, selected, RestoredGrantQueryKey>
export type RestoredGrantQueryKey = readonly [
  'restoredGrant',
  { chainId?: number; manager?: Address; stored?: string; factories?: readonly Address[]; scopeKey?: string },
]
export type RestoredGrantQueryOptions<selected = RestoredGrantData> = QueryOptions<
  RestoredGrantData,
  DefaultError,
  selected,
  RestoredGrantQueryKey
>

/**
 * The grant that a page kept, read and verified on its chain again, from the config's own node. A refusal is data,
 * `status: 'refused'`. Waits for what is `stored` and an `environment`.
 */
export function restoredGrantQueryOptions<selected = RestoredGrantData>(
  config: Config,
  options: RestoredGrantOptions<selected> = {},
): RestoredGrantQueryOptions<selected> {
  const { stored, environment, factories } = options
  return {
    ...options.query,
    enabled: isThere(stored) && environment !== undefined && (options.query?.enabled ?? true),
    queryFn: async () => {
      // `refetch` asks also what is not enabled.
      if (!isThere(stored) || environment === undefined)
        throw new DappError('dapp.bad_request', { details: { member: 'stored' } })
      // Loaded by whoever restores: it brings along what reads a wallet's answers.
      const { restoreGrant } = await import('../dapp/restoreGrant.ts')
      return restoreGrant(nodeClient(config, environment.chainId), { stored, environment, factories })
    },
    queryKey: restoredGrantQueryKey(options),
  }
}

/** By what was kept, as text: nothing of it was read yet that could name the grant. */
export function restoredGrantQueryKey(options: Parameters & ScopeKeyParameter = {}): RestoredGrantQueryKey {
  const { stored, environment, factories, scopeKey } = options
  return [
    'restoredGrant',
    {
      ...(environment === undefined ? {} : { chainId: environment.chainId, manager: environment.manager }),
      ...(isThere(stored) ? { stored: textOf(stored) } : {}),
      ...(factories === undefined ? {} : { factories }),
      ...(scopeKey === undefined ? {} : { scopeKey }),
    },
  ]
}

function isThere(stored: unknown): boolean {
  return stored !== undefined && stored !== null
}

/** A key is made while a page renders: what is no JSON must not break that, and is refused when it is read. */
function textOf(stored: unknown): string {
  try {
    return JSON.stringify(stored) ?? 'no JSON'
  } catch {
    return 'no JSON'
  }
}
