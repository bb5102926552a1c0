'use client'
import { type DefaultError, type UseMutationResult, useMutation } from '@tanstack/react-query'
import { useConfig } from 'wagmi'
import type { RequestGrantReturnType } from '../dapp/requestGrant.ts'
import {
  type RequestGrantOptions,
  type RequestGrantVariables,
  requestGrantMutationOptions,
} from '../query/requestGrant.ts'
import type { ConfigParameter } from './useWallet.ts'

export type UseRequestGrantParameters<context = unknown> = ConfigParameter & RequestGrantOptions<context>

/** Asks the connected wallet for a grant of a scope: `mutate({ scope })`. A refusal is data, not an error. */
export function useRequestGrant<context = unknown>(
  parameters: UseRequestGrantParameters<context> = {},
): UseMutationResult<RequestGrantReturnType, DefaultError, RequestGrantVariables, context> {
  return useMutation(requestGrantMutationOptions(useConfig(parameters), parameters))
}
