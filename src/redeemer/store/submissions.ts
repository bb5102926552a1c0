import type { Address, Hex } from '../../primitives/hex.ts'
import type { Dialect, Query } from './database.ts'

/** Signed bytes that may be on their way. `actionId` is null for a transaction that only uses its nonce up. */
export type Submission = {
  hash: Hex
  signer: Address
  nonce: number
  actionId: string | null
  raw: Hex
  /** Most wei a unit of gas: what a replacement has to exceed. */
  fee: bigint
  /** Head when it was signed: it is in no earlier block. */
  sinceBlock: number
  signedAt: number
  /** Where it was last seen; a reorganisation takes it back. */
  block: { number: number; hash: Hex } | null
}

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

/** Keeps signed bytes: from here on any process may send them, any number of times. */
export async function keepSubmission(query: Query, submission: Omit<Submission, 'block'>): Promise<void> {
  const { hash, signer, nonce, actionId, raw, fee, sinceBlock, signedAt } = submission
  await query(
    `INSERT INTO submissions (hash, signer, nonce, action_id, raw, fee, since_block, signed_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [hash, signer, nonce, actionId, raw, fee.toString(), sinceBlock, signedAt],
  )
}

/** Every submission whose fate is not final, by signer and nonce. */
export async function openSubmissions(query: Query): Promise<Submission[]> {
  const rows = await query<SubmissionRow>(
    `SELECT ${COLUMNS} FROM submissions WHERE settled = 0 ORDER BY signer, nonce, signed_at`,
  )
  return rows.map(read)
}

/** All bytes that were ever signed for an action, oldest first: the inclusion of any of them is its outcome. */
export async function submissionsOf(query: Query, actionId: string): Promise<Submission[]> {
  const rows = await query<SubmissionRow>(
    `SELECT ${COLUMNS} FROM submissions WHERE action_id = $1 ORDER BY signed_at, nonce`,
    [actionId],
  )
  return rows.map(read)
}

/** Where it was seen, or `null` where its block is not in the chain any more. */
export async function placeSubmission(query: Query, hash: Hex, block: Submission['block']): Promise<void> {
  const place = block === null ? [null, null] : [block.number, block.hash]
  await query('UPDATE submissions SET block_number = $2, block_hash = $3 WHERE hash = $1', [hash, ...place])
}

/** Nothing that uses this nonce can change any more. */
export async function settleNonce(query: Query, signer: Address, nonce: number): Promise<void> {
  await query('UPDATE submissions SET settled = 1 WHERE signer = $1 AND nonce = $2', [signer, nonce])
}

const COLUMNS = 'hash, signer, nonce, action_id, raw, fee, since_block, signed_at, block_number, block_hash'

type SubmissionRow = {
  hash: string
  signer: string
  nonce: number
  action_id: string | null
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
    actionId: row.action_id,
    raw: row.raw as Hex,
    fee: BigInt(row.fee),
    sinceBlock: row.since_block,
    signedAt: row.signed_at,
    block: number === null || hash === null ? null : { number, hash: hash as Hex },
  }
}
