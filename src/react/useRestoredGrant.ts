'use client'
import { type DefaultError, type UseQueryResult, useQuery } from '@tanstack/react-query'
import { useConfig } from 'wagmi'
import { type RestoredGrantData, type RestoredGrantOptions, restoredGrantQueryOptions } from '../query/restoredGrant.ts'
import type { ConfigParameter } from './useWallet.ts'

export type UseRestoredGrantParameters<selected = RestoredGrantData> = ConfigParameter & RestoredGrantOptions<selected>

/** The grant that a page kept from an earlier visit, verified on its chain again. A refusal is data, not an error. */
export function useRestoredGrant<selected = RestoredGrantData>(
  parameters: UseRestoredGrantParameters<selected> = {},
): UseQueryResult<selected, DefaultError> {
  return useQuery(restoredGrantQueryOptions(useConfig(parameters), parameters))
}
