import { getChainId, sendTransaction, switchChain, waitForTransactionReceipt } from 'viem/actions'
import { assertChain } from '../chain/assertChain.ts'
import { type Block, readBlock } from '../chain/block.ts'
import { encodeDisable } from '../chain/disable.ts'
import { isDisabled } from '../chain/isDisabled.ts'
import { type Link, linksToEnd } from '../chain/linksToEnd.ts'
import type { NodeClient } from '../chain/rpc.ts'
import type { Grant } from '../grant/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { walletError } from './ask.ts'
import { DappError } from './errors.ts'
import { revokeExecutionPermission } from './revokeExecutionPermission.ts'
import type { RevokedLink, RevokeGrantParameters } from './revokeGrant.ts'
import type { WalletGrant } from './walletGrant.ts'

/**
 * The steps of `revokeGrant`, loaded when somebody revokes.
 *
 * @param links - Filled as they end, so that a failure can tell which did.
 * @throws What `revokeGrant` makes refusals of.
 */
export async function revokeFlow(
  client: NodeClient,
  parameters: RevokeGrantParameters,
  links: RevokedLink[],
): Promise<void> {
  const { grant, publicClient } = parameters
  // A delegation has one hash on every chain: disabled on another one, it would look ended here.
  await assertChain(publicClient, grant.chainId)
  for (const link of linksOf(grant)) links.push(await revokeLink(client, parameters, link))
}

function linksOf(grant: WalletGrant | Grant): readonly Link[] {
  if (grant.schema === 'ambit.walletGrant.v1') return [grant]
  const [scope] = grant.scopes
  return linksToEnd(grant, scope?.principal ?? '0x')
}

async function revokeLink(client: NodeClient, parameters: RevokeGrantParameters, link: Link): Promise<RevokedLink> {
  const { grant, publicClient, by = 'wallet' } = parameters
  const { hash } = link
  const ended = (how: 'before' | 'wallet', { number }: Block): RevokedLink => ({
    hash,
    by: how,
    transactionHash: null,
    blockNumber: number,
  })
  const head = await readBlock(publicClient)
  if (await isDisabled(publicClient, grant, hash, head.hash)) {
    return ended('before', head)
  }
  const asked = by === 'wallet' && grant.schema === 'ambit.walletGrant.v1' && (await askedWallet(client, grant))
  const block = asked ? await untilEnded(parameters, hash) : null
  if (block !== null) return ended('wallet', block)
  try {
    return await disable(client, parameters, link)
  } catch (error) {
    // Slow is not lying: what the wallet sent may end it while the transaction is asked for, which then fails.
    const now = await readBlock(publicClient)
    if (await isDisabled(publicClient, grant, hash, now.hash)) return ended(asked ? 'wallet' : 'before', now)
    throw error
  }
}

/** `false` from a wallet without the method. */
async function askedWallet(client: NodeClient, { response }: WalletGrant): Promise<boolean> {
  try {
    await revokeExecutionPermission(client, { permissionContext: response.context })
    return true
  } catch (error) {
    if (error instanceof DappError && error.code === 'dapp.unsupported_method') return false
    throw error
  }
}

async function disable(
  client: NodeClient,
  { grant, publicClient, timeout = TIMEOUT }: RevokeGrantParameters,
  { delegation, hash }: Link,
): Promise<RevokedLink> {
  const transactionHash = await send(client, grant, delegation.delegator, encodeDisable(delegation))
  let block: Pick<Block, 'hash' | 'number'>
  try {
    const receipt = await waitForTransactionReceipt(publicClient, { hash: transactionHash, timeout })
    block = { hash: receipt.blockHash, number: receipt.blockNumber }
  } catch (cause) {
    throw unproven(hash, transactionHash, cause)
  }
  // That a transaction succeeded proves nothing, nor that it failed: somebody may have been faster.
  if (!(await isDisabled(publicClient, grant, hash, block.hash))) throw unproven(hash, transactionHash)
  return { hash, by: 'transaction', transactionHash, blockNumber: block.number }
}

/** A local account signs itself; any other is the wallet's. Sent on the grant's chain only. */
async function send(
  client: NodeClient,
  { chainId, manager }: WalletGrant | Grant,
  from: Address,
  data: Hex,
): Promise<Hex> {
  try {
    if ((await getChainId(client)) !== chainId) {
      await switchChain(client, { id: chainId })
      if ((await getChainId(client)) !== chainId) throw new DappError('dapp.wrong_network', { details: { chainId } })
    }
    const account = client.account?.address.toLowerCase() === from ? client.account : from
    return await sendTransaction(client, { account, chain: null, to: manager, data })
  } catch (cause) {
    throw cause instanceof DappError ? cause : walletError(cause, 'eth_sendTransaction')
  }
}

/** Until the chain says so; `null` where half of the time went by. A wallet that says it is done has proven nothing. */
async function untilEnded(
  { grant, publicClient, timeout = TIMEOUT }: RevokeGrantParameters,
  hash: Hex,
): Promise<Block | null> {
  const deadline = performance.now() + timeout / 2
  for (;;) {
    const block = await readBlock(publicClient)
    if (await isDisabled(publicClient, grant, hash, block.hash)) return block
    if (performance.now() >= deadline) return null
    await new Promise((resolve) => setTimeout(resolve, publicClient.pollingInterval))
  }
}

const TIMEOUT = 60_000

function unproven(delegation: Hex, transactionHash: Hex, cause?: unknown): DappError {
  return new DappError('dapp.unproven', { details: { delegation, transactionHash }, retry: 'reconcile', cause })
}
