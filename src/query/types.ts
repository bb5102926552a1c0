import type { DefaultError, MutationOptions, QueryKey, QueryObserverOptions, skipToken } from '@tanstack/query-core'
import type { Connector } from '@wagmi/core'
import type { Address } from '../primitives/hex.ts'

/** Options of a TanStack query, complete: what every adapter of TanStack Query takes. */
export type QueryOptions<data, error = DefaultError, selected = data, key extends QueryKey = QueryKey> = Omit<
  QueryObserverOptions<data, error, selected, data, key>,
  'queryFn' | 'queryHash' | 'queryKey' | 'queryKeyHashFn' | 'throwOnError'
> & {
  enabled: boolean
  queryKey: key
  queryFn: Exclude<QueryObserverOptions<data, error, selected, data, key>['queryFn'], typeof skipToken | undefined>
}

/** What a caller may say about the query itself. Key and function are ours; `enabled` can only make it wait longer. */
export type QueryParameter<data, error = DefaultError, selected = data, key extends QueryKey = QueryKey> = {
  query?:
    | (Omit<QueryOptions<data, error, selected, key>, 'enabled' | 'queryFn' | 'queryKey'> & {
        enabled?: boolean | undefined
      })
    | undefined
}

/** What a caller may say about the mutation itself. */
export type MutationParameter<data, error, variables, context = unknown> = {
  mutation?: Omit<MutationOptions<data, error, variables, context>, 'mutationFn' | 'mutationKey'> | undefined
}

/** Which wallet is asked. */
export type WalletParameters = {
  /** Absent: the current connection's. */
  connector?: Connector | undefined
  /** Account of that wallet. Absent: its first. */
  account?: Address | undefined
  chainId?: number | undefined
}

/** Sets queries apart that ask the same. */
export type ScopeKeyParameter = { scopeKey?: string | undefined }
