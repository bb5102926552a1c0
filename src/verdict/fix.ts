import { applyFix } from './applyFix.ts'
import { atTime } from './atTime.ts'
import { candidates } from './candidates.ts'
import { type Facts, readAction } from './facts.ts'
import type { Finding } from './finding.ts'
import { type Judgement, judge } from './judge.ts'
import { hasEnded } from './order.ts'
import type { PreparedGrant } from './prepared.ts'
import type { Action, Fix, ReasonCode, State } from './types.ts'

/** How many fixes in a row may be needed: target, function, recipient, amount, time. */
const MAX_STEPS = 5
/** Judgements of one call spent on one denial at most, so that a hostile action costs little; of a batch as many fewer. */
const MAX_TRIES = 60
const LEAST_TRIES = 12

/** Longest wait that is offered, seconds: ten years. Periods may be longer than any agent lives. */
const MAX_WAIT = 315_360_000n

/** Denials which no change of the action ends. */
const TERMINAL: Partial<Record<ReasonCode, Fix>> = {
  paused: { do: 'retry_later' },
  state_missing: { do: 'retry_later' },
  state_mismatch: { do: 'retry_later' },
  // Blocks come, and nobody can say when.
  block_not_reached: { do: 'retry_later' },
  stopped: { do: 'ask_for_a_new_grant' },
  execution_failed: { do: 'retry_later' },
  disagreement: { do: 'report_a_fault' },
}

type Denial = Extract<Judgement, { verdict: 'deny' }>

/**
 * What to do about a denial. Every answer has been tried: whoever applies it, and then those that the next verdicts give,
 * ends in a verdict that is no denial, or that only a simulation can give, everything else unchanged. Where nothing leads
 * there, a new grant is needed.
 */
export function fixFor(prepared: PreparedGrant, action: Action, state: State, denial: Denial): Fix {
  const terminal = TERMINAL[denial.finding.code]
  if (terminal !== undefined) return terminal
  if (isOpen(denial)) return { do: 'simulate' }
  const hopes = { ...prepared, branches: prepared.branches.filter((branch) => !hasEnded(branch, state)) }
  const share = Array.isArray(action.calls) ? Math.floor(MAX_TRIES / action.calls.length) : MAX_TRIES
  const tries = Math.min(MAX_TRIES, Math.max(LEAST_TRIES, share))
  const search: Search = { asked: action, prepared, hopes, state, tries, dead: new Map(), cut: true }
  // The shortest way first: then every fix that is followed brings the end nearer, and nobody is led in a circle.
  for (let steps = 1; search.cut && steps <= MAX_STEPS && search.tries > 0; steps++) {
    search.cut = false
    const fix = findFix(search, action, denial, steps)
    if (fix !== null) return fix
  }
  return { do: 'ask_for_a_new_grant' }
}

/** Whether all passes that can be known: what is left is what a rule measures, and the chain tells that by running it. */
function isOpen({ finding: { code, rule } }: Denial): boolean {
  return code === 'effect_unknown' && rule !== null
}

type Search = {
  asked: Action
  prepared: PreparedGrant
  /** The grant without branches that have ended: only these are worth leading to. */
  hopes: PreparedGrant
  state: State
  /** Judgements left. */
  tries: number
  /** Actions that led nowhere, with the steps that were tried from there. */
  dead: Map<string, number>
  /** Some way ended for want of steps only: more of them might lead on. */
  cut: boolean
}

function findFix(search: Search, action: Action, denial: Denial, steps: number): Fix | null {
  if (steps === 0) {
    search.cut = true
    return null
  }
  const { passesAt } = denial.finding
  const { prepared, state } = search
  if (passesAt !== null) {
    const time = firstPass(search, action)
    if (time !== null && time - state.block.timestamp <= MAX_WAIT) return { do: 'wait_until', time }
  }
  // Where waiting alone is not enough, what must change anyway comes first, so that `wait_until` keeps its promise.
  const waited = passesAt === null ? null : waitFor(search, prepared, action, passesAt)
  const later = waited?.denial ? candidates(search.hopes, action, atTime(state, waited.time), waited.denial) : []
  for (const fix of both(later, candidates(search.hopes, action, state, denial))) {
    if (search.tries <= 0) return null
    const kept = keepWorking(search, fix, action, steps - 1)
    if (kept !== null) return kept
  }
  return null
}

function* both(first: Iterable<Fix>, second: Iterable<Fix>): Generator<Fix, void, undefined> {
  yield* first
  yield* second
}

function leads(search: Search, fix: Fix, action: Action, steps: number): boolean {
  const changed = applyFix(fix, action)
  const key = keyOf(changed)
  if (search.tries <= 0 || (fix.do !== 'sign_request' && key === keyOf(action))) return false
  if ((search.dead.get(key) ?? -1) >= steps) return false
  search.tries--
  const judgement = judge(search.prepared, readFor(search, changed), search.state)
  if (judgement.verdict !== 'deny' || isOpen(judgement)) return true
  const found = TERMINAL[judgement.finding.code] === undefined && findFix(search, changed, judgement, steps) !== null
  if (!found) search.dead.set(key, steps)
  return found
}

/** Whoever changes an action has it signed anew: what was signed of the first one says nothing of this. */
function readFor({ asked }: Search, action: Action): Facts | Finding {
  const facts = readAction(action)
  return 'code' in facts || action === asked ? facts : { ...facts, renewed: true }
}

function keyOf({ chainId, redeemer, calls }: Action): string {
  let key = `${textOf(chainId)}/${textOf(redeemer)}`
  if (!Array.isArray(calls)) return key
  for (const call of calls) key += `/${textOf(call?.to)}/${textOf(call?.value)}/${textOf(call?.data)}`
  return key
}

/** Of an action that is still malformed: never an object's own idea of its text. */
function textOf(value: unknown): string {
  return typeof value === 'string'
    ? value
    : typeof value === 'bigint' || typeof value === 'number'
      ? `${value}`
      : typeof value
}

/** Of a list, the entries that lead somewhere; `null` where none does. */
function keepWorking(search: Search, fix: Fix, action: Action, steps: number): Fix | null {
  const works = (single: Fix) => leads(search, single, action, steps)
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

/** The first time at which some branch lets the same action pass; `null` where none ever does. */
function firstPass(search: Search, action: Action): bigint | null {
  let first: bigint | null = null
  for (const branch of search.hopes.branches) {
    const alone = { ...search.prepared, branches: [branch] }
    const { time, denial } = waitFor(search, alone, action, search.state.block.timestamp)
    if (denial === null && (first === null || time < first)) first = time
  }
  return first
}

/** Lets the clock run, nothing else, from one time that a denial names to the next; `denial` where that is not enough. */
function waitFor(
  search: Search,
  prepared: PreparedGrant,
  action: Action,
  from: bigint,
): { time: bigint; denial: Denial | null } {
  const facts = readFor(search, action)
  let time = from
  for (;;) {
    search.tries--
    const judgement = judge(prepared, facts, atTime(search.state, time))
    if (judgement.verdict !== 'deny') return { time, denial: null }
    const { passesAt, code, used, rule } = judgement.finding
    // A period that ends without making room: more is asked for than a whole period holds. Where another rule may have it, the
    // time that is named is one at which it does.
    const full = code === 'period_budget_exceeded' && used === 0n && rule === null
    if (passesAt === null || passesAt <= time || full || search.tries <= 0) return { time, denial: judgement }
    time = passesAt
  }
}
