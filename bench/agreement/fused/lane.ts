import { evaluate } from '../../../src/verdict/evaluate.ts'
import { prepareGrant } from '../../../src/verdict/prepare.ts'
import type { PreparedBranch } from '../../../src/verdict/prepared.ts'
import type { State } from '../../../src/verdict/types.ts'
import { chance, pick, seeded } from '../../../test/arbitraries/draw.ts'
import type { World } from '../../../test/arbitraries/grantSketch.ts'
import { startRig } from '../rig.ts'
import { head, send } from '../rpc.ts'
import { confirmed, nearFused } from './actions.ts'
import { type Asked, askAll, type Case, type FusedRun, type Live, readRequests, readStates } from './ask.ts'
import { compareFused, wantedOf } from './compareFused.ts'
import { makeFusedHistories } from './history.ts'
import { nearOf } from './near.ts'
import { countVerdict, type FusedReport, isFault, keepFault } from './report.ts'
import { checkResets } from './resets.ts'
import { drawFused } from './subjects.ts'

const SUBJECTS_A_ROUND = 16
const ACTIONS_A_SUBJECT = 4
const TIMES_A_ROUND = 4
/** More than all transactions of one moment ask for, gas. */
const BLOCK_GAS = '0x3b9aca00'
/** Seconds: where windows begin and end must not hang on when a run is started. */
const START = 2_000_000_000

/** Which rounds of a run are this lane's, and who hears how many cases are done. */
export type Lane = { seed: number; lane: number; lanes: number; onProgress: (done: number) => void }

/** Every so many rounds on a chain of its own: the same seed is the same cases, whichever lane is faster. */
export async function runLane(
  own: Omit<FusedRun, 'rig' | 'draw'>,
  { seed, lane, lanes, onProgress }: Lane,
): Promise<void> {
  const rig = await startRig()
  const { rpcUrl } = rig.chain
  try {
    await send(rpcUrl, 'evm_setBlockGasLimit', [BLOCK_GAS])
    await send(rpcUrl, 'evm_setAutomine', [false])
    await send(rpcUrl, 'evm_setNextBlockTimestamp', [START])
    await send(rpcUrl, 'evm_mine', [])
    for (let round = lane; own.report.cases < own.cases; round += lanes) {
      const snapshot = await send(rpcUrl, 'evm_snapshot', [])
      await runRound({ ...own, rig, draw: seeded(seed * 1_000_003 + round) })
      onProgress(own.report.cases)
      await send(rpcUrl, 'evm_revert', [snapshot])
    }
  } finally {
    await rig.stop()
  }
}

async function runRound(run: FusedRun): Promise<void> {
  const { rig, draw } = run
  await send(rig.chain.rpcUrl, 'evm_mine', [])
  const { timestamp, number } = await head(rig.chain.rpcUrl)
  const world: World = { ...rig.world, now: timestamp, block: number }
  const live: Live[] = []
  for (let count = 0; count < SUBJECTS_A_ROUND; count++) {
    const subject = await drawFused(draw, rig, world)
    const prepared = prepareGrant(subject.grant, rig.environment)
    live.push({ ...subject, prepared, ledger: { disabled: new Set() } })
  }
  await makeFusedHistories({ rig, draw, world }, live)
  const edges = live.flatMap(({ terms }) => terms.flatMap((own) => (own === null ? [] : [own.notBefore, own.expiry])))
  for (let time = 0; time < TIMES_A_ROUND && run.report.cases < run.cases; time++) {
    if (time > 0) await warp(run, edges)
    edges.push(...(await compareAll(run, world, live)))
  }
}

/** To the second at which something denied comes free, or the one before it, or a little on. */
async function warp({ rig, draw }: FusedRun, edges: readonly bigint[]): Promise<void> {
  const { timestamp } = await head(rig.chain.rpcUrl)
  const later = edges.filter((edge) => edge > timestamp + 1n && edge < timestamp + 400n)
  const to =
    later.length > 0 && chance(draw, 70)
      ? pick(draw, later) - BigInt(draw.int(2))
      : timestamp + BigInt(1 + draw.int(40))
  await send(rig.chain.rpcUrl, 'evm_setNextBlockTimestamp', [Number(to)])
  await send(rig.chain.rpcUrl, 'evm_mine', [])
}

