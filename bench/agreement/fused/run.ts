import { readState } from '../../../src/chain/index.ts'
import { evaluate } from '../../../src/verdict/evaluate.ts'
import { prepareGrant } from '../../../src/verdict/prepare.ts'
import type { PreparedBranch, PreparedGrant } from '../../../src/verdict/prepared.ts'
import type { Action, Deny, State, Verdict } from '../../../src/verdict/types.ts'
import { chance, type Draw, pick, seeded } from '../../../test/arbitraries/draw.ts'
import type { World } from '../../../test/arbitraries/grantSketch.ts'
import { askChain, type ChainAnswer } from '../chainAnswer.ts'
import type { Ledger } from '../history.ts'
import { type Rig, startRig } from '../rig.ts'
import { head, send } from '../rpc.ts'
import { confirmed, type Near, nearFused } from './actions.ts'
import { compareFused, wantedOf } from './compareFused.ts'
import { makeFusedHistory } from './history.ts'
import { nearOf } from './near.ts'
import { countRarest, countVerdict, emptyFusedReport, type FusedReport, isFault, keepFault } from './report.ts'
import { drawFused, type FusedSubject } from './subjects.ts'

export type Evaluate = (prepared: PreparedGrant, action: Action, state: State) => Verdict

const SUBJECTS_A_ROUND = 16
const ACTIONS_A_SUBJECT = 4
const TIMES_A_ROUND = 4

type Live = FusedSubject & { prepared: PreparedGrant; ledger: Ledger }
type Run = {
  rig: Rig
  draw: Draw
  mistaken: Readonly<Record<string, Evaluate>>
  report: FusedReport
  cases: number
  onProgress?: ((done: number) => void) | undefined
}
type Case = { subject: Live; branch: PreparedBranch; index: number; action: Action }

/**
 * The same near-valid actions, under random whole scopes, to `evaluate` and to the real manager and enforcer: allow or deny,
 * and for a denial hop, rule, condition or budget, and the numbers of the revert.
 *
 * @param mistaken - Evaluators with a mistake each, on the same cases: it has to show, or the comparison is worth nothing.
 */
export async function runFusedAgreement(
  options: { cases: number; seed: number; onProgress?: ((done: number) => void) | undefined },
  mistaken: Readonly<Record<string, Evaluate>> = {},
): Promise<FusedReport> {
  const report = emptyFusedReport(options.seed)
  const rig = await startRig()
  try {
    for (let round = 0; report.cases < options.cases; round++) {
      const draw = seeded(options.seed * 1_000_003 + round)
      const run: Run = { rig, draw, mistaken, report, cases: options.cases, onProgress: options.onProgress }
      const snapshot = await send(rig.chain.rpcUrl, 'evm_snapshot', [])
      await runRound(run)
      await send(rig.chain.rpcUrl, 'evm_revert', [snapshot])
    }
  } finally {
    await rig.stop()
  }
  countRarest(report)
  return report
}

async function runRound(run: Run): Promise<void> {
  const { rig, draw } = run
  await send(rig.chain.rpcUrl, 'evm_mine', [])
  const { timestamp, number } = await head(rig.chain.rpcUrl)
  const world: World = { ...rig.world, now: timestamp, block: number }
  const live: Live[] = []
  for (let count = 0; count < SUBJECTS_A_ROUND; count++) {
    const subject = await drawFused(draw, rig, world)
    const prepared = prepareGrant(subject.grant, rig.environment)
    live.push({ ...subject, prepared, ledger: await makeFusedHistory(run, world, subject, prepared) })
  }
  const edges = live.flatMap(({ terms }) => terms.flatMap((own) => (own === null ? [] : [own.notBefore, own.expiry])))
  for (let time = 0; time < TIMES_A_ROUND; time++) {
    if (time > 0) await warp(run, edges)
    for (const subject of live) {
      for (let count = 0; count < ACTIONS_A_SUBJECT && run.report.cases < run.cases; count++) {
        const edge = await judgeOne(run, world, subject)
        if (edge !== null) edges.push(edge)
      }
    }
  }
}

/** To the second at which something denied comes free, or the one before it, or a little on. */
async function warp({ rig, draw }: Run, edges: readonly bigint[]): Promise<void> {
  const { timestamp } = await head(rig.chain.rpcUrl)
  const later = edges.filter((edge) => edge > timestamp + 1n && edge < timestamp + 400n)
  const to =
    later.length > 0 && chance(draw, 70)
      ? pick(draw, later) - BigInt(draw.int(2))
      : timestamp + BigInt(1 + draw.int(40))
  await send(rig.chain.rpcUrl, 'evm_setNextBlockTimestamp', [Number(to)])
  await send(rig.chain.rpcUrl, 'evm_mine', [])
}

/** Returns when what was denied comes free by itself. */
async function judgeOne(run: Run, world: World, subject: Live): Promise<bigint | null> {
  const { draw, report } = run
  const index = draw.int(subject.prepared.branches.length)
  const branch = subject.prepared.branches[index] as PreparedBranch
  const near = await nearOf(run, world, subject, branch)
  const action = await nearFused(near, subject.bases)
  const one = { subject, branch, index, action }
  const { verdict, answer, state } = await ask(run, one)
  report.cases++
  report.byDepth[branch.links.length] = (report.byDepth[branch.links.length] ?? 0) + 1
  await settle(run, near, one, verdict, answer, state)
  run.onProgress?.(report.cases)
  if (verdict.verdict === 'allow') spoilState(run, one, state)
  if (verdict.verdict !== 'deny' || verdict.resetsAt === null || verdict.resetsAt > state.block.timestamp + 4_000n) {
    return null
  }
  if (chance(draw, 80)) await checkReset(run, one, verdict)
  return verdict.resetsAt
}

