import { finding } from '../finding.ts'
import type { Check } from './check.ts'

/** BlockNumberEnforcer: both bounds are exclusive, and zero is no bound. When a block comes is not known: no time is named. */
export const blockNumber: Check<'blockNumber'> = ({ after, before }, { state }) => {
  const now = state.block.number
  if (after > 0n && now <= after) return finding('block_not_reached', { limit: after, requested: now })
  if (before > 0n && now >= before) return finding('block_passed', { limit: before, requested: now })
  return null
}
