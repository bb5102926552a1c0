import type { Address, Hex } from '../primitives/hex.ts'
import { max } from '../primitives/integer.ts'
import type { BudgetUnit } from '../scope/budgets.ts'
import { callsOf, periodOf, spentOf, usedOf } from './counters.ts'
import { blockNumber } from './enforcers/blockNumber.ts'
import { windowAt } from './enforcers/period.ts'
import { streamedAt, streamTerms } from './enforcers/streaming.ts'
import type { PreparedCaveat, PreparedGrant, PreparedLink, StreamTerms } from './prepared.ts'
import { chosenPeriod } from './storage.ts'
import { endOfTerms, metersOfTerms } from './taskScope/metersOfTerms.ts'
import type { ReasonCode, State } from './types.ts'

/** What is counted: base units of a token, wei, calls, or the units of a budget that weighs several assets. */
export type Counted = Address | 'native' | 'calls' | `budget:${string}`

/** What one caveat has counted at one block. `null`: the state does not say, so nobody knows. */
export type Meter = {
  counts: Counted
  /** Name of the budget in its scope, or its number; where one caveat has several. */
  budget?: string
  /** Of a budget that weighs several assets: what one of the numbers below is in its own units. */
  unit?: BudgetUnit
  limit: bigint
  used: bigint | null
  left: bigint | null
  /** Unix seconds at which the window ends; `null` where it never begins anew. */
  resetsAt: bigint | null
}

/** The least that is left of one thing over a delegation and everything above it, and which of them says so. */
export type Remaining = Pick<Meter, 'counts' | 'budget' | 'unit' | 'left'> & { by: Hex; inherited: boolean }

/** Why nothing can be redeemed through a delegation, and at which one: itself, or one above it. */
export type Ended = { code: ReasonCode; by: Hex; inherited: boolean }

/** One delegation at one block. */
export type NodeMeters = {
  delegation: Hex
  own: readonly Meter[]
  remaining: readonly Remaining[]
  ended: Ended | null
}

/**
 * What every delegation of a grant has left at the state's block: by itself, and under its parents, for a child gets no
 * more than the least above it. Each delegation once, whatever branches it serves.
 *
 * It is what the chain counts. What a single action may move can be less: `largestAllowed` of a verdict says that.
 */
export function readMeters(prepared: PreparedGrant, state: State): NodeMeters[] {
  const nodes = new Map<Hex, NodeMeters>()
  for (const { links } of prepared.branches) {
    links.forEach(({ hash }, hop) => {
      if (!nodes.has(hash)) nodes.set(hash, readNode(links.slice(hop), state))
    })
  }
  return [...nodes.values()]
}

/** @param path - The delegation first, its root last. */
function readNode(path: readonly PreparedLink[], state: State): NodeMeters {
  const [self] = path
  const delegation = self?.hash ?? '0x'
  const meters = path.map(({ caveats }) => caveats.flatMap((caveat) => meterOf(caveat, state)))
  const least = new Map<string, Remaining>()
  path.forEach(({ hash }, at) => {
    for (const { counts, budget, unit, left } of meters[at] ?? []) {
      // Two budgets of one caveat may count one asset, each for rules of its own; and one name may stand for two measures.
      const key = [counts, budget ?? '', unit?.amount ?? '', unit?.decimals ?? ''].join('/')
      const before = least.get(key)
      const lower = before === undefined || (before.left !== null && (left === null || left < before.left))
      const named = { ...(budget === undefined ? {} : { budget }), ...(unit === undefined ? {} : { unit }) }
      if (lower) least.set(key, { counts, ...named, left, by: hash, inherited: at > 0 })
    }
  })
  return { delegation, own: meters[0] ?? [], remaining: [...least.values()], ended: endOf(path, state) }
}

function meterOf(caveat: PreparedCaveat, state: State): Meter[] {
  const { meaning } = caveat
  switch (meaning.kind) {
    case 'taskScope':
      return caveat.taskScope === null ? [] : metersOfTerms(caveat.taskScope, state)
    case 'limitedCalls':
      return [total('calls', meaning.limit, callsOf(caveat, state))]
    case 'erc20TransferAmount':
      return [total(meaning.token, meaning.limit, spentOf(caveat, state))]
    case 'nativeTransferAmount':
      return [total('native', meaning.limit, spentOf(caveat, state))]
    case 'erc20PeriodTransfer':
      return [period(meaning.token, meaning.amount, caveat, state)]
    case 'nativePeriodTransfer':
      return [period('native', meaning.amount, caveat, state)]
    case 'multiTokenPeriod': {
      // Of the others nobody can say what is left: which one it is, is for the redeemer to choose.
      const chosen = chosenPeriod(meaning.periods, caveat.args)?.period
      if (chosen === undefined) return []
      return [period(chosen.token === NATIVE ? 'native' : chosen.token, chosen.amount, caveat, state)]
    }
    case 'erc20Streaming':
      return [stream(meaning.token, meaning, caveat, state)]
    case 'nativeStreaming':
      return [stream('native', meaning, caveat, state)]
    case 'id':
    case 'specificActionBatch': {
      const used = usedOf(caveat, state)
      return [total('calls', 1n, used === null ? null : used ? 1n : 0n)]
    }
    default:
      return []
  }
}

