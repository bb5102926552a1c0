import type { Environment } from '../caveats/types.ts'
import { DelegationError } from '../delegation/errors.ts'
import { encodeCalls } from '../delegation/execution.ts'
import { type Address, byteLength, bytesToUint, sliceBytes } from '../primitives/hex.ts'
import type { Redemption } from '../redemption/types.ts'
import type { Action, Call } from '../verdict/types.ts'
import { readCounted } from './counted.ts'
import { addressWord, expectedCounts, isRedeemed, redeemedData, transferOf } from './events.ts'
import type { LogEvidence, ReceiptEvidence, TransactionEvidence } from './evidence.ts'
import type { Effect, Inclusion, Outcome } from './types.ts'

export type ClassifyParameters = {
  transaction: TransactionEvidence
  receipt: ReceiptEvidence
  /** What was meant to be sent. */
  redemption: Redemption
  action: Action
  /** Root delegator: whose money moves. */
  principal: Address
  environment: Environment
  /** Number of the newest canonical block. */
  head: bigint
  /** Blocks from the inclusion's to the head's, both counted, that make it final. */
  confirmations: number
  /**
   * The principal's code is one that runs what the manager hands it, or reverts. An account of unknown code may ignore it
   * and the manager would not notice; then only a log of the target proves that something ran.
   */
  accountRuns: boolean
}

/** A hostile token can write thousands of logs; this many movements of a redemption are kept, and one for each call. */
const MAX_EFFECTS = 64

/** `transfer(address,uint256)` */
const TRANSFER_SELECTOR = '0xa9059cbb'

/**
 * What an included transaction did, from everything it left behind: its very call data, the manager's report of each link,
 * what the enforcers counted, and the movement that the action asked for. `status 1` by itself is not success: the manager
 * reports redemptions whose execution was ignored.
 *
 * What contradicts itself is `unknown`: no chain did that, so the node is wrong.
 */
export function classifyOutcome(parameters: ClassifyParameters): Outcome {
  const { transaction, receipt, redemption, action, head, confirmations } = parameters
  const doubt = contradiction(parameters)
  if (doubt !== null) return { status: 'unknown', transactionHash: transaction.hash, doubt }
  const inclusion: Inclusion = {
    transactionHash: receipt.transactionHash,
    blockNumber: receipt.blockNumber,
    blockHash: receipt.blockHash,
    final: head - receipt.blockNumber + 1n >= BigInt(confirmations),
  }
  const { gasUsed } = receipt
  const ineffective = (missing: string, effects: readonly Effect[]): Outcome => ({
    status: 'ineffective',
    missing,
    effects,
    gasUsed,
    ...inclusion,
  })
  if (transaction.to !== redemption.manager || transaction.input !== redemption.data)
    return ineffective('call_data', [])
  if (!runsCalls(redemption, action)) return ineffective('calls', [])
  if (transaction.from !== action.redeemer) return ineffective('redeemer', [])
  if (receipt.status === 'reverted') return { status: 'reverted', gasUsed, ...inclusion }

  const effects = effectsOf(parameters)
  const missing = missingLink(parameters) ?? missingCount(parameters) ?? missingEffect(parameters, effects)
  if (missing !== null) return ineffective(missing, effects)
  const counted = readCounted(receipt.logs, parameters)
  if ('missing' in counted) return ineffective(counted.missing, effects)
  return { status: 'executed', effects, gasUsed, ...(counted.length === 0 ? {} : { counted }), ...inclusion }
}

/** Whether the redemption runs the action's calls: an effect of others would be claimed, or none of its own be asked for. */
function runsCalls({ mode, execution }: Redemption, { calls }: Action): boolean {
  try {
    const own = encodeCalls(calls)
    return own.mode === mode && own.execution === execution
  } catch (error) {
    if (error instanceof DelegationError) return false
    throw error
  }
}

