import type { LocalAccount } from 'viem'
import type { Environment } from '../caveats/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { type AccountCode, readAccountCode } from './account.ts'
import { readQuantity } from './answers.ts'
import { assertChain } from './assertChain.ts'
import { readBlock } from './block.ts'
import { ChainError } from './errors.ts'
import { included } from './included.ts'
import { ask, type NodeClient } from './rpc.ts'
import { send } from './send.ts'

export type UpgradeAccountParameters = {
  /** The EOA that becomes a smart account; it pays for the transaction. */
  account: LocalAccount
  environment: Environment
  timeout?: number
  pollingInterval?: number
}

/**
 * Gives an EOA the framework's stateless account code (EIP-7702), which a principal needs. Idempotent: an account that has
 * it already sends nothing. It goes with this chain only, and the EOA's key keeps all its power.
 *
 * @returns The transaction, or `null` where nothing had to be sent.
 * @throws {@link ChainError} `chain.principal_unsupported` where the account has other code: replacing it could strand
 * what that code holds. `chain.account_cannot_sign`; those of `send`; `chain.send_unknown` where time is up.
 */
export async function upgradeAccount(
  client: NodeClient,
  { account, environment, ...waiting }: UpgradeAccountParameters,
): Promise<{ transactionHash: Hex | null; blockNumber: bigint }> {
  const address = account.address.toLowerCase() as Address
  await assertChain(client, environment.chainId)
  const { hash: block, number } = await readBlock(client)
  const code = await readAccountCode(client, { address, environment, block })
  if (code.kind === 'delegated7702' && code.known) return { transactionHash: null, blockNumber: number }
  if (code.kind !== 'none') throw otherCode(address, code)
  if (typeof account.signAuthorization !== 'function') {
    throw new ChainError('chain.account_cannot_sign', 'This account cannot sign an EIP-7702 authorization here.', {
      details: { account: address },
      fix: 'Give a local account, or upgrade it in its wallet.',
    })
  }
  const nonce = readQuantity(
    'eth_getTransactionCount',
    await ask(client, 'eth_getTransactionCount', [address, 'pending']),
  )
  const authorization = await account.signAuthorization({
    address: environment.implementations.stateless7702,
    chainId: environment.chainId,
    // The transaction itself takes the account's next nonce; the authorization is looked at after that.
    nonce: Number(nonce) + 1,
  })
  const sent = await send(client, {
    account,
    chainId: environment.chainId,
    to: address,
    data: '0x',
    nonce,
    authorizationList: [authorization],
  })
  const receipt = await included(client, sent, waiting)
  const after = await readAccountCode(client, { address, environment, block: receipt.blockHash })
  if (after.kind !== 'delegated7702' || !after.known) throw otherCode(address, after)
  return { transactionHash: sent.hash, blockNumber: receipt.blockNumber }
}

function otherCode(address: Address, code: AccountCode): ChainError {
  return new ChainError('chain.principal_unsupported', 'This account does not have the framework’s code.', {
    details: {
      account: address,
      code: code.kind,
      ...('implementation' in code ? { implementation: code.implementation } : {}),
    },
    fix: 'Use a plain EOA, or remove its present delegation in the wallet that made it.',
  })
}
