import { getEnvironment } from '../src/chain/index.ts'
import { evaluate } from '../src/verdict/evaluate.ts'
import type { PreparedGrant } from '../src/verdict/prepared.ts'
import type { Action, State } from '../src/verdict/types.ts'
import { seeded } from '../test/arbitraries/draw.ts'
import { drawVerdictCase } from '../test/arbitraries/verdictCase.ts'
import { drawFusedSamples } from './fusedSamples.ts'

export type VerdictsReport = {
  /** Verdicts a second of processor time, one core, grant prepared, call data read each time: neighbours do not count. */
  perSecond: number
  /** Most links of a grant measured. */
  hops: number
  lowering: 'framework'
  seed: number
  samples: number
  /** The same, by number of links of a grant's longest branch. */
  perSecondByHops: Record<string, number>
  /** How many of a hundred verdicts were what. */
  percent: Record<string, number>
  /** Grants of whole scopes in one caveat, none with a signature to check: verdicts a second by number of links. */
  fused: { perSecondByHops: Record<string, number>; percent: Record<string, number> }
}

type Sample = { prepared: PreparedGrant; action: Action; state: State; hops: number }

const GRANTS = 600
const ACTIONS_A_GRANT = 8
const WARM_UP_MS = 500
const MEASURE_MS = 2_000

/**
 * Times `evaluate` over the grants and near-valid actions of the agreement benchmark: no action is judged twice in a row,
 * denials carry their tried fix, and every verdict is counted, so that none can be optimised away.
 */
export function measureVerdicts(seed: number): VerdictsReport {
  const samples = drawSamples(seed)
  const counts: Record<string, number> = {}
  run(samples, WARM_UP_MS, counts)
  const all = run(samples, MEASURE_MS, counts)
  const environment = getEnvironment(8453)
  const scoped = drawFusedSamples(seeded(seed + 1), environment, GRANTS, ACTIONS_A_GRANT)
  const scopedCounts: Record<string, number> = {}
  run(scoped, WARM_UP_MS, scopedCounts)
  return {
    perSecond: all,
    hops: Math.max(...samples.map(({ hops }) => hops)),
    lowering: 'framework',
    seed,
    samples: samples.length,
    perSecondByHops: byHops(samples),
    percent: percentOf(counts),
    fused: { perSecondByHops: byHops(scoped), percent: percentOf(scopedCounts) },
  }
}

function byHops(samples: readonly Sample[]): Record<string, number> {
  const lengths = [...new Set(samples.map(({ hops }) => hops))].sort()
  return Object.fromEntries(
    lengths.map((length) => {
      const list = samples.filter(({ hops }) => hops === length)
      return [length, run(list, MEASURE_MS / 4, {})]
    }),
  )
}

function percentOf(counts: Readonly<Record<string, number>>): Record<string, number> {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0)
  return Object.fromEntries(
    Object.entries(counts).map(([verdict, count]) => [verdict, Math.round((1_000 * count) / total) / 10]),
  )
}

function drawSamples(seed: number): Sample[] {
  const draw = seeded(seed)
  const environment = getEnvironment(8453)
  return Array.from({ length: GRANTS }, () => drawVerdictCase(draw, environment, ACTIONS_A_GRANT)).flatMap(
    ({ prepared, state, actions }) => {
      const hops = Math.max(...prepared.branches.map(({ links }) => links.length))
      return actions.map((action) => ({ prepared, state, action, hops }))
    },
  )
}

/** Whole passes over the samples until so much processor time is used up; verdicts a second of it. */
function run(samples: readonly Sample[], milliseconds: number, counts: Record<string, number>): number {
  const started = process.cpuUsage()
  let done = 0
  let elapsed = 0
  do {
    for (const { prepared, action, state } of samples) {
      const { verdict } = evaluate(prepared, action, state)
      counts[verdict] = (counts[verdict] ?? 0) + 1
    }
    done += samples.length
    const { user, system } = process.cpuUsage(started)
    elapsed = (user + system) / 1_000
  } while (elapsed < milliseconds)
  return Math.round((done * 1_000) / elapsed)
}
