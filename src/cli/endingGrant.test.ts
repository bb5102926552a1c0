import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { mnemonicToAccount } from 'viem/accounts'
import { beforeAll, describe, expect, test } from 'vitest'
import { ambit, type Ran, useFolder } from '../../test/rig/cli.ts'
import { commandContext } from '../../test/rig/context.ts'
import { getEnvironment } from '../chain/deployments.ts'
import { compile } from '../compile/index.ts'
import { attenuateGrant, serializeGrant, signGrant } from '../grant/index.ts'
import type { Grant } from '../grant/types.ts'
import { grantReceipt } from '../receipt/grantReceipt.ts'
import { narrowScope, parseScope } from '../scope/index.ts'
import { saveGrant } from './grantStore.ts'
import { Journal } from './journal.ts'
import { takeLock } from './lock.ts'
import { readStops, stopOf, stoppable, writeStop } from './stops.ts'

const folder = useFolder()
const MAIN = resolve(import.meta.dirname, 'main.ts')
const account = (addressIndex: number) =>
  mnemonicToAccount('test test test test test test test test test test test junk', { addressIndex })
const environment = getEnvironment(11155111)
let salts = 0
const salt = () => `0x${(++salts).toString(16).padStart(64, '5')}` as const
let grant: Grant
let child: Grant

function scopeOf(change: object = {}) {
  return parseScope({
    version: 1,
    task: { id: 'pay', purpose: 'Test' },
    chainId: environment.chainId,
    principal: account(0).address,
    delegate: account(1).address,
    rules: [{ id: 'pay', class: 'transfer', asset: 'native', to: [`0x${'aa'.repeat(20)}`], budget: 'b' }],
    budgets: { b: { assets: { native: '1' }, max: '1' } },
    expiry: '2096-01-01T00:00:00Z',
    redelegation: { maxDepth: 1 },
    revocation: { group: 'g', maxLatencySeconds: 60 },
    evidence: { receipts: ['grant'], retain: 'P1Y' },
    ...change,
  })
}

beforeAll(async () => {
  const scope = scopeOf()
  grant = await signGrant(scope, compile(scope, environment, { salt, nonce: 0n }), account(0))
  const smaller = narrowScope(
    scope,
    { task: { id: 'less' }, delegate: account(2).address, redelegation: { maxDepth: 0 } },
    { now: 0n, redelegated: true },
  )
  child = await attenuateGrant(grant, { scope: smaller, environment, nonce: 0n, salt, account: account(1) })
})

/** A machine: with its grant and the receipt of it, unless told otherwise. */
async function machine(name: string, { kept = true, receipt = true } = {}) {
  const path = join(folder.path, name)
  const context = commandContext(path)
  const home = context.home()
  if (kept) await saveGrant(context, grant)
  if (receipt) await new Journal(context).issue(grantReceipt({ grant, layer: 'wallet' }))
  const run = (...argv: string[]): Promise<Ran> => ambit([...argv, '--json'], { home: path })
  const file = (text: string) => {
    const at = join(folder.path, `${name}.json`)
    writeFileSync(at, text)
    return at
  }
  const stored = home.file('grants', `${grant.id}.json`)
  const receipts = () => readdirSync(home.folder('receipts')).sort()
  const says = async () => (await run('receipts', 'ls')).json().data.receipts.map((row: { says: string }) => row.says)
  return { path, context, home, run, file, stored, receipts, says }
}

/** The same authority, and another signature: the id does not show it. */
function forged(): string {
  const [delegation] = grant.delegations
  const signature = delegation?.signature ?? ''
  return serializeGrant(grant).replace(signature, `${signature.slice(0, 20)}${'7'.repeat(10)}${signature.slice(30)}`)
}

