import { readState } from '../../../src/chain/index.ts'
import { evaluate } from '../../../src/verdict/evaluate.ts'
import type { PreparedBranch, PreparedGrant } from '../../../src/verdict/prepared.ts'
import type { Action, State, Verdict } from '../../../src/verdict/types.ts'
import type { Draw } from '../../../test/arbitraries/draw.ts'
import { askChain, type ChainAnswer } from '../chainAnswer.ts'
import type { Ledger } from '../history.ts'
import type { Rig } from '../rig.ts'
import { head } from '../rpc.ts'
import type { Near } from './actions.ts'
import { compareFused, wantedOf } from './compareFused.ts'
import { type FusedReport, isFault } from './report.ts'
import type { FusedSubject } from './subjects.ts'

export type Evaluate = (prepared: PreparedGrant, action: Action, state: State) => Verdict

/** One lane: its chain, its choices, and where it counts. */
export type FusedRun = {
  rig: Rig
  draw: Draw
  mistaken: Readonly<Record<string, Evaluate>>
  report: FusedReport
  cases: number
}

/** A grant on the chain, with what its history did to it. */
export type Live = FusedSubject & { prepared: PreparedGrant; ledger: Ledger }

/** One action on one branch. `time`: judged and asked as if it were this second; absent: at the block of the state. */
export type Case = {
  subject: Live
  branch: PreparedBranch
  index: number
  near: Near
  action: Action
  state: State
  time?: bigint
}

/** What we say of it, and what the chain says. */
export type Asked = Case & { verdict: Verdict; answer: ChainAnswer }

/** Through the product's own reader, each grant once, all at the newest block. */
export async function readStates({ chain, node, environment }: Rig, live: readonly Live[]): Promise<State[]> {
  const { hash } = await head(chain.rpcUrl)
  return Promise.all(live.map(({ grant }) => readState(node, { grant, environment, block: { hash } })))
}

/** What depends on a request is read again with it, as whoever decides does. */
export function readRequests({ node, environment }: Rig, cases: readonly Case[]): Promise<Case[]> {
  return Promise.all(
    cases.map(async (one) => {
      const { action, subject, state } = one
      if (action.request === undefined && action.requestsAbove === undefined) return one
      const block = { hash: state.block.hash }
      return { ...one, state: await readState(node, { grant: subject.grant, environment, block, action }) }
    }),
  )
}

/** All of them at one block in two exchanges: one for every answer, one for where what refused did. */
export async function askAll({ rig, mistaken, report }: FusedRun, cases: readonly Case[]): Promise<Asked[]> {
  const answers = await askChain(
    rig.chain.rpcUrl,
    cases.map(({ subject: { grant }, index, action, time }) => ({
      grant,
      branch: index,
      action,
      ...(time === undefined ? {} : { time }),
    })),
  )
  return cases.map((one, at) => {
    const { subject, branch, action, state } = one
    const answer = answers[at] as ChainAnswer
    const alone = { ...subject.prepared, branches: [branch] }
    for (const [name, judge] of Object.entries(mistaken)) {
      // What else is refused behind a signature that lacks, the chain does not say yet.
      if (wantedOf(branch, answer) !== null) continue
      const outcome = compareFused(branch, judge(alone, action, state), answer, subject.ledger.disabled)
      report.caught[name] ??= {}
      const caught = report.caught[name]
      if (isFault(outcome)) caught[outcome] = (caught[outcome] ?? 0) + 1
    }
    return { ...one, answer, verdict: evaluate(alone, action, state) }
  })
}
