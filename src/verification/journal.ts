import type { Bundle } from '../receipt/bundle.ts'
import type { Statement, StatementOf } from '../receipt/statement.ts'
import { resultOf } from './checks.ts'
import { createMemory } from './memory.ts'
import { checkTickets, type Owed } from './tickets.ts'
import { loadTrust } from './trust.ts'
import type { Result, Status, Verification, VerifyOptions } from './types.ts'
import { verifyBundle } from './verify.ts'

export type JournalCode =
  /** Two receipts in one place: the issuer tells two stories. */
  | 'fork'
  /** A receipt does not name the one before it. */
  | 'broken_link'
  /** Receipts are not here: at the beginning, or between. */
  | 'gap'
  /** The last receipt is not the one that the verifier knows to be the last, or a later one. */
  | 'tail_missing'
  /** The decision that this is the outcome of is not here. */
  | 'decision_missing'
  /** The outcome of something that was not allowed, or of another action. */
  | 'outcome_mismatch'
  /** Two final outcomes of one decision, or one and the claim that another transaction took its place for good. */
  | 'outcome_twice'
  /** One action, by its id, was executed by two transactions, both final. */
  | 'executed_twice'
  /** Two tickets with one number, or for one request. */
  | 'ticket_twice'
  /** A request was decided before it was taken in. */
  | 'ticket_late'
  /** Its time has passed, and there is no decision here. */
  | 'ticket_unanswered'
  /** All receipts of the issuer are here, and a ticket's number is not. */
  | 'ticket_gap'

export type JournalFinding = {
  code: JournalCode
  status: Extract<Status, 'refuted' | 'unavailable'>
  iss: string
  /** Root delegation whose chain it is; absent where it is the issuer's. */
  root?: string
  /** Place, or first missing place. */
  seq?: number
  ids: readonly string[]
}

/** What a set of receipts shows together. */
export type JournalVerification = {
  result: Result
  /** In the order given. */
  receipts: readonly Verification[]
  findings: readonly JournalFinding[]
  /** Allowed decisions without a settled outcome. That is no fault: the chain may not have answered yet. */
  open: readonly { decision: string; action: string }[]
  /** Requests that were taken in and have no decision here. */
  owed: readonly Owed[]
}

/** One receipt whose signature is proven. */
type Entry = { id: string; statement: Statement }
type Place = { id: string; seq: number; prev: string | undefined }

/**
 * Checks receipts one by one, and then together: order, gaps and forks, for each issuer and each root delegation, and which
 * allowed decisions are still open.
 *
 * One issuer's receipts about one root are a chain of their own, so a principal who holds only those can see that none is
 * missing between them. **What comes after the last one nobody can see from receipts alone**: name the last one that is
 * known from elsewhere in `heads`.
 *
 * @param bundles - In any order; the same receipt twice counts once.
 */
export async function verifyJournal(
  bundles: readonly (string | Bundle)[],
  options: Omit<VerifyOptions, 'previous'> & {
    heads?: readonly { iss: string; seq: number; id: string }[]
    /** Unix seconds: a ticket whose time has passed is told. */
    now?: bigint
  },
): Promise<JournalVerification> {
  const trust = 'loaded' in options.trust ? options.trust : await loadTrust(options.trust)
  const memory = options.memory ?? createMemory()
  const receipts: Verification[] = []
  for (const bundle of bundles) receipts.push(await verifyBundle(bundle, { ...options, trust, memory }))
  const entries = new Map<string, Entry>()
  for (const { id, statement } of receipts) {
    if (id !== undefined && statement !== undefined) entries.set(id, { id, statement })
  }
  const known = [...entries.values()]
  const { findings: outcomes, open } = checkOutcomes(known)
  const tickets = checkTickets(known, options.now)
  const chains = [...checkChains(known), ...checkHeads(known, options.heads ?? [])]
  const findings = [...chains, ...outcomes, ...tickets.findings]
  const results = receipts.flatMap(({ checks }) => checks)
  const together = findings.map(({ status }) => ({ check: 'links', status, code: 'links_broken', detail: '' }) as const)
  return { result: resultOf([...results, ...together]), receipts, findings, open, owed: tickets.owed }
}

