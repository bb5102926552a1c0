import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { storeConformance } from '../../../test/conformance/store.ts'
import { openSqlite } from './sqlite.ts'

await storeConformance(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ambit-store-'))
  const database = await openSqlite(join(folder, 'ambit.db'))
  const close = async () => {
    await database.close()
    rmSync(folder, { recursive: true, force: true })
  }
  return { database, close }
})
