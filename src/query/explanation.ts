import type { DefaultError } from '@tanstack/query-core'
import type { Environment } from '../caveats/types.ts'
import type { ExplanationRow } from '../compile/types.ts'
import type { Tokens } from '../dapp/describe/words.ts'
import { DappError } from '../dapp/errors.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import type { QueryOptions, QueryParameter, ScopeKeyParameter } from './types.ts'

/** Not there yet: the query waits. */
type Parameters = {
  /** ABI-encoded delegations, leaf first. */
  context?: Hex | undefined
  environment?: Environment | undefined
  tokens?: Tokens | undefined
}

export type ExplanationData = readonly ExplanationRow[]
export type ExplanationOptions<selected = ExplanationData> = Parameters &
  ScopeKeyParameter &
  QueryParameter<ExplanationData, DefaultError, selected, ExplanationQueryKey>
export type ExplanationQueryKey = readonly [
  'explanation',
  { chainId?: number; manager?: Address; context?: Hex; tokens?: Tokens; scopeKey?: string },
]
export type ExplanationQueryOptions<selected = ExplanationData> = QueryOptions<
  ExplanationData,
  DefaultError,
  selected,
  ExplanationQueryKey
>

/**
 * Every caveat of a grant in words, for `describeGrant`. Waits for a `context` and an `environment`. It is read from the bytes
 * alone, which never change: no config, as neither node nor wallet is asked, and never stale unless the caller says so.
 */
export function explanationQueryOptions<selected = ExplanationData>(
  options: ExplanationOptions<selected> = {},
): ExplanationQueryOptions<selected> {
  const { context, environment, tokens } = options
  return {
    staleTime: Number.POSITIVE_INFINITY,
    ...options.query,
    enabled: context !== undefined && environment !== undefined && (options.query?.enabled ?? true),
    queryFn: async () => {
      // `refetch` asks also what is not enabled.
      if (context === undefined || environment === undefined)
        throw new DappError('dapp.bad_request', { details: { member: 'context' } })
      const { loadExplanation } = await import('../dapp/describe/loadExplanation.ts')
      return loadExplanation(context, environment, tokens)
    },
    queryKey: explanationQueryKey(options),
  }
}

/** By the bytes, the environment's chain and manager, and how its tokens are called. */
export function explanationQueryKey(options: Parameters & ScopeKeyParameter = {}): ExplanationQueryKey {
  const { context, environment, tokens, scopeKey } = options
  return [
    'explanation',
    {
      ...(environment === undefined ? {} : { chainId: environment.chainId, manager: environment.manager }),
      ...(context === undefined ? {} : { context }),
      ...(tokens === undefined ? {} : { tokens }),
      ...(scopeKey === undefined ? {} : { scopeKey }),
    },
  ]
}
