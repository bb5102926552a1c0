import type { NodeClient } from '../chain/rpc.ts'
import { AmbitError } from '../errors.ts'
import type { Grant } from '../grant/types.ts'
import type { Hex } from '../primitives/hex.ts'
import { DappError } from './errors.ts'
import type { WalletGrant } from './walletGrant.ts'

export type RevokeGrantParameters = {
  /** Of a grant that a task account handed on: what the wallet granted to it, `root`. */
  grant: WalletGrant | Grant
  /** The page's own node. */
  publicClient: NodeClient
  /** Whether the wallet's own method is tried before the transaction. Default: `wallet`, where the wallet made the grant. */
  by?: 'wallet' | 'transaction' | undefined
  /**
   * Milliseconds to wait for a block, for each link. Default 60,000. Of a wallet that says by its own method that it is done, and
   * nothing has ended after half of them, the transaction is asked for.
   */
  timeout?: number | undefined
}

/** One link that is disabled, and the block whose state says so. */
export type RevokedLink = {
  hash: Hex
  /** `before`: it was so already, and nobody was asked. */
  by: 'before' | 'wallet' | 'transaction'
  transactionHash: Hex | null
  blockNumber: bigint
}

export type RevokeGrantReturnType =
  | { status: 'revoked'; links: readonly RevokedLink[] }
  /** Treat it as alive. `links`: those that had ended when it failed. */
  | { status: 'refused'; code: string; error: AmbitError; links: readonly RevokedLink[] }

/**
 * Ends what the principal granted, and proves it: by the wallet's own method where it is wired, else, and where the method ended
 * nothing, by a transaction of the principal to the manager. Idempotent: what is disabled already is a success, and nobody is asked.
 *
 * @example
 * const result = await revokeGrant(walletClient, { grant, publicClient })
 * if (result.status === 'revoked') show(`ended at block ${result.links[0]?.blockNumber}`)
 */
export async function revokeGrant(
  client: NodeClient,
  parameters: RevokeGrantParameters,
): Promise<RevokeGrantReturnType> {
  const links: RevokedLink[] = []
  try {
    const { revokeFlow } = await import('./flows.ts')
    await revokeFlow(client, parameters, links)
    return { status: 'revoked', links }
  } catch (cause) {
    const error = cause instanceof AmbitError ? cause : new DappError('dapp.failed', { cause, retry: 'reconcile' })
    return { status: 'refused', code: error.code, error, links }
  }
}
