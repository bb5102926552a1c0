import { codecByKind } from '../caveats/registry.ts'
import type { DecodedCaveat } from '../caveats/types.ts'

/**
 * The mode in which a caveat lets anything pass. `bounded`: single calls, and batches of at most a number; `any`: it does not
 * look at the call at all.
 */
export function modeOf(caveat: DecodedCaveat): 'single' | 'batch' | 'bounded' | 'any' {
  if (caveat.kind === 'unknown') return 'any'
  if (caveat.kind === 'taskScope') return caveat.maxExecutions === 0 ? 'single' : 'bounded'
  return codecByKind[caveat.kind].callType
}
