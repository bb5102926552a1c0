import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LocalAccount } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Context } from '../../src/cli/command.ts'
import { homeSource } from '../../src/cli/console/source.ts'
import { Journal } from '../../src/cli/journal.ts'
import { chooseChain, openChain } from '../../src/cli/session.ts'
import type { Plan } from '../../src/compile/types.ts'
import { delegationTypedData } from '../../src/delegation/sign.ts'
import type { Address, Hex } from '../../src/primitives/hex.ts'
import { formatInstant } from '../../src/primitives/time.ts'
import type { StatementOf } from '../../src/receipt/statement.ts'
import { type Browser, openConsole } from '../fixtures/console.ts'
import { mint, useChain } from '../rig/chain.ts'
import { ambit, useFolder } from '../rig/cli.ts'
import { useConsoleProcess } from '../rig/consoleProcess.ts'
import { commandContext } from '../rig/context.ts'

/** The console over a real state folder and a real chain: what a person sees, sets off and ends. */

const chain = useChain()
const folder = useFolder()
const home = () => join(folder.path, 'home')
const PRINCIPAL_KEY = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'
const AGENT_KEY = '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d'
const VENDOR = '0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc'
const principal = privateKeyToAccount(PRINCIPAL_KEY)
const agent = privateKeyToAccount(AGENT_KEY)
const lower = ({ address }: LocalAccount) => address.toLowerCase() as Address

const options = () => ({ chain: '31337', rpcUrl: chain.rpcUrl, deployment: join(folder.path, 'deployment.json') })
const flags = () =>
  Object.entries({ '--chain': options().chain, '--rpc-url': chain.rpcUrl, '--deployment': options().deployment }).flat()
const run = async (key: string, ...argv: string[]) =>
  (await ambit([...argv, ...flags(), '--json'], { home: home(), env: { AMBIT_PRIVATE_KEY: key } })).json()

/** A grant of ten a day, by its id. */
async function granted(task: string): Promise<Hex> {
  const limits = ['--limit', '10/day', '--payee', VENDOR, '--expires', '30d', '--task', task, '--purpose', 'Pay them']
  const made = await run(
    PRINCIPAL_KEY,
    'grant',
    '--to',
    agent.address,
    '--token',
    chain.token.address,
    ...limits,
    '--yes',
  )
  return made.data.grant.id
}

/** A grant of two rules that share no limit: two roots, hence two links to disable. */
async function grantedApart(): Promise<Hex> {
  const [one, other] = ['one', 'other'].map((id) => ({
    id,
    class: 'transfer',
    asset: chain.token.address,
    to: [VENDOR],
    budget: id,
  }))
  const budget = { assets: { [chain.token.address]: '1' }, max: '5' }
  const { timestamp } = await chain.publicClient.getBlock()
  const scope = {
    version: 1,
    task: { id: 'several', purpose: 'Pay them' },
    chainId: chain.chainId,
    principal: lower(principal),
    delegate: lower(agent),
    rules: [one, other],
    budgets: { one: budget, other: { ...budget, max: '6' } },
    expiry: formatInstant(timestamp + 86_400n),
    redelegation: { maxDepth: 0 },
    revocation: { group: 'g', maxLatencySeconds: 60 },
    evidence: { receipts: ['grant'], retain: 'P1Y' },
    assets: { [chain.token.address]: { symbol: 'USDC', decimals: 6 } },
  }
  const file = join(folder.path, 'several.json')
  writeFileSync(file, JSON.stringify(scope))
  const made = await run(PRINCIPAL_KEY, 'grant', file, '--lowering', 'framework', '--yes')
  expect(made.error).toBeNull()
  return made.data.grant.id
}

const pay = (id: string, amount: string) => run(AGENT_KEY, 'redeem', id, 'transfer', '--to', VENDOR, '--amount', amount)

async function browse(change: Partial<Context> = {}): Promise<Browser> {
  const context: Context = { ...commandContext(home(), options()), ...change }
  return openConsole(homeSource(context, await openChain(context, chooseChain(context))), (error) => {
    throw error
  })
}

const textOf = async (response: Promise<Response>) =>
  (await (await response).text()).replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ')