function checkChains(entries: readonly Entry[]): JournalFinding[] {
  const chains = new Map<string, { iss: string; root?: string; places: Place[] }>()
  const add = (iss: string, root: string | undefined, place: Place) => {
    const key = JSON.stringify([iss, root ?? null])
    const chain = chains.get(key) ?? { iss, ...(root === undefined ? {} : { root }), places: [] }
    chain.places.push(place)
    chains.set(key, chain)
  }
  for (const { id, statement } of entries) {
    const { iss, seq, prev } = statement
    add(iss, undefined, { id, seq, prev })
    for (const { delegation, ...place } of statement.roots)
      add(iss, delegation, { id, seq: place.seq, prev: place.prev })
  }
  return [...chains.values()].flatMap(({ places, ...chain }) => checkChain(places).map((it) => ({ ...chain, ...it })))
}

function checkChain(places: Place[]): Pick<JournalFinding, 'code' | 'status' | 'seq' | 'ids'>[] {
  const findings: Pick<JournalFinding, 'code' | 'status' | 'seq' | 'ids'>[] = []
  let before: Place | undefined
  for (const place of places.sort((a, b) => a.seq - b.seq)) {
    const last = before?.seq ?? 0
    if (place.seq === last) {
      findings.push({ code: 'fork', status: 'refuted', seq: place.seq, ids: [before?.id ?? '', place.id] })
    } else if (place.seq > last + 1) {
      findings.push({ code: 'gap', status: 'unavailable', seq: last + 1, ids: [place.id] })
    } else if (place.prev !== before?.id) {
      findings.push({ code: 'broken_link', status: 'refuted', seq: place.seq, ids: [place.id] })
    }
    before = place
  }
  return findings
}

function checkHeads(
  entries: readonly Entry[],
  heads: readonly { iss: string; seq: number; id: string }[],
): JournalFinding[] {
  return heads.flatMap(({ iss, seq, id }): JournalFinding[] => {
    const there = entries.filter(({ statement }) => statement.iss === iss && statement.seq === seq)
    if (there.some((entry) => entry.id === id)) return []
    const other = there.map((entry) => entry.id)
    return other.length > 0
      ? [{ code: 'fork', status: 'refuted', iss, seq, ids: [id, ...other] }]
      : [{ code: 'tail_missing', status: 'unavailable', iss, seq, ids: [id] }]
  })
}

const SETTLED: ReadonlySet<string> = new Set(['executed', 'reverted', 'ineffective', 'replaced', 'not_executed'])

function checkOutcomes(entries: readonly Entry[]): Pick<JournalVerification, 'findings' | 'open'> {
  const decisions = new Map<string, StatementOf<'decision'>>()
  for (const { id, statement } of entries) if (statement.kind === 'decision') decisions.set(id, statement)
  const findings: JournalFinding[] = []
  const settled = new Set<string>()
  const final = new Map<string, string>()
  const executed = new Map<string, { id: string; tx: string }>()
  for (const { id, statement } of entries) {
    if (statement.kind !== 'outcome') continue
    const { iss, outcome, action } = statement
    const find = (code: JournalCode, status: JournalFinding['status'], ...ids: string[]) =>
      findings.push({ code, status, iss, ids: [id, ...ids] })
    const decision = decisions.get(statement.decision)
    if (decision === undefined) find('decision_missing', 'unavailable', statement.decision)
    else if (!isOutcomeOf(statement, decision)) find('outcome_mismatch', 'refuted', statement.decision)
    if (SETTLED.has(outcome.status)) settled.add(statement.decision)
    // What is not final may be followed by another outcome of the same decision: the chain may have been reorganised.
    // That its nonce went to another transaction is an end as well, and so is that it never can run.
    const ended = outcome.status === 'replaced' || outcome.status === 'not_executed'
    if (!ended && !('final' in outcome && outcome.final)) continue
    const other = final.get(statement.decision)
    if (other !== undefined) find('outcome_twice', 'refuted', other)
    final.set(statement.decision, id)
    if (outcome.status !== 'executed') continue
    const same = executed.get(action.id)
    if (same !== undefined && same.tx !== outcome.tx) find('executed_twice', 'refuted', same.id)
    executed.set(action.id, { id, tx: outcome.tx })
  }
  const open = [...decisions].flatMap(([decision, { verdict, action }]) =>
    verdict.result === 'allowed' && !settled.has(decision) ? [{ decision, action: action.id }] : [],
  )
  return { findings, open }
}

function isOutcomeOf(outcome: StatementOf<'outcome'>, decision: StatementOf<'decision'>): boolean {
  return (
    decision.verdict.result === 'allowed' &&
    decision.iss === outcome.iss &&
    decision.action.id === outcome.action.id &&
    decision.grant.id === outcome.grant.id &&
    decision.delegation?.context === outcome.delegation.context
  )
}
