import { sliceBytes } from '../primitives/hex.ts'
import { max, min } from '../primitives/integer.ts'
import { periodOf, spentOf } from './counters.ts'
import { windowAt } from './enforcers/period.ts'
import { streamedAt, streamTerms } from './enforcers/streaming.ts'
import { amountOf, type Facts, MAX_UINT256, withAmount } from './facts.ts'
import { largestHeld } from './held.ts'
import { checkFrame, judgeBranch } from './judge.ts'
import type { PreparedBranch, PreparedCaveat, PreparedGrant } from './prepared.ts'
import type { State } from './types.ts'

/** Which quantity of an action is its amount: tokens of a transfer call, wei of any other. */
export type Measured = 'token' | 'value'

export function measuredOf(facts: Facts): Measured {
  return facts.tokenAmount === null ? 'value' : 'token'
}

/**
 * The most that passes at this state with everything else unchanged, over every caveat, hop and branch; `null` where no
 * amount passes. Every bound is necessary, and the least of them is tried, so the answer is exact.
 */
export function largestAllowed(
  prepared: PreparedGrant,
  facts: Facts,
  state: State,
  measured: Measured,
  passing: 'allow' | 'not_denied' = 'allow',
): bigint | null {
  // What a batch moves is not one amount.
  if (!facts.single || (measured === 'token' && facts.tokenAmount === null)) return null
  if (checkFrame(prepared, facts, state) !== null) return null
  let most: bigint | null = null
  for (const branch of prepared.branches) {
    const amount = largestOf(branch, facts, state, measured, passing)
    if (amount !== null) most = most === null ? amount : max(most, amount)
  }
  return most
}

/** What counting caveats leave after this action, tightest; `null` where nothing counts what the action moves. */
export function remainingAfter(branch: PreparedBranch, facts: Facts, state: State): bigint | null {
  const measured = measuredOf(facts)
  let least: bigint | null = null
  for (const link of branch.links) {
    for (const caveat of link.caveats) {
      const left = facts.single ? leftFor(caveat, facts, state, measured) : null
      if (left === null) continue
      const after = left - amountOf(facts) * BigInt(caveat.earlier + 1)
      least = least === null ? after : min(least, after)
    }
  }
  return least
}

function largestOf(
  branch: PreparedBranch,
  facts: Facts,
  state: State,
  measured: Measured,
  passing: 'allow' | 'not_denied',
): bigint | null {
  let bound = MAX_UINT256
  const pins: Pin[] = []
  for (const link of branch.links) {
    for (const caveat of link.caveats.flatMap(unwrapped)) {
      const left = leftFor(caveat, facts, state, measured)
      if (left !== null) {
        if (left < 0n) return null
        bound = min(bound, left / BigInt(caveat.earlier + 1))
      }
      if (measured === 'value' && caveat.meaning.kind === 'valueLte') bound = min(bound, caveat.meaning.max)
      if (measured === 'value' && wantsNoValue(caveat, facts)) bound = 0n
      pins.push(...(measured === 'token' ? pinOf(caveat) : pinOfValue(caveat)))
    }
  }
  bound = min(bound, largestHeld(branch.held, facts, measured, passing))
  const candidate = pins.length === 0 ? bound : largestPinned(bound, pins)
  if (candidate === null) return null
  const { verdict } = judgeBranch(branch, withAmount(facts, measured, candidate), state)
  return verdict === 'allow' || (verdict === 'escalate' && passing === 'not_denied') ? candidate : null
}

/** What a wrapper wraps, by the redeemer's choice; any other caveat itself. */
function unwrapped(caveat: PreparedCaveat): readonly PreparedCaveat[] {
  return caveat.choice?.is === 'group' ? caveat.choice.caveats : [caveat]
}