/** What the page asks a wallet for. */
async function wanted(browser: Browser, id: Hex): Promise<{ params: [{ to: Address; data: Hex }] }[]> {
  const page = await (await browser.get(`/grants/${id}/revoke/${lower(principal)}`)).text()
  return JSON.parse((/data-wallet="([^"]*)"/.exec(page)?.[1] ?? '{}').replaceAll('&quot;', '"')).requests
}

async function send(account: LocalAccount, { to, data }: { to: Address; data: Hex }): Promise<Hex> {
  const hash = await chain.walletClient(account).sendTransaction({ to, data })
  await chain.publicClient.waitForTransactionReceipt({ hash })
  return hash
}

async function endings(id: Hex): Promise<StatementOf<'revocation'>[]> {
  const journal = new Journal(commandContext(home()))
  const statements = await Promise.all(journal.entries().map((entry) => journal.statement(entry)))
  return statements.flatMap((one) => (one.kind === 'revocation' && one.grant.id === id ? [one] : []))
}

const revoked = (browser: Browser, id: Hex, transactions: readonly Hex[], as = lower(principal)) =>
  browser.post(`/grants/${id}/revoke/${as}`, { answers: JSON.stringify(transactions) })

const start = useConsoleProcess()

beforeAll(async () => {
  writeFileSync(join(folder.path, 'deployment.json'), JSON.stringify(chain.environment))
  await mint(chain, lower(principal), 1_000_000_000n)
})

