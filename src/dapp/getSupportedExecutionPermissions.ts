import type { NodeClient } from '../chain/rpc.ts'
import { askWallet } from './ask.ts'
import type { DappError } from './errors.ts'
import { keysOf, list, readAnswer, readChainId, readText, required } from './read.ts'
import type { SupportedPermissions } from './types.ts'

export type GetSupportedExecutionPermissionsReturnType = SupportedPermissions
export type GetSupportedExecutionPermissionsErrorType = DappError

/**
 * What the wallet can grant: chains and rules by type of permission. Types that are not known here, or retired, are kept.
 *
 * @example
 * const supported = await getSupportedExecutionPermissions(walletClient)
 * supported['erc20-token-periodic']?.chainIds // [1, 8453]
 *
 * @throws {@link DappError} `dapp.unsupported_method` from a wallet that knows nothing of ERC-7715; `dapp.answer_…`.
 */
export async function getSupportedExecutionPermissions(
  client: NodeClient,
): Promise<GetSupportedExecutionPermissionsReturnType> {
  const answer = await askWallet(client, 'wallet_getSupportedExecutionPermissions', [])
  return readAnswer(answer, (at) => {
    const entries = keysOf(at).map((type) => {
      const info = required(at, type)
      const chainIds = list(required(info, 'chainIds')).map(readChainId)
      const ruleTypes = list(required(info, 'ruleTypes')).map((rule) => readText(rule))
      return [type, { chainIds, ruleTypes }] as const
    })
    // `fromEntries` defines members: a type called `__proto__` is a type, and no prototype.
    return Object.fromEntries(entries)
  })
}