/** What one counting caveat leaves before this action; negative where even nothing is too much, `null` where it does not count. */
function leftFor(caveat: PreparedCaveat, facts: Facts, state: State, measured: Measured): bigint | null {
  const { meaning, period } = caveat
  switch (meaning.kind) {
    case 'erc20TransferAmount':
    case 'nativeTransferAmount':
      if ((meaning.kind === 'erc20TransferAmount') !== (measured === 'token')) return null
      return minus(meaning.limit, spentOf(caveat, state))
    case 'erc20Streaming':
    case 'nativeStreaming': {
      if ((meaning.kind === 'erc20Streaming') !== (measured === 'token')) return null
      const found = streamTerms(meaning, 1n, { caveat, state })
      if (found === null) return null
      const { terms, spent } = found
      const streamed = streamedAt(terms, state.block.timestamp)
      return streamed === null ? null : max(streamed - spent, 0n)
    }
    case 'multiTokenPeriod':
    case 'erc20PeriodTransfer':
    case 'nativePeriodTransfer': {
      const counted = meaning.kind === 'multiTokenPeriod' ? measuredOf(facts) : KINDS[meaning.kind]
      if (counted !== measured) return null
      const stored = periodOf(caveat, state)
      if (stored === null || period === null) return null
      if ((stored.start === 0n ? period : stored).duration === 0n) return null
      const { limit, used } = windowAt(stored, period, state.block.timestamp)
      return max(limit - used, 0n)
    }
    default:
      return null
  }
}

const KINDS = { erc20PeriodTransfer: 'token', nativePeriodTransfer: 'value' } as const

/** Whether a caveat refuses native value with a call that it would else take. */
function wantsNoValue({ meaning }: PreparedCaveat, facts: Facts): boolean {
  return meaning.kind === 'approvalRevocation' || (meaning.kind === 'multiTokenPeriod' && facts.data !== '0x')
}

/** Bits of the amount word that a caveat fixes. */
type Pin = { mask: bigint; bits: bigint }

const WORD_START = 36
const WORD_END = 68

function pinOf({ meaning }: PreparedCaveat): Pin[] {
  const pinned =
    meaning.kind === 'allowedCalldata'
      ? { start: meaning.start, value: meaning.value }
      : meaning.kind === 'exactCalldata' || meaning.kind === 'exactExecution'
        ? { start: 0n, value: meaning.data }
        : null
  if (pinned === null) return []
  const start = Number(pinned.start)
  const end = Math.min(start + ((pinned.value.length - 2) >> 1), WORD_END)
  const from = Math.max(start, WORD_START)
  if (from >= end) return []
  const bytes = sliceBytes(pinned.value, from - start, end - start)
  const shift = BigInt((WORD_END - end) * 8)
  const ones = (1n << BigInt((end - from) * 8)) - 1n
  return [{ mask: ones << shift, bits: BigInt(bytes) << shift }]
}

function pinOfValue({ meaning }: PreparedCaveat): Pin[] {
  return meaning.kind === 'exactExecution' ? [{ mask: MAX_UINT256, bits: meaning.value }] : []
}

/** The largest word not above `bound` that has every pinned bit; `null` where there is none. */
function largestPinned(bound: bigint, pins: readonly Pin[]): bigint | null {
  let mask = 0n
  let bits = 0n
  for (const pin of pins) {
    mask |= pin.mask
    bits |= pin.bits
  }
  const free = MAX_UINT256 & ~mask
  if ((bound & mask) === bits) return bound
  // Otherwise it agrees with the bound down to some bit, is lower there, and has every free bit below set.
  for (let bit = 0n; bit < 256n; bit++) {
    const one = 1n << bit
    const below = one - 1n
    const above = MAX_UINT256 & ~(below | one)
    if ((bound & one) === 0n || (bits & one) !== 0n) continue
    if ((bound & above & mask) !== (bits & above)) continue
    return (bound & above) | (bits & below) | (free & below)
  }
  return null
}

function minus(limit: bigint, spent: bigint | null): bigint | null {
  return spent === null ? null : limit - spent
}
