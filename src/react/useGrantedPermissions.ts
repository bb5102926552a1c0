'use client'
import { type DefaultError, type UseQueryResult, useQuery } from '@tanstack/react-query'
import {
  type GrantedPermissionsData,
  type GrantedPermissionsOptions,
  grantedPermissionsQueryOptions,
} from '../query/grantedPermissions.ts'
import { type ConfigParameter, useWallet } from './useWallet.ts'

export type UseGrantedPermissionsParameters<selected = GrantedPermissionsData> = ConfigParameter &
  GrantedPermissionsOptions<selected>

/** What the connected wallet says it has granted to this page. Its word, not the chain's. */
export function useGrantedPermissions<selected = GrantedPermissionsData>(
  parameters: UseGrantedPermissionsParameters<selected> = {},
): UseQueryResult<selected, DefaultError> {
  const { config, ...wallet } = useWallet(parameters)
  return useQuery(grantedPermissionsQueryOptions(config, { ...parameters, ...wallet }))
}
