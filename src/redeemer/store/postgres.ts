import type { Pool, PoolClient } from 'pg'
import { RedeemerError } from '../errors.ts'
import { type Database, type Dialect, duplicate, type Query, type Row, type Value } from './database.ts'

const DIALECT: Dialect = {
  name: 'postgres',
  lock: 'FOR UPDATE',
  lockFree: 'FOR UPDATE SKIP LOCKED',
  integer: 'BIGINT',
  strict: '',
}

/** Connections of one replica. More did not make it faster: 6,000 commits a second on 16, 2,100 on one. */
const MAX_CONNECTIONS = 10
/** Milliseconds for a connection, and for one statement: a database that hangs must not hang us. */
const CONNECT_MS = 5_000
const STATEMENT_MS = 15_000

/** int8 arrives as text: counts and milliseconds are safe integers, and one that is not must not be rounded. */
const INT8 = 20

/**
 * A PostgreSQL database, for several replicas at once. Needs the package `pg`.
 *
 * @param url - `postgres://user:password@host/database`. It is never written anywhere.
 * @throws {@link RedeemerError} `redeemer.store_unusable`.
 */
export async function openPostgres(url: string): Promise<Database> {
  const { Pool, types } = await loadPg()
  const pool = new Pool({
    connectionString: url,
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: STATEMENT_MS,
    query_timeout: STATEMENT_MS,
    types: { getTypeParser: (oid, format) => (oid === INT8 ? safeInteger : types.getTypeParser(oid, format)) },
  })
  // A connection that dies while nobody uses it is replaced; without a listener it would end the process.
  pool.on('error', () => {})
  await probe(pool)
  return {
    dialect: DIALECT,
    query: (sql, values) => run(pool, sql, values),
    transaction: (work) => transaction(pool, work),
    close: () => pool.end(),
  }
}

async function transaction<result>(pool: Pool, work: (query: Query) => Promise<result>): Promise<result> {
  const client = await pool.connect().catch((error: unknown) => {
    throw translated(error)
  })
  let broken: Error | undefined
  try {
    await run(client, 'BEGIN')
    const result = await work((sql, values) => run(client, sql, values))
    await run(client, 'COMMIT')
    return result
  } catch (error) {
    // A connection that cannot even roll back is thrown away; the server then undoes what it had begun.
    await run(client, 'ROLLBACK').catch((failed: Error) => {
      broken = failed
    })
    throw error
  } finally {
    client.release(broken)
  }
}

async function run<row extends Row>(
  on: Pool | PoolClient,
  sql: string,
  values: readonly Value[] = [],
): Promise<readonly row[]> {
  try {
    return (await on.query<row>(sql, [...values])).rows
  } catch (error) {
    throw translated(error)
  }
}

/** An optional peer: who keeps to the embedded database installs nothing. */
async function loadPg(): Promise<Pick<typeof import('pg'), 'Pool' | 'types'>> {
  try {
    return (await import('pg')).default
  } catch (cause) {
    throw new RedeemerError('redeemer.store_unusable', 'The package pg is not installed.', {
      fix: 'npm install pg@8.23.1, or use the embedded database.',
      cause,
    })
  }
}

async function probe(pool: Pool): Promise<void> {
  try {
    await pool.query('SELECT 1')
  } catch (cause) {
    await pool.end()
    throw new RedeemerError('redeemer.store_unusable', 'The PostgreSQL database cannot be reached.', {
      details: { code: codeOf(cause) },
      fix: 'Check the address, the user and the password of the database, and that it is running.',
      // The driver's words may hold the address with its password.
    })
  }
}

function translated(error: unknown): Error {
  if (error instanceof RedeemerError) return error
  const code = codeOf(error)
  if (code === '23505') return duplicate()
  return new RedeemerError('redeemer.store_failed', 'The database refused a statement.', {
    details: { code },
    fix: 'Look whether the database is up, has room, and was not restarted. Whatever was half done is undone.',
    // An answer to COMMIT that is lost may have been a yes.
    retry: 'reconcile',
  })
}

function codeOf(error: unknown): string | null {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' && /^[0-9A-Z_]{1,20}$/.test(code) ? code : null
}

function safeInteger(text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value)) return value
  throw new RedeemerError('redeemer.store_failed', 'A number in the database is out of range.', {
    details: { value: text },
    fix: 'The database was changed by something else: restore it from a backup.',
  })
}
