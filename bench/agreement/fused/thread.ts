import { parentPort, workerData } from 'node:worker_threads'
import { type Lane, runLane } from './lane.ts'
import { emptyFusedReport, type FusedReport } from './report.ts'

/** What a thread is started with. */
export type LaneTask = Omit<Lane, 'onProgress'> & { cases: number }

/** What it says: how far it has come, and at last what it counted. */
export type LaneMessage = { done: number; report: FusedReport | null }

const { cases, ...lane } = workerData as LaneTask
const report = emptyFusedReport(lane.seed)
const say = (message: LaneMessage) => parentPort?.postMessage(message)
await runLane({ mistaken: {}, report, cases }, { ...lane, onProgress: (done) => say({ done, report: null }) })
say({ done: report.cases, report })
