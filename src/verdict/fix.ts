import { applyFix } from './applyFix.ts'
import { candidates } from './candidates.ts'
import { readAction } from './facts.ts'
import type { Finding } from './finding.ts'
import { type Judgement, judge } from './judge.ts'
import type { PreparedGrant } from './prepared.ts'
import type { Action, Fix, ReasonCode, State } from './types.ts'

/** How many fixes in a row may be needed: target, function, recipient, amount, time. */
const MAX_STEPS = 5
/** Judgements spent on one denial at most, so that a hostile action costs little. */
const MAX_TRIES = 200

/** Denials which no change of the action ends. */
const TERMINAL: Partial<Record<ReasonCode, Fix>> = {
  paused: { do: 'retry_later' },
  state_missing: { do: 'retry_later' },
  state_mismatch: { do: 'retry_later' },
  stopped: { do: 'ask_for_a_new_grant' },
  execution_failed: { do: 'retry_later' },
  disagreement: { do: 'report_a_fault' },
}

type Denial = { finding: Finding; judgement: Extract<Judgement, { verdict: 'deny' }> }

/**
 * What to do about a denial. Every answer has been tried: whoever applies it, and then those that the next verdicts give,
 * ends in a verdict that is no denial, everything else unchanged. Where nothing leads there, a new grant is needed.
 */
export function fixFor(prepared: PreparedGrant, action: Action, state: State, denial: Denial['judgement']): Fix {
  return (
    TERMINAL[denial.finding.code] ??
    search(prepared, action, state, denial, MAX_STEPS, { left: MAX_TRIES }) ?? {
      do: 'ask_for_a_new_grant',
    }
  )
}

type Tries = { left: number }

function search(
  prepared: PreparedGrant,
  action: Action,
  state: State,
  denial: Denial['judgement'],
  steps: number,
  tries: Tries,
): Fix | null {
  if (steps === 0) return null
  const { finding } = denial
  if (finding.passesAt !== null) {
    const waited = waitFor(prepared, action, state, finding.passesAt, tries)
    if (waited.passes) return { do: 'wait_until', time: waited.time }
    // Waiting alone is not enough: what must change anyway comes first, so that `wait_until` keeps its promise.
    for (const fix of candidates(prepared, action, waited.state, waited.denial)) {
      if (leads(prepared, applyFix(fix, action), state, steps - 1, tries)) return fix
    }
  }
  for (const fix of candidates(prepared, action, state, denial)) {
    const kept = keepWorking(prepared, fix, action, state, steps - 1, tries)
    if (kept !== null) return kept
  }
  return null
}

function leads(prepared: PreparedGrant, action: Action, state: State, steps: number, tries: Tries): boolean {
  if (tries.left-- <= 0) return false
  const judgement = judge(prepared, readAction(action), state)
  return (
    judgement.verdict !== 'deny' ||
    (judgement.finding.code in TERMINAL === false && search(prepared, action, state, judgement, steps, tries) !== null)
  )
}

/** Of a list, the entries that lead somewhere; `null` where none does. */
function keepWorking(
  prepared: PreparedGrant,
  fix: Fix,
  action: Action,
  state: State,
  steps: number,
  tries: Tries,
): Fix | null {
  const works = (single: Fix) => leads(prepared, applyFix(single, action), state, steps, tries)
  switch (fix.do) {
    case 'pay_one_of': {
      const recipients = fix.recipients.filter((recipient) => works({ do: 'pay_one_of', recipients: [recipient] }))
      return recipients.length === 0 ? null : { do: 'pay_one_of', recipients }
    }
    case 'call_one_of': {
      const targets = fix.targets.filter((target) => works({ do: 'call_one_of', targets: [target] }))
      return targets.length === 0 ? null : { do: 'call_one_of', targets }
    }
    case 'redeem_as': {
      const redeemers = fix.redeemers.filter((redeemer) => works({ do: 'redeem_as', redeemers: [redeemer] }))
      return redeemers.length === 0 ? null : { do: 'redeem_as', redeemers }
    }
    default:
      return works(fix) ? fix : null
  }
}

type Waited =
  | { time: bigint; state: State; passes: true }
  | { time: bigint; state: State; passes: false; denial: Denial['judgement'] }

/** Lets the clock run, nothing else, from one time that a denial names to the next. */
function waitFor(prepared: PreparedGrant, action: Action, state: State, from: bigint, tries: Tries): Waited {
  const facts = readAction(action)
  let time = from
  for (;;) {
    const later = atTime(state, time)
    const judgement = judge(prepared, facts, later)
    if (judgement.verdict !== 'deny') return { time, state: later, passes: true }
    const next = judgement.finding.passesAt
    if (next === null || next <= time || tries.left-- <= 0) {
      return { time, state: later, passes: false, denial: judgement }
    }
    // A period that ends again without making room: more is asked for than a whole period holds.
    if (judgement.finding.code === 'period_budget_exceeded' && (judgement.finding.used ?? 0n) === 0n) {
      return { time, state: later, passes: false, denial: judgement }
    }
    time = next
  }
}

export function atTime(state: State, timestamp: bigint): State {
  return { ...state, block: { ...state.block, timestamp } }
}
