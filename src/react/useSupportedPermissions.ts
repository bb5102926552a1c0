'use client'
import { type DefaultError, type UseQueryResult, useQuery } from '@tanstack/react-query'
import type { SupportedPermissions } from '../dapp/types.ts'
import { type SupportedPermissionsOptions, supportedPermissionsQueryOptions } from '../query/supportedPermissions.ts'
import { type ConfigParameter, useWallet } from './useWallet.ts'

export type UseSupportedPermissionsParameters<selected = SupportedPermissions> = ConfigParameter &
  SupportedPermissionsOptions<selected>

/** What the connected wallet can grant, and on which chains. */
export function useSupportedPermissions<selected = SupportedPermissions>(
  parameters: UseSupportedPermissionsParameters<selected> = {},
): UseQueryResult<selected, DefaultError> {
  const { config, ...wallet } = useWallet(parameters)
  return useQuery(supportedPermissionsQueryOptions(config, { ...parameters, ...wallet }))
}
