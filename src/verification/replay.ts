import type { Bundle } from '../receipt/bundle.ts'
import type { RequestRead } from '../receipt/evidence.ts'
import type { Statement, StatementOf } from '../receipt/statement.ts'
import { caip10Account } from '../receipt/values.ts'
import { createScopeHistory } from '../scope/admits.ts'
import type { Dimension } from '../scope/subset.ts'
import type { Scope } from '../scope/types.ts'
import { checkAction } from './action.ts'
import { openEnvelope } from './envelope.ts'
import { checkEvidence } from './evidence.ts'
import { verifyJournal } from './journal.ts'
import type { CheckCode, Verification, VerifyOptions } from './types.ts'

/** What became of an action when it was asked for. */
export type Past =
  | 'executed'
  | 'reverted'
  | 'ineffective'
  | 'replaced'
  | 'not_executed'
  | 'open'
  | 'denied'
  | 'escalated'

/** What the other scope says of it. */
export type Now =
  | { now: 'passes'; rule: string }
  /** Only once the confirmer has said so; counted as not done. */
  | { now: 'asks'; rule: string; budget: string }
  /** It spends what is measured, at the pointer, and no receipt says how much that was; counted as not done. */
  | { now: 'unknown'; rule: string; pointer: string }
  | { now: 'fails'; dimension: Dimension; pointer: string }

export type ReplayedAction = Now & {
  /** Id of the request: every receipt about one action has the same. */
  action: string
  /** Id of the decision, or of the outcome where the decision is not here. */
  receipt: string
  /** Index in the bundles given. */
  index: number
  /** Unix seconds; of the block at which it was decided, or where none was read by the issuer's clock. */
  time: bigint
  clock: 'block' | 'issuer'
  was: Past
}

/** A receipt that says nothing that could be asked again. */
export type Unsaid = { index: number; receipt: string | null; why: CheckCode; status: 'refuted' | 'unavailable' }

export type Replay = {
  /** In the order of time. */
  actions: readonly ReplayedAction[]
  cannotSay: readonly Unsaid[]
  /** Receipts of grants and revocations: nothing in them to replay. */
  others: number
}

/**
 * Asks past actions again under another scope: which would pass, one after the other, each with what passed before it on its
 * budgets and calls. Windows are those of the scope: fixed ones counted from its `notBefore`.
 *
 * What passes and did not fail on chain is charged, whether or not it was allowed then; what reverted is not. One action
 * counts once, however often it was decided. Delegates are not compared: another scope may be for another account. A
 * receipt that is not believed, or without its request, is never passed: it is in `cannotSay`.
 */
export async function replayReceipts(
  scope: Scope,
  bundles: readonly (string | Bundle)[],
  options: Omit<VerifyOptions, 'previous'>,
): Promise<Replay> {
  const { receipts } = await verifyJournal(bundles, options)
  const cannotSay: Unsaid[] = []
  const events = new Map<string, Event>()
  const seen = new Set<string>()
  let others = 0
  for (const [index, verification] of receipts.entries()) {
    const { id, statement } = verification
    if (id !== undefined && seen.has(id)) continue
    if (id !== undefined) seen.add(id)
    if (statement !== undefined && statement.kind !== 'decision' && statement.kind !== 'outcome') {
      others++
      continue
    }
    const read = readEvent(index, bundles[index] ?? '', verification)
    if ('why' in read) cannotSay.push(read)
    else events.set(read.receipt, read)
  }
  // What came of a decision that is not believed is no better than it.
  const unsaid = new Map(cannotSay.map((one) => [one.receipt, one]))
  for (const [id, { index, receipt, statement }] of events) {
    const of = statement.kind === 'outcome' ? unsaid.get(statement.decision) : undefined
    if (of === undefined) continue
    events.delete(id)
    cannotSay.push({ ...of, index, receipt })
  }
  const actions = settle([...events.values()]).sort(byTime)
  const history = createScopeHistory(scope)
  return { actions: actions.map((event) => replay(scope, history, event)), cannotSay, others }
}

/** One receipt about an action that can be asked again. */
type Event = Place & { statement: StatementOf<'decision' | 'outcome'>; request: RequestRead['request'] }
type Place = Pick<ReplayedAction, 'action' | 'receipt' | 'index' | 'time' | 'clock'>
/** An action with its end. `counts`: it would have used up budgets and calls, had it passed. */
type Settled = Event & { was: Past; counts: boolean }

