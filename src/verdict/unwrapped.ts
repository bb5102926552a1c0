import type { PreparedCaveat } from './prepared.ts'

/** What a wrapper wraps, by the redeemer's choice; any other caveat itself. */
export function unwrapped(caveat: PreparedCaveat): readonly PreparedCaveat[] {
  return caveat.choice?.is === 'group' ? caveat.choice.caveats : [caveat]
}