describe('ambit console', () => {
  test('default: what is left is what the chain says, and the bars are what the receipts say', async () => {
    const id = await granted('shown')
    expect((await pay(id, '2.5')).ok).toBe(true)
    expect((await pay(id, '1')).ok).toBe(true)
    const browser = await browse()
    expect(await textOf(browser.get('/'))).toMatch(/shown Live .* 6\.5 USDC left of 10 USDC 3\.5 USDC used/)
    const page = await textOf(browser.get(`/grants/${id}`))
    for (const part of [
      '6.5 USDC left of 10 USDC',
      'limit 10 USDC',
      'now: 3.5 USDC',
      'Pay them',
      'Pay anybody but the one payee named',
    ])
      expect(page).toContain(part)
    expect(await textOf(browser.get('/health'))).toContain('All is well')
  })

  test('behavior: a stop holds for every command of this machine, has its receipt, and is taken back', async () => {
    const id = await granted('halted')
    const browser = await browse()
    expect((await browser.post(`/grants/${id}/stop`)).headers.get('location')).toBe(`/grants/${id}?done=stop`)
    expect((await pay(id, '1')).error?.code).toBe('cli.stopped')
    expect(await textOf(browser.get(`/grants/${id}`))).toContain('Stopped on this machine')
    expect(await textOf(browser.get('/'))).toMatch(/halted Stopped here/)
    await browser.post(`/grants/${id}/resume`)
    expect((await pay(id, '1')).ok).toBe(true)
    expect((await endings(id)).map(({ revocation }) => revocation.act)).toEqual(['stop', 'resume'])
  })

  test('behavior: what the wallet sends ends it; the chain is asked, the receipt written once', async () => {
    const id = await granted('ended')
    const browser = await browse()
    const [request] = await wanted(browser, id)
    const hash = await send(principal, (request as { params: [{ to: Address; data: Hex }] }).params[0])
    expect((await revoked(browser, id, [hash])).headers.get('location')).toBe(`/grants/${id}?done=revoke`)
    // Reloaded, or pressed twice.
    expect((await revoked(browser, id, [hash])).status).toBe(303)
    expect(await textOf(browser.get(`/grants/${id}`))).toMatch(/Revoked .* There is nothing left to revoke/)
    expect(await textOf(browser.get('/'))).toMatch(/ended Revoked/)
    const [ending, ...more] = await endings(id)
    expect([ending?.revocation, more]).toMatchObject([{ act: 'disable', tx: hash }, []])
    expect((await pay(id, '1')).ok).toBe(false)
  })

  test('error: a transaction that ended nothing ends nothing here, and leaves no receipt', async () => {
    const id = await granted('alive')
    const browser = await browse()
    const other = await send(principal, { to: VENDOR, data: '0x' })
    const response = await revoked(browser, id, [other])
    expect([response.status, await response.text()]).toEqual([409, expect.stringContaining('console.not_proven')])
    expect((await revoked(browser, id, [])).status).toBe(409)
    expect(await endings(id)).toEqual([])
    expect((await pay(id, '1')).ok).toBe(true)
  })

  test('error: the ending of another grant is not taken for the ending of this one', async () => {
    const [id, other] = [await granted('mine'), await granted('other')]
    const browser = await browse()
    const [request] = await wanted(browser, other)
    const hash = await send(principal, (request as { params: [{ to: Address; data: Hex }] }).params[0])
    expect((await revoked(browser, id, [hash])).status).toBe(409)
    expect(await endings(id)).toEqual([])
  })

  test('error: a transaction that did nothing is not written down as what ended it', async () => {
    const id = await granted('elsewhere')
    const browser = await browse()
    const [request] = await wanted(browser, id)
    await send(principal, (request as { params: [{ to: Address; data: Hex }] }).params[0])
    const other = await send(principal, { to: VENDOR, data: '0x' })
    expect((await revoked(browser, id, [other])).status).toBe(303)
    const [ending] = await endings(id)
    expect(ending?.revocation).toMatchObject({ act: 'disable' })
    expect(ending?.revocation).not.toHaveProperty('tx')
  })

  test('error: who is no delegator of it ends nothing; a reverted transaction neither', async () => {
    const id = await granted('strange')
    const browser = await browse()
    const [request] = await wanted(browser, id)
    const { to, data } = (request as { params: [{ to: Address; data: Hex }] }).params[0]
    const hash = await chain.walletClient(agent).sendTransaction({ to, data, gas: 300_000n })
    await chain.publicClient.waitForTransactionReceipt({ hash })
    expect((await revoked(browser, id, [hash])).status).toBe(409)
    const response = await revoked(browser, id, [hash], lower(agent))
    expect([response.status, await response.text()]).toEqual([502, expect.stringContaining('chain.nothing_to_revoke')])
    expect(await endings(id)).toEqual([])
  })

  test('behavior: of several links some can be ended first, and the others after', async () => {
    const id = await grantedApart()
    const browser = await browse()
    const [first, ...others] = await wanted(browser, id)
    const ended = await send(principal, (first as { params: [{ to: Address; data: Hex }] }).params[0])
    const response = await revoked(browser, id, [ended])
    expect(response.headers.get('location')).toBe(`/grants/${id}/revoke/${lower(principal)}`)
    expect((await wanted(browser, id)).length).toBe(others.length)
    const rest = await Promise.all(others.map(({ params: [call] }) => send(principal, call)))
    expect((await revoked(browser, id, rest)).headers.get('location')).toBe(`/grants/${id}?done=revoke`)
    const transactions = (await endings(id)).flatMap(({ revocation }) => ('tx' in revocation ? [revocation.tx] : []))
    expect(new Set(transactions)).toEqual(new Set([ended, ...rest]))
  })

  test('behavior: a transaction that no block holds yet is looked for, and can be looked for again', async () => {
    const id = await granted('slow')
    // Each look at this clock is half a minute later.
    let time = 0
    const browser = await browse({
      monotonic: () => {
        time += 30_000
        return time
      },
    })
    const unknown: Hex = `0x${'ab'.repeat(32)}`
    const response = await revoked(browser, id, [unknown])
    expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('Not seen on chain yet')])
    expect(await endings(id)).toEqual([])
  })

  test('behavior: a signed proposal that is sent twice is one grant with one receipt', async () => {
    const source = await granted('template-of-it').then(async (id) => {
      const context = commandContext(home(), options())
      const session = await openChain(context, chooseChain(context))
      const { granting, grants } = homeSource(context, session)
      return { granting: granting as NonNullable<typeof granting>, facts: await grants.grant(id) }
    })
    const [scope] = source.facts?.grant.scopes ?? []
    const text = JSON.stringify({ ...scope, task: { id: 'sent-twice', purpose: 'Pay them' } })
    const made = await source.granting.fromDocument(text)
    const id = 'proposal' in made ? made.proposal : ''
    const proposal = await source.granting.proposal(id)
    const { plan, delegations = [] } = proposal ?? {}
    const signatures = await Promise.all(
      delegations.map((delegation) =>
        principal.signTypedData(delegationTypedData({ ...(plan as Plan), delegation }) as never),
      ),
    )
    const both = await Promise.all([source.granting.accept(id, signatures), source.granting.accept(id, signatures)])
    expect(both[0]).toBe(both[1])
    const journal = new Journal(commandContext(home()))
    const statements = await Promise.all(journal.entries().map((entry) => journal.statement(entry)))
    expect(statements.filter(({ kind, grant }) => kind === 'grant' && grant.id === both[0])).toHaveLength(1)
    await expect(source.granting.accept(id, signatures)).rejects.toMatchObject({ code: 'cli.not_found' })
  })

  test('behavior: without a chain it shows what is here, and says that nobody was asked', async () => {
    const id = await granted('offline')
    const context = commandContext(home(), { deployment: options().deployment })
    const browser = await openConsole(homeSource(context, undefined))
    expect(await textOf(browser.get(`/grants/${id}`))).toMatch(/Chain not asked .* No chain was asked/)
    const response = await revoked(browser, id, [`0x${'ab'.repeat(32)}`])
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('cli.missing_option')])
  })

  test('behavior: serves until Ctrl-C, on this machine alone, and leaves nothing behind', async () => {
    const served = await start(home(), flags())
    expect(new URL(served.url).hostname).toBe('127.0.0.1')
    const entered = await fetch(served.url, { redirect: 'manual' })
    const cookie = entered.headers.get('set-cookie')?.split(';')[0] ?? ''
    const page = await fetch(served.origin, { headers: { cookie } })
    expect([entered.status, page.status, await page.text()]).toEqual([
      303,
      200,
      expect.stringMatching(/<title>.* · Ambit</),
    ])
    expect(await served.end()).toBe(0)
    expect(served.stdout().split('\n')).toHaveLength(2)
    await expect(fetch(served.origin)).rejects.toThrow()
  })

  test('behavior: the embedded chain is there for other commands while no page asks it', async () => {
    const own = join(folder.path, 'own')
    const served = await start(own, ['--chain', 'local'])
    const entered = await fetch(served.url, { redirect: 'manual' })
    const cookie = entered.headers.get('set-cookie')?.split(';')[0] ?? ''
    const limits = ['--limit', '10/day', '--payee', 'local:vendor', '--expires', '30d', '--task', 'beside']
    const made = await ambit(
      [
        'grant',
        '--to',
        'local:agent',
        '--token',
        'USDC',
        ...limits,
        '--account',
        'local:principal',
        '--yes',
        '--json',
        '--chain',
        'local',
      ],
      { home: own },
    )
    expect(made.json().error).toBeNull()
    const page = await (await fetch(served.origin, { headers: { cookie } })).text()
    expect(page).toContain('10 USDC</strong> left of 10 USDC')
    // Everybody's keys are at the command line, and in the wallet that the page brings.
    const by = lower(privateKeyToAccount(PRINCIPAL_KEY))
    const ending = await fetch(`${served.origin}/grants/${made.json().data.grant.id}/revoke/${by}`, {
      headers: { cookie },
    })
    const text = await ending.text()
    expect(text).toContain('--account local:principal')
    expect(text).toContain('data-wallet')
    expect(text).toContain('src="/wallet.js"')
    const script = await fetch(`${served.origin}/wallet.js`, { headers: { cookie } })
    expect(await script.text()).toContain('eip6963:announceProvider')
    expect([await served.end(), existsSync(join(own, 'locks', 'local-chain.lock'))]).toEqual([0, false])
  })

  test.each([
    ['no port', ['--port', 'http']],
    ['a port that there is not', ['--port', '65536']],
    ['a name to listen at', ['--host', 'example.com']],
    ['every address at once', ['--host', '0.0.0.0']],
    ['every address at once, as one of IPv6', ['--host', '::ffff:0.0.0.0']],
    ['every address at once, of the newer kind', ['--host', '::']],
  ])('error: %s', async (_what, argv) => {
    const ran = await ambit(['console', ...argv, '--json'], { home: home() })
    expect([ran.exit, ran.json().error?.code]).toEqual([2, 'cli.usage'])
  })

  test('error: a port that is taken', async () => {
    const { port } = new URL(chain.rpcUrl)
    const ran = await ambit(['console', '--port', port, '--json'], { home: home() })
    expect([ran.exit, ran.json().error?.code]).toEqual([1, 'console.port_unusable'])
  })
})
