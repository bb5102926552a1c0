import { readState } from '../src/chain/index.ts'
import type { Hex } from '../src/primitives/hex.ts'
import { evaluate } from '../src/verdict/evaluate.ts'
import { prepareGrant } from '../src/verdict/prepare.ts'
import type { PreparedGrant, PreparedLink } from '../src/verdict/prepared.ts'
import { REASONS } from '../src/verdict/reasons.ts'
import type { Action, ReasonCode, State, Verdict } from '../src/verdict/types.ts'
import { nearAction } from '../test/arbitraries/action.ts'
import { chance, type Draw, pick, seeded } from '../test/arbitraries/draw.ts'
import { STEP, type World } from '../test/arbitraries/grantSketch.ts'
import { askChain, type ChainAnswer, type Question } from './agreement/chainAnswer.ts'
import { type Comparison, compare } from './agreement/compare.ts'
import { cornerGrants, drawGrant, focusedGrants, type Subject } from './agreement/grants.ts'
import { endGroup, type Ledger, makeHistory, setPaused } from './agreement/history.ts'
import {
  type AgreementReport,
  countComparison,
  countLeast,
  countVerdict,
  depthOf,
  emptyReport,
  keepFault,
} from './agreement/report.ts'
import { type Rig, startRig } from './agreement/rig.ts'
import { head, send } from './agreement/rpc.ts'
import { isExpected, spoil, type Unchained } from './agreement/unchained.ts'

export type Evaluate = (prepared: PreparedGrant, action: Action, state: State) => Verdict

export type AgreementOptions = {
  cases: number
  seed: number
  onProgress?: ((done: number) => void) | undefined
}

/** Given by a stop, a simulation or a fault, never by an evaluation. */
const NOT_EVALUATED: readonly ReasonCode[] = ['stopped', 'signature_refused', 'execution_failed', 'disagreement']

/** Of whole scopes in one caveat alone: the fused comparison sees to them. */
const OF_WHOLE_SCOPES: readonly ReasonCode[] = [
  ...(['allowance_not_returned', 'request_required', 'request_refused', 'request_expired', 'request_used'] as const),
  'counter_shared',
]

/** Codes that an evaluation can give. */
export const REACHABLE = (Object.keys(REASONS) as ReasonCode[]).filter(
  (code) => !NOT_EVALUATED.includes(code) && !OF_WHOLE_SCOPES.includes(code),
)

const GRANTS_A_ROUND = 36
const ACTIONS_A_GRANT = 4
const TIMES_A_ROUND = 4
/** From so many cases on a second chain is worth its start. */
const MANY_CASES = 4_000
/** Of a hundred cases, how many are judged again with something missing. */
const UNCHAINED_PERCENT = 10

/**
 * Puts the same near-valid actions to `evaluate` and to the real contracts, and compares: allow or deny, and for a denial the
 * hop, the caveat and the reason. State is read through the same reader that the product uses.
 */
export async function runAgreement(options: AgreementOptions): Promise<AgreementReport> {
  const { ours } = await compareEvaluators({ ours: evaluate }, options)
  return ours
}

/** The same for several evaluators on the same cases: with a mistake in one it has to show, or the comparison is worth nothing. */
export async function compareEvaluators<Name extends string>(
  evaluators: Readonly<Record<Name, Evaluate>>,
  options: AgreementOptions,
): Promise<Record<Name, AgreementReport>> {
  const runs = Object.entries<Evaluate>(evaluators).map(([name, judge]) => ({
    name,
    judge,
    report: emptyReport(options.seed),
  }))
  // Two chains where it pays: one mines and traces while we judge what the other said.
  const lanes = options.cases < MANY_CASES ? 1 : 2
  const share = Math.ceil(options.cases / lanes)
  const done = Array.from({ length: lanes }, () => 0)
  await Promise.all(
    done.map(async (_, lane) => {
      const cases = Math.min(share, options.cases - lane * share)
      const progress = (count: number) => {
        done[lane] = count
        options.onProgress?.(done.reduce((sum, part) => sum + part, 0))
      }
      await runLane({ runs, options: { ...options, cases, onProgress: progress }, lane, lanes })
    }),
  )
  for (const { report } of runs) countLeast(report, REACHABLE)
  return Object.fromEntries(runs.map(({ name, report }) => [name, report])) as Record<Name, AgreementReport>
}

