import { Worker } from 'node:worker_threads'
import { chainFailed } from '../../errors.ts'
import type { Evaluate } from './ask.ts'
import { type Lane, runLane } from './lane.ts'
import { addReport, countRarest, emptyFusedReport, type FusedReport } from './report.ts'
import type { LaneMessage, LaneTask } from './thread.ts'

export type { Evaluate } from './ask.ts'

/** From so many cases on a second chain is worth its start. */
const MANY_CASES = 2_000

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
  const { cases, seed, onProgress } = options
  const lanes = cases < MANY_CASES ? 1 : 2
  const share = Math.ceil(cases / lanes)
  const done = Array.from({ length: lanes }, () => 0)
  // Evaluators cannot be handed to another thread.
  const threads = lanes > 1 && Object.keys(mistaken).length === 0
  const reports = await Promise.all(
    done.map(async (_, lane) => {
      const own = { seed, lane, lanes, cases: Math.min(share, cases - lane * share) }
      const progress = (count: number) => {
        done[lane] = count
        onProgress?.(done.reduce((sum, part) => sum + part, 0))
      }
      if (threads) return runThread(own, progress)
      return runHere(own, progress, mistaken)
    }),
  )
  const whole = emptyFusedReport(seed)
  for (const report of reports) addReport(whole, report)
  countRarest(whole)
  return whole
}

async function runHere(
  { cases, ...lane }: LaneTask,
  onProgress: Lane['onProgress'],
  mistaken: Readonly<Record<string, Evaluate>>,
): Promise<FusedReport> {
  const report = emptyFusedReport(lane.seed)
  await runLane({ mistaken, report, cases }, { ...lane, onProgress })
  return report
}

/** On a core of its own: to make and judge the cases takes longer than the chain's answers. */
async function runThread(task: LaneTask, onProgress: Lane['onProgress']): Promise<FusedReport> {
  const worker = new Worker(new URL('./thread.ts', import.meta.url), { workerData: task })
  try {
    return await new Promise<FusedReport>((resolve, reject) => {
      worker.on('message', (message: LaneMessage) => {
        if (message.report === null) onProgress(message.done)
        else resolve(message.report)
      })
      worker.once('error', ({ name, message }) => reject(chainFailed('lane', { name, message })))
      worker.once('exit', (code) => reject(chainFailed('lane', { code })))
    })
  } finally {
    await worker.terminate()
  }
}
