import type { PreparedBranch, PreparedGrant } from '../../src/verdict/prepared.ts'
import type { Action, State, Verdict } from '../../src/verdict/types.ts'
import type { ChainAnswer } from './chainAnswer.ts'
import { BOUNDS, boundOf, type Comparison } from './compare.ts'
import type { Subject } from './grants.ts'

export type AgreementReport = {
  seed: number
  /** Actions, each judged by us and by the chain on every branch of its grant. */
  cases: number
  /** Further actions judged with a part of the state missing or a malformed call, of which no chain can be asked. */
  unchained: number
  /** Branches compared: the chain knows only these. */
  comparisons: number
  /** Cases on which we and the chain say the same, hop and caveat included. */
  agree: number
  falseAllow: number
  falseDeny: number
  conservative: number
  reasonMismatch: number
  /** Allowed cases whose execution failed (balance, target): told apart from authority. */
  execution: number
  /** Where the grants came from: random caveats, the compiler, the compiler and a hand-on. */
  grants: Record<Subject['origin'], number>
  /** Cases by number of links of the branch aimed at. */
  byDepth: Record<number, number>
  /** Verdicts by code; `allow` and `escalate` beside them. */
  byCode: Record<string, number>
  /** Comparisons by kind of caveat. */
  byEnforcer: Record<string, EnforcerCount>
  /** Refused or asked by us where the chain might run it: how often, and why. */
  conservativeBy: Record<string, { count: number; why: string }>
  /** The rarest code and kind: how well the run covers what there is. */
  least: { code: string; codeCount: number; enforcer: string; enforcerCount: number }
  /** The first few that did not agree, with what reproduces them. */
  faults: Fault[]
}

export type EnforcerCount = {
  /** Present, allowed by us, and run by the chain. */
  allowed: number
  /** Named by us as the one that refuses, and by the chain. */
  denied: number
  /** Named by us as a doubt. */
  conservative: number
  /** Run by the chain with this kind present, whatever we said. */
  executed: number
  /** Refused by the chain at this kind, whatever we said. */
  refused: number
}

export type Fault = {
  what: Comparison
  verdict: Verdict
  answer: unknown
  action: Action
  links: unknown
  state: State
}

const MAX_FAULTS = 5

export function emptyReport(seed: number): AgreementReport {
  return {
    seed,
    cases: 0,
    unchained: 0,
    comparisons: 0,
    agree: 0,
    falseAllow: 0,
    falseDeny: 0,
    conservative: 0,
    reasonMismatch: 0,
    execution: 0,
    grants: { sketched: 0, compiled: 0, handedOn: 0 },
    byDepth: {},
    byCode: {},
    byEnforcer: {},
    conservativeBy: Object.fromEntries(Object.entries(BOUNDS).map(([code, why]) => [code, { count: 0, why }])),
    least: { code: '', codeCount: 0, enforcer: '', enforcerCount: 0 },
    faults: [],
  }
}

export function countVerdict(report: AgreementReport, verdict: Verdict): void {
  const code = verdict.verdict === 'deny' ? verdict.code : verdict.verdict
  report.byCode[code] = (report.byCode[code] ?? 0) + 1
}

/** One branch compared. */
export function countComparison(
  report: AgreementReport,
  branch: PreparedBranch,
  verdict: Verdict,
  answer: ChainAnswer,
  outcome: Comparison,
): void {
  report.comparisons++
  for (const kind of new Set(branch.links.flatMap(({ caveats }) => caveats.map(({ meaning }) => meaning.kind)))) {
    const counts = countsOf(report, kind)
    if (answer.status === 'executed') counts.executed++
    if (answer.status === 'executed' && verdict.verdict === 'allow') counts.allowed++
  }
  if (answer.status === 'refused' && answer.by !== 'manager') {
    const link = branch.links.find(({ hash }) => hash === answer.delegation)
    const kind = link?.caveats.find(({ enforcer }) => enforcer === answer.enforcer)?.meaning.kind
    if (kind !== undefined) countsOf(report, kind).refused++
  }
  if (verdict.verdict === 'deny' && verdict.caveat !== null) {
    const counts = countsOf(report, verdict.caveat.kind)
    if (outcome === 'agree') counts.denied++
    if (outcome === 'conservative') counts.conservative++
  }
  const bound = outcome === 'conservative' ? report.conservativeBy[boundOf(verdict) ?? ''] : undefined
  if (bound !== undefined) bound.count++
}

/** @param codes - Every code that could have been seen, so that one never seen counts as zero. */
export function countLeast(report: AgreementReport, codes: readonly string[]): void {
  const [code = '', codeCount = 0] = least(codes.map((name) => [name, report.byCode[name] ?? 0]))
  const [enforcer = '', enforcerCount = 0] = least(
    // A kind is covered as often as the rarer of its two outcomes on the chain.
    Object.entries(report.byEnforcer).map(([kind, { executed, refused }]) => [kind, Math.min(executed, refused)]),
  )
  report.least = { code, codeCount, enforcer, enforcerCount }
}

export function keepFault(report: AgreementReport, fault: Fault): void {
  if (report.faults.length < MAX_FAULTS) report.faults.push(fault)
}

export function depthOf(prepared: PreparedGrant, branch: number): number {
  return prepared.branches[branch]?.links.length ?? 0
}

function countsOf(report: AgreementReport, kind: string): EnforcerCount {
  report.byEnforcer[kind] ??= { allowed: 0, denied: 0, conservative: 0, executed: 0, refused: 0 }
  return report.byEnforcer[kind]
}

function least(entries: readonly (readonly [string, number])[]): readonly [string, number] | [] {
  return entries.reduce<readonly [string, number] | []>(
    (lowest, entry) => (lowest.length === 0 || entry[1] < lowest[1] ? entry : lowest),
    [],
  )
}
