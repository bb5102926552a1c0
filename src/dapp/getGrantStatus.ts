import type { Environment } from '../caveats/types.ts'
import { type AccountCode, readAccountCode, runsWhatItIsTold } from '../chain/account.ts'
import { assertChain } from '../chain/assertChain.ts'
import { type Block, readBlock } from '../chain/block.ts'
import { isDisabled } from '../chain/isDisabled.ts'
import { readNonce } from '../chain/readNonce.ts'
import type { NodeClient } from '../chain/rpc.ts'
import { expiryOf, membersOf } from './describe/exposure.ts'
import { type Revocation, readRevocation } from './readRevocation.ts'
import { readSpending, type Spending } from './readSpending.ts'
import type { WalletGrant } from './walletGrant.ts'

export type GetGrantStatusParameters = {
  grant: Pick<WalletGrant, 'chainId' | 'principal' | 'permission' | 'rules' | 'nonce' | 'hash'>
  environment: Environment
}

export type GetGrantStatusReturnType = {
  /**
   * What stands in the way first. `exhausted`: nothing is left in this period, or in all; `not_upgraded`: the principal's
   * account does not run what the manager tells it.
   */
  status: 'active' | 'exhausted' | 'not_started' | 'expired' | 'revoked' | 'not_upgraded'
  /** `null` where nothing of value moves. */
  spending: Spending | null
  revocation: Revocation | null
  upgraded: boolean
  account: AccountCode
  /** Where all of it was read. */
  block: Block
}

/**
 * How a grant stands: what was spent of it and what is left, whether it was ended, by whom and when, and how much of it the
 * principal's balance covers. All read at one block's state, from the page's own node.
 *
 * @example
 * const { status, spending } = await getGrantStatus(publicClient, { grant, environment })
 * status === 'active' && spending?.movable // 4000000n
 *
 * @param client - A public client of the grant's chain.
 * @throws `ChainError` `chain.rpc_…`, `chain.wrong_chain` where the node is in doubt.
 */
export async function getGrantStatus(
  client: NodeClient,
  { grant, environment }: GetGrantStatusParameters,
): Promise<GetGrantStatusReturnType> {
  const { principal, hash, nonce, permission, rules } = grant
  await assertChain(client, grant.chainId)
  const block = await readBlock(client)
  const [account, disabled, current, spending] = await Promise.all([
    readAccountCode(client, { address: principal, environment, block: block.hash }),
    isDisabled(client, environment, hash, block.hash),
    nonce === null ? null : readNonce(client, { delegator: principal, environment, block: { hash: block.hash } }),
    readSpending(client, grant, environment, block),
  ])
  const how = disabled ? 'disabled' : current === nonce ? null : 'nonce'
  const revocation = how === null ? null : await readRevocation(client, grant, environment, block, how)
  const upgraded = runsWhatItIsTold(account)
  const now = Number(block.timestamp)
  const expiry = expiryOf(rules)
  const status =
    how !== null
      ? 'revoked'
      : expiry !== null && now >= expiry
        ? 'expired'
        : !upgraded
          ? 'not_upgraded'
          : now < (membersOf(permission).startTime ?? 0)
            ? 'not_started'
            : spending?.available === 0n
              ? 'exhausted'
              : 'active'
  return { status, spending, revocation, upgraded, account, block }
}
