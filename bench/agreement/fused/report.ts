import type { PreparedBranch } from '../../../src/verdict/prepared.ts'
import type { Action, ReasonCode, State, Verdict } from '../../../src/verdict/types.ts'
import { countLeast, emptyReport, type Fault } from '../report.ts'

/** What an evaluation says where a whole scope in one caveat decides, whatever else it can say. */
export const FUSED_CODES: readonly ReasonCode[] = [
  ...(['target_not_allowed', 'method_not_allowed', 'recipient_not_allowed', 'argument_not_allowed'] as const),
  ...(['calldata_not_allowed', 'value_not_allowed', 'batch_not_allowed', 'batch_size_not_allowed'] as const),
  ...(['args_not_allowed', 'redeemer_not_allowed', 'allowance_not_returned'] as const),
  ...(['request_required', 'request_refused', 'request_expired', 'request_used'] as const),
  ...(['budget_exceeded', 'period_budget_exceeded', 'calls_exceeded', 'action_maximum_exceeded'] as const),
  ...(['not_yet_valid', 'expired', 'revoked', 'group_revoked'] as const),
  ...(['state_missing', 'effect_unknown', 'counter_shared'] as const),
]

export type FusedReport = {
  lowering: 'fused'
  seed: number
  /** Actions on one branch, each judged by us and by the chain; escalations by the chain with and without a confirmation. */
  cases: number
  agree: number
  falseAllow: number
  falseDeny: number
  reasonMismatch: number
  conservative: number
  /** Allowed, and the call itself failed. */
  execution: number
  /** Escalated, then confirmed by the confirmer, then allowed by us and the chain. */
  confirmed: number
  /** Denied for now, and at the very second that was named refused no more by that check, as the chain has it too. */
  resets: number
  /** Denied for now, and admitted by us and the chain at the very second to wait for, by whatever rule, not before. */
  waits: number
  byCode: Record<string, number>
  byDepth: Record<number, number>
  /** What each mistaken evaluator was caught at. */
  caught: Record<string, Partial<Record<Fault['what'], number>>>
  /** The rarest code: how well the run covers what there is. */
  least: { code: string; codeCount: number }
  faults: Fault[]
}

const MAX_FAULTS = 5

export function emptyFusedReport(seed: number): FusedReport {
  return {
    lowering: 'fused',
    seed,
    cases: 0,
    agree: 0,
    falseAllow: 0,
    falseDeny: 0,
    reasonMismatch: 0,
    conservative: 0,
    execution: 0,
    confirmed: 0,
    resets: 0,
    waits: 0,
    byCode: {},
    byDepth: {},
    caught: {},
    least: { code: '', codeCount: 0 },
    faults: [],
  }
}

/** What one lane counted, into the whole. */
export function addReport(whole: FusedReport, part: FusedReport): void {
  for (const count of COUNTS) whole[count] += part[count]
  addCounts(whole.byCode, part.byCode)
  addCounts(whole.byDepth, part.byDepth)
  for (const [name, caught] of Object.entries(part.caught)) {
    whole.caught[name] ??= {}
    addCounts(whole.caught[name], caught)
  }
  whole.faults.push(...part.faults.slice(0, MAX_FAULTS - whole.faults.length))
}

const COUNTS = [
  ...(['cases', 'agree', 'falseAllow', 'falseDeny', 'reasonMismatch'] as const),
  ...(['conservative', 'execution', 'confirmed', 'resets', 'waits'] as const),
]

function addCounts(whole: Partial<Record<string, number>>, part: Partial<Record<string, number>>): void {
  for (const [name, count = 0] of Object.entries(part)) whole[name] = (whole[name] ?? 0) + count
}

/** The rarest of all that can be said. */
export function countRarest(report: FusedReport): void {
  const shared = { ...emptyReport(report.seed), byCode: report.byCode }
  countLeast(shared, [...FUSED_CODES, 'allow', 'escalate'])
  report.least = { code: shared.least.code, codeCount: shared.least.codeCount }
}

export function isFault(outcome: Fault['what']): boolean {
  return outcome === 'falseAllow' || outcome === 'falseDeny' || outcome === 'reasonMismatch'
}

export function keepFault(
  report: FusedReport,
  what: Fault['what'],
  { action, branch }: { action: Action; branch: PreparedBranch },
  verdict: Verdict,
  answer: unknown,
  state: State,
): void {
  if (what === 'falseAllow' || what === 'falseDeny' || what === 'reasonMismatch') report[what]++
  if (report.faults.length < MAX_FAULTS)
    report.faults.push({ what, verdict, answer, action, links: branch.links, state })
}

export function countVerdict(report: FusedReport, verdict: Verdict): void {
  const code = verdict.verdict === 'deny' ? verdict.code : verdict.verdict
  report.byCode[code] = (report.byCode[code] ?? 0) + 1
}