/** Every so many rounds on a chain of its own: the same seed is the same cases, whichever lane is faster. */
async function runLane(plan: Pick<Run, 'runs' | 'options'> & { lane: number; lanes: number }): Promise<void> {
  const { runs, options, lane, lanes } = plan
  const rig = await startRig()
  const run: Run = { rig, runs, options, done: 0 }
  try {
    for (let round = lane; run.done < options.cases; round += lanes) {
      const draw = seeded(options.seed * 1_000_003 + round)
      const snapshot = await send(rig.chain.rpcUrl, 'evm_snapshot', [])
      await runRound(draw, run, round)
      await send(rig.chain.rpcUrl, 'evm_revert', [snapshot])
      options.onProgress?.(run.done)
    }
  } finally {
    await rig.stop()
  }
}

type Run = {
  rig: Rig
  runs: readonly { judge: Evaluate; report: AgreementReport }[]
  options: AgreementOptions
  done: number
}

type Live = Subject & { prepared: PreparedGrant; ledger: Ledger }

async function runRound(draw: Draw, run: Run, round: number): Promise<void> {
  const { rig } = run
  await send(rig.chain.rpcUrl, 'evm_mine', [])
  const { timestamp, number } = await head(rig.chain.rpcUrl)
  const world: World = { ...rig.world, now: timestamp, block: number }
  const live: Live[] = []
  const corners = [...(await cornerGrants(draw, rig, world)), ...(await focusedGrants(draw, rig, world, round))]
  for (let count = 0; count < GRANTS_A_ROUND; count++) {
    const subject = corners[count] ?? (await drawGrant(draw, rig, world))
    const prepared = prepareGrant(subject.grant, rig.environment)
    const state = await readState(rig.node, { grant: subject.grant, environment: rig.environment })
    live.push({ ...subject, prepared, ledger: await makeHistory(draw, rig, world, subject, prepared, state) })
    for (const { report } of run.runs) report.grants[subject.origin]++
  }
  if (chance(draw, 25)) await endGroup(rig, pick(draw, [...world.principals, ...world.agents]))
  for (let time = 0; time < TIMES_A_ROUND; time++) {
    if (time > 0) await warp(draw, rig, world)
    await compareAll(draw, run, world, live, ACTIONS_A_GRANT)
  }
  await setPaused(rig, true)
  await compareAll(draw, run, world, live.slice(-4), 1)
  await setPaused(rig, false)
}

/** Moves the clock to the next step at which caveats begin and end, or to the second before or after it. */
async function warp(draw: Draw, rig: Rig, { now }: World): Promise<void> {
  const { timestamp } = await head(rig.chain.rpcUrl)
  const edge = now + ((timestamp + 1n - now) / STEP + 1n) * STEP
  await send(rig.chain.rpcUrl, 'evm_setNextBlockTimestamp', [Number(edge) + draw.int(3) - 1])
  await send(rig.chain.rpcUrl, 'evm_mine', [])
}

async function compareAll(draw: Draw, run: Run, world: World, live: readonly Live[], actions: number): Promise<void> {
  const { rig } = run
  const { hash } = await head(rig.chain.rpcUrl)
  const states = await readStates(rig, live, hash)
  const cases: Case[] = []
  live.forEach((subject, index) => {
    const state = states[index]
    const wanted = subject.brief ? Math.min(actions, 2) : actions
    for (let count = 0; count < wanted && state !== undefined; count++) {
      const target = draw.int(subject.prepared.branches.length)
      const branch = subject.prepared.branches[target]
      const base = subject.bases[target]
      if (branch === undefined || base === undefined || run.done + cases.length >= run.options.cases) continue
      cases.push({ subject, state, target, action: nearAction(draw, world, branch, state, base) })
    }
  })
  await readApprovals(rig, cases, hash)
  const questions = cases.flatMap(({ subject, action }) =>
    action.chainId === world.chainId
      ? subject.prepared.branches.map((_, branch): Question => ({ grant: subject.grant, branch, action }))
      : [],
  )
  const answers = await askChain(rig.chain.rpcUrl, questions)
  let next = 0
  for (const one of cases) {
    const { prepared } = one.subject
    const own = one.action.chainId === world.chainId ? answers.slice(next, next + prepared.branches.length) : []
    next += own.length
    run.done++
    for (const { judge, report } of run.runs) judgeCase(one, own, judge, report)
    if (!chance(draw, UNCHAINED_PERCENT)) continue
    if (evaluate(prepared, one.action, one.state).verdict !== 'allow') continue
    const spoiled = spoil(draw, prepared, one.action, one.state)
    if (spoiled === null) continue
    for (const { judge, report } of run.runs) judgeUnchained(prepared, spoiled, judge, report)
  }
}

