import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/redeemer/store/database.ts'

/** How a database is opened again, by this process or by another one. */
export type Place = { driver: 'sqlite' | 'postgres'; at: string }

const WORKER = fileURLToPath(new URL('../rig/databaseWorker.ts', import.meta.url))

/** What every database of the service must do, whatever stands behind it. */
export function databaseConformance(
  open: () => Promise<{ database: Database; place: Place; close: () => Promise<void> }>,
) {
  let database: Database
  let place: Place
  let close: () => Promise<void>
  beforeAll(async () => {
    ;({ database, place, close } = await open())
    const { integer, strict } = database.dialect
    await database.query(`CREATE TABLE marks (name TEXT PRIMARY KEY, count ${integer} NOT NULL) ${strict}`)
  }, 60_000)
  afterAll(() => close())

  const countOf = async (name: string) =>
    (await database.query<{ count: number }>('SELECT count FROM marks WHERE name = $1', [name]))[0]?.count ?? null

  const add = (name: string, count: number) =>
    database.query('INSERT INTO marks (name, count) VALUES ($1, $2)', [name, count])

  describe('query', () => {
    it('gives the rows of a statement, with a parameter used twice', async () => {
      await add('twice', 7)
      const rows = await database.query('SELECT name, count FROM marks WHERE name = $1 AND $1 <> $2', ['twice', 'x'])
      expect(rows.map((row) => ({ ...row }))).toEqual([{ name: 'twice', count: 7 }])
    })

    it('behavior: whole numbers come back exact up to 2^53 - 1', async () => {
      await add('large', Number.MAX_SAFE_INTEGER)
      expect(await countOf('large')).toBe(Number.MAX_SAFE_INTEGER)
    })

    it('behavior: text is kept as it is, quotes, zero width and emoji included', async () => {
      const name = `'"; DROP TABLE marks; --\u200b\u{1f600}`
      await add(name, 1)
      expect(await countOf(name)).toBe(1)
    })

    it('error: a second row under a unique key is a duplicate', async () => {
      await add('once', 1)
      await expect(add('once', 2)).rejects.toMatchObject({ code: 'redeemer.duplicate' })
      expect(await countOf('once')).toBe(1)
    })

    it('error: a value of the wrong type is refused, not converted', async () => {
      const wrong = database.query('INSERT INTO marks (name, count) VALUES ($1, $2)', ['wrong', 'many'])
      await expect(wrong).rejects.toMatchObject({ code: 'redeemer.store_failed' })
      expect(await countOf('wrong')).toBe(null)
    })

    it('error: a statement that is none says no word of the driver', async () => {
      const error = await database.query('SELEKT 1').catch((caught: Error) => caught)
      expect(error).toMatchObject({ code: 'redeemer.store_failed' })
      expect((error as Error).message).not.toContain('SELEKT')
    })
  })

  describe('transaction', () => {
    it('keeps all of it', async () => {
      const result = await database.transaction(async (query) => {
        await query('INSERT INTO marks (name, count) VALUES ($1, $2)', ['both-1', 1])
        await query('INSERT INTO marks (name, count) VALUES ($1, $2)', ['both-2', 2])
        return 'done'
      })
      expect(result).toBe('done')
      expect([await countOf('both-1'), await countOf('both-2')]).toEqual([1, 2])
    })

    it('behavior: what throws leaves nothing, and the next one works', async () => {
      const failed = database.transaction(async (query) => {
        await query('INSERT INTO marks (name, count) VALUES ($1, $2)', ['none', 1])
        throw new RangeError('after the insert')
      })
      await expect(failed).rejects.toThrow(RangeError)
      expect(await countOf('none')).toBe(null)
      await add('next', 1)
      expect(await countOf('next')).toBe(1)
    })

    it('behavior: a refused statement loses what came before it', async () => {
      await add('taken', 1)
      const failed = database.transaction(async (query) => {
        await query('INSERT INTO marks (name, count) VALUES ($1, $2)', ['lost', 1])
        await query('INSERT INTO marks (name, count) VALUES ($1, $2)', ['taken', 2])
      })
      await expect(failed).rejects.toMatchObject({ code: 'redeemer.duplicate' })
      expect(await countOf('lost')).toBe(null)
    })

    it('behavior: a statement beside an open transaction is not part of it', async () => {
      let goOn = () => {}
      const held = new Promise<void>((resolve) => {
        goOn = resolve
      })
      const failed = database.transaction(async (query) => {
        await query('INSERT INTO marks (name, count) VALUES ($1, $2)', ['inside', 1])
        await held
        throw new RangeError('undone')
      })
      const beside = add('beside', 1)
      goOn()
      await expect(failed).rejects.toThrow(RangeError)
      await beside
      expect([await countOf('inside'), await countOf('beside')]).toEqual([null, 1])
    })

    it('behavior: two that read and write one row with a lock count both, a hundred times', async () => {
      await add('counter', 0)
      const { lock } = database.dialect
      const increase = () =>
        database.transaction(async (query) => {
          const [row] = await query<{ count: number }>(`SELECT count FROM marks WHERE name = $1 ${lock}`, ['counter'])
          await query('UPDATE marks SET count = $1 WHERE name = $2', [(row?.count ?? 0) + 1, 'counter'])
        })
      await Promise.all(Array.from({ length: 100 }, increase))
      expect(await countOf('counter')).toBe(100)
    })
  })

  describe('across processes', () => {
    it('behavior: four processes take each key once', async () => {
      await database.query(
        `CREATE TABLE taken (key ${database.dialect.integer} PRIMARY KEY, by TEXT NOT NULL) ${database.dialect.strict}`,
      )
      const workers = ['a', 'b', 'c', 'd'].map((name) => work(['take', name, '200']))
      const won = await Promise.all(workers)
      const rows = await database.query<{ key: number }>('SELECT key FROM taken')
      expect(rows).toHaveLength(200)
      expect(won.reduce((sum, count) => sum + count, 0)).toBe(200)
    }, 60_000)

    it('behavior: a process killed inside a transaction leaves nothing of it and holds nobody up', async () => {
      await add('killed', 0)
      await work(['die', 'killed'])
      expect(await countOf('killed')).toBe(0)
      await database.query('UPDATE marks SET count = 5 WHERE name = $1', ['killed'])
      expect(await countOf('killed')).toBe(5)
    }, 60_000)
  })

  /** Runs another process on the same database; gives the number that it reports, 0 where it died. */
  async function work(args: readonly string[]): Promise<number> {
    const child = fork(WORKER, [place.driver, place.at, ...args], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    let told = 0
    child.on('message', (message) => {
      told = message as number
    })
    await once(child, 'exit')
    return told
  }
}
