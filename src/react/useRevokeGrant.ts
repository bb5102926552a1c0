'use client'
import { type DefaultError, type UseMutationResult, useMutation } from '@tanstack/react-query'
import { useConfig } from 'wagmi'
import type { RevokeGrantReturnType } from '../dapp/revokeGrant.ts'
import { type RevokeGrantOptions, type RevokeGrantVariables, revokeGrantMutationOptions } from '../query/revokeGrant.ts'
import type { ConfigParameter } from './useWallet.ts'

export type UseRevokeGrantParameters<context = unknown> = ConfigParameter & RevokeGrantOptions<context>

/** Ends a grant through the connected wallet: `mutate({ grant })`. A refusal is data, not an error. */
export function useRevokeGrant<context = unknown>(
  parameters: UseRevokeGrantParameters<context> = {},
): UseMutationResult<RevokeGrantReturnType, DefaultError, RevokeGrantVariables, context> {
  return useMutation(revokeGrantMutationOptions(useConfig(parameters), parameters))
}
