/** A second process on a database: takes keys in a race, or dies inside a transaction. */
import { AmbitError } from '../../src/errors.ts'
import { openPostgres } from '../../src/redeemer/store/postgres.ts'
import { openSqlite } from '../../src/redeemer/store/sqlite.ts'

const [driver, at = '', what, name = '', count = '0'] = process.argv.slice(2)
const database = await (driver === 'sqlite' ? openSqlite(at) : openPostgres(at))

if (what === 'die') {
  await database.transaction(async (query) => {
    await query('UPDATE marks SET count = 1 WHERE name = $1', [name])
    process.kill(process.pid, 'SIGKILL')
    // A signal to oneself may take a moment.
    await new Promise(() => {})
  })
}

let won = 0
for (let key = 0; key < Number(count); key++) {
  try {
    await database.query('INSERT INTO taken (key, by) VALUES ($1, $2)', [key, name])
    won++
  } catch (error) {
    if (!(error instanceof AmbitError) || error.code !== 'redeemer.duplicate') throw error
  }
}
process.send?.(won)
await database.close()
