import { readAccountCode, runsWhatItIsTold } from '../chain/account.ts'
import { assertChain } from '../chain/assertChain.ts'
import { readBlock } from '../chain/block.ts'
import { isDisabled } from '../chain/isDisabled.ts'
import { readNonce } from '../chain/readNonce.ts'
import type { NodeClient } from '../chain/rpc.ts'
import { expiryOf, membersOf } from './describe/exposure.ts'
import type { GetGrantStatusParameters, GetGrantStatusReturnType } from './getGrantStatus.ts'
import { readRevocation } from './readRevocation.ts'
import { readSpending } from './readSpending.ts'

/**
 * What `getGrantStatus` reads, loaded when somebody looks.
 *
 * @throws What `getGrantStatus` throws.
 */
export async function statusFlow(
  client: NodeClient,
  { grant, environment }: GetGrantStatusParameters,
): Promise<GetGrantStatusReturnType> {
  if ('delegations' in grant) {
    const { ownStatus } = await import('./compiled.ts')
    return ownStatus(client, { grant, environment })
  }
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
  return { status, spending, revocation, upgraded, account, block, own: null }
}
