import { RedeemerError } from '../errors.ts'
import { STATES } from '../state.ts'
import type { Database, Dialect, Query } from './database.ts'

/**
 * The tables, in steps that are taken once each. A step that has been released is never changed: the next one mends it.
 *
 * Times are unix milliseconds unless said; addresses, hashes and bytes lower-case hex; amounts and documents text.
 */
const STEPS: readonly ((dialect: Dialect) => readonly string[])[] = [
  ({ integer, strict }) => [
    // One row a thing that only grows, and the lock of whoever makes it grow.
    `CREATE TABLE counters (name TEXT PRIMARY KEY, value ${integer} NOT NULL) ${strict}`,
    `INSERT INTO counters (name, value) VALUES ('tickets', 0), ('receipts', 0)`,
    `CREATE TABLE grants (
       id TEXT PRIMARY KEY,
       chain_id ${integer} NOT NULL,
       principal TEXT NOT NULL,
       agent TEXT NOT NULL,
       document TEXT NOT NULL,
       imported_at ${integer} NOT NULL
     ) ${strict}`,
    `CREATE INDEX grants_of_agent ON grants (agent)`,
    // Decisions about one principal's authority are made one after the other: they lock its row.
    `CREATE TABLE principals (address TEXT PRIMARY KEY) ${strict}`,
    `CREATE TABLE actions (
       id TEXT PRIMARY KEY,
       ticket ${integer} NOT NULL UNIQUE,
       grant_id TEXT NOT NULL REFERENCES grants (id),
       principal TEXT NOT NULL REFERENCES principals (address),
       agent TEXT NOT NULL,
       idempotency_key TEXT NOT NULL,
       digest TEXT NOT NULL,
       document TEXT NOT NULL,
       deadline ${integer} NOT NULL,
       state TEXT NOT NULL CHECK (state IN (${STATES.map((state) => `'${state}'`).join(', ')})),
       branch ${integer},
       verdict TEXT,
       claimed_until ${integer} NOT NULL,
       accepted_at ${integer} NOT NULL,
       changed_at ${integer} NOT NULL,
       UNIQUE (agent, idempotency_key)
     ) ${strict}`,
    `CREATE INDEX actions_by_state ON actions (state, ticket)`,
    `CREATE INDEX actions_of_principal ON actions (principal, state)`,
    `CREATE INDEX actions_of_grant ON actions (grant_id, ticket)`,
    `CREATE TABLE lanes (
       signer TEXT PRIMARY KEY,
       next_nonce ${integer} NOT NULL
     ) ${strict}`,
    // What a nonce was taken for, for good, in the same write as the bytes that use it: several actions of one principal
    // share one where they are redeemed together.
    `CREATE TABLE bindings (
       signer TEXT NOT NULL REFERENCES lanes (signer),
       nonce ${integer} NOT NULL,
       position ${integer} NOT NULL,
       action_id TEXT NOT NULL REFERENCES actions (id),
       PRIMARY KEY (signer, nonce, position)
     ) ${strict}`,
    `CREATE INDEX bindings_of_action ON bindings (action_id)`,
    `CREATE TABLE submissions (
       hash TEXT PRIMARY KEY,
       signer TEXT NOT NULL REFERENCES lanes (signer),
       nonce ${integer} NOT NULL,
       kind TEXT NOT NULL CHECK (kind IN ('redemption', 'nothing')),
       raw TEXT NOT NULL,
       fee TEXT NOT NULL,
       since_block ${integer} NOT NULL,
       signed_at ${integer} NOT NULL,
       block_number ${integer},
       block_hash TEXT,
       settled ${integer} NOT NULL DEFAULT 0
     ) ${strict}`,
    `CREATE INDEX submissions_of_nonce ON submissions (signer, nonce)`,
    `CREATE INDEX submissions_open ON submissions (settled, signer, nonce)`,
    `CREATE TABLE stops (subject TEXT PRIMARY KEY, reason TEXT NOT NULL, stopped_at ${integer} NOT NULL) ${strict}`,
    `CREATE TABLE receipts (
       seq ${integer} PRIMARY KEY,
       id TEXT NOT NULL UNIQUE,
       kind TEXT NOT NULL,
       action_id TEXT REFERENCES actions (id),
       terminal ${integer} NOT NULL,
       bundle TEXT NOT NULL,
       issued_at ${integer} NOT NULL
     ) ${strict}`,
    `CREATE INDEX receipts_of_action ON receipts (action_id, seq)`,
    // Law 6: a second end cannot be written, whoever tries.
    `CREATE UNIQUE INDEX one_end ON receipts (action_id) WHERE terminal = 1`,
    `CREATE TABLE receipt_roots (delegation TEXT PRIMARY KEY, seq ${integer} NOT NULL, id TEXT NOT NULL) ${strict}`,
  ],
]

/**
 * Brings a database to the tables of this version. Several processes may begin at once: one takes each step.
 *
 * @throws {@link RedeemerError} `redeemer.store_unusable` where a newer version has been here.
 */
export async function migrate(database: Database): Promise<void> {
  const { dialect } = database
  await database.transaction(async (query) => {
    await lockSteps(query, dialect)
    const { integer, strict } = dialect
    await query(`CREATE TABLE IF NOT EXISTS schema_steps (step ${integer} PRIMARY KEY) ${strict}`)
    const taken = await query<{ step: number }>('SELECT step FROM schema_steps ORDER BY step')
    const newest = taken.at(-1)?.step ?? 0
    if (newest > STEPS.length) {
      throw new RedeemerError('redeemer.store_unusable', 'The database belongs to a newer version of the service.', {
        details: { step: newest, known: STEPS.length },
        fix: 'Update the service; going back needs a backup from before its update.',
      })
    }
    for (const [index, step] of STEPS.entries()) {
      if (index < newest) continue
      for (const statement of step(dialect)) await query(statement)
      await query('INSERT INTO schema_steps (step) VALUES ($1)', [index + 1])
    }
  })
}

/** Any number that nobody else takes for a lock of their own. */
const LOCK = 7_710_771_500

async function lockSteps(query: Query, { name }: Dialect): Promise<void> {
  if (name === 'postgres') await query('SELECT pg_advisory_xact_lock($1)', [LOCK])
}
