import { readBlock } from '../../chain/block.ts'
import { encodeDisable } from '../../chain/disable.ts'
import { included } from '../../chain/included.ts'
import { isDisabled } from '../../chain/isDisabled.ts'
import { send } from '../../chain/send.ts'
import type { PermissionResponse } from '../../dapp/types.ts'
import { toWireResponse } from '../../dapp/wire.ts'
import { decodeContext } from '../../delegation/context.ts'
import { hashDelegation } from '../../delegation/hash.ts'
import type { Delegation } from '../../delegation/types.ts'
import type { Hex } from '../../primitives/hex.ts'
import { type Context, lower, type Method, seen } from './context.ts'
import { invalid, NO_SUCH_METHOD, ProviderError } from './errors.ts'
import { grantPermission } from './grantPermission.ts'
import { bytes, fields, toQuantity } from './params.ts'
import { readPermissionRequest, SUPPORTED } from './permissionRequest.ts'

/** The four methods of ERC-7715, over the permissions that this wallet has granted. */
export function permissionMethods(): Readonly<Record<string, Method>> {
  const granted: PermissionResponse[] = []
  return {
    wallet_getSupportedExecutionPermissions: ({ chains }) => {
      const chainIds = [...chains.values()].filter(({ environment }) => environment !== null)
      return Object.fromEntries(
        Object.entries(SUPPORTED).map(([type, ruleTypes]) => [
          type,
          { chainIds: chainIds.map(({ chainId }) => toQuantity(chainId)), ruleTypes },
        ]),
      )
    },
    wallet_requestExecutionPermissions: async (context, params) => {
      if (params.length === 0) throw invalid('params', 'a list of at least one request')
      const requests = params.map(readPermissionRequest)
      const answers: PermissionResponse[] = []
      // One question after the other; a no to one is a no to all.
      for (const request of requests) answers.push(await grantPermission(context, request))
      granted.push(...answers)
      return answers.map(toWireResponse)
    },
    wallet_getGrantedExecutionPermissions: async (context) => {
      context.account()
      const alive = await Promise.all(granted.map((permission) => isAlive(context, permission)))
      return granted.filter((_, index) => alive[index]).map(toWireResponse)
    },
    wallet_revokeExecutionPermission: async (context, [given]) => {
      if (!context.revocation) {
        throw new ProviderError(NO_SUCH_METHOD, 'The wallet has no method wallet_revokeExecutionPermission.')
      }
      const asked = bytes(fields(given, 'params[0]')['permissionContext'], 'permissionContext')
      const permission = granted.find((candidate) => candidate.context === asked)
      if (permission === undefined) throw invalid('permissionContext', 'the context of a permission of this wallet')
      await revoke(context, permission)
      return {}
    },
  }
}

async function revoke(context: Context, { chainId, from, context: asked }: PermissionResponse): Promise<void> {
  const chain = await seen(context.chainOf(chainId))
  const account = context.account(from)
  if (chain.environment === null) throw invalid('permissionContext', 'of a chain with the delegation framework')
  const root = rootOf(asked)
  await context.ask({ kind: 'revocation', account: lower(account), chainId, delegate: root.delegate, context: asked })
  const sent = await send(chain.node, {
    account,
    chainId,
    to: chain.environment.manager,
    data: encodeDisable(root),
  })
  await included(chain.node, sent, {})
}

/** What the wallet lists is what still holds: a delegation that was disabled by a transaction is gone from it too. */
async function isAlive(context: Context, permission: PermissionResponse): Promise<boolean> {
  const chain = context.chains.get(permission.chainId)
  if (chain === undefined || chain.environment === null) return true
  const { hash } = await readBlock(chain.node)
  return !(await isDisabled(chain.node, chain.environment, hashDelegation(rootOf(permission.context)), hash))
}

/** The wallet grants one link only. */
function rootOf(context: Hex): Delegation {
  return decodeContext(context).at(-1) as Delegation
}
