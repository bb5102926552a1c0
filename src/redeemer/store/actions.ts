import type { Address, Hex } from '../../primitives/hex.ts'
import { RedeemerError } from '../errors.ts'
import { type ActionState, mayFollow } from '../state.ts'
import type { Dialect, Query, Value } from './database.ts'

/** An action as it is kept. Times in unix milliseconds, `deadline` in unix seconds. */
export type StoredAction = {
  id: string
  /** Its place among all accepted actions, from 1 on, without a gap. */
  ticket: number
  grantId: Hex
  principal: Address
  agent: Address
  idempotencyKey: string
  /** Of what was asked, to the byte. */
  digest: string
  document: string
  deadline: number
  state: ActionState
  /** Of the grant, once it is decided. */
  branch: number | null
  /** The last verdict, JSON. */
  verdict: string | null
  acceptedAt: number
  changedAt: number
}

export type NewAction = Omit<StoredAction, 'ticket' | 'state' | 'branch' | 'verdict' | 'changedAt'>

/**
 * Keeps an action under the next ticket, or finds the one that came under this key before: the same key is the same action,
 * for ever. So is the same request under another key: what was signed once happens once.
 *
 * @throws {@link RedeemerError} `redeemer.key_reused` where the key came with something else.
 */
export async function acceptAction(
  query: Query,
  { lock }: Dialect,
  action: NewAction,
): Promise<{ action: StoredAction; repeated: boolean }> {
  // The counter is locked first: of two that ask for one key at once, the second one then finds what the first one kept.
  const [tickets] = await query<{ value: number }>(`SELECT value FROM counters WHERE name = 'tickets' ${lock}`)
  const known = (await findByKey(query, action.agent, action.idempotencyKey)) ?? (await findAction(query, action.id))
  if (known !== undefined) {
    if (known.digest === action.digest) return { action: known, repeated: true }
    throw new RedeemerError('redeemer.key_reused', 'This idempotency key was used for another action.', {
      details: { key: action.idempotencyKey, action: known.id },
      fix: 'Give each action a key of its own; ask for the action to see what became of it.',
    })
  }
  const ticket = (tickets?.value ?? 0) + 1
  await query(`UPDATE counters SET value = $1 WHERE name = 'tickets'`, [ticket])
  await query('INSERT INTO principals (address) VALUES ($1) ON CONFLICT DO NOTHING', [action.principal])
  await query(
    `INSERT INTO actions (id, ticket, grant_id, principal, agent, idempotency_key, digest, document, deadline,
       state, claimed_until, accepted_at, changed_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'ticketed', 0, $10, $10)`,
    [
      action.id,
      ticket,
      action.grantId,
      action.principal,
      action.agent,
      action.idempotencyKey,
      action.digest,
      action.document,
      action.deadline,
      action.acceptedAt,
    ],
  )
  const stored: StoredAction = {
    ...action,
    ticket,
    state: 'ticketed',
    branch: null,
    verdict: null,
    changedAt: action.acceptedAt,
  }
  return { action: stored, repeated: false }
}

export async function findAction(query: Query, id: string): Promise<StoredAction | undefined> {
  const [row] = await query<ActionRow>(`SELECT ${COLUMNS} FROM actions WHERE id = $1`, [id])
  return row === undefined ? undefined : read(row)
}

export async function findByKey(query: Query, agent: Address, key: string): Promise<StoredAction | undefined> {
  const sql = `SELECT ${COLUMNS} FROM actions WHERE agent = $1 AND idempotency_key = $2`
  const [row] = await query<ActionRow>(sql, [agent, key])
  return row === undefined ? undefined : read(row)
}

/** Newest first, older than a ticket where one is given. */
export async function listActions(
  query: Query,
  { agent, before, limit }: { agent?: Address; before?: number; limit: number },
): Promise<StoredAction[]> {
  const where = agent === undefined ? 'ticket < $1' : 'ticket < $1 AND agent = $3'
  const rows = await query<ActionRow>(`SELECT ${COLUMNS} FROM actions WHERE ${where} ORDER BY ticket DESC LIMIT $2`, [
    before ?? Number.MAX_SAFE_INTEGER,
    limit,
    ...(agent === undefined ? [] : [agent]),
  ])
  return rows.map(read)
}