const NATIVE: Address = `0x${'00'.repeat(20)}`

function period(counts: Counted, limit: bigint, caveat: PreparedCaveat, state: State): Meter {
  const stored = periodOf(caveat, state)
  if (stored === null || caveat.period === null || (stored.start === 0n ? caveat.period : stored).duration === 0n) {
    return { counts, limit, used: null, left: null, resetsAt: null }
  }
  const { limit: most, used, end } = windowAt(stored, caveat.period, state.block.timestamp)
  return { counts, limit, used, left: max(most - used, 0n), resetsAt: end }
}

/** Of a stream the limit is what it ends at, and what is left is what has come and not gone. */
function stream(counts: Counted, own: StreamTerms, caveat: PreparedCaveat, state: State): Meter {
  const found = streamTerms(own, 1n, { caveat, state })
  const streamed = found === null ? null : streamedAt(found.terms, state.block.timestamp)
  const unread = { counts, limit: own.max, used: null, left: null, resetsAt: null }
  if (found === null || streamed === null) return unread
  const { spent: used } = found
  return { ...unread, used, left: max(streamed - used, 0n) }
}

function total(counts: Counted, limit: bigint, used: bigint | null): Meter {
  const left = used === null ? null : max(limit - used, 0n)
  return { counts, limit, used, left, resetsAt: null }
}

/** The first end from the delegation up. What was not read counts as an end: nobody can say that it goes on. */
function endOf(path: readonly PreparedLink[], state: State): Ended | null {
  for (const [at, link] of path.entries()) {
    const code = endOfLink(link, state)
    if (code !== null) return { code, by: link.hash, inherited: at > 0 }
  }
  return null
}

function endOfLink({ hash, delegator, caveats }: PreparedLink, state: State): ReasonCode | null {
  if (state.paused !== false) return state.paused === true ? 'paused' : 'state_missing'
  const disabled = state.disabled[hash]
  if (disabled !== false) return disabled === true ? 'revoked' : 'state_missing'
  const now = state.block.timestamp
  for (const caveat of caveats) {
    const { meaning } = caveat
    const never = neverPasses(caveat, state)
    if (never !== null) return never
    if (meaning.kind === 'nonce') {
      const nonce = state.nonces[delegator]
      if (nonce !== meaning.nonce) return nonce === undefined ? 'state_missing' : 'group_revoked'
    }
    if (meaning.kind === 'timestamp') {
      if (meaning.before !== 0n && now >= meaning.before) return 'expired'
      if (meaning.after !== 0n && now <= meaning.after) return 'not_yet_valid'
    }
  }
  return null
}

/** What no action passes, whatever it is. */
function neverPasses(caveat: PreparedCaveat, state: State): ReasonCode | null {
  const { meaning, choice } = caveat
  switch (meaning.kind) {
    case 'taskScope':
      if (caveat.taskScope === null || caveat.earlier > 0) return 'counter_shared'
      return endOfTerms(caveat.taskScope, state)
    case 'unknown':
      return 'unknown_caveat'
    case 'logicalOr':
      return choice?.is === 'group' ? null : choice?.is === 'none' ? 'args_not_allowed' : 'choice_unknown'
    case 'argsEqualityCheck':
      return caveat.args === meaning.args ? null : 'args_not_allowed'
    case 'blockNumber':
      return blockNumber(meaning, { caveat, state })?.code ?? null
    case 'id':
      return usedOf(caveat, state) === false ? null : usedOf(caveat, state) ? 'id_used' : 'state_missing'
    case 'specificActionBatch':
      return usedOf(caveat, state) === false ? null : usedOf(caveat, state) ? 'delegation_used' : 'state_missing'
    case 'nativeBalanceChange':
    case 'erc20BalanceChange':
    case 'erc721BalanceChange':
    case 'erc1155BalanceChange':
      return 'effect_unknown'
    case 'nativePayment':
      return 'payment_unknown'
    default:
      return null
  }
}
