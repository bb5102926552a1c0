import type { NodeClient } from '../chain/rpc.ts'
import type { Hex } from '../primitives/hex.ts'
import { askWallet } from './ask.ts'
import { DappError } from './errors.ts'
import { keysOf, readAnswer } from './read.ts'

export type RevokeExecutionPermissionParameters = { permissionContext: Hex }
export type RevokeExecutionPermissionReturnType = undefined
export type RevokeExecutionPermissionErrorType = DappError

/**
 * Asks the wallet to end a permission. Its answer proves nothing: `revokeGrant` does this, or the ordinary transaction where a
 * wallet has no such method, and reads from the chain that it is done.
 *
 * @example
 * await revokeExecutionPermission(walletClient, { permissionContext: granted.context })
 *
 * @throws {@link DappError} `dapp.unsupported_method` (no wallet has wired it yet), `dapp.rejected`; `dapp.answer_not_empty`.
 */
export async function revokeExecutionPermission(
  client: NodeClient,
  { permissionContext }: RevokeExecutionPermissionParameters,
): Promise<RevokeExecutionPermissionReturnType> {
  const answer = await askWallet(client, 'wallet_revokeExecutionPermission', { permissionContext })
  readAnswer(answer, (at) => {
    // The standard says "empty": null, nothing, an empty object or list.
    if (at.value === null || at.value === undefined) return
    if (Array.isArray(at.value) ? at.value.length > 0 : keysOf(at).length > 0)
      throw new DappError('dapp.answer_not_empty')
  })
}
