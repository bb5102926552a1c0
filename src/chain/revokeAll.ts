import { encodeFunctionData, type LocalAccount, parseAbi } from 'viem'
import type { Environment } from '../caveats/types.ts'
import { raiseNonceCall } from '../grant/guardian.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { readAccountCode } from './account.ts'
import { readQuantity } from './answers.ts'
import { assertChain } from './assertChain.ts'
import { readBlock } from './block.ts'
import { ChainError } from './errors.ts'
import { sendAsHybrid } from './hybridOperations.ts'
import { included } from './included.ts'
import { readNonce } from './readNonce.ts'
import { ask, type NodeClient } from './rpc.ts'
import { broadcast, type Sent, send } from './send.ts'

export type RevokeAllParameters = {
  /** The account whose delegations end, or the owner of the Hybrid account that it is. */
  account: LocalAccount
  /** Whose nonce to raise. Absent: the account itself. */
  delegator?: Address
  environment: Environment
  /** The nonce that what is to end carries, as it was shown to whoever confirmed. */
  nonce: bigint
  /** What an earlier attempt at the same nonce signed: it is looked for, and sent again, before anything else is. */
  earlier?: Sent
  /** Awaited before any byte leaves. */
  onSigned?: (sent: Sent) => void | Promise<void>
  /** Milliseconds to wait for inclusion. Default 60,000. */
  timeout?: number
  pollingInterval?: number
}

export type NonceRaised = {
  /** Every delegation of the account that carries this nonce has ended. */
  nonce: bigint
  /** The account's nonce at `blockNumber`: what new delegations must carry. */
  current: bigint
  /** `null`: it was raised before. */
  transactionHash: Hex | null
  blockNumber: bigint
}

const abi = parseAbi([
  'struct Execution { address target; uint256 value; bytes callData; }',
  'function execute(Execution execution) payable',
])

/**
 * Raises an account's nonce in NonceEnforcer and proves it in the very block: every delegation of that account with a nonce
 * caveat ends, whoever made it, the permissions that a wallet granted included.
 *
 * It ends what carries `nonce` and nothing newer: where the nonce was raised before, nothing is sent. Two that run at once
 * may raise it twice; both end what was shown, and whoever granted in between reads the nonce before signing.
 *
 * @throws {@link ChainError} `chain.nonce_ahead` where the account has not come to that nonce yet, `chain.wrong_account`,
 * `chain.principal_unsupported`, `chain.revocation_unproven`, `chain.send_unknown` where time is up; those of `send`.
 */
export async function revokeAll(client: NodeClient, parameters: RevokeAllParameters): Promise<NonceRaised> {
  const delegator = parameters.delegator ?? (parameters.account.address.toLowerCase() as Address)
  return raiseNonce(client, { ...parameters, delegator }, (block) => sendRaise(client, parameters, delegator, block))
}

export type RaiseParameters = Omit<RevokeAllParameters, 'account' | 'delegator'> & { delegator: Address }

/**
 * Has a nonce raised by whatever `sendNew` sends, unless it was raised before, and proves it in the very block: that a
 * transaction succeeded proves nothing.
 *
 * @param sendNew - Given the hash of the head. Called at most once, and not while an earlier sending may still count.
 * @throws {@link ChainError} as {@link revokeAll}.
 */
export async function raiseNonce(
  client: NodeClient,
  { delegator, environment, nonce, earlier, ...waiting }: RaiseParameters,
  sendNew: (block: Hex) => Promise<Sent>,
): Promise<NonceRaised> {
  await assertChain(client, environment.chainId)
  const head = await readBlock(client)
  const before = await readNonce(client, { delegator, environment, block: { hash: head.hash } })
  if (before > nonce) return { nonce, current: before, transactionHash: null, blockNumber: head.number }
  if (before < nonce) {
    throw new ChainError('chain.nonce_ahead', 'The account has not come to this nonce.', {
      details: { delegator, nonce: nonce.toString(), current: before.toString() },
      fix: 'Read the nonce again: the node may be behind.',
      retry: 'safe',
    })
  }
  const sent = (await sendEarlier(client, earlier)) ?? (await sendNew(head.hash))
  const receipt = await included(client, sent, waiting)
  const current = await readNonce(client, { delegator, environment, block: { hash: receipt.blockHash } })
  if (current > nonce) return { nonce, current, transactionHash: sent.hash, blockNumber: receipt.blockNumber }
  throw new ChainError('chain.revocation_unproven', 'The nonce is what it was after the transaction.', {
    details: { delegator, nonce: nonce.toString(), transactionHash: sent.hash },
    fix: 'Treat every grant as alive; look at the transaction, and revoke again.',
    retry: 'reconcile',
  })
}

/**
 * The same bytes once more: whatever became of the first sending, they count once. `null` where another transaction took
 * their place for good, so that only a new one can do it.
 */
async function sendEarlier(client: NodeClient, earlier: Sent | undefined): Promise<Sent | null> {
  if (earlier === undefined) return null
  try {
    await broadcast(client, earlier)
    return earlier
  } catch (error) {
    if (!(error instanceof ChainError) || error.code !== 'chain.send_refused') throw error
    const answer = await ask(client, 'eth_getTransactionCount', [earlier.from, 'latest'])
    const used = readQuantity('eth_getTransactionCount', answer) > earlier.nonce
    if (used) return null
    throw error
  }
}

async function sendRaise(
  client: NodeClient,
  { account, environment, onSigned }: RevokeAllParameters,
  delegator: Address,
  block: Hex,
): Promise<Sent> {
  const { to, value, data } = raiseNonceCall(environment)
  const observed = onSigned === undefined ? {} : { onSigned }
  const code = await readAccountCode(client, { address: delegator, environment, block })
  if (code.kind === 'contract') {
    const execution = { target: to, value, callData: data }
    const call = encodeFunctionData({ abi, functionName: 'execute', args: [execution] })
    return sendAsHybrid(client, { account, sender: delegator, calls: [call], environment, block, ...observed })
  }
  if (account.address.toLowerCase() !== delegator) {
    throw new ChainError('chain.wrong_account', 'Only the account itself can raise its nonce.', {
      details: { account: account.address.toLowerCase(), delegator },
      fix: 'Revoke with the account whose grants are to end.',
    })
  }
  return send(client, { account, chainId: environment.chainId, to, data, ...observed })
}