function readEvent(index: number, bundle: string | Bundle, { id, statement, checks }: Verification): Event | Unsaid {
  const refuted = checks.find(({ status }) => status === 'refuted')
  const missing = checks.find(({ check, status }) => {
    return status === 'unavailable' && (check === 'form' || check === 'issuer' || check === 'action')
  })
  const unsaid = refuted ?? missing
  if (unsaid !== undefined) {
    return { index, receipt: id ?? null, why: unsaid.code, status: refuted === undefined ? 'unavailable' : 'refuted' }
  }
  const envelope = openEnvelope(bundle)
  const request =
    'check' in envelope ? undefined : checkAction(envelope.statement, checkEvidence(envelope).evidence).request
  if (request === undefined || id === undefined || (statement?.kind !== 'decision' && statement?.kind !== 'outcome')) {
    return { index, receipt: id ?? null, why: 'evidence_missing', status: 'unavailable' }
  }
  const block = statement.kind === 'decision' ? statement.state?.block.time : undefined
  return {
    action: statement.action.id,
    receipt: id,
    index,
    time: BigInt(block ?? statement.iat),
    clock: block === undefined ? 'issuer' : 'block',
    statement,
    request: request.request,
  }
}

/** One entry an action: its last decision with the last outcome of it, or where there is no decision its last outcome. */
function settle(events: readonly Event[]): Settled[] {
  const last = new Map<string, Event>()
  const ends = new Map<string, StatementOf<'outcome'>>()
  const known = new Set(events.map(({ receipt }) => receipt))
  for (const event of events) {
    const { statement } = event
    if (statement.kind === 'outcome') {
      const before = ends.get(statement.decision)
      if (before === undefined || isLater(statement, before)) ends.set(statement.decision, statement)
      if (known.has(statement.decision)) continue
    }
    const before = last.get(event.action)
    const better = before !== undefined && rankOf(event) > rankOf(before)
    if (before === undefined || better || (rankOf(event) === rankOf(before) && isLater(statement, before.statement))) {
      last.set(event.action, event)
    }
  }
  return [...last.values()].map((event) => {
    const { statement, receipt } = event
    const end = statement.kind === 'outcome' ? ends.get(statement.decision) : ends.get(receipt)
    const was = pastOf(statement, end)
    // A simulation that failed would fail again: it is no matter of authority.
    const failing =
      statement.kind === 'decision' &&
      statement.verdict.result !== 'allowed' &&
      statement.verdict.result !== 'escalated' &&
      statement.verdict.family === 'execution'
    return { ...event, was, counts: !DID_NOTHING.includes(was) && !failing }
  })
}

/** What spent nothing, whatever was allowed. */
const DID_NOTHING: readonly Past[] = ['reverted', 'replaced', 'not_executed']

function rankOf({ statement }: Event): number {
  return statement.kind === 'decision' ? 1 : 0
}

function isLater(one: Statement, other: Statement): boolean {
  return (one.iat - other.iat || one.seq - other.seq) > 0
}

function pastOf(statement: Event['statement'], end: StatementOf<'outcome'> | undefined): Past {
  if (statement.kind === 'decision' && statement.verdict.result !== 'allowed') {
    return statement.verdict.result === 'escalated' ? 'escalated' : 'denied'
  }
  const status = end?.outcome.status
  return status === undefined || status === 'pending' || status === 'unknown' ? 'open' : status
}

function byTime(a: Event, b: Event): number {
  return Number(a.time - b.time) || a.statement.seq - b.statement.seq || a.index - b.index
}

function replay(scope: Scope, history: ReturnType<typeof createScopeHistory>, event: Settled): ReplayedAction {
  const { statement, request, counts, was, action, receipt, index, time, clock } = event
  const row = { action, receipt, index, time, clock, was }
  if (caip10Account(statement.principal) !== scope.principal) {
    return { ...row, now: 'fails', dimension: 'principal', pointer: '/principal' }
  }
  const { chainId, redeemer, calls } = request
  const asked = { chainId, redeemer, calls, time }
  const admission = history.ask(asked)
  if (admission.admitted === 'no') {
    return { ...row, now: 'fails', dimension: admission.dimension, pointer: admission.pointer }
  }
  const { rule } = admission
  if (admission.admitted === 'confirmed') return { ...row, now: 'asks', rule, budget: admission.budget }
  if (admission.admitted === 'unknown') return { ...row, now: 'unknown', rule, pointer: admission.pointer }
  if (counts) history.record(asked, admission)
  return { ...row, now: 'passes', rule }
}
