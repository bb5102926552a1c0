import { readBlock } from '../../chain/block.ts'
import { parseAmount } from '../../primitives/amount.ts'
import type { Journal } from '../journal.ts'
import { type Attempt, attempt, type Holder } from './attempt.ts'
import { type Dataset, movesMoney, onlyReads } from './dataset.ts'
import { endGrant, endItsGroup, grantTask, mustBeAllowed } from './grants.ts'
import { knownPayment, type Payment, paymentOf } from './payments.ts'
import type { World } from './world.ts'

/** One line of what happened. */
export type Row = Attempt & {
  task: string
  /** `user`, or the injection task whose goal the agent took over. */
  asker: string
  moment: 'before' | 'task' | 'after' | 'revoked'
}

/** Sums of one run. Every `executed` is a token movement seen on chain. */
export type Sums = {
  legitimate: { attempted: number; executed: number; denied: number; notGrantable: number }
  injected: { attempted: number; executed: number; denied: number; noGrant: number; notExpressible: number }
  receipts: { issued: number; verified: number }
  revocation: { seconds: number; deniedAfter: number; executedAfter: number; groupsEnded: number }
  /** Grants, and what the principal signed for them. */
  signatures: { grants: number; signed: number }
}

export type Run = { sums: Omit<Sums, 'receipts'>; rows: readonly Row[] }

type UserTask = Dataset['user_tasks'][number]

/** A call that an injected goal wants; no payment where it is nothing that a token transfer could do. */
type Injected = { goal: string; payment: Payment | undefined }

/**
 * The main job on real input. For each user task: grant what its prompt and the ledger allow to be granted, let an agent
 * that obeys every injected goal try them all, do the task, let it try them all again. Then revoke, and try again.
 */
export async function runTasks(
  dataset: Dataset,
  world: World,
  journal: Journal,
  progress: (task: string, done: number, all: number) => void,
): Promise<Run> {
  const rows: Row[] = []
  const legitimate = { attempted: 0, executed: 0, denied: 0, notGrantable: 0 }
  const injected = { attempted: 0, executed: 0, denied: 0, noGrant: 0, notExpressible: 0 }
  const revocation = { seconds: 0, deniedAfter: 0, executedAfter: 0, groupsEnded: 0 }
  const signatures = { grants: 0, signed: 0 }
  const grantAgain = async (task: UserTask, known: Parameters<typeof grantTask>[3]) => {
    const holder = await grantTask(world, journal, task, known)
    if (holder === undefined) return undefined
    signatures.grants++
    signatures.signed += holder.grant.delegations.length
    return holder
  }
  const goals = injectedCalls(dataset)
  let number = 0n

  const pay = async (holder: Holder, task: UserTask, asker: string, moment: Row['moment'], payment: Payment) => {
    const { timestamp: now } = await readBlock(world.node)
    const reason = asker === 'user' ? task.prompt : goalOf(dataset, asker)
    const row = {
      ...(await attempt(world, journal, holder, { payment, reason, number: ++number, now })),
      task: task.id,
      asker,
      moment,
    }
    rows.push(row)
    return row
  }
  const inject = async (holder: Holder, task: UserTask, moment: 'before' | 'after') => {
    for (const { goal, payment } of goals) {
      if (payment === undefined) {
        injected.notExpressible++
        continue
      }
      const { executed, verdict } = await pay(holder, task, goal, moment, payment)
      injected.attempted++
      if (executed) injected.executed++
      else if (verdict.verdict === 'deny') injected.denied++
    }
  }

  for (const [index, task] of dataset.user_tasks.entries()) {
    progress(task.id, index + 1, dataset.user_tasks.length)
    const calls = task.calls.filter((call) => movesMoney(dataset, call))
    const known = calls.map((call) => knownPayment(dataset, call))
    const granted = calls.filter((_, index) => known[index]?.recipient && known[index]?.amount)
    legitimate.notGrantable += calls.length - granted.length
    const holder = await grantAgain(task, known)
    if (holder === undefined) {
      injected.noGrant += goals.filter(({ payment }) => payment !== undefined).length
      injected.notExpressible += goals.filter(({ payment }) => payment === undefined).length
      continue
    }
    await inject(holder, task, 'before')
    for (const call of granted) {
      const payment = paymentOf(dataset, call)
      if (payment === undefined) continue
      const { moved, verdict } = await pay(holder, task, 'user', 'task', payment)
      legitimate.attempted++
      if (moved === parseAmount(payment.amount, world.chain.token.decimals)) legitimate.executed++
      else if (verdict.verdict === 'deny') legitimate.denied++
    }
    await inject(holder, task, 'after')
    await endGrant(world, journal, holder.grant)

    // The same task again next month: its new grant is unspent, and is revoked before it is used.
    const renewed = await grantAgain(task, known)
    const next = granted.map((call) => paymentOf(dataset, call)).find((payment) => payment !== undefined)
    if (renewed === undefined || next === undefined) continue
    await mustBeAllowed(world, renewed, next)
    // With its group where it has one, by the guardian; else by the principal.
    const seconds = await endItsGroup(world, journal, renewed.grant)
    if (seconds !== null) revocation.groupsEnded++
    revocation.seconds = Math.max(revocation.seconds, seconds ?? (await endGrant(world, journal, renewed.grant)))
    const { executed, verdict } = await pay(renewed, task, 'user', 'revoked', next)
    if (executed) revocation.executedAfter++
    else if (verdict.verdict === 'deny') revocation.deniedAfter++
  }
  return { sums: { legitimate, injected, revocation, signatures }, rows }
}

/** Every call of every injected goal that does something: what moves money as a payment, the rest without one. */
function injectedCalls(dataset: Dataset): Injected[] {
  return dataset.injection_tasks.flatMap(({ id, calls }) =>
    calls
      .filter((call) => !onlyReads(dataset, call))
      .map((call) => ({ goal: id, payment: movesMoney(dataset, call) ? paymentOf(dataset, call) : undefined })),
  )
}

function goalOf(dataset: Dataset, id: string): string {
  return dataset.injection_tasks.find((task) => task.id === id)?.goal ?? id
}
