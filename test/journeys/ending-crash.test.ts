import { spawn } from 'node:child_process'
import { readdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { privateKeyToAccount } from 'viem/accounts'
import { beforeAll, describe, expect, test } from 'vitest'
import { readNonce } from '../../src/chain/readNonce.ts'
import type { Address } from '../../src/primitives/hex.ts'
import { balanceOf, mint, useChain } from '../rig/chain.ts'
import { ambit, type Ran, useFolder } from '../rig/cli.ts'
import { addressOf, nodeOf } from '../rig/grant.ts'

/** Narrow, redirect and the end of everything, killed with SIGKILL at each of their steps, and run again. */

const chain = useChain()
const folder = useFolder()
/** One for each command: what another one left there would only make it slower. */
let command = ''
const home = () => join(folder.path, command)
const DYING = resolve(import.meta.dirname, '../rig/dyingCli.ts')
const PRINCIPAL_KEY = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'
const AGENT_KEY = '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d'
const OTHER_KEY = '0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a'
const [PRINCIPAL, AGENT, OTHER] = [PRINCIPAL_KEY, AGENT_KEY, OTHER_KEY].map((key) =>
  addressOf(privateKeyToAccount(key as Address)),
) as [Address, Address, Address]
const VENDOR: Address = `0x${'7e'.repeat(20)}`
/** More steps than any of these commands has. */
const MOST_STEPS = 30

const environment = (key: string) => ({
  AMBIT_HOME: home(),
  AMBIT_CHAIN: '31337',
  AMBIT_RPC_URL: chain.rpcUrl,
  AMBIT_PRIVATE_KEY: key,
})
const flags = (argv: readonly string[]) => [...argv, '--deployment', join(folder.path, 'deployment.json'), '--json']
const run = (key: string, argv: readonly string[], stdin = ''): Promise<Ran> =>
  ambit(flags(argv), { env: environment(key), stdin })

/** True when it was killed, false when it came to its end. */
function dying(step: number, key: string, argv: readonly string[], stdin = ''): Promise<boolean> {
  return new Promise((done, fail) => {
    const env = { PATH: process.env['PATH'] ?? '', ...environment(key), DIE_AT: String(step) }
    const child = spawn(process.execPath, [DYING, ...flags(argv)], { env, stdio: ['pipe', 'pipe', 'ignore'] })
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString()
    })
    child.stdin.end(stdin)
    child.on('error', fail)
    child.on('close', (code, signal) => {
      if (signal === 'SIGKILL') done(true)
      else if (code === 0) done(false)
      else fail(new TypeError(`neither killed nor done: ${code} ${said}`))
    })
  })
}

async function grant(task: string): Promise<{ id: string }> {
  const what = ['--to', AGENT, '--token', chain.token.address, '--limit', '10', '--payee', VENDOR, '--expires', '1d']
  const made = await run(PRINCIPAL_KEY, ['grant', ...what, '--task', task, '--yes'])
  expect(made.json()).toMatchObject({ ok: true, error: null })
  return made.json().data.grant
}
const pay = (key: string, reference: string, amount: string) =>
  run(key, ['redeem', reference, 'transfer', '--to', VENDOR, '--amount', amount])
const verdictOf = (ran: Ran) => ran.json().data.verdict.code ?? ran.json().data.outcome.status
const intents = () => readdirSync(join(home(), 'intents'))
async function receiptsOf(id: string): Promise<string[]> {
  const { data } = (await ambit(['receipts', 'ls', '--json'], { home: home() })).json()
  return data.receipts.filter((it: { grant: string }) => it.grant === id).map((it: { kind: string }) => it.kind)
}

beforeAll(async () => {
  writeFileSync(join(folder.path, 'deployment.json'), JSON.stringify(chain.environment))
  await mint(chain, PRINCIPAL, 1_000_000_000n)
})

/** A home in which nothing has to be made for the first time any more. */
async function begin(name: string): Promise<void> {
  command = name
  await grant('first')
  await run(PRINCIPAL_KEY, ['revoke', 'first', '--yes'])
}

/** What is on this machine and on the chain after a crash: nothing has begun, or there is a way on. */
async function afterCrash(old: string, task: string): Promise<void> {
  const listed = await run(PRINCIPAL_KEY, ['grants'])
  const { grants } = listed.json().data
  const of = (status: string) =>
    grants.filter((it: { task: string; status: string }) => it.task === task && it.status === status)
  const [live, ended] = [of('live'), of('ended')]
  // Never both to be redeemed, never neither without a way on.
  expect(live.length).toBeLessThanOrEqual(1)
  if (live.length === 0 || live[0].id !== old) expect(ended.map(({ id }: { id: string }) => id)).toContain(old)
  const begun = intents().includes(`${old}.json`)
  if (live.length === 0) expect(begun).toBe(true)
  // Never silently.
  expect(listed.stderr.includes(old)).toBe(begun)
}

