'use client'
import { type DefaultError, type UseQueryResult, useQuery } from '@tanstack/react-query'
import { useConfig } from 'wagmi'
import { type GrantStatusData, type GrantStatusOptions, grantStatusQueryOptions } from '../query/grantStatus.ts'
import type { ConfigParameter } from './useWallet.ts'

export type UseGrantStatusParameters<selected = GrantStatusData> = ConfigParameter & GrantStatusOptions<selected>

/** How a grant stands: spent, left, ended by whom. `query: { refetchInterval: 4_000 }` keeps it live. */
export function useGrantStatus<selected = GrantStatusData>(
  parameters: UseGrantStatusParameters<selected> = {},
): UseQueryResult<selected, DefaultError> {
  return useQuery(grantStatusQueryOptions(useConfig(parameters), parameters))
}
