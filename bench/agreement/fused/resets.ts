import { atTime } from '../../../src/verdict/atTime.ts'
import type { Deny, Verdict } from '../../../src/verdict/types.ts'
import { chance } from '../../../test/arbitraries/draw.ts'
import { type Asked, askAll, type FusedRun } from './ask.ts'
import { compareFused, wantedOf } from './compareFused.ts'
import { isFault, keepFault } from './report.ts'

/** Seconds that are looked ahead: more than the longest period of the terms. */
const AHEAD = 4_000n

/**
 * Of what is denied for now: one second before the time named the same check refuses, at that time it does not. Asked of the
 * same block under other times, since words of storage change with transactions only. Returns the times.
 */
export async function checkResets(run: FusedRun, asked: readonly Asked[]): Promise<bigint[]> {
  const { draw, report } = run
  const edges: bigint[] = []
  const probes = asked.flatMap((one) => {
    const { verdict: denied, state } = one
    const now = state.block.timestamp
    if (denied.verdict !== 'deny' || denied.resetsAt === null || denied.resetsAt > now + AHEAD) return []
    const { resetsAt } = denied
    edges.push(resetsAt)
    if (!chance(draw, 80)) return []
    const times = [resetsAt - 1n, resetsAt].filter((time) => time > now)
    return times.map((time) => ({ one: { ...one, time, state: atTime(state, time) }, denied, free: time === resetsAt }))
  })
  const answered = await askAll(
    run,
    probes.map(({ one }) => one),
  )
  probes.forEach(({ denied, free }, at) => {
    const one = answered[at] as Asked
    const { branch, verdict, answer, state, subject } = one
    const outcome = compareFused(branch, verdict, answer, subject.ledger.disabled)
    const still = verdict.verdict === 'deny' && checkOf(verdict) === checkOf(denied)
    // Before it, only an end or another rule can come first; at it, another check may refuse, but not this one.
    const first = verdict.verdict === 'deny' ? verdict.resetsAt === null : admitsByAnother(verdict, denied)
    const right = free ? !still : still || first
    if (isFault(outcome) && wantedOf(branch, answer) === null) keepFault(report, outcome, one, verdict, answer, state)
    else if (!right) keepFault(report, 'reasonMismatch', one, verdict, { answer, denied }, state)
    else if (free) report.resets++
  })
  return edges
}

/** The time is that of the rule that was named: another one, with another budget, may let the same call pass earlier. */
function admitsByAnother(verdict: Verdict, { rule }: Deny): boolean {
  if (verdict.verdict !== 'allow' || rule === undefined || rule.index === null) return false
  return (verdict.rules?.[rule.call] ?? verdict.rule) !== `rule-${rule.index}`
}

function checkOf({ code, hop, caveat, rule }: Deny): string {
  return JSON.stringify([code, hop, caveat, rule])
}