describe('stop', () => {
  test('error: a forged copy of a kept grant is refused, and nothing is written about the genuine one', async () => {
    const { run, file, receipts, home } = await machine('forged')
    const before = receipts()
    const at = file(forged())
    for (const argv of [
      ['stop', at],
      ['resume', at],
      ['revoke', at, '--chain', 'sepolia', '--rpc-url', 'http://127.0.0.1:9'],
    ]) {
      const ran = await run(...argv)
      expect([ran.exit, ran.json().error]).toMatchObject([
        7,
        { code: 'cli.grant_differs', details: { grant: grant.id } },
      ])
    }
    expect([receipts(), readStops(home)]).toEqual([before, []])
    expect((await run('verify')).json().data).toMatchObject({ result: 'valid', counts: { receipts: 1 } })
  })

  test('behavior: the kept copy counts, by file, by id, and when a stored file was changed under it', async () => {
    const { run, file, stored, says } = await machine('kept')
    writeFileSync(stored, forged())
    expect((await run('stop', file(serializeGrant(grant)))).json().data.receipt).toMatch(/./)
    expect((await run('resume', grant.id)).json().data.receipt).toMatch(/./)
    expect(await says()).toEqual(['granted', 'stop (local)', 'resume (local)'])
    expect((await run('verify')).json().data).toMatchObject({ result: 'valid', counts: { valid: 3 } })
  })

  test.each([
    ['damaged', (path: string) => writeFileSync(path, '{"schema":"ambit.grant.v1"')],
    ['of another grant', (path: string) => writeFileSync(path, serializeGrant(child))],
    ['gone', (path: string) => rmSync(path)],
    [
      'a folder',
      (path: string) => {
        rmSync(path)
        mkdirSync(path)
      },
    ],
  ])('behavior: with the file %s it stops by the id, with its receipt', async (name, damage) => {
    const { run, stored, says, home } = await machine(`file-${name}`)
    damage(stored)
    const ran = await run('stop', grant.id)
    expect(ran.json().data).toMatchObject({ grant: grant.id, alreadyStopped: false, withoutReceipt: null })
    expect(stopOf(home, await stoppable(child))?.grant).toBe(grant.id)
    expect(await says()).toEqual(['granted', 'stop (local)'])
    expect((await run('verify')).json().data.result).toBe('valid')
  })

  test('behavior: with no readable copy at all it stops by the id, and says that there is no receipt', async () => {
    const { run, stored, receipts, home } = await machine('nothing', { receipt: false })
    writeFileSync(stored, '')
    const stopped = (await run('stop', grant.id.slice(0, 10))).json().data
    expect(stopped).toMatchObject({ grant: grant.id, receipt: null, withoutReceipt: expect.stringMatching(/./) })
    expect([stopOf(home, await stoppable(grant))?.grant, stopOf(home, await stoppable(child))?.grant]).toEqual([
      grant.id,
      grant.id,
    ])
    expect((await run('grants')).json().data.grants).toMatchObject([{ id: grant.id, status: 'stopped' }])
    expect((await run('stop', grant.id)).json().data).toMatchObject({ alreadyStopped: true, withoutReceipt: null })
    expect((await run('resume', grant.id)).json().data).toMatchObject({ wasStopped: true, receipt: null })
    expect([readStops(home), receipts()]).toEqual([[], []])
  })

  test('behavior: another damaged stop is in nobody’s way, one’s own is written anew', async () => {
    const { run, home } = await machine('damaged-stop')
    home.write(home.file('stops', 'torn.json'), '{')
    expect((await run('stop', grant.id)).exit).toBe(0)
    home.write(home.file('stops', `${grant.id}.json`), '{')
    expect((await run('stop', grant.id)).json().data).toMatchObject({
      alreadyStopped: false,
      receipt: expect.any(String),
    })
    home.write(home.file('stops', `${grant.id}.json`), '{')
    home.remove(home.file('stops', 'torn.json'))
    expect((await run('resume', grant.id)).json().data).toMatchObject({ wasStopped: true, receipt: expect.any(String) })
  })

  test('behavior: a grant of others is stopped; only of one that its delegators signed is there a receipt', async () => {
    const genuine = await machine('genuine', { kept: false, receipt: false })
    expect((await genuine.run('stop', genuine.file(serializeGrant(grant)))).json().data.receipt).toMatch(/./)
    expect((await genuine.run('verify')).json().data.result).toBe('valid')
    const other = await machine('other', { kept: false, receipt: false })
    const ran = await other.run('stop', other.file(forged()))
    expect(ran.json().data).toMatchObject({ receipt: null, withoutReceipt: expect.stringMatching(/./) })
    expect(stopOf(other.home, await stoppable(grant))?.grant).toBe(grant.id)
    expect(other.receipts()).toEqual([])
  })

  test('error: signed by its principal, and not what its scope compiles to', async () => {
    const { run, file, receipts } = await machine('hostile', { kept: false, receipt: false })
    const scope = scopeOf()
    const plan = compile(scope, environment, { salt, nonce: 0n })
    const [draft] = plan.drafts
    const wider = { ...plan, drafts: plan.drafts.map((it) => ({ ...it, caveats: it.caveats.slice(1) })) }
    expect(draft?.caveats.length).toBeGreaterThan(1)
    const hostile = await signGrant(scope, wider, account(0))
    const ran = await run('stop', file(serializeGrant(hostile)))
    expect([ran.exit, ran.json().error?.code]).toEqual([7, 'grant.not_the_scope'])
    expect(receipts()).toEqual([])
  })

  test('error: revoke without any readable copy', async () => {
    const { run, stored } = await machine('no-copy', { receipt: false })
    writeFileSync(stored, '')
    expect((await run('revoke', grant.id)).json().error).toMatchObject({
      code: 'home.damaged',
      details: { grant: grant.id },
    })
  })
})

