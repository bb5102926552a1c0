import { BY_STRUCT, rowsOf } from '../cover.ts'
import type { Resolved } from '../resolve.ts'
import type { CoverageRow } from '../types.ts'

/** The one caveat of the one delegation. */
const CAVEATS = [{ draft: 0, caveat: 0 }] as const

/**
 * Who holds each constraint of a scope that one caveat carries. A constraint that the terms do not carry cannot be said to
 * be held by the chain.
 */
export function coverFused(resolved: Resolved, holds: ReadonlySet<string>): CoverageRow[] {
  return rowsOf(resolved).flatMap(({ constraint, text, why }): CoverageRow[] => {
    if (constraint === '/escalation') return [{ constraint, text, held: heldOf(constraint, why) }, timeout(resolved)]
    return [{ constraint, text, held: heldOf(constraint, why) }]
  })

  function heldOf(constraint: string, why: string): CoverageRow['held'] {
    if (holds.has(constraint)) return { by: 'chain', caveats: CAVEATS }
    return BY_STRUCT.has(constraint) ? { by: 'chain', caveats: [] } : { by: 'nobody', why }
  }
}

/** A question is put off chain; what the chain sees of it is the deadline that the confirmer signs. */
function timeout({ scope }: Resolved): CoverageRow {
  return {
    constraint: '/escalation/timeout',
    text: `A question stands for ${scope.escalation?.timeout ?? ''}, then it is denied`,
    held: {
      by: 'nobody',
      why: 'Whoever asks keeps the time; on chain a confirmation ends with the deadline it signs.',
    },
  }
}
