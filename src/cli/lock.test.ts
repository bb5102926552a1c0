import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { codeOfAsync } from '../../test/codes.ts'
import { useFolder } from '../../test/rig/cli.ts'
import { Home } from './home.ts'
import { takeLock } from './lock.ts'

const folder = useFolder()
const TAKER = resolve(import.meta.dirname, '../../test/rig/lockTaker.ts')
/** Words of a process that is gone: it ran, and ended. */
const dead = (salt: string) => `${spawnSync(process.execPath, ['-e', '']).pid} ${salt}\n`
const lockOf = (home: Home, name = 'it') => home.file('locks', `${name}.lock`)
const claimOf = (home: Home, holder: string) =>
  `${lockOf(home)}.${createHash('sha256').update(holder).digest('hex').slice(0, 32)}`
const never = () => expect.fail('nobody is waited for')

describe('takeLock', () => {
  test('default: gives back what it took', async () => {
    const home = new Home(join(folder.path, 'default'))
    const release = await takeLock(home, 'it', never)
    expect(readdirSync(home.folder('locks'))).toEqual(['it.lock'])
    release()
    expect(readdirSync(home.folder('locks'))).toEqual([])
  })

  test('error: held by a living process', async () => {
    const home = new Home(join(folder.path, 'held'))
    const release = await takeLock(home, 'it', never)
    const told: string[] = []
    const error = await codeOfAsync(() => takeLock(home, 'it', (holder) => told.push(holder), 60))
    expect([error.code, error.retry, told]).toEqual(['home.locked', 'safe', [String(process.pid)]])
    release()
    ;(await takeLock(home, 'it', never))()
  })

  test.each(['dead', '', 'not a process', '-1 x', '0 x'])('behavior: taken over where it reads %j', async (words) => {
    const home = new Home(join(folder.path, `over-${words.length}-${words.charCodeAt(0)}`))
    writeFileSync(lockOf(home), words === 'dead' ? dead('a') : words)
    ;(await takeLock(home, 'it', never))()
    expect(readdirSync(home.folder('locks'))).toEqual([])
  })

  test('behavior: taken over from one that died while it took over', async () => {
    const home = new Home(join(folder.path, 'twice'))
    const [first, second, third] = [dead('first'), dead('second'), dead('third')]
    writeFileSync(lockOf(home), first)
    writeFileSync(claimOf(home, first), second)
    writeFileSync(claimOf(home, second), third)
    ;(await takeLock(home, 'it', never))()
    expect(readdirSync(home.folder('locks'))).toEqual([])
  })

  test('behavior: who is taking over is waited for', async () => {
    const home = new Home(join(folder.path, 'taking'))
    const gone = dead('gone')
    writeFileSync(lockOf(home), gone)
    writeFileSync(claimOf(home, gone), `${process.pid} alive\n`)
    expect((await codeOfAsync(() => takeLock(home, 'it', () => {}, 60))).code).toBe('home.locked')
  })

  describe('behavior: processes that find it dead at once', () => {
    const path = () => join(folder.path, 'race')
    let takers: { child: ChildProcessWithoutNullStreams; answers: AsyncIterator<string> }[]
    beforeAll(() => {
      takers = Array.from({ length: 3 }, () => {
        const child = spawn(process.execPath, [TAKER, path()])
        return { child, answers: createInterface({ input: child.stdout })[Symbol.asyncIterator]() }
      })
    })
    afterAll(() => {
      for (const { child } of takers) child.kill()
    })

    test('one holds it at a time, in each of 30 rounds', async () => {
      const home = new Home(path())
      const gone = spawnSync(process.execPath, ['-e', '']).pid
      for (let round = 0; round < 30; round++) {
        const name = `round${round}`
        writeFileSync(lockOf(home, name), `${gone} ${round}\n`)
        for (const { child } of takers) child.stdin.write(`${name}\n`)
        const answers = await Promise.all(takers.map(async (taker) => (await taker.answers.next()).value))
        expect(answers).toEqual(['alone', 'alone', 'alone'])
      }
      expect(readdirSync(home.folder('locks'))).toEqual([])
    })
  })
})