describe('narrow', () => {
  beforeAll(() => begin('narrow'))

  test('default: killed at each step, the same command goes on, and there is one of everything', async () => {
    const patch = '{"budgets":{"limit":{"max":"8"}}}'
    let step = 1
    let resumed = 0
    for (; step <= MOST_STEPS; step++) {
      const task = `narrow-${step}`
      const { id: old } = await grant(task)
      expect(verdictOf(await pay(AGENT_KEY, old, '3'))).toBe('executed')
      const line = ['narrow', old, '-', '--yes']
      const killed = await dying(step, PRINCIPAL_KEY, line, patch)
      if (killed) {
        await afterCrash(old, task)
        const again = (await run(PRINCIPAL_KEY, line, patch)).json()
        expect(again).toMatchObject({ ok: true, data: { replaced: old } })
        if (again.data.resumed) resumed++
      }
      expect(intents()).toEqual([])
      const { data } = (await run(PRINCIPAL_KEY, ['grants'])).json()
      const mine = data.grants.filter((it: { task: string }) => it.task === task)
      const next = mine.find((it: { id: string }) => it.id !== old)
      expect(mine.map((it: { status: string }) => it.status).sort()).toEqual(['ended', 'live'])
      // 3 of 10 were used: 7 are left, and 8 were asked for.
      expect(next.remaining).toMatchObject([{ amount: '7000000' }])
      expect([await receiptsOf(old), await receiptsOf(next.id)]).toEqual([
        ['grant', 'decision', 'outcome', 'revocation'],
        ['grant'],
      ])
      if (!killed) break
    }
    expect(step).toBeGreaterThan(8)
    expect(step).toBeLessThan(MOST_STEPS)
    expect(resumed).toBeGreaterThan(6)
    expect((await run(PRINCIPAL_KEY, ['verify'])).json().data.result).toBe('valid')
  }, 120_000)

  test('behavior: what was used after the signature is taken off too, by another one', async () => {
    const patch = '{"budgets":{"limit":{"max":"8"}}}'
    const { id: old } = await grant('race')
    // The intent is written, nothing is sent.
    expect(await dying(2, PRINCIPAL_KEY, ['narrow', old, '-', '--yes'], patch)).toBe(true)
    expect(intents()).toEqual([`${old}.json`])
    expect(verdictOf(await pay(AGENT_KEY, old, '9'))).toBe('executed')
    const { data } = (await run(PRINCIPAL_KEY, ['narrow', old])).json()
    expect(data).toMatchObject({ resumed: true, scope: { budgets: { limit: { max: '1' } } } })
    expect(verdictOf(await pay(AGENT_KEY, old, '1'))).toBe('revoked')
    expect(verdictOf(await pay(AGENT_KEY, data.grant.id, '1.000001'))).toBe('budget_exceeded')
    expect(verdictOf(await pay(AGENT_KEY, data.grant.id, '1'))).toBe('executed')
  })

  test('behavior: where all is used by then, the old one ends, there is no new one, and nothing stays begun', async () => {
    const { id: old } = await grant('used-up')
    const patch = '{"budgets":{"limit":{"max":"8"}}}'
    expect(await dying(2, PRINCIPAL_KEY, ['narrow', old, '-', '--yes'], patch)).toBe(true)
    expect(verdictOf(await pay(AGENT_KEY, old, '10'))).toBe('executed')
    const { data } = (await run(PRINCIPAL_KEY, ['narrow', old])).json()
    expect(data).toMatchObject({ replaced: old, grant: null })
    expect([intents(), await receiptsOf(old)]).toEqual([[], ['grant', 'decision', 'outcome', 'revocation']])
  })

  test('behavior: what the account ended meanwhile is not signed again unasked', async () => {
    const { id: old } = await grant('ended-since')
    const patch = '{"budgets":{"limit":{"max":"8"}}}'
    expect(await dying(2, PRINCIPAL_KEY, ['narrow', old, '-', '--yes'], patch)).toBe(true)
    expect((await run(PRINCIPAL_KEY, ['revoke', '--all', '--confirm', PRINCIPAL])).exit).toBe(0)
    const unasked = await run(PRINCIPAL_KEY, ['narrow', old])
    expect(unasked.json().error).toMatchObject({ code: 'cli.missing_option', details: { flag: '--yes' } })
    expect(intents()).toEqual([`${old}.json`])
    const { data } = (await run(PRINCIPAL_KEY, ['narrow', old, '--yes'])).json()
    expect(verdictOf(await pay(AGENT_KEY, data.grant.id, '8'))).toBe('executed')
    expect(await receiptsOf(old)).toEqual(['grant', 'revocation', 'revocation'])
  })

  test('error: another wish does not go on with what was begun', async () => {
    const { id: old } = await grant('other-wish')
    const patch = '{"budgets":{"limit":{"max":"8"}}}'
    expect(await dying(2, PRINCIPAL_KEY, ['narrow', old, '-', '--yes'], patch)).toBe(true)
    const other = await run(PRINCIPAL_KEY, ['narrow', old, '-', '--yes'], '{"budgets":{"limit":{"max":"5"}}}')
    expect([other.exit, other.json().error?.code]).toEqual([5, 'cli.unfinished'])
    const redirected = await run(PRINCIPAL_KEY, ['redirect', old, '--to', OTHER, '--yes'])
    expect(redirected.json().error?.code).toBe('cli.unfinished')
    expect((await run(PRINCIPAL_KEY, ['narrow', old])).json().data.resumed).toBe(true)
  })
})

