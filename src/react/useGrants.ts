'use client'
import { type DefaultError, type UseQueryResult, useQuery } from '@tanstack/react-query'
import { type GrantsData, type GrantsOptions, grantsQueryOptions } from '../query/grants.ts'
import { type ConfigParameter, useWallet } from './useWallet.ts'

export type UseGrantsParameters<selected = GrantsData> = ConfigParameter & GrantsOptions<selected>

/** What the connected wallet granted to this page, each read from its bytes and verified on the chain again. */
export function useGrants<selected = GrantsData>(
  parameters: UseGrantsParameters<selected> = {},
): UseQueryResult<selected, DefaultError> {
  const { config, ...wallet } = useWallet(parameters)
  return useQuery(grantsQueryOptions(config, { ...parameters, ...wallet }))
}
