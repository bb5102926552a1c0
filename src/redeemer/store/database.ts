import { RedeemerError } from '../errors.ts'

/** What a column holds: amounts, hashes and JSON as text, times (milliseconds) and counts as safe integers. */
export type Value = string | number | null
export type Row = Readonly<Record<string, Value>>

/** One statement, parameters as `$1`, `$2`…; the same text on every database. Gives its rows. */
export type Query = <row extends Row = Row>(sql: string, values?: readonly Value[]) => Promise<readonly row[]>

/**
 * A database that loses nothing it acknowledged. Two drivers stand behind it; what they cannot say in the same words is in
 * {@link Dialect}, and nothing else differs. Whatever fails is a `RedeemerError`: `redeemer.duplicate` where a unique index
 * refused, else `redeemer.store_failed`.
 */
export type Database = {
  readonly dialect: Dialect
  /** One statement of its own: durable when it returns. */
  query: Query
  /**
   * Several as one: all of them durable when it returns, none where it throws. What was read inside may have changed by
   * others unless it was read with `dialect.lock`.
   */
  transaction: <result>(work: (query: Query) => Promise<result>) => Promise<result>
  close: () => Promise<void>
}

export type Dialect = {
  name: 'sqlite' | 'postgres'
  /** After a SELECT: rows that this transaction alone may change. SQLite has one writer anyway. */
  lock: '' | 'FOR UPDATE'
  /** The same, and rows that another transaction holds are passed over instead of waited for. */
  lockFree: '' | 'FOR UPDATE SKIP LOCKED'
  /** The type of a whole number of 64 bits. */
  integer: 'INTEGER' | 'BIGINT'
  /** At the end of a CREATE TABLE. */
  strict: 'STRICT' | ''
}

/** A row that is there already. Whoever inserts what may be repeated looks for this. */
export function duplicate(): RedeemerError {
  return new RedeemerError('redeemer.duplicate', 'There is such a row already.', {
    fix: 'Read what is there.',
  })
}