/** Every grant at one block. Returns when what was denied comes free by itself. */
async function compareAll(run: FusedRun, world: World, live: readonly Live[]): Promise<bigint[]> {
  const { rig, report } = run
  const asked = await askAll(run, await readRequests(rig, await drawCases(run, world, live)))
  const settled = await settle(run, asked)
  asked.forEach((one, at) => {
    report.cases++
    report.byDepth[one.branch.links.length] = (report.byDepth[one.branch.links.length] ?? 0) + 1
    countVerdict(report, one.verdict)
    countOutcome(report, settled[at] as Asked)
    if (one.verdict.verdict === 'allow') spoilState(run, one)
  })
  return checkResets(run, asked)
}

async function drawCases(run: FusedRun, world: World, live: readonly Live[]): Promise<Case[]> {
  const { draw, report } = run
  const states = await readStates(run.rig, live)
  const cases: Case[] = []
  for (const [at, subject] of live.entries()) {
    const state = states[at] as State
    for (let count = 0; count < ACTIONS_A_SUBJECT && report.cases + cases.length < run.cases; count++) {
      const index = draw.int(subject.prepared.branches.length)
      const branch = subject.prepared.branches[index] as PreparedBranch
      const near = nearOf(run, world, branch, state)
      cases.push({ subject, branch, index, near, state, action: await nearFused(near, subject.bases) })
    }
  }
  return cases
}

/** Follows escalations to their end: with the confirmers' signatures both have to say the same again. */
async function settle(run: FusedRun, asked: readonly Asked[]): Promise<Asked[]> {
  const settled = [...asked]
  for (let steps = 0; steps < 3; steps++) {
    const open = settled.flatMap((one, at) => {
      const wanted = followed(one)
      return wanted === null ? [] : [{ one, at, wanted }]
    })
    // What else refuses comes after the signature that lacks: only with it does the chain say that.
    const signed = await Promise.all(
      open.map(async ({ one, wanted }) => {
        return { ...one, action: await confirmed(one.near, one.branch, one.action, wanted) }
      }),
    )
    const answered = await askAll(run, await readRequests(run.rig, signed))
    answered.forEach((one, index) => {
      settled[open[index]?.at ?? -1] = one
      if (one.verdict.verdict === 'allow' && one.answer.status === 'executed') run.report.confirmed++
    })
  }
  return settled
}

/** The confirmation that a case lacks, where it can be given. */
function followed({ branch, verdict, answer, subject }: Asked): ReturnType<typeof wantedOf> {
  if (branch.links.some(({ caveats }) => caveats.length !== 1)) return null
  if (compareFused(branch, verdict, answer, subject.ledger.disabled) === 'falseAllow') return null
  return wantedOf(branch, answer)
}

function countOutcome(report: FusedReport, one: Asked): void {
  const { branch, verdict, answer, state, subject } = one
  const outcome = compareFused(branch, verdict, answer, subject.ledger.disabled)
  if (isFault(outcome)) keepFault(report, outcome, one, verdict, answer, state)
  else if (outcome === 'conservative') report.conservative++
  else {
    report.agree++
    if (outcome === 'execution') report.execution++
  }
}

/** A part of the state is not there: whatever else is right, the link that lacks it denies. */
function spoilState({ draw, report }: FusedRun, one: Asked): void {
  if (!chance(draw, 20)) return
  const scoped = one.branch.links.flatMap(({ hop, caveats }) =>
    caveats.flatMap(({ index, taskScope }) => (taskScope?.keys ?? []).map((key) => ({ hop, index, key }))),
  )
  if (scoped.length === 0) return
  const lost = pick(draw, scoped)
  const { [lost.key]: _, ...counters } = one.state.counters
  const spoiled = { ...one.state, counters }
  const verdict = evaluate({ ...one.subject.prepared, branches: [one.branch] }, one.action, spoiled)
  countVerdict(report, verdict)
  const right = verdict.verdict === 'deny' && verdict.code === 'state_missing' && verdict.hop === lost.hop
  if (!right) keepFault(report, 'reasonMismatch', one, verdict, { status: 'executed' }, spoiled)
}