type Case = { subject: Live; action: Action; state: State; target: number }

/** Through the product's own reader, each grant once. */
function readStates(rig: Rig, live: readonly Live[], hash: Hex): Promise<State[]> {
  const { node, environment } = rig
  return Promise.all(live.map(({ grant }) => readState(node, { grant, environment, block: { hash } })))
}

/** What depends on the action is read again with it, as whoever decides does. */
async function readApprovals(rig: Rig, cases: Case[], hash: Hex): Promise<void> {
  const { node, environment } = rig
  await Promise.all(
    cases.map(async (one) => {
      const { grant, prepared } = one.subject
      if (!prepared.branches.some(({ links }) => links.some(asksTarget))) return
      one.state = await readState(node, { grant, environment, block: { hash }, action: one.action })
    }),
  )
}

function asksTarget({ caveats }: PreparedLink): boolean {
  return caveats.some(({ meaning }) => meaning.kind === 'approvalRevocation')
}

function judgeCase(
  { subject: { prepared, ledger }, action, state, target }: Case,
  answers: readonly ChainAnswer[],
  judge: Evaluate,
  report: AgreementReport,
): void {
  const whole = judge(prepared, action, state)
  report.cases++
  countVerdict(report, whole)
  const depth = depthOf(prepared, target)
  report.byDepth[depth] = (report.byDepth[depth] ?? 0) + 1
  const outcomes: Comparison[] = []
  const singles: Verdict[] = []
  prepared.branches.forEach((branch, index) => {
    const answer = answers[index]
    if (answer === undefined) return
    const verdict = judge({ ...prepared, branches: [branch] }, action, state)
    const outcome = compare(branch, verdict, answer, ledger.disabled)
    singles.push(verdict)
    outcomes.push(outcome)
    countComparison(report, branch, verdict, answer, outcome)
    if (isFault(outcome)) keepFault(report, { what: outcome, verdict, answer, action, links: branch.links, state })
  })
  // No chain can be asked about another chain: what is right follows from the grant alone.
  if (answers.length === 0) {
    const right = whole.verdict === 'deny' && whole.code === 'wrong_chain'
    outcomes.push(right ? 'agree' : whole.verdict === 'allow' ? 'falseAllow' : 'reasonMismatch')
  } else if (!isOneOf(whole, singles)) {
    outcomes.push('reasonMismatch')
    keepFault(report, { what: 'reasonMismatch', verdict: whole, answer: singles, action, links: [], state })
  }
  const worst = (['falseAllow', 'falseDeny', 'reasonMismatch', 'conservative'] as const).find((one) =>
    outcomes.includes(one),
  )
  if (worst !== undefined && !(worst === 'conservative' && whole.verdict === 'allow')) report[worst]++
  else {
    report.agree++
    if (whole.verdict === 'allow' && answers[whole.branch]?.status === 'execution_failed') report.execution++
  }
}

/** A case that no chain is asked about: what is right is known from how it was made. */
function judgeUnchained(prepared: PreparedGrant, spoiled: Unchained, judge: Evaluate, report: AgreementReport): void {
  const { action, state, expected } = spoiled
  const verdict = judge(prepared, action, state)
  report.unchained++
  countVerdict(report, verdict)
  if (!isExpected(verdict, expected)) {
    const what = verdict.verdict === 'deny' ? 'reasonMismatch' : 'falseAllow'
    report[what]++
    keepFault(report, { what, verdict, answer: expected, action, links: [], state })
  }
}

/** The verdict on a grant is that of its first branch that admits, or of one that refuses. */
function isOneOf(whole: Verdict, singles: readonly Verdict[]): boolean {
  const admitting =
    singles.find(({ verdict }) => verdict === 'allow') ?? singles.find(({ verdict }) => verdict === 'escalate')
  if (whole.verdict !== 'deny') return admitting?.verdict === whole.verdict && admitting.branch === whole.branch
  return admitting === undefined && singles.some((single) => key(single) === key(whole))
}

function key(verdict: Verdict): string {
  return verdict.verdict === 'deny'
    ? `${verdict.code} ${verdict.hop} ${verdict.delegation} ${verdict.caveat?.index}`
    : ''
}

function isFault(outcome: Comparison): outcome is 'falseAllow' | 'falseDeny' | 'reasonMismatch' {
  return outcome === 'falseAllow' || outcome === 'falseDeny' || outcome === 'reasonMismatch'
}
