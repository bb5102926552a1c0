import type { Statement, StatementOf } from '../receipt/statement.ts'
import type { JournalFinding } from './journal.ts'

type Entry = { id: string; statement: Statement }
type Ticket = { id: string; statement: StatementOf<'ticket'> }

/** A request that was taken in and has no decision here. */
export type Owed = {
  ticket: string
  action: string
  /** Unix seconds. */
  decideBy: number
}

/**
 * What tickets owe: each was given once, before the decision about its request, and was answered in time. Their numbers have
 * no gap, which only who holds all receipts of an issuer can tell.
 *
 * @param now - Unix seconds; without it nothing is late.
 */
export function checkTickets(
  entries: readonly Entry[],
  now: bigint | undefined,
): { findings: JournalFinding[]; owed: Owed[] } {
  const tickets = entries.filter((entry): entry is Ticket => entry.statement.kind === 'ticket')
  const findings: JournalFinding[] = []
  const owed: Owed[] = []
  const byNumber = new Map<string, Ticket>()
  const byAction = new Map<string, Ticket>()
  for (const ticket of tickets) {
    const { id, statement } = ticket
    const { iss, seq, action } = statement
    const find = (code: JournalFinding['code'], status: JournalFinding['status'], ...ids: string[]) =>
      findings.push({ code, status, iss, seq, ids: [id, ...ids] })
    const twin = keep(byNumber, `${iss} ${statement.ticket.number}`, ticket)
    const again = keep(byAction, `${iss} ${action.id}`, ticket)
    const other = twin ?? again
    if (other !== undefined) find('ticket_twice', 'refuted', other.id)
    const decisions = entries.filter(
      ({ statement: theirs }) => theirs.kind === 'decision' && theirs.iss === iss && theirs.action.id === action.id,
    )
    const before = decisions.find(({ statement: theirs }) => theirs.seq < seq)
    if (before !== undefined) find('ticket_late', 'refuted', before.id)
    if (decisions.length > 0) continue
    const { decideBy } = statement.ticket
    owed.push({ ticket: id, action: action.id, decideBy })
    if (now !== undefined && now > BigInt(decideBy)) find('ticket_unanswered', 'unavailable')
  }
  return { findings: [...findings, ...gaps(entries, tickets)], owed }
}

/** Numbers that are missing between tickets, for issuers of whom every receipt is here. */
function gaps(entries: readonly Entry[], tickets: readonly Ticket[]): JournalFinding[] {
  return [...new Set(tickets.map(({ statement }) => statement.iss))].flatMap((iss): JournalFinding[] => {
    const own = entries.filter(({ statement }) => statement.iss === iss)
    const places = new Set(own.map(({ statement }) => statement.seq))
    if (Math.max(...places) !== places.size) return []
    const sorted = tickets
      .filter(({ statement }) => statement.iss === iss)
      .sort((a, b) => a.statement.ticket.number - b.statement.ticket.number)
    const at = sorted.findIndex(({ statement }, index) => statement.ticket.number > index + 1)
    const found = sorted[at]
    return found === undefined
      ? []
      : [{ code: 'ticket_gap', status: 'refuted', iss, seq: found.statement.seq, ids: [found.id] }]
  })
}

/** What stood there before, if anything did. */
function keep(map: Map<string, Ticket>, key: string, ticket: Ticket): Ticket | undefined {
  const before = map.get(key)
  if (before === undefined) map.set(key, ticket)
  return before
}