describe('redirect', () => {
  beforeAll(() => begin('redirect'))

  test('default: killed at each step of the chain, the new delegate gets what is left, the old one nothing', async () => {
    const before = await balanceOf(chain, VENDOR)
    const { id: first } = await grant('redirect-0')
    const steps = [2, 3, 4]
    for (const step of steps) {
      const { id: old } = await grant(`redirect-${step}`)
      expect(verdictOf(await pay(AGENT_KEY, old, '4'))).toBe('executed')
      const line = ['redirect', old, '--to', OTHER, '--yes']
      expect(await dying(step, PRINCIPAL_KEY, line)).toBe(true)
      await afterCrash(old, `redirect-${step}`)
      const { data } = (await run(PRINCIPAL_KEY, line)).json()
      expect(data.grant.delegate).toBe(OTHER)
      expect(verdictOf(await pay(AGENT_KEY, old, '1'))).toBe('revoked')
      expect(verdictOf(await pay(OTHER_KEY, data.grant.id, '6.000001'))).toBe('budget_exceeded')
      expect(verdictOf(await pay(OTHER_KEY, data.grant.id, '6'))).toBe('executed')
    }
    // Never more than the old grant alone could have paid.
    expect((await balanceOf(chain, VENDOR)) - before).toBe(BigInt(steps.length) * 10_000_000n)
    expect(verdictOf(await pay(AGENT_KEY, first, '1'))).toBe('executed')
  }, 60_000)
})

describe('revoke --all', () => {
  beforeAll(() => begin('revoke'))

  test('default: killed at each step, the nonce is raised once, and each grant has one receipt of it', async () => {
    const nonceNow = () => readNonce(nodeOf(chain.rpcUrl), { delegator: PRINCIPAL, environment: chain.environment })
    const line = ['revoke', '--all', '--confirm', PRINCIPAL]
    let step = 1
    let resumed = 0
    for (; step <= MOST_STEPS; step++) {
      const { id } = await grant(`all-${step}`)
      const nonce = await nonceNow()
      const killed = await dying(step, PRINCIPAL_KEY, line)
      if (killed) {
        const listed = await run(PRINCIPAL_KEY, ['grants'])
        expect(listed.stderr.includes('Ending everything')).toBe(intents().length > 0)
        if (intents().length > 0 || (await nonceNow()) === nonce) {
          const again = (await run(PRINCIPAL_KEY, line)).json()
          expect(again).toMatchObject({ ok: true, data: { nonce: nonce.toString() } })
          if (again.data.resumed) resumed++
        }
      }
      expect([await nonceNow(), intents()]).toEqual([nonce + 1n, []])
      expect(await receiptsOf(id)).toEqual(['grant', 'revocation'])
      expect((await run(PRINCIPAL_KEY, ['inspect', id])).json().data.status).toBe('invalid')
      if (!killed) break
    }
    expect(step).toBeGreaterThan(5)
    expect(step).toBeLessThan(MOST_STEPS)
    expect(resumed).toBeGreaterThan(3)
    expect((await run(PRINCIPAL_KEY, ['verify'])).json().data.result).toBe('valid')
  }, 120_000)
})