/** Why receipt and transaction cannot both be true, or `null`. */
function contradiction({ transaction, receipt, head }: ClassifyParameters): string | null {
  if (receipt.transactionHash !== transaction.hash) return 'The receipt is for another transaction.'
  if (receipt.blockHash !== transaction.blockHash || receipt.blockNumber !== transaction.blockNumber) {
    return 'Receipt and transaction name different blocks.'
  }
  if (receipt.from !== transaction.from || receipt.to !== transaction.to) {
    return 'Receipt and transaction name different accounts.'
  }
  if (receipt.status === 'reverted' && receipt.logs.length > 0) return 'A reverted transaction has logs.'
  if (receipt.blockNumber > head) return 'The block is newer than the head.'
  const indices = receipt.logs.map(({ logIndex }) => logIndex)
  if (indices.some((index, at) => at > 0 && index !== (indices[at - 1] ?? 0) + 1))
    return 'The logs are not in sequence.'
  return null
}

/** Every link reports, leaf first, in the order in which the manager walked them. */
function missingLink({ receipt, redemption, action, principal }: ClassifyParameters): string | null {
  const expected = { manager: redemption.manager, principal, redeemer: action.redeemer }
  const reported = receipt.logs.filter((log) => isRedeemed(log, expected))
  const links = redeemedData(redemption.context)
  const same = reported.length === links.length && links.every((data, hop) => reported[hop]?.data === data)
  return same ? null : 'redeemed_delegation'
}

function missingCount({ receipt, redemption, action, environment }: ClassifyParameters): string | null {
  const left = [...receipt.logs]
  for (const { enforcer, topic, delegation } of expectedCounts(redemption.context, environment)) {
    // Each log counts once: a caveat that stands twice has counted twice.
    const at = left.findIndex(
      (log) =>
        log.address === enforcer &&
        log.topics.length === 4 &&
        log.topics[0] === topic &&
        log.topics[1] === addressWord(redemption.manager) &&
        log.topics[2] === addressWord(action.redeemer) &&
        log.topics[3] === delegation,
    )
    if (at === -1) return 'enforcer_event'
    left.splice(at, 1)
  }
  return null
}

function missingEffect(parameters: ClassifyParameters, effects: readonly Effect[]): string | null {
  const { action, principal, receipt, accountRuns } = parameters
  // Each movement is one call's: two payments that are alike have moved twice.
  const left = [...effects]
  for (const call of action.calls) {
    if (byteLength(call.data) === 68 && sliceBytes(call.data, 0, 4) === TRANSFER_SELECTOR) {
      const at = left.findIndex((effect) => isTransferOf(effect, call, principal))
      if (at === -1) return 'transfer_log'
      left.splice(at, 1)
    } else if (!accountRuns && !receipt.logs.some((log: LogEvidence) => log.address === call.to)) return 'target_log'
  }
  return null
}

function isTransferOf({ asset, from, to, amount }: Effect, call: Call, principal: Address): boolean {
  const asked = { to: sliceBytes(call.data, 16, 36), amount: bytesToUint(sliceBytes(call.data, 36)) }
  return asset === call.to && from === principal && to === asked.to && amount === asked.amount
}

/**
 * Value that moved. Native value leaves no log: it is claimed from the calls themselves, where the account is known to run
 * them. The movements that were asked for come first, so that a flood of logs cannot push them out.
 */
function effectsOf({ action, principal, receipt, accountRuns }: ClassifyParameters): readonly Effect[] {
  const native = action.calls.flatMap(({ to, value }): Effect[] =>
    value > 0n && accountRuns ? [{ asset: 'native', from: principal, to, amount: value }] : [],
  )
  const transfers = receipt.logs.flatMap((log) => transferOf(log) ?? [])
  const targets = new Set(action.calls.map(({ to }) => to))
  const own = transfers.filter(({ asset, from }) => asset !== 'native' && targets.has(asset) && from === principal)
  const others = transfers.filter((effect) => !own.includes(effect))
  return [...native, ...own, ...others].slice(0, Math.max(MAX_EFFECTS, native.length + action.calls.length))
}
