import { encodeFunctionData, type LocalAccount, parseAbi } from 'viem'
import type { Environment } from '../caveats/types.ts'
import type { Group } from '../grant/ending.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { groupSlot } from '../verdict/taskScope/slots.ts'
import { readAccountCode } from './account.ts'
import { assertChain } from './assertChain.ts'
import { type BlockName, readBlock } from './block.ts'
import { ChainError } from './errors.ts'
import { sendAsHybrid } from './hybridOperations.ts'
import { included } from './included.ts'
import { readKnownCode } from './knownCode.ts'
import { loadWord } from './readTerms.ts'
import type { NodeClient } from './rpc.ts'
import { type Sent, send } from './send.ts'

export type EndGroupParameters = {
  /** The delegator, the owner of the Hybrid account that it is, or the guardian. */
  account: LocalAccount
  group: Group
  environment: Environment
  /** Awaited before any byte leaves. */
  onSigned?: (sent: Sent) => void | Promise<void>
  /** Milliseconds to wait for inclusion. Default 60,000. */
  timeout?: number
  pollingInterval?: number
}

export type GroupEnded = {
  group: Group
  /** `null`: it had ended before. */
  transactionHash: Hex | null
  /** The group was read as ended at this block. */
  blockNumber: bigint
}

const abi = parseAbi([
  'struct Execution { address target; uint256 value; bytes callData; }',
  'function execute(Execution execution) payable',
  'function endGroup(address delegator, bytes8 group, address guardian)',
])

/**
 * Ends every grant of a group, for ever: every link of its delegator that names it dies, whenever it was signed, and so does
 * all that lies under one. By the delegator or by the guardian; proven in the very block. Idempotent: of a group that has
 * ended nothing is sent.
 *
 * @throws {@link ChainError} `chain.wrong_account` where the account is neither, `chain.principal_unsupported`,
 * `chain.not_deployed` and `chain.wrong_code` of the enforcer, `chain.revocation_unproven`, `chain.send_unknown` where time
 * is up; those of `send`.
 */
export async function endGroup(client: NodeClient, parameters: EndGroupParameters): Promise<GroupEnded> {
  const { group, environment } = parameters
  await assertChain(client, environment.chainId)
  const head = await readBlock(client)
  if (await isEnded(client, parameters, head.hash)) {
    return { group, transactionHash: null, blockNumber: head.number }
  }
  const sent = await sendEnd(client, parameters, head.hash)
  const { blockHash, blockNumber } = await included(client, sent, parameters)
  if (await isEnded(client, parameters, blockHash)) return { group, transactionHash: sent.hash, blockNumber }
  throw new ChainError('chain.revocation_unproven', 'The group has not ended after the transaction.', {
    details: { delegator: group.delegator, group: group.group, transactionHash: sent.hash },
    fix: 'Treat every grant of it as alive; look at the transaction, and revoke again.',
    retry: 'reconcile',
  })
}

/**
 * Whether a group has ended, at one block. The enforcer's code is looked at: another one's word about it is none.
 *
 * @throws {@link ChainError} `chain.wrong_chain`, `chain.not_deployed`, `chain.wrong_code`, `chain.rpc_…`.
 */
export async function readGroupEnded(
  client: NodeClient,
  { group, environment, block }: { group: Group; environment: Environment; block?: BlockName },
): Promise<boolean> {
  await assertChain(client, environment.chainId)
  const { hash } = await readBlock(client, block)
  return isEnded(client, { group, environment }, hash)
}

async function isEnded(
  client: NodeClient,
  { group, environment }: Pick<EndGroupParameters, 'group' | 'environment'>,
  block: Hex,
): Promise<boolean> {
  const [enforcer] = await readKnownCode(client, { environment, names: ['TaskScopeEnforcer'], block })
  const slot = groupSlot(group)
  return (await loadWord(client, { enforcer: enforcer?.address as Address, slot, block })) !== 0n
}

async function sendEnd(
  client: NodeClient,
  { account, group, environment, onSigned }: EndGroupParameters,
  block: Hex,
): Promise<Sent> {
  const { delegator, group: id, guardian } = group
  const target = environment.enforcers['TaskScopeEnforcer'] as Address
  const data = encodeFunctionData({ abi, functionName: 'endGroup', args: [delegator, id, guardian ?? NOBODY] })
  const observed = onSigned === undefined ? {} : { onSigned }
  const from = account.address.toLowerCase()
  if (from === delegator || from === guardian) {
    return send(client, { account, chainId: environment.chainId, to: target, data, ...observed })
  }
  const code = await readAccountCode(client, { address: delegator, environment, block })
  if (code.kind === 'contract') {
    const call = encodeFunctionData({ abi, functionName: 'execute', args: [{ target, value: 0n, callData: data }] })
    return sendAsHybrid(client, { account, sender: delegator, calls: [call], environment, block, ...observed })
  }
  throw new ChainError('chain.wrong_account', 'Only the delegator or the guardian ends a group.', {
    details: { account: from, delegator, guardian: guardian ?? 'none' },
    fix: 'Revoke with the account of one of the two.',
  })
}

const NOBODY: Address = `0x${'00'.repeat(20)}`
