import type { Address, Hex } from '../../primitives/hex.ts'
import type { Query } from './database.ts'

/** A grant as it was imported: its file, and who may ask under it. */
export type StoredGrant = {
  id: Hex
  chainId: number
  principal: Address
  /** Whose signature asks. */
  agent: Address
  document: string
  /** Unix milliseconds. */
  importedAt: number
}

/** Keeps a grant. The same one again changes nothing: its id is a hash of what it grants. */
export async function keepGrant(query: Query, grant: StoredGrant): Promise<void> {
  const { id, chainId, principal, agent, document, importedAt } = grant
  await query(
    `INSERT INTO grants (id, chain_id, principal, agent, document, imported_at) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT DO NOTHING`,
    [id, chainId, principal, agent, document, importedAt],
  )
}

export async function findGrant(query: Query, id: Hex): Promise<StoredGrant | undefined> {
  const [row] = await query<GrantRow>('SELECT * FROM grants WHERE id = $1', [id])
  return row === undefined ? undefined : read(row)
}

/** All of one agent, or of everybody, oldest first. */
export async function listGrants(query: Query, agent?: Address): Promise<StoredGrant[]> {
  const order = 'ORDER BY imported_at, id'
  const rows =
    agent === undefined
      ? await query<GrantRow>(`SELECT * FROM grants ${order}`)
      : await query<GrantRow>(`SELECT * FROM grants WHERE agent = $1 ${order}`, [agent])
  return rows.map(read)
}

type GrantRow = {
  id: string
  chain_id: number
  principal: string
  agent: string
  document: string
  imported_at: number
}

function read(row: GrantRow): StoredGrant {
  return {
    id: row.id as Hex,
    chainId: row.chain_id,
    principal: row.principal as Address,
    agent: row.agent as Address,
    document: row.document,
    importedAt: row.imported_at,
  }
}
