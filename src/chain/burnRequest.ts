import { encodeFunctionData, type LocalAccount, parseAbi } from 'viem'
import type { Environment } from '../caveats/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { isNumberUsed, numberSlot } from '../verdict/taskScope/slots.ts'
import { assertChain } from './assertChain.ts'
import { readBlock } from './block.ts'
import { ChainError } from './errors.ts'
import { included } from './included.ts'
import { readKnownCode } from './knownCode.ts'
import { loadWord } from './readTerms.ts'
import type { NodeClient } from './rpc.ts'
import { send } from './send.ts'

export type BurnRequestParameters = {
  /** The request key, or the confirmer where the terms name no key: an account that pays for its gas. */
  account: LocalAccount
  environment: Environment
  /** Hash of the delegation that the request is for. */
  delegation: Hex
  number: bigint
  /** Milliseconds to wait for inclusion. Default 60,000. */
  timeout?: number
  pollingInterval?: number
}

/** `transactionHash` is `null` where the number had been used before: by an action, or by another burn. */
export type Burned = { number: bigint; transactionHash: Hex | null; blockNumber: bigint }

const abi = parseAbi(['function burnRequest(bytes32 delegationHash, uint64 number)'])

/**
 * Uses up the number of a signed request, so that nobody can redeem it any more; proven in the very block. Whoever was
 * faster with it has redeemed it: look what it did.
 *
 * @throws {@link ChainError} `chain.not_deployed` and `chain.wrong_code` of the enforcer, `chain.revocation_unproven`,
 * `chain.send_unknown` where time is up; those of `send`.
 */
export async function burnRequest(client: NodeClient, parameters: BurnRequestParameters): Promise<Burned> {
  const { account, environment, delegation, number } = parameters
  await assertChain(client, environment.chainId)
  const head = await readBlock(client)
  if (await isUsed(client, parameters, head.hash)) return { number, transactionHash: null, blockNumber: head.number }
  const data = encodeFunctionData({ abi, functionName: 'burnRequest', args: [delegation, number] })
  const to = environment.enforcers['TaskScopeEnforcer'] as Address
  const sent = await send(client, { account, chainId: environment.chainId, to, data })
  const { blockHash, blockNumber } = await included(client, sent, parameters)
  if (await isUsed(client, parameters, blockHash)) return { number, transactionHash: sent.hash, blockNumber }
  throw new ChainError('chain.revocation_unproven', 'The number is not used up after the transaction.', {
    details: { delegation, number: number.toString(), transactionHash: sent.hash },
    fix: 'Treat the request as alive; look at the transaction, and burn it again.',
    retry: 'reconcile',
  })
}

async function isUsed(
  client: NodeClient,
  { account, environment, delegation, number }: BurnRequestParameters,
  block: Hex,
): Promise<boolean> {
  const [enforcer] = await readKnownCode(client, { environment, names: ['TaskScopeEnforcer'], block })
  const slot = numberSlot(delegation, account.address.toLowerCase() as Address, number)
  return isNumberUsed(await loadWord(client, { enforcer: enforcer?.address as Address, slot, block }), number)
}
