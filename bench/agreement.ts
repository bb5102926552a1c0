import { readState } from '../src/chain/index.ts'
import type { Hex } from '../src/primitives/hex.ts'
import { evaluate } from '../src/verdict/evaluate.ts'
import { prepareGrant } from '../src/verdict/prepare.ts'
import type { PreparedGrant } from '../src/verdict/prepared.ts'
import type { Action, State, Verdict } from '../src/verdict/types.ts'
import { nearAction } from '../test/arbitraries/action.ts'
import { chance, type Draw, pick, seeded } from '../test/arbitraries/draw.ts'
import { STEP, type World } from '../test/arbitraries/grantSketch.ts'
import { askChain, type Question } from './agreement/chainAnswer.ts'
import { type Comparison, compare } from './agreement/compare.ts'
import { cornerGrants, drawGrant, type Subject } from './agreement/grants.ts'
import { endGroup, type Ledger, makeHistory, setPaused } from './agreement/history.ts'
import { type Rig, startRig } from './agreement/rig.ts'
import { send } from './agreement/rpc.ts'

export type Evaluate = (prepared: PreparedGrant, action: Action, state: State) => Verdict

export type AgreementOptions = {
  cases: number
  seed: number
  onProgress?: ((done: number) => void) | undefined
}

export type AgreementReport = {
  seed: number
  /** Actions, each judged by us and by the chain on every branch of its grant. */
  cases: number
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
  /** Verdicts by code; `allow` and `escalate` beside them. */
  kinds: Record<string, number>
  /** The first few that did not agree, with what reproduces them. */
  faults: Fault[]
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
const GRANTS_A_ROUND = 24
const ACTIONS_A_GRANT = 4
const TIMES_A_ROUND = 4

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
  const rig = await startRig()
  const runs = Object.entries<Evaluate>(evaluators).map(([name, judge]) => ({
    name,
    judge,
    report: emptyReport(options.seed),
  }))
  const run: Run = { rig, runs, options, done: 0 }
  try {
    for (let round = 0; run.done < options.cases; round++) {
      const draw = seeded(options.seed * 1_000_003 + round)
      const snapshot = await send(rig.chain.rpcUrl, 'evm_snapshot', [])
      await runRound(draw, run)
      await send(rig.chain.rpcUrl, 'evm_revert', [snapshot])
      options.onProgress?.(run.done)
    }
  } finally {
    await rig.stop()
  }
  return Object.fromEntries(runs.map(({ name, report }) => [name, report])) as Record<Name, AgreementReport>
}

function emptyReport(seed: number): AgreementReport {
  return {
    seed,
    cases: 0,
    comparisons: 0,
    agree: 0,
    falseAllow: 0,
    falseDeny: 0,
    conservative: 0,
    reasonMismatch: 0,
    execution: 0,
    grants: { sketched: 0, compiled: 0, handedOn: 0 },
    kinds: {},
    faults: [],
  }
}

type Run = {
  rig: Rig
  runs: readonly { judge: Evaluate; report: AgreementReport }[]
  options: AgreementOptions
  done: number
}

type Live = Subject & { prepared: PreparedGrant; ledger: Ledger }

async function runRound(draw: Draw, run: Run): Promise<void> {
  const { rig } = run
  await send(rig.chain.rpcUrl, 'evm_mine', [])
  const world: World = { ...rig.world, now: (await head(rig)).timestamp }
  const live: Live[] = []
  const corners = await cornerGrants(draw, rig, world)
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
  const { timestamp } = await head(rig)
  const edge = now + ((timestamp + 1n - now) / STEP + 1n) * STEP
  await send(rig.chain.rpcUrl, 'evm_setNextBlockTimestamp', [Number(edge) + draw.int(3) - 1])
  await send(rig.chain.rpcUrl, 'evm_mine', [])
}

async function compareAll(draw: Draw, run: Run, world: World, live: readonly Live[], actions: number): Promise<void> {
  const { rig } = run
  const { hash } = await head(rig)
  const states = await Promise.all(
    live.map(({ grant }) => readState(rig.node, { grant, environment: rig.environment, block: { hash } })),
  )
  const cases: { subject: Live; action: Action; state: State }[] = []
  live.forEach((subject, index) => {
    const state = states[index]
    const wanted = subject.corner === undefined ? actions : Math.min(actions, 2)
    for (let count = 0; count < wanted && state !== undefined; count++) {
      const target = draw.int(subject.prepared.branches.length)
      const branch = subject.prepared.branches[target]
      const base = subject.bases[target]
      if (branch === undefined || base === undefined || run.done + cases.length >= run.options.cases) continue
      cases.push({ subject, state, action: nearAction(draw, world, branch, state, base) })
    }
  })
  const questions = cases.flatMap(({ subject, action }) =>
    action.chainId === world.chainId
      ? subject.prepared.branches.map((_, branch): Question => ({ grant: subject.grant, branch, action }))
      : [],
  )
  const answers = await askChain(rig.chain.rpcUrl, questions)
  let next = 0
  for (const { subject, action, state } of cases) {
    const own = action.chainId === world.chainId ? answers.slice(next, next + subject.prepared.branches.length) : []
    next += own.length
    run.done++
    for (const { judge, report } of run.runs) judgeCase(subject, action, state, own, judge, report)
  }
}

function judgeCase(
  { prepared, ledger }: Live,
  action: Action,
  state: State,
  answers: Awaited<ReturnType<typeof askChain>>,
  judge: Evaluate,
  report: AgreementReport,
): void {
  const whole = judge(prepared, action, state)
  const kind = whole.verdict === 'allow' ? 'allow' : whole.verdict === 'escalate' ? 'escalate' : whole.code
  report.cases++
  report.kinds[kind] = (report.kinds[kind] ?? 0) + 1
  const outcomes: Comparison[] = []
  const singles: Verdict[] = []
  prepared.branches.forEach((branch, index) => {
    const answer = answers[index]
    if (answer === undefined) return
    const verdict = judge({ ...prepared, branches: [branch] }, action, state)
    const outcome = compare(branch, verdict, answer, ledger.disabled)
    singles.push(verdict)
    outcomes.push(outcome)
    report.comparisons++
    if (isFault(outcome) && report.faults.length < MAX_FAULTS) {
      report.faults.push({ what: outcome, verdict, answer, action, links: branch.links, state })
    }
  })
  // No chain can be asked about another chain: what is right follows from the grant alone.
  if (answers.length === 0)
    outcomes.push(kind === 'wrong_chain' ? 'agree' : whole.verdict === 'allow' ? 'falseAllow' : 'reasonMismatch')
  else if (!isOneOf(whole, singles)) {
    outcomes.push('reasonMismatch')
    if (report.faults.length < MAX_FAULTS) {
      report.faults.push({ what: 'reasonMismatch', verdict: whole, answer: singles, action, links: [], state })
    }
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

async function head(rig: Rig): Promise<{ hash: Hex; timestamp: bigint }> {
  const { hash, timestamp } = (await send(rig.chain.rpcUrl, 'eth_getBlockByNumber', ['latest', false])) as {
    hash: Hex
    timestamp: Hex
  }
  return { hash, timestamp: BigInt(timestamp) }
}
