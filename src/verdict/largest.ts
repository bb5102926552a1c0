import { sliceBytes } from '../primitives/hex.ts'
import { max, min } from '../primitives/integer.ts'
import { periodOf, spentOf } from './counters.ts'
import { windowAt } from './enforcers/period.ts'
import { streamedAt, streamTerms } from './enforcers/streaming.ts'
import { amountOf, type Facts, MAX_UINT256, withAmount } from './facts.ts'
import { largestHeld } from './held.ts'
import { checkFrame, judgeBranch } from './judge.ts'
import type { Measured } from './measured.ts'
import type { Note } from './note.ts'
import { largestPinned, type Pin } from './pins.ts'
import type { PreparedBranch, PreparedCaveat, PreparedGrant } from './prepared.ts'
import { boundPoints, leftOfRule } from './taskScope/largestOfTerms.ts'
import type { State } from './types.ts'
import { unwrapped } from './unwrapped.ts'

/** Which quantity of an action is its amount: tokens of a transfer call, wei of any other. */
export function measuredOf(facts: Facts): 'token' | 'value' {
  return facts.tokenAmount === null ? 'value' : 'token'
}

/**
 * The most that passes at this state with everything else unchanged, over every caveat, hop and branch; `null` where no
 * amount passes. Every bound is necessary, and the least of them is tried, so the answer is exact; where a caveat carries
 * several rules, each of them has bounds of its own, and all are tried from the largest down.
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
  if (typeof measured === 'number' && 36 + 32 * measured > facts.size) return null
  if (checkFrame(prepared, facts, state) !== null) return null
  let most: bigint | null = null
  for (const branch of prepared.branches) {
    const amount = largestOf(branch, facts, state, measured, passing)
    if (amount !== null) most = most === null ? amount : max(most, amount)
  }
  return most
}

/** What counting caveats leave after this action, tightest; `null` where nothing counts what the action moves. */
export function remainingAfter(
  branch: PreparedBranch,
  facts: Facts,
  state: State,
  notes: readonly Note[],
): bigint | null {
  const measured = measuredOf(facts)
  let least: bigint | null = facts.single ? leftOfRule(notes) : null
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
      const left = typeof measured === 'string' ? leftFor(caveat, facts, state, measured) : null
      if (left !== null) {
        if (left < 0n) return null
        bound = min(bound, left / BigInt(caveat.earlier + 1))
      }
      if (measured === 'value' && caveat.meaning.kind === 'valueLte') bound = min(bound, caveat.meaning.max)
      if (measured === 'value' && wantsNoValue(caveat, facts)) bound = 0n
      if (typeof measured === 'string') pins.push(...(measured === 'token' ? pinOf(caveat) : pinOfValue(caveat)))
    }
  }
  if (typeof measured === 'string') bound = min(bound, largestHeld(branch.held, facts, measured, passing))
  const points = branch.links.flatMap(({ caveats }) =>
    caveats.flatMap(({ taskScope }) =>
      taskScope === null ? [] : boundPoints(taskScope, facts, state, measured, passing === 'allow'),
    ),
  )
  for (const point of descending([bound, ...points.filter((point) => point < bound)])) {
    const candidate = pins.length === 0 ? point : largestPinned(point, pins)
    if (candidate === null) continue
    const { verdict } = judgeBranch(branch, withAmount(facts, measured, candidate), state)
    if (verdict === 'allow' || (verdict === 'escalate' && passing === 'not_denied')) return candidate
  }
  return null
}

function descending(values: readonly bigint[]): bigint[] {
  return [...new Set(values)].sort((left, right) => (left < right ? 1 : left > right ? -1 : 0))
}

/** What one counting caveat leaves before this action; negative where even nothing is too much, `null` where it does not count. */
function leftFor(caveat: PreparedCaveat, facts: Facts, state: State, measured: 'token' | 'value'): bigint | null {
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

function minus(limit: bigint, spent: bigint | null): bigint | null {
  return spent === null ? null : limit - spent
}
