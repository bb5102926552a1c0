import { keccak256, type LocalAccount, parseTransaction } from 'viem'
import type { Block } from '../chain/block.ts'
import { readFees } from '../chain/send.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import type { Service } from './service.ts'
import { findAction } from './store/actions.ts'
import {
  type Attempts,
  boundTo,
  keepSubmission,
  lockLane,
  type Submission,
  submissionsAt,
} from './store/submissions.ts'

/** What a node asks of a replacement: a tenth more, and geth's own client an eighth. */
const MORE = { numerator: 9n, denominator: 8n } as const
const PLAIN_GAS = 21_000n

/**
 * The bytes to be sent for a nonce now: the newest there are, or dearer ones of the same nonce where those have waited for
 * several blocks. Where no action of it can pass any more, its nonce is used up by nothing, for a fraction of what their
 * failure would cost: a hole would hold up everything after it.
 *
 * The new bytes are durable before they are returned, like the first ones.
 */
export async function replaceStuck(service: Service, attempts: Attempts, head: Block): Promise<Submission> {
  const newest = attempts.at(-1) as Submission
  const { database, node, settings, now } = service
  const account = service.signers.get(newest.signer)
  if (account === undefined || Number(head.number) - newest.sinceBlock < settings.replaceAfter) return newest
  const offered = await readFees(node)
  const least = (newest.fee * MORE.numerator) / MORE.denominator + 1n
  const maxFeePerGas = offered.maxFeePerGas > least ? offered.maxFeePerGas : least
  // At the cap it waits: fees fall again, and the operator is told how long the oldest one has waited.
  if (maxFeePerGas > settings.feeCap) return newest
  const useless = newest.kind === 'nothing' || (await areUseless(service, newest, head))
  const raw = await sign(account, newest, { useless, maxFeePerGas })
  const replacement = {
    hash: keccak256(raw),
    signer: newest.signer,
    nonce: newest.nonce,
    kind: useless ? ('nothing' as const) : ('redemption' as const),
    raw,
    fee: maxFeePerGas,
    sinceBlock: Number(head.number),
    signedAt: now(),
  }
  return database.transaction(async (query) => {
    await lockLane(query, database.dialect, newest.signer)
    // Another replica may have replaced it already: then its bytes are the ones to send.
    const last = (await submissionsAt(query, newest)).at(-1)
    if (last === undefined || last.hash !== newest.hash) return last ?? newest
    await keepSubmission(query, replacement)
    return { ...replacement, block: null }
  })
}

/** Whether the requests of all its actions are out of date: the chain would refuse them. */
async function areUseless({ database }: Service, submission: Submission, head: Block): Promise<boolean> {
  for (const id of await boundTo(database.query, submission)) {
    const action = await findAction(database.query, id)
    if (action !== undefined && head.timestamp <= BigInt(action.deadline)) return false
  }
  return true
}

/** The same nonce and the same call, or nothing at all, for another price. The tip rises with the fee. */
async function sign(
  account: LocalAccount,
  { raw, signer, fee }: Submission,
  { useless, maxFeePerGas }: { useless: boolean; maxFeePerGas: bigint },
): Promise<Hex> {
  const { chainId, nonce, to, data, gas, maxPriorityFeePerGas: tip = 0n } = parseTransaction(raw)
  const dearer = (tip * maxFeePerGas) / fee + 1n
  const maxPriorityFeePerGas = dearer < maxFeePerGas ? dearer : maxFeePerGas
  const call = useless
    ? { to: signer as Address, gas: PLAIN_GAS }
    : { to: to as Address, data: data as Hex, gas: gas as bigint }
  return account.signTransaction({
    type: 'eip1559',
    chainId: chainId as number,
    nonce: nonce as number,
    maxFeePerGas,
    maxPriorityFeePerGas,
    ...call,
  })
}
