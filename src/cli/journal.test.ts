import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mnemonicToAccount } from 'viem/accounts'
import { beforeAll, describe, expect, test } from 'vitest'
import { codeOf, codeOfAsync } from '../../test/codes.ts'
import { ambit, ambitProcess, useFolder } from '../../test/rig/cli.ts'
import { commandContext } from '../../test/rig/context.ts'
import { getEnvironment } from '../chain/deployments.ts'
import { compile } from '../compile/index.ts'
import { serializeGrant, signGrant } from '../grant/index.ts'
import type { Grant } from '../grant/types.ts'
import { grantReceipt } from '../receipt/grantReceipt.ts'
import { parseScope } from '../scope/index.ts'
import { Journal } from './journal.ts'
import { pendingOf } from './pending.ts'

const folder = useFolder()
const MNEMONIC = 'test test test test test test test test test test test junk'
let grant: Grant

beforeAll(async () => {
  const principal = mnemonicToAccount(MNEMONIC)
  const scope = parseScope({
    version: 1,
    task: { id: 'journal', purpose: 'Test' },
    chainId: 11155111,
    principal: principal.address,
    delegate: mnemonicToAccount(MNEMONIC, { addressIndex: 1 }).address,
    rules: [{ id: 'pay', class: 'transfer', asset: 'native', to: [`0x${'aa'.repeat(20)}`], budget: 'b' }],
    budgets: { b: { assets: { native: '1' }, max: '1' } },
    expiry: '2096-01-01T00:00:00Z',
    redelegation: { maxDepth: 0 },
    revocation: { group: 'g', maxLatencySeconds: 60 },
    evidence: { receipts: ['grant'], retain: 'P1Y' },
  })
  const plan = compile(scope, getEnvironment(11155111), { salt: () => `0x${'5a'.repeat(32)}`, nonce: 0n })
  grant = await signGrant(scope, plan, principal)
})

async function journalOf(name: string, receipts: number) {
  const context = commandContext(join(folder.path, name))
  const journal = new Journal(context)
  const issued = []
  for (let count = 0; count < receipts; count++) {
    issued.push(await journal.issue(grantReceipt({ grant, layer: 'wallet' })))
  }
  return { context, journal, issued, head: join(folder.path, name, 'receipts-head.json') }
}

describe('Journal', () => {
  test('default: one file a receipt, linked, found by number and by id', async () => {
    const { journal, issued } = await journalOf('default', 3)
    expect(journal.entries().map(({ seq }) => seq)).toEqual([1, 2, 3])
    expect(issued.map(({ statement }) => statement.prev)).toEqual([undefined, issued[0]?.id, issued[1]?.id])
    expect(journal.find('2').id).toBe(issued[1]?.id)
    expect(journal.find(issued[2]?.id.slice(0, 8) ?? '').seq).toBe(3)
    expect(codeOf(() => journal.find('4')).code).toBe('cli.not_found')
    expect(codeOf(() => journal.find('A')).code).toBe('cli.not_found')
  })

  test.each(['', '{', '{"seq":0,"roots":{}}', '{"seq":2,"id":"other","roots":{}}', '[]', 'null'])(
    'behavior: a head that reads %j is computed anew',
    async (torn) => {
      const { journal, head, issued } = await journalOf(`torn-${torn.length}`, 2)
      writeFileSync(head, torn)
      const next = await journal.issue(grantReceipt({ grant, layer: 'wallet' }))
      expect(next.statement).toMatchObject({ seq: 3, prev: issued[1]?.id, roots: [{ seq: 3, prev: issued[1]?.id }] })
    },
  )

  test('behavior: what a crash leaves beside the receipts is not one', async () => {
    const { journal, context } = await journalOf('crash', 1)
    const receipts = join(context.home().path, 'receipts')
    writeFileSync(join(receipts, '.0000000002-x.json.abc.tmp'), '{"half":')
    writeFileSync(join(receipts, 'notes.json'), 'x')
    expect((await journal.issue(grantReceipt({ grant, layer: 'wallet' }))).seq).toBe(2)
  })

  test('error: a receipt gone from the end, or from the middle, or changed', async () => {
    const damage: Record<string, (paths: string[], head: string) => void> = {
      end: (paths) => rmSync(paths.at(-1) ?? ''),
      middle: (paths, head) => {
        for (const path of [paths[1] ?? '', head]) rmSync(path)
      },
      changed: (paths, head) => {
        const text = readFileSync(paths[0] ?? '', 'utf8')
        writeFileSync(paths[0] ?? '', readFileSync(paths[1] ?? '', 'utf8'))
        writeFileSync(paths[1] ?? '', text)
        rmSync(head)
      },
    }
    for (const [name, change] of Object.entries(damage)) {
      const { journal, head } = await journalOf(`damaged-${name}`, 3)
      change(
        journal.entries().map(({ path }) => path),
        head,
      )
      const error = await codeOfAsync(() => journal.issue(grantReceipt({ grant, layer: 'wallet' })))
      expect(error.code).toBe('home.damaged')
    }
  })

  test('error: a key of the issuer that others may read, or that is torn', async () => {
    const { journal, context } = await journalOf('key', 1)
    const path = context.home().top('issuer.jwk')
    chmodSync(path, 0o644)
    const open = await codeOfAsync(() => journal.issue(grantReceipt({ grant, layer: 'wallet' })))
    expect(open.code).toBe('home.unsafe_permissions')
    chmodSync(path, 0o600)
    const key = readFileSync(path, 'utf8')
    writeFileSync(path, key.slice(0, 40))
    const torn = await codeOfAsync(() => journal.issue(grantReceipt({ grant, layer: 'wallet' })))
    expect(torn.code).toBe('json.invalid')
    expect(JSON.stringify(torn.toProblem())).not.toContain(key.slice(20, 40))
  })

  test('behavior: processes that issue at once take turns', async () => {
    const home = join(folder.path, 'many')
    mkdirSync(join(home, 'grants'), { recursive: true, mode: 0o700 })
    writeFileSync(join(home, 'grants', `${grant.id}.json`), serializeGrant(grant), { mode: 0o600 })
    // One stops, the others resume or stop: whoever changes something issues a receipt.
    const acts = ['stop', 'resume', 'stop']
    const ran = await Promise.all(acts.map((act) => ambitProcess([act, grant.id.slice(0, 12), '--json'], { home })))
    expect(ran.map(({ exit }) => exit)).toEqual(acts.map(() => 0))
    const verified = (await ambit(['verify', '--json'], { home })).json()
    expect(verified.data).toMatchObject({ result: 'valid', findings: [] })
    expect(readdirSync(join(home, 'locks'))).toEqual([])
  })
})

describe('pendingOf', () => {
  test.each(['', '{', '{}', 'null', '{"grant":{},"request":{"request":{}},"sent":{}}'])(
    'error: a record that reads %j is never passed over',
    (text) => {
      const home = commandContext(join(folder.path, 'pending')).home()
      home.write(home.file('pending', '0xab.json'), text)
      expect(codeOf(() => pendingOf(home, grant.id)).code).toBe('home.damaged')
    },
  )
})
