import { max as larger, min } from '../../primitives/integer.ts'
import { streamOf } from '../counters.ts'
import { MAX_UINT256 } from '../facts.ts'
import { type Finding, finding } from '../finding.ts'
import type { StreamTerms } from '../prepared.ts'
import type { Check, Look } from './check.ts'
import { tokenShape } from './spending.ts'

/** ERC20StreamingEnforcer: `initial` at the start, `perSecond` more each second, never more than `max` in all. */
export const erc20Streaming: Check<'erc20Streaming'> = (meaning, look) =>
  tokenShape(meaning.token, look) ?? streaming(meaning, look.facts.tokenAmount ?? 0n, 'token', look)

/** NativeTokenStreamingEnforcer: the same for wei, whatever the call data does. */
export const nativeStreaming: Check<'nativeStreaming'> = (meaning, look) =>
  streaming(meaning, look.facts.value, 'value', look)

/** What a stream has let out at a time; `null` where the contract's arithmetic overflows, and so refuses even nothing. */
export function streamedAt({ initial, max, perSecond, start }: StreamTerms, now: bigint): bigint | null {
  if (now < start) return 0n
  const streamed = initial + perSecond * (now - start)
  if (streamed > MAX_UINT256) return null
  return min(streamed, max)
}

/**
 * The terms that count: the contract copies its own in as long as nothing has been spent, so that a second caveat of the
 * same storage looks at the first one's as soon as that has spent something.
 */
export function streamTerms(own: StreamTerms, amount: bigint, { caveat, state }: Pick<Look, 'caveat' | 'state'>) {
  const stored = streamOf(caveat, state)
  if (stored === null) return null
  const { spent } = stored
  if (spent > 0n) return { terms: stored, spent }
  return { terms: caveat.earlier > 0 && amount > 0n ? (caveat.stream ?? own) : own, spent }
}

function streaming(own: StreamTerms, amount: bigint, measured: 'token' | 'value', look: Look): Finding | null {
  const { caveat, state } = look
  const found = streamTerms(own, amount, look)
  if (found === null) return finding('state_missing')
  const { terms, spent } = found
  const now = state.block.timestamp
  const streamed = streamedAt(terms, now)
  if (streamed === null) return finding('caveat_unsatisfiable')
  const used = spent + amount * BigInt(caveat.earlier)
  const remaining = larger(streamed - used, 0n)
  if (amount <= remaining) return null
  const passesAt = timeOf(terms, used + amount)
  const parts = { limit: streamed, used, requested: amount, remaining, passesAt, measured }
  return finding(now < terms.start ? 'stream_not_started' : 'stream_exceeded', parts)
}

/** Unix seconds from which this much has been streamed; `null` where it never is. */
function timeOf({ initial, max, perSecond, start }: StreamTerms, needed: bigint): bigint | null {
  if (needed > max) return null
  if (needed <= initial) return start
  return perSecond === 0n ? null : start + (needed - initial + perSecond - 1n) / perSecond
}
