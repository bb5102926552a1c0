import type { NodeClient } from '../chain/rpc.ts'
import { askWallet } from './ask.ts'
import { DappError } from './errors.ts'
import { RETIRED_TYPE } from './fields.ts'
import { list, readAnswer, refuse } from './read.ts'
import type { PermissionRequest, PermissionResponse } from './types.ts'
import { readResponse, toWireRequest } from './wire.ts'

/** One or more permissions, which the wallet shows together and grants together or not at all. */
export type RequestExecutionPermissionsParameters = readonly PermissionRequest[]
export type RequestExecutionPermissionsReturnType = readonly PermissionResponse[]
export type RequestExecutionPermissionsErrorType = DappError

/**
 * Asks the person for permissions. The answers stand in the order of the requests; **nothing in them is believed yet**: a wallet
 * may have changed anything. `requestGrant` compares and verifies, as do `compareGranted` and `verifyGranted`.
 *
 * @example
 * const [granted] = await requestExecutionPermissions(walletClient, [{
 *   chainId: 8453,
 *   to: '0x70997970c51812dc3a010c7d01b50e0d17dc79c8',
 *   permission: {
 *     type: 'erc20-token-periodic',
 *     isAdjustmentAllowed: false,
 *     data: { tokenAddress: usdc, periodAmount: 10_000_000n, periodDuration: 86_400, justification: 'API bills' },
 *   },
 *   rules: [{ type: 'expiry', data: { timestamp: 1_798_000_000 } }],
 * }])
 *
 * @throws {@link DappError} `dapp.bad_request`, `dapp.retired_type`; `dapp.rejected` where the person said no, and the other
 * refusals of a wallet; `dapp.answer_…`.
 */
export async function requestExecutionPermissions(
  client: NodeClient,
  requests: RequestExecutionPermissionsParameters,
): Promise<RequestExecutionPermissionsReturnType> {
  if (requests.length === 0) throw new DappError('dapp.bad_request', { details: { member: '' } })
  const answer = await askWallet(client, 'wallet_requestExecutionPermissions', requests.map(toWireRequest))
  return readAnswer(answer, (at) => {
    const items = list(at)
    const details = { asked: requests.length, answered: items.length }
    if (items.length < requests.length) throw new DappError('dapp.answer_too_short', { details })
    if (items.length > requests.length) throw new DappError('dapp.answer_too_long', { details })
    return items.map((item) => {
      const response = readResponse(item)
      // Nobody asked for it: `toWireRequest` refuses to.
      if (response.permission.type === RETIRED_TYPE) throw refuse('dapp.answer_retired_permission', item)
      return response
    })
  })
}
