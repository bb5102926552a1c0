import type { DefaultError, MutationOptions } from '@tanstack/query-core'
import type { Config } from '@wagmi/core'
import { type RequestGrantParameters, type RequestGrantReturnType, requestGrant } from '../dapp/requestGrant.ts'
import type { MutationParameter, WalletParameters } from './types.ts'
import { nodeClient, walletClient } from './wallet.ts'

/** `publicClient`: absent, the config's own for the chain of the scope. */
export type RequestGrantVariables = Omit<RequestGrantParameters, 'publicClient'> &
  Partial<Pick<RequestGrantParameters, 'publicClient'>> &
  Pick<WalletParameters, 'connector'>
export type RequestGrantOptions<context = unknown> = MutationParameter<
  RequestGrantReturnType,
  DefaultError,
  RequestGrantVariables,
  context
>
export type RequestGrantMutationOptions<context = unknown> = MutationOptions<
  RequestGrantReturnType,
  DefaultError,
  RequestGrantVariables,
  context
>

/**
 * Asks the connected wallet for a grant of a scope. A refusal is data, `status: 'refused'`; an error is that there is no wallet or
 * no node to ask.
 */
export function requestGrantMutationOptions<context = unknown>(
  config: Config,
  options: RequestGrantOptions<context> = {},
): RequestGrantMutationOptions<context> {
  return {
    ...options.mutation,
    async mutationFn({ connector, publicClient, ...parameters }) {
      const { chainId, principal } = parameters.scope
      const client = await walletClient(config, { connector, account: principal })
      return requestGrant(client, { ...parameters, publicClient: publicClient ?? nodeClient(config, chainId) })
    },
    mutationKey: ['requestGrant'],
  }
}
