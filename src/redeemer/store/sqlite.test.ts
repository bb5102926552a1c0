import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { databaseConformance } from '../../../test/conformance/database.ts'
import { openSqlite } from './sqlite.ts'

const folder = mkdtempSync(join(tmpdir(), 'ambit-sqlite-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

databaseConformance(async () => {
  const at = join(folder, 'ambit.db')
  const database = await openSqlite(at)
  return { database, place: { driver: 'sqlite', at }, close: database.close }
})

describe('openSqlite', () => {
  it('behavior: syncs at every commit and writes ahead', async () => {
    const database = await openSqlite(join(folder, 'pragmas.db'))
    const [mode] = await database.query<{ journal_mode: string }>('PRAGMA journal_mode')
    const [sync] = await database.query<{ synchronous: number }>('PRAGMA synchronous')
    // 2 is FULL. With 1, NORMAL, a power cut took 459 acknowledged rows.
    expect([mode?.journal_mode, sync?.synchronous]).toEqual(['wal', 2])
    await database.close()
  })

  it('error: a folder that is not there', async () => {
    const opened = openSqlite(join(folder, 'nowhere', 'ambit.db'))
    await expect(opened).rejects.toMatchObject({ code: 'redeemer.store_unusable', details: { code: 14 } })
  })

  it('error: a file that is no database', async () => {
    const path = join(folder, 'text.db')
    writeFileSync(path, 'not a database, and long enough to be told from an empty one')
    await expect(openSqlite(path)).rejects.toMatchObject({ code: 'redeemer.store_unusable', details: { code: 26 } })
  })
})
