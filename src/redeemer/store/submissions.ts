import type { Address, Hex } from '../../primitives/hex.ts'
import type { Dialect, Query } from './database.ts'

/** A nonce of a signer: whatever is signed for it, one transaction of these at most is ever in the chain. */
export type Place = { signer: Address; nonce: number }

/** Signed bytes that may be on their way. */
export type Submission = Place & {
  hash: Hex
  /** `nothing`: it moves nothing, and only uses its nonce up. */
  kind: 'redemption' | 'nothing'
  raw: Hex
  /** Most wei a unit of gas: what a replacement has to exceed. */
  fee: bigint
  /** Head when it was signed: it is in no earlier block. */
  sinceBlock: number
  /** Unix milliseconds. */
  signedAt: number
  /** Where it was last seen; a reorganisation takes it back. */
  block: { number: number; hash: Hex } | null
}

/** Everything that was signed for one nonce, oldest first: one of them is in the chain, or none. */
export type Attempts = readonly [Submission, ...Submission[]]

/**
 * The next nonce of a signer, taken for good. It is kept in the same transaction as the bytes that use it: a nonce that was
 * taken and not used would hold up everything after it.
 *
 * @param atLeast - What the chain says: where the lane begins, and after somebody else used the key.
 */
export async function takeNonce(
  query: Query,
  { lock }: Dialect,
  { signer, atLeast }: { signer: Address; atLeast: number },
): Promise<number> {
  await query('INSERT INTO lanes (signer, next_nonce) VALUES ($1, $2) ON CONFLICT DO NOTHING', [signer, atLeast])
  const [lane] = await query<{ next_nonce: number }>(`SELECT next_nonce FROM lanes WHERE signer = $1 ${lock}`, [signer])
  const nonce = Math.max(lane?.next_nonce ?? atLeast, atLeast)
  await query('UPDATE lanes SET next_nonce = $1 WHERE signer = $2', [nonce + 1, signer])
  return nonce
}

/** What a nonce was taken for, in the order of its redemption. */
export async function bindActions(query: Query, { signer, nonce }: Place, actionIds: readonly string[]): Promise<void> {
  for (const [position, id] of actionIds.entries()) {
    await query('INSERT INTO bindings (signer, nonce, position, action_id) VALUES ($1, $2, $3, $4)', [
      signer,
      nonce,
      position,
      id,
    ])
  }
}

/** Ids of the actions that a nonce was taken for. */
export async function boundTo(query: Query, { signer, nonce }: Place): Promise<string[]> {
  const rows = await query<{ action_id: string }>(
    'SELECT action_id FROM bindings WHERE signer = $1 AND nonce = $2 ORDER BY position',
    [signer, nonce],
  )
  return rows.map(({ action_id }) => action_id)
}

/** Until the transaction ends, nobody else signs anything for this signer. */
export async function lockLane(query: Query, { lock }: Dialect, signer: Address): Promise<void> {
  await query(`SELECT next_nonce FROM lanes WHERE signer = $1 ${lock}`, [signer])
}

/** Keeps signed bytes: from here on any process may send them, any number of times. */
export async function keepSubmission(query: Query, submission: Omit<Submission, 'block'>): Promise<void> {
  const { hash, signer, nonce, kind, raw, fee, sinceBlock, signedAt } = submission
  await query(
    `INSERT INTO submissions (hash, signer, nonce, kind, raw, fee, since_block, signed_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [hash, signer, nonce, kind, raw, fee.toString(), sinceBlock, signedAt],
  )
}

/** Every submission whose fate is not final: by signer and nonce, and of one nonce the oldest first. */
export async function openSubmissions(query: Query): Promise<Submission[]> {
  const rows = await query<SubmissionRow>(
    `SELECT ${COLUMNS} FROM submissions WHERE settled = 0 ORDER BY signer, nonce, signed_at, hash`,
  )
  return rows.map(read)
}

/** How many nonces of a signer are taken and not settled. */
export async function inFlight(query: Query, signer: Address): Promise<number> {
  const [row] = await query<{ count: number }>(
    'SELECT COUNT(DISTINCT nonce) AS count FROM submissions WHERE settled = 0 AND signer = $1',
    [signer],
  )
  return row?.count ?? 0
}

/** All that was signed for a nonce, oldest first. */
export async function submissionsAt(query: Query, { signer, nonce }: Place): Promise<Submission[]> {
  const rows = await query<SubmissionRow>(
    `SELECT ${COLUMNS} FROM submissions WHERE signer = $1 AND nonce = $2 ORDER BY signed_at, hash`,
    [signer, nonce],
  )
  return rows.map(read)
}

/** All bytes that were ever signed for an action, oldest first: the inclusion of any of them is its outcome. */
export async function submissionsOf(query: Query, actionId: string): Promise<Submission[]> {
  const columns = COLUMNS.split(', ').map((column) => `submissions.${column}`)
  const rows = await query<SubmissionRow>(
    `SELECT ${columns.join(', ')} FROM submissions
     JOIN bindings ON bindings.signer = submissions.signer AND bindings.nonce = submissions.nonce
     WHERE bindings.action_id = $1 AND submissions.kind = 'redemption' ORDER BY signed_at, hash`,
    [actionId],
  )
  return rows.map(read)
}

/** Where it was seen, or `null` where its block is not in the chain any more. */
export async function placeSubmission(query: Query, hash: Hex, block: Submission['block']): Promise<void> {
  const place = block === null ? [null, null] : [block.number, block.hash]
  await query('UPDATE submissions SET block_number = $2, block_hash = $3 WHERE hash = $1', [hash, ...place])
}

/** Nothing that uses this nonce can change any more. False where that was known before. */
export async function settleNonce(query: Query, { signer, nonce }: Place): Promise<boolean> {
  const rows = await query(
    'UPDATE submissions SET settled = 1 WHERE signer = $1 AND nonce = $2 AND settled = 0 RETURNING hash',
    [signer, nonce],
  )
  return rows.length > 0
}

const COLUMNS = 'hash, signer, nonce, kind, raw, fee, since_block, signed_at, block_number, block_hash'

type SubmissionRow = {
  hash: string
  signer: string
  nonce: number
  kind: string
  raw: string
  fee: string
  since_block: number
  signed_at: number
  block_number: number | null
  block_hash: string | null
}

function read(row: SubmissionRow): Submission {
  const { block_number: number, block_hash: hash } = row
  return {
    hash: row.hash as Hex,
    signer: row.signer as Address,
    nonce: row.nonce,
    kind: row.kind as Submission['kind'],
    raw: row.raw as Hex,
    fee: BigInt(row.fee),
    sinceBlock: row.since_block,
    signedAt: row.signed_at,
    block: number === null || hash === null ? null : { number, hash: hash as Hex },
  }
}