/**
 * Takes the oldest actions of a state for a while, so that no two replicas work on the same ones. It saves work and decides
 * nothing: whoever writes looks again at the state.
 *
 * @param until - Unix milliseconds; after it others may take them.
 */
export async function claimActions(
  query: Query,
  { lockFree }: Dialect,
  { state, now, until, limit }: { state: ActionState; now: number; until: number; limit: number },
): Promise<StoredAction[]> {
  const rows = await query<ActionRow>(
    `SELECT ${COLUMNS} FROM actions WHERE state = $1 AND claimed_until <= $2 ORDER BY ticket LIMIT $3 ${lockFree}`,
    [state, now, limit],
  )
  for (const { id } of rows) await query('UPDATE actions SET claimed_until = $1 WHERE id = $2', [until, id])
  return rows.map(read)
}

/** What of a principal is promised and perhaps not yet in a block, in the order in which it was promised. */
export async function promisedActions(query: Query, principal: Address): Promise<StoredAction[]> {
  const rows = await query<ActionRow>(
    `SELECT ${COLUMNS} FROM actions
     WHERE principal = $1 AND state IN ('allowed', 'submitted', 'included') ORDER BY ticket`,
    [principal],
  )
  return rows.map(read)
}

/** Until the transaction ends, nobody else decides about this principal's authority. */
export async function lockPrincipal(query: Query, { lock }: Dialect, principal: Address): Promise<void> {
  await query(`SELECT address FROM principals WHERE address = $1 ${lock}`, [principal])
}

/**
 * Moves an action along one arrow of its life, if it still stands where it starts.
 *
 * @throws {@link RedeemerError} `redeemer.moved_on` where it does not: somebody else was faster, and what was about to be
 * done must not be.
 */
export async function moveAction(
  query: Query,
  move: { id: string; from: ActionState; to: ActionState; at: number; branch?: number; verdict?: string },
): Promise<void> {
  const { id, from, to, at, branch, verdict } = move
  const sets: [string, Value][] = [
    ['state', to],
    ['changed_at', at],
    ['claimed_until', 0],
    ...(branch === undefined ? [] : [['branch', branch] as [string, Value]]),
    ...(verdict === undefined ? [] : [['verdict', verdict] as [string, Value]]),
  ]
  const text = sets.map(([column], index) => `${column} = $${index + 3}`).join(', ')
  const moved = mayFollow(from, to)
    ? await query(`UPDATE actions SET ${text} WHERE id = $1 AND state = $2 RETURNING id`, [
        id,
        from,
        ...sets.map(([, value]) => value),
      ])
    : []
  if (moved.length === 1) return
  throw new RedeemerError('redeemer.moved_on', 'The action is not where this step begins.', {
    details: { action: id, from, to },
    fix: 'Read the action again: it has gone on without this step.',
    retry: 'safe',
  })
}

const COLUMNS =
  'id, ticket, grant_id, principal, agent, idempotency_key, digest, document, deadline, state, branch, verdict, accepted_at, changed_at'

type ActionRow = {
  id: string
  ticket: number
  grant_id: string
  principal: string
  agent: string
  idempotency_key: string
  digest: string
  document: string
  deadline: number
  state: string
  branch: number | null
  verdict: string | null
  accepted_at: number
  changed_at: number
}

function read(row: ActionRow): StoredAction {
  return {
    id: row.id,
    ticket: row.ticket,
    grantId: row.grant_id as Hex,
    principal: row.principal as Address,
    agent: row.agent as Address,
    idempotencyKey: row.idempotency_key,
    digest: row.digest,
    document: row.document,
    deadline: row.deadline,
    state: row.state as ActionState,
    branch: row.branch,
    verdict: row.verdict,
    acceptedAt: row.accepted_at,
    changedAt: row.changed_at,
  }
}