/** One second before, the same check refuses; at the second named it does not. */
async function checkReset(run: Run, one: Case, denied: Deny): Promise<void> {
  const { rig, report } = run
  const { rpcUrl } = rig.chain
  const resetsAt = denied.resetsAt as bigint
  const snapshot = await send(rpcUrl, 'evm_snapshot', [])
  for (const time of [resetsAt - 1n, resetsAt]) {
    if (time <= (await head(rpcUrl)).timestamp) continue
    await send(rpcUrl, 'evm_setNextBlockTimestamp', [Number(time)])
    await send(rpcUrl, 'evm_mine', [])
    const { verdict, answer, state } = await ask(run, one)
    const outcome = compareFused(one.branch, verdict, answer, one.subject.ledger.disabled)
    const still = verdict.verdict === 'deny' && checkOf(verdict) === checkOf(denied)
    // Before it, only an end can come first; at it, another check may refuse, but not this one.
    const right = time === resetsAt ? !still : still || (verdict.verdict === 'deny' && verdict.resetsAt === null)
    if (isFault(outcome) && wantedOf(one.branch, answer) === null)
      keepFault(report, outcome, one, verdict, answer, state)
    else if (!right) keepFault(report, 'reasonMismatch', one, verdict, answer, state)
    else if (time === resetsAt) report.resets++
  }
  await send(rpcUrl, 'evm_revert', [snapshot])
}

function checkOf({ code, hop, caveat, rule }: Deny): string {
  return JSON.stringify([code, hop, caveat, rule])
}

/** Compares, and follows an escalation to its end: with the confirmer's signatures both have to say the same again. */
async function settle(
  run: Run,
  near: Near,
  one: Case,
  first: Verdict,
  answer: ChainAnswer,
  state: State,
): Promise<void> {
  const { report } = run
  countVerdict(report, first)
  let [verdict, said, seen, action] = [first, answer, state, one.action]
  const { disabled } = one.subject.ledger
  for (let steps = 0; steps < 3 && one.branch.links.every(({ caveats }) => caveats.length === 1); steps++) {
    const wanted = wantedOf(one.branch, said)
    if (wanted === null || compareFused(one.branch, verdict, said, disabled) === 'falseAllow') break
    // What else refuses comes after the signature that lacks: only with it does the chain say that.
    action = await confirmed(near, one.branch, action, wanted)
    ;({ verdict, answer: said, state: seen } = await ask(run, { ...one, action }))
    if (verdict.verdict === 'allow' && said.status === 'executed') report.confirmed++
  }
  const outcome = compareFused(one.branch, verdict, said, disabled)
  if (isFault(outcome)) keepFault(report, outcome, { ...one, action }, verdict, said, seen)
  else if (outcome === 'conservative') report.conservative++
  else {
    report.agree++
    if (outcome === 'execution') report.execution++
  }
}

/** A part of the state is not there: whatever else is right, the link that lacks it denies. */
function spoilState(run: Run, one: Case, state: State): void {
  const { draw, report } = run
  if (!chance(draw, 20)) return
  const scoped = one.branch.links.flatMap(({ hop, caveats }) =>
    caveats.flatMap(({ index, taskScope }) => (taskScope?.keys ?? []).map((key) => ({ hop, index, key }))),
  )
  if (scoped.length === 0) return
  const lost = pick(draw, scoped)
  const { [lost.key]: _, ...counters } = state.counters
  const spoiled = { ...state, counters }
  const verdict = evaluate({ ...one.subject.prepared, branches: [one.branch] }, one.action, spoiled)
  countVerdict(report, verdict)
  const right = verdict.verdict === 'deny' && verdict.code === 'state_missing' && verdict.hop === lost.hop
  if (!right) keepFault(report, 'reasonMismatch', one, verdict, { status: 'executed' }, spoiled)
}

async function ask({ rig, mistaken, report }: Run, { subject, branch, index, action }: Case) {
  const { rpcUrl } = rig.chain
  const { hash } = await head(rpcUrl)
  const { grant, prepared, ledger } = subject
  const state = await readState(rig.node, { grant, environment: rig.environment, block: { hash }, action })
  const [answer] = (await askChain(rpcUrl, [{ grant, branch: index, action }])) as [ChainAnswer]
  const alone = { ...prepared, branches: [branch] }
  for (const [name, judge] of Object.entries(mistaken)) {
    // What else is refused behind a signature that lacks, the chain does not say yet.
    if (wantedOf(branch, answer) !== null) continue
    const outcome = compareFused(branch, judge(alone, action, state), answer, ledger.disabled)
    report.caught[name] ??= {}
    const caught = report.caught[name]
    if (isFault(outcome)) caught[outcome] = (caught[outcome] ?? 0) + 1
  }
  return { state, answer, verdict: evaluate(alone, action, state) }
}