describe('receipts of stops', () => {
  test.each(['stop', 'resume'] as const)(
    'behavior: killed between a %s and its receipt, the next one writes it',
    async (act) => {
      const { path, context, home, run, says } = await machine(`killed-${act}`)
      if (act === 'resume') await run('stop', grant.id)
      // The journal is held, so the command waits right where it is to be killed.
      const release = await takeLock(home, 'receipts', () => {})
      const changed = new Promise<void>((done) => {
        const watcher = watch(home.folder('stops'), () => {
          const [stop] = readStops(home)
          if (act === 'stop' ? stop === undefined : stop !== undefined) return
          watcher.close()
          done()
        })
      })
      const command = spawn(process.execPath, [MAIN, act, grant.id], { env: { AMBIT_HOME: path }, stdio: 'ignore' })
      const ended = new Promise((done) => command.on('close', (_, signal) => done(signal)))
      await changed
      command.kill('SIGKILL')
      expect(await ended).toBe('SIGKILL')
      release()
      expect((stopOf(home, await stoppable(grant)) === undefined) === (act === 'resume')).toBe(true)

      const shown = await run('receipts', 'ls')
      expect(shown.stderr).toContain(`The ${act} of grant ${grant.id} has no receipt yet`)
      await new Journal(context).issue(grantReceipt({ grant, layer: 'wallet' }))
      const before = act === 'stop' ? [] : ['stop (local)']
      expect(await says()).toEqual(['granted', ...before, `${act} (local)`, 'granted'])
      // Said once: nothing is owed any more, and the other act gets its own.
      expect((await run('receipts', 'ls')).stderr).not.toContain('no receipt')
      await run(act === 'stop' ? 'resume' : 'stop', grant.id)
      expect((await says()).at(-1)).toBe(act === 'stop' ? 'resume (local)' : 'stop (local)')
      expect((await run('verify')).json().data).toMatchObject({ result: 'valid', findings: [] })
    },
  )

  test('behavior: killed between the receipt and its note, none is written twice', async () => {
    const { home, run, says } = await machine('noted')
    await run('stop', grant.id)
    const [stop] = readStops(home)
    const owed = { act: 'stop', grant: serializeGrant(grant), after: 1 } as const
    writeStop(home, { grant: grant.id, delegations: stop?.delegations ?? [], at: '', owed })
    await run('resume', grant.id)
    expect(await says()).toEqual(['granted', 'stop (local)', 'resume (local)'])
  })

  test('behavior: one that no receipt can say holds up no other', async () => {
    const { context, home, says, run } = await machine('cannot')
    const owed = { act: 'stop', grant: '{}', after: 0 } as const
    writeStop(home, { grant: child.id, delegations: [], at: '', owed })
    await new Journal(context).issue(grantReceipt({ grant, layer: 'wallet' }))
    expect(await says()).toEqual(['granted', 'granted'])
    expect((await run('receipts', 'ls')).stderr).toContain(child.id)
    expect(readFileSync(home.file('stops', `${child.id}.json`), 'utf8')).toContain('owed')
  })

  test('behavior: two that stop at once leave one receipt', async () => {
    const { run, says } = await machine('twice')
    const ran = await Promise.all([run('stop', grant.id), run('stop', grant.id)])
    expect(ran.map((one) => one.json().data.alreadyStopped).sort()).toEqual([false, true])
    expect(await says()).toEqual(['granted', 'stop (local)'])
  })
})
