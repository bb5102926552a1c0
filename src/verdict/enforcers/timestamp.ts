import { finding } from '../finding.ts'
import type { Check } from './check.ts'

/** TimestampEnforcer: both bounds are exclusive, and zero is no bound. */
export const timestamp: Check<'timestamp'> = ({ after, before }, { state }) => {
  const now = state.block.timestamp
  if (after > 0n && now <= after) return finding('not_yet_valid', { passesAt: after + 1n })
  if (before > 0n && now >= before) return finding('expired')
  return null
}
