import type { DefaultError, MutationOptions } from '@tanstack/query-core'
import type { Config } from '@wagmi/core'
import { type RevokeGrantParameters, type RevokeGrantReturnType, revokeGrant } from '../dapp/revokeGrant.ts'
import type { MutationParameter, WalletParameters } from './types.ts'
import { nodeClient, walletClient } from './wallet.ts'

/** `publicClient`: absent, the config's own for the chain of the grant. */
export type RevokeGrantVariables = Omit<RevokeGrantParameters, 'publicClient'> &
  Partial<Pick<RevokeGrantParameters, 'publicClient'>> &
  Pick<WalletParameters, 'account' | 'connector'>
export type RevokeGrantOptions<context = unknown> = MutationParameter<
  RevokeGrantReturnType,
  DefaultError,
  RevokeGrantVariables,
  context
>
export type RevokeGrantMutationOptions<context = unknown> = MutationOptions<
  RevokeGrantReturnType,
  DefaultError,
  RevokeGrantVariables,
  context
>

/**
 * Ends a grant through the connected wallet, and proves it. A refusal is data, `status: 'refused'`; an error is that there is no
 * wallet or no node to ask.
 */
export function revokeGrantMutationOptions<context = unknown>(
  config: Config,
  options: RevokeGrantOptions<context> = {},
): RevokeGrantMutationOptions<context> {
  return {
    ...options.mutation,
    async mutationFn({ connector, account, publicClient, ...parameters }) {
      const client = await walletClient(config, { connector, account })
      return revokeGrant(client, {
        ...parameters,
        publicClient: publicClient ?? nodeClient(config, parameters.grant.chainId),
      })
    },
    mutationKey: ['revokeGrant'],
  }
}
