import type { DecodedCaveat } from '../../caveats/types.ts'
import { hookOf } from '../counters.ts'
import { type Finding, finding } from '../finding.ts'
import type { Look } from './check.ts'

/**
 * BlockNumberEnforcer: both bounds are exclusive, and zero is no bound. Some chains count other blocks inside a call than
 * outside (Arbitrum counts those of Ethereum), so whether it passes is what the enforcer itself said at this block; our
 * numbers only say which bound it was. When a block comes is not known: no time is named.
 */
export function blockNumber(
  { after, before }: Extract<DecodedCaveat, { kind: 'blockNumber' }>,
  { caveat, state }: Pick<Look, 'caveat' | 'state'>,
): Finding | null {
  const passes = hookOf(caveat.counter ?? '', state)
  if (passes === null) return finding('state_missing')
  if (passes) return null
  const now = state.block.number
  const passed = before > 0n && now >= before
  return finding(passed ? 'block_passed' : 'block_not_reached', { limit: passed ? before : after, requested: now })
}
