import type { Hex } from '../../primitives/hex.ts'
import { encodeBundle } from '../../receipt/bundle.ts'
import type { Drafted } from '../../receipt/draft.ts'
import { type Head, type IssuerIdentity, issueReceipt } from '../../receipt/issue.ts'
import type { SignatureCheck, Signer } from '../../receipt/keys.ts'
import type { Kind } from '../../receipt/statement.ts'
import type { Dialect, Query } from './database.ts'

export type Issuer = { identity: IssuerIdentity; signer: Signer; check?: SignatureCheck }

export type StoredReceipt = {
  seq: number
  id: string
  kind: string
  actionId: string | null
  /** The one that says how its action ended. */
  terminal: boolean
  /** As it is handed out. */
  bundle: string
  /** Unix milliseconds. */
  issuedAt: number
}

/**
 * Gives a draft its place behind all others, signs it and keeps it, in the transaction that makes what it says true. Receipts
 * are one chain: whoever appends waits for whoever is appending.
 *
 * @throws `redeemer.duplicate` where the action has its terminal receipt already.
 */
export async function appendReceipt<kind extends Kind>(
  query: Query,
  { lock }: Dialect,
  issuer: Issuer,
  {
    drafted,
    actionId,
    terminal,
    now,
  }: { drafted: Drafted<kind>; actionId: string | null; terminal: boolean; now: number },
): Promise<StoredReceipt> {
  await query(`SELECT value FROM counters WHERE name = 'receipts' ${lock}`)
  const head = await readHead(query, [...new Set(drafted.draft.roots)] as Hex[])
  const { identity, signer, check } = issuer
  const issued = await issueReceipt(drafted.draft, {
    signer,
    issuer: identity,
    head,
    now: BigInt(Math.floor(now / 1_000)),
    ...(check === undefined ? {} : { check }),
  })
  const { seq, kind } = issued.statement
  const bundle = encodeBundle({ receipt: issued.token, evidence: drafted.evidence })
  await query(
    'INSERT INTO receipts (seq, id, kind, action_id, terminal, bundle, issued_at) VALUES ($1, $2, $3, $4, $5, $6, $7)',
    [seq, issued.id, kind, actionId, terminal ? 1 : 0, bundle, now],
  )
  await query(`UPDATE counters SET value = $1 WHERE name = 'receipts'`, [seq])
  for (const { delegation, seq: place } of issued.statement.roots) {
    await query(
      `INSERT INTO receipt_roots (delegation, seq, id) VALUES ($1, $2, $3)
       ON CONFLICT (delegation) DO UPDATE SET seq = $2, id = $3`,
      [delegation, place, issued.id],
    )
  }
  return { seq, id: issued.id, kind, actionId, terminal, bundle, issuedAt: now }
}

/** Oldest first, behind a place where one is given. */
export async function listReceipts(
  query: Query,
  { actionId, after = 0, limit }: { actionId?: string; after?: number; limit: number },
): Promise<StoredReceipt[]> {
  const where = actionId === undefined ? 'seq > $1' : 'seq > $1 AND action_id = $3'
  const rows = await query<ReceiptRow>(
    `SELECT seq, id, kind, action_id, terminal, bundle, issued_at FROM receipts WHERE ${where} ORDER BY seq LIMIT $2`,
    [after, limit, ...(actionId === undefined ? [] : [actionId])],
  )
  return rows.map((row) => ({
    seq: row.seq,
    id: row.id,
    kind: row.kind,
    actionId: row.action_id,
    terminal: row.terminal === 1,
    bundle: row.bundle,
    issuedAt: row.issued_at,
  }))
}

/** Where the chain of receipts ends, and the chains of the root delegations that the next one is about. */
async function readHead(query: Query, delegations: readonly Hex[]): Promise<Head> {
  const [last] = await query<{ seq: number; id: string }>('SELECT seq, id FROM receipts ORDER BY seq DESC LIMIT 1')
  const places = delegations.map((_, index) => `$${index + 1}`).join(', ')
  const roots =
    delegations.length === 0
      ? []
      : await query<{ delegation: string; seq: number; id: string }>(
          `SELECT delegation, seq, id FROM receipt_roots WHERE delegation IN (${places})`,
          delegations,
        )
  return {
    ...(last === undefined ? { seq: 0 } : { seq: last.seq, id: last.id }),
    roots: Object.fromEntries(roots.map(({ delegation, seq, id }) => [delegation, { seq, id }])),
  }
}

type ReceiptRow = {
  seq: number
  id: string
  kind: string
  action_id: string | null
  terminal: number
  bundle: string
  issued_at: number
}

/** Id of the newest decision about an action. */
export async function decisionOf(query: Query, actionId: string): Promise<string | undefined> {
  const [row] = await query<{ id: string }>(
    `SELECT id FROM receipts WHERE action_id = $1 AND kind = 'decision' ORDER BY seq DESC LIMIT 1`,
    [actionId],
  )
  return row?.id
}
