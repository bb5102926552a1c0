import { readState } from '../src/chain/index.ts'
import type { Hex } from '../src/primitives/hex.ts'
import { evaluate as ourEvaluate } from '../src/verdict/evaluate.ts'
import { prepareGrant } from '../src/verdict/prepare.ts'
import type { PreparedGrant } from '../src/verdict/prepared.ts'
import type { Action, State, Verdict } from '../src/verdict/types.ts'
import { nearAction } from '../test/arbitraries/action.ts'
import { chance, type Draw, pick, seeded } from '../test/arbitraries/draw.ts'
import type { World } from '../test/arbitraries/grantSketch.ts'
import { askChain, type Question } from './agreement/chainAnswer.ts'
import { type Comparison, compare } from './agreement/compare.ts'
import { drawGrant, type Subject } from './agreement/grants.ts'
import { endGroup, type Ledger, makeHistory, setPaused } from './agreement/history.ts'
import { type Rig, startRig } from './agreement/rig.ts'
import { send } from './agreement/rpc.ts'

export type AgreementOptions = {
  cases: number
  seed: number
  /** The evaluator under test. Another one than ours shows that the harness would notice. */
  evaluate?: (prepared: PreparedGrant, action: Action, state: State) => Verdict
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
const ACTIONS_A_GRANT = 8
const TIMES_A_ROUND = 3

/**
 * Puts the same near-valid actions to `evaluate` and to the real contracts, and compares: allow or deny, and for a denial the
 * hop, the caveat and the reason. State is read through the same reader that the product uses.
 */
export async function runAgreement(options: AgreementOptions): Promise<AgreementReport> {
  const rig = await startRig()
  const report: AgreementReport = {
    seed: options.seed,
    cases: 0,
    comparisons: 0,
    agree: 0,
    falseAllow: 0,
    falseDeny: 0,
    conservative: 0,
    reasonMismatch: 0,
    execution: 0,
    kinds: {},
    faults: [],
  }
  try {
    for (let round = 0; report.cases < options.cases; round++) {
      const draw = seeded(options.seed * 1_000_003 + round)
      const snapshot = await send(rig.chain.rpcUrl, 'evm_snapshot', [])
      await runRound(draw, rig, options, report)
      await send(rig.chain.rpcUrl, 'evm_revert', [snapshot])
      options.onProgress?.(report.cases)
    }
  } finally {
    await rig.stop()
  }
  return report
}

type Live = Subject & { prepared: PreparedGrant; ledger: Ledger }

async function runRound(draw: Draw, rig: Rig, options: AgreementOptions, report: AgreementReport): Promise<void> {
  const world: World = { ...rig.world, now: (await head(rig)).timestamp }
  const wanted = Math.min(GRANTS_A_ROUND, Math.ceil((options.cases - report.cases) / ACTIONS_A_GRANT))
  const live: Live[] = []
  for (let count = 0; count < wanted; count++) {
    const subject = await drawGrant(draw, rig, world)
    const prepared = prepareGrant(subject.grant, rig.environment)
    const state = await readState(rig.node, { grant: subject.grant, environment: rig.environment })
    live.push({ ...subject, prepared, ledger: await makeHistory(draw, rig, world, subject, prepared, state) })
  }
  if (chance(draw, 30)) await endGroup(rig, pick(draw, [...world.principals, ...world.agents]))
  for (let time = 0; time < TIMES_A_ROUND && report.cases < options.cases; time++) {
    if (time > 0) await warp(draw, rig, live)
    const paused = chance(draw, 4)
    if (paused) await setPaused(rig, true)
    await compareAll(draw, rig, world, live, options, report)
    if (paused) await setPaused(rig, false)
  }
}

/** Moves the clock to, just before or just after something that a caveat of the round waits for. */
async function warp(draw: Draw, rig: Rig, live: readonly Live[]): Promise<void> {
  const now = (await head(rig)).timestamp
  const times = live.flatMap(({ prepared }) =>
    prepared.branches.flatMap(({ links }) =>
      links.flatMap(({ caveats }) => caveats.flatMap(({ meaning }) => edges(meaning, now))),
    ),
  )
  const near = times.filter((time) => time > now + 1n && time < now + 400n)
  const edge = near.length === 0 ? now + 30n : pick(draw, near)
  const time = edge + BigInt(draw.int(3)) - 1n
  await send(rig.chain.rpcUrl, 'evm_setNextBlockTimestamp', [Number(time > now ? time : now + 1n)])
  await send(rig.chain.rpcUrl, 'evm_mine', [])
}

function edges(
  meaning: PreparedGrant['branches'][number]['links'][number]['caveats'][number]['meaning'],
  now: bigint,
): bigint[] {
  if (meaning.kind === 'timestamp') return [meaning.after, meaning.before]
  if (meaning.kind !== 'erc20PeriodTransfer' && meaning.kind !== 'nativePeriodTransfer') return []
  const { start, duration } = meaning
  if (now < start) return [start]
  return duration === 0n ? [] : [start + ((now - start) / duration + 1n) * duration]
}

async function compareAll(
  draw: Draw,
  rig: Rig,
  world: World,
  live: readonly Live[],
  options: AgreementOptions,
  report: AgreementReport,
): Promise<void> {
  const { hash } = await head(rig)
  const states = await Promise.all(
    live.map(({ grant }) => readState(rig.node, { grant, environment: rig.environment, block: { hash } })),
  )
  const cases: { subject: Live; action: Action; state: State }[] = []
  live.forEach((subject, index) => {
    const state = states[index]
    for (let count = 0; count < ACTIONS_A_GRANT && state !== undefined; count++) {
      const target = draw.int(subject.prepared.branches.length)
      const branch = subject.prepared.branches[target]
      const base = subject.bases[target]
      if (branch === undefined || base === undefined || report.cases + cases.length >= options.cases) continue
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
    judgeCase(subject, action, state, own, options.evaluate ?? ourEvaluate, report)
  }
}

function judgeCase(
  { prepared, ledger }: Live,
  action: Action,
  state: State,
  answers: Awaited<ReturnType<typeof askChain>>,
  evaluate: NonNullable<AgreementOptions['evaluate']>,
  report: AgreementReport,
): void {
  const whole = evaluate(prepared, action, state)
  const kind = whole.verdict === 'allow' ? 'allow' : whole.verdict === 'escalate' ? 'escalate' : whole.code
  report.cases++
  report.kinds[kind] = (report.kinds[kind] ?? 0) + 1
  const outcomes: Comparison[] = []
  const singles: Verdict[] = []
  prepared.branches.forEach((branch, index) => {
    const answer = answers[index]
    if (answer === undefined) return
    const verdict = evaluate({ ...prepared, branches: [branch] }, action, state)
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
