import { atTime } from '../../../src/verdict/atTime.ts'
import type { Deny, Verdict } from '../../../src/verdict/types.ts'
import { chance } from '../../../test/arbitraries/draw.ts'
import { type Asked, askAll, type FusedRun } from './ask.ts'
import { compareFused, wantedOf } from './compareFused.ts'
import { isFault, keepFault } from './report.ts'

/** Seconds that are looked ahead: more than the longest period of the terms. */
const AHEAD = 4_000n

/**
 * Of what is denied for now, two promises: at the time of the check that was named this check refuses no more, and before it
 * none but another rule admits; the time to wait for is the first at which anything admits. Asked of the same block under other
 * times, since words of storage change with transactions only. Returns the times.
 */
export async function checkResets(run: FusedRun, asked: readonly Asked[]): Promise<bigint[]> {
  const { draw, report } = run
  const edges: bigint[] = []
  const probes = asked.flatMap((one) => {
    const { verdict: denied, state } = one
    const now = state.block.timestamp
    if (denied.verdict !== 'deny') return []
    const named = [denied.resetsAt, waitOf(denied)].flatMap((time) =>
      time !== null && time > now && time <= now + AHEAD ? [time] : [],
    )
    edges.push(...named)
    if (named.length === 0 || !chance(draw, 80)) return []
    const times = new Set(named.flatMap((time) => [time - 1n, time]))
    return [...times]
      .filter((time) => time > now)
      .map((time) => ({ one: { ...one, time, state: atTime(state, time) }, denied, time }))
  })
  const answered = await askAll(
    run,
    probes.map(({ one }) => one),
  )
  probes.forEach(({ denied, time }, at) => {
    const one = answered[at] as Asked
    const { branch, verdict, answer, state, subject } = one
    const outcome = compareFused(branch, verdict, answer, subject.ledger.disabled)
    if (isFault(outcome) && wantedOf(branch, answer) === null) keepFault(report, outcome, one, verdict, answer, state)
    else if (!keepsPromises(denied, verdict, time))
      keepFault(report, 'reasonMismatch', one, verdict, { answer, denied }, state)
    else {
      if (time === denied.resetsAt) report.resets++
      if (time === waitOf(denied)) report.waits++
    }
  })
  return edges
}

/** Whether a verdict of a later time is what a denial said of that time. */
export function keepsPromises(denied: Deny, verdict: Verdict, time: bigint): boolean {
  return keepsReset(denied, verdict, time) && keepsWait(denied, verdict, time)
}

/** Before its time only an end comes before the check that was named, or another rule admits; at it another check may refuse. */
function keepsReset(denied: Deny, verdict: Verdict, time: bigint): boolean {
  if (verdict.verdict !== 'deny' || denied.resetsAt === null) return true
  const same = checkOf(verdict) === checkOf(denied)
  if (time === denied.resetsAt) return !same
  return time > denied.resetsAt || same || verdict.resetsAt === null
}

/** Whatever rule it is that admits: at the time to wait for, not a second before, and never where no wait was offered. */
function keepsWait(denied: Deny, verdict: Verdict, time: bigint): boolean {
  const wait = waitOf(denied)
  if (wait === null || time < wait) return verdict.verdict === 'deny'
  return time > wait || verdict.verdict !== 'deny'
}

function waitOf({ fix }: Deny): bigint | null {
  return fix.do === 'wait_until' ? fix.time : null
}

function checkOf({ code, hop, caveat, rule }: Deny): string {
  return JSON.stringify([code, hop, caveat, rule])
}
