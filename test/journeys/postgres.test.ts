import { describe, expect, it } from 'vitest'
import { openPostgres } from '../../src/redeemer/store/postgres.ts'
import { databaseConformance } from '../conformance/database.ts'
import { storeConformance } from '../conformance/store.ts'
import { startPostgres } from '../rig/postgres.ts'

const open = async () => {
  const server = await startPostgres()
  const database = await openPostgres(server.url)
  const close = async () => {
    await database.close()
    await server.stop()
  }
  return { database, place: { driver: 'postgres', at: server.url } as const, close }
}

describe('as a database', () => databaseConformance(open))
describe('as a store', () => storeConformance(open))

describe('openPostgres', () => {
  it('error: a server that is not there, without a word of the password', async () => {
    const error = await openPostgres('postgres://ambit:s3cret-canary@127.0.0.1:1/none').catch((caught: Error) => caught)
    expect(error).toMatchObject({ code: 'redeemer.store_unusable', details: { code: 'ECONNREFUSED' } })
    expect(`${(error as Error).stack}${JSON.stringify(error)}`).not.toContain('s3cret-canary')
  })
})
