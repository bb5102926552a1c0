import type { GrantStatus, Standing } from '../console/source.ts'
import type { GrantCheck } from '../grant/check.ts'
import { failedCodes } from '../grant/checkRows.ts'
import type { Grant } from '../grant/types.ts'
import { parseInstant } from '../primitives/time.ts'
import type { Scope } from '../scope/types.ts'
import { isStoppedBy, type Stop, stoppable } from './stops.ts'

export type { GrantStatus, Standing }

/** What this machine knows to have ended a grant, without any chain; `null` where nothing here has. */
export async function endedHere(grant: Grant, stops: readonly Stop[], now: bigint): Promise<Standing | null> {
  const chain = await stoppable(grant)
  const stop = stops.find((one) => isStoppedBy(chain, one))
  if (stop !== undefined) return { status: 'stopped', why: `by the stop of ${stop.grant}` }
  const { expiry } = effective(grant)
  return now >= parseInstant(expiry) ? { status: 'expired', why: expiry } : null
}

/** Of a grant whose chain was not asked. */
export function notAsked(grant: Grant, now: bigint): Standing {
  const { notBefore } = effective(grant)
  const early = notBefore !== undefined && now < parseInstant(notBefore)
  return early ? { status: 'not_yet', why: notBefore } : { status: 'not_asked', why: null }
}

/** What the chain's facts make of it. */
export function standingOf(check: GrantCheck): Standing {
  const codes = failedCodes(check)
  const why = codes.length === 0 ? null : codes.join(', ')
  if (check.status === 'valid') return { status: 'live', why }
  if (check.status === 'partial') return { status: 'partial', why }
  if (check.status === 'unavailable') return { status: 'not_asked', why: 'the chain did not settle it' }
  return { status: codes.every((code) => code === 'not_yet_valid') ? 'not_yet' : 'ended', why }
}

function effective({ scopes }: Grant): Scope {
  return scopes.at(-1) as Scope
}
