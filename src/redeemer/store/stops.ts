import type { Address, Hex } from '../../primitives/hex.ts'
import type { Query } from './database.ts'

/** What may be stopped: a grant, an agent, or everything. */
export type Subject = `grant:0x${string}` | `agent:0x${string}` | 'everything'

export type Stop = { subject: Subject; reason: string /** Unix milliseconds. */; stoppedAt: number }

/** Nothing of this subject is signed from here on. Stopping twice is one stop, the first one. */
export async function stop(query: Query, { subject, reason, stoppedAt }: Stop): Promise<void> {
  await query('INSERT INTO stops (subject, reason, stopped_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [
    subject,
    reason,
    stoppedAt,
  ])
}

export async function resume(query: Query, subject: Subject): Promise<void> {
  await query('DELETE FROM stops WHERE subject = $1', [subject])
}

/** The first stop that holds one of these; read in the transaction that would sign. */
export async function stopOf(query: Query, subjects: readonly Subject[]): Promise<Stop | undefined> {
  const all = [...subjects, 'everything']
  const places = all.map((_, index) => `$${index + 1}`).join(', ')
  const [row] = await query<{ subject: string; reason: string; stopped_at: number }>(
    `SELECT subject, reason, stopped_at FROM stops WHERE subject IN (${places}) ORDER BY stopped_at, subject`,
    all,
  )
  return row === undefined
    ? undefined
    : { subject: row.subject as Subject, reason: row.reason, stoppedAt: row.stopped_at }
}

/** Every subject by which an action can be stopped, apart from everything. */
export function subjectsOf({ grantId, agent }: { grantId: Hex; agent: Address }): Subject[] {
  return [`grant:${grantId}`, `agent:${agent}`]
}
