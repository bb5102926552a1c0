import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { deployTestToken } from '../../src/testing/framework.ts'
import { startLocalChain } from '../../src/testing/localChain.ts'
import { ambit, ambitProcess, type CliOptions, type Ran, useFolder } from '../rig/cli.ts'

/** The main job by hand: every command line in a process of its own, on the embedded chain, in an empty home. */

const folder = useFolder()
const home = () => join(folder.path, 'home')
/** Second account of the public test mnemonic, in a keystore as a person would have it. */
const AGENT_KEY = '59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d'
const AGENT = '0x70997970c51812dc3a010c7d01b50e0d17dc79c8'
const VENDOR = '0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc'
const SUBAGENT = '0x15d34aaf54267db7d7c367839aaf71a00a2c6a65'
const PASSWORD = 'a long enough password'
const HOSTILE = '\u001b]0;owned\u0007\u001b[2J\u009b31m\u202epaid'
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about
const RAW = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/

const outputs: Ran[] = []
async function run(argv: readonly string[], options: CliOptions = {}): Promise<Ran> {
  const ran = await ambitProcess(argv, { home: home(), ...options })
  outputs.push(ran)
  return ran
}
/** The same in this process, where what is looked at is not the process. */
async function here(argv: readonly string[], options: CliOptions = {}): Promise<Ran> {
  const ran = await ambit(argv, { home: home(), ...options })
  outputs.push(ran)
  return ran
}
const asLocalAgent = ['--account', 'local:agent']
const asAgent = () => ['--account', 'agent', '--password-file', join(folder.path, 'password')]
const asPrincipal = ['--account', 'local:principal']

beforeAll(() => writeFileSync(join(folder.path, 'password'), `${PASSWORD}\n`))

describe('ambit', () => {
  let token = ''
  let grantFile = ''

  test('account: a key becomes a keystore, 0600', async () => {
    const argv = [
      'account',
      'import',
      'agent',
      '--key-stdin',
      '--password-file',
      join(folder.path, 'password'),
      '--json',
    ]
    const { data } = (await run(argv, { stdin: AGENT_KEY })).json()
    expect(data.address).toBe(AGENT)
    expect(statSync(data.keystore).mode & 0o777).toBe(0o600)
  })

  test('doctor: the embedded chain has the framework', async () => {
    const { data } = (await here(['doctor', '--chain', 'local', '--account', 'agent', '--json'])).json()
    const found = Object.fromEntries(
      data.checks.map((check: { check: string; status: string }) => [check.check, check.status]),
    )
    expect(found).toMatchObject({ 'local chain': 'ok', chain: 'ok', framework: 'ok', gas: 'ok' })
    token = JSON.parse(readFileSync(join(home(), 'chains', 'local.json'), 'utf8')).token
  })

  test('scope check, explain: a scope file is valid, bounded and enforceable', async () => {
    const file = join(folder.path, 'scope.json')
    writeFileSync(file, JSON.stringify(scopeDocument(token)))
    const { data } = (await run(['scope', 'check', file, '--json'])).json()
    expect(data.scope.assets[token]).toEqual({ symbol: 'USDC', decimals: 6 })
    expect(data.blastRadius.assets).toMatchObject([{ asset: token, total: '20000000' }])
    expect(data.plan.coverage.filter(({ held }: { held: { by: string } }) => held.by === 'redeemer')).toEqual([])
    const explained = await here(['scope', 'explain', file])
    expect(explained.stdout).toContain('20 USDC')
  })

  test('grant: shows, signs, upgrades, leaves a receipt', async () => {
    const file = join(folder.path, 'scope.json')
    const dry = (await here(['grant', file, '--chain', 'local', ...asPrincipal, '--dry-run', '--json'])).json()
    expect(dry.data).toMatchObject({ dryRun: true, needsUpgrade: true })
    expect(readdirSync(join(home(), 'grants'))).toEqual([])

    const unasked = await run(['grant', file, '--chain', 'local', ...asPrincipal, '--json'])
    expect(unasked.exit).toBe(2)
    expect(unasked.json().error).toMatchObject({ code: 'cli.missing_option', details: { flag: '--yes' } })

    const { data } = (await run(['grant', file, '--chain', 'local', ...asPrincipal, '--yes', '--json'])).json()
    expect(data.upgradeTransaction).toMatch(/^0x[0-9a-f]{64}$/)
    expect(data.grant).toMatchObject({ task: 'invoices', delegate: AGENT, chainId: 31337 })
    grantFile = data.file
    const { data: listed } = (await here(['grants', '--chain', 'local', '--json'])).json()
    expect(listed.grants).toMatchObject([{ status: 'live', remaining: [{ payee: VENDOR, amount: '20000000' }] }])
  })

  test('redeem: what is inside the scope happens on chain', async () => {
    const argv = [
      'redeem',
      'invoices',
      'transfer',
      '--to',
      VENDOR,
      '--amount',
      '12.50',
      '--reason',
      HOSTILE,
      ...asAgent(),
      '--json',
    ]
    const ran = await run(argv)
    expect(ran.exit).toBe(0)
    expect(ran.json().data).toMatchObject({
      verdict: { verdict: 'allow', remaining: '7500000' },
      outcome: { status: 'executed', effects: [{ asset: token, to: VENDOR, amount: '12500000' }] },
    })
  })

  test('redeem: what is outside is denied with the reason, exit 3, and the fix is right', async () => {
    const more = await run([
      'redeem',
      'invoices',
      'transfer',
      '--to',
      'local:vendor',
      '--amount',
      '8',
      ...asAgent(),
      '--json',
    ])
    expect(more.exit).toBe(3)
    expect(more.json()).toMatchObject({
      ok: false,
      error: { code: 'cli.denied', details: { reason: 'budget_exceeded' } },
      data: { verdict: { verdict: 'deny', code: 'budget_exceeded', hop: 0, largestAllowed: '7500000' }, outcome: null },
    })
    const other = await run([
      'redeem',
      grantFile,
      'transfer',
      '--to',
      'local:stranger',
      '--amount',
      '1',
      ...asLocalAgent,
      '--json',
    ])
    expect([other.exit, other.json().data.verdict.code]).toEqual([3, 'recipient_not_allowed'])
    const fixed = ['redeem', 'invoices', 'transfer', '--to', 'local:vendor', '--amount', '7.5', '--dry-run', '--json']
    expect((await here(fixed)).json().data.verdict).toMatchObject({ verdict: 'allow', remaining: '0' })
  })

  test('redeem: another key is not the delegate, exit 4, and nothing is sent', async () => {
    const argv = [
      'redeem',
      'invoices',
      'transfer',
      '--to',
      VENDOR,
      '--amount',
      '1',
      '--account',
      'local:stranger',
      '--json',
    ]
    const ran = await here(argv)
    expect([ran.exit, ran.json().error?.code]).toEqual([4, 'key.wrong_signer'])
  })

  test('stop, resume: this machine refuses at once, and says what that does not do', async () => {
    const stopped = (await run(['stop', 'invoices', '--json'])).json()
    expect(stopped.data).toMatchObject({ alreadyStopped: false })
    expect(stopped.data.limits).toContain('revoke')
    expect((await here(['stop', 'invoices', '--json'])).json().data.alreadyStopped).toBe(true)
    const refused = await run([
      'redeem',
      'invoices',
      'transfer',
      '--to',
      VENDOR,
      '--amount',
      '1',
      ...asLocalAgent,
      '--json',
    ])
    expect([refused.exit, refused.json().data.verdict.code]).toEqual([3, 'stopped'])
    expect((await here(['resume', 'invoices', '--json'])).json().data).toMatchObject({ wasStopped: true })
    const after = await run([
      'redeem',
      'invoices',
      'transfer',
      '--to',
      VENDOR,
      '--amount',
      '1',
      ...asLocalAgent,
      '--json',
    ])
    expect(after.exit).toBe(0)
  })

  test('revoke: ends it on chain, twice is a success, and nothing moves afterwards', async () => {
    const first = (await run(['revoke', 'invoices', ...asPrincipal, '--yes', '--json'])).json()
    expect(first.data).toMatchObject({
      alreadyRevoked: false,
      revoked: [{ transactionHash: expect.stringMatching(/^0x/) }],
    })
    const second = (await run(['revoke', 'invoices', ...asPrincipal, '--yes', '--json'])).json()
    expect(second.data).toMatchObject({ alreadyRevoked: true, revoked: [{ transactionHash: null }] })
    const denied = await run([
      'redeem',
      'invoices',
      'transfer',
      '--to',
      VENDOR,
      '--amount',
      '1',
      ...asLocalAgent,
      '--json',
    ])
    expect([denied.exit, denied.json().data.verdict.code]).toEqual([3, 'revoked'])
    const { data } = (await here(['grants', '--chain', 'local', '--json'])).json()
    expect(data.grants).toMatchObject([{ status: 'ended', why: expect.stringContaining('revoked') }])
  })

  test('verify: every receipt, in a process that knows only the bundles and the issuer', async () => {
    const [bundles, keys] = [join(folder.path, 'receipts.jsonl'), join(folder.path, 'issuer.json')]
    writeFileSync(bundles, (await here(['receipts', 'export'])).stdout)
    writeFileSync(keys, (await here(['receipts', 'keys'])).stdout)
    const kinds = (await here(['receipts', 'ls', '--json']))
      .json()
      .data.receipts.map(({ kind }: { kind: string }) => kind)
    expect(kinds).toEqual([
      'grant',
      ...['decision', 'outcome', 'decision', 'decision'],
      ...['revocation', 'decision', 'revocation', 'decision', 'outcome'],
      ...['revocation', 'revocation', 'decision'],
    ])

    const deployment = join(folder.path, 'deployment.json')
    const { environment } = JSON.parse(readFileSync(join(home(), 'chains', 'local.json'), 'utf8'))
    writeFileSync(deployment, JSON.stringify(environment))
    const elsewhere = { home: join(folder.path, 'elsewhere') }
    const trusted = ['verify', bundles, '--trust', keys, '--deployment', deployment, '--json']
    const offline = await ambitProcess(trusted, elsewhere)
    expect(offline.json().data).toMatchObject({
      result: 'valid',
      counts: { receipts: 13, valid: 13 },
      chainAsked: false,
      findings: [],
    })
    const own = (await here(['verify', '--chain', 'local', '--json'])).json()
    expect(own.data).toMatchObject({ result: 'valid', counts: { valid: 13 }, chainAsked: true, open: [] })

    // Nobody said whom to believe: nothing is settled, and that is not a pass.
    const unknown = await ambitProcess(['verify', bundles, '--deployment', deployment, '--json'], elsewhere)
    expect([unknown.exit, unknown.json().data.result]).toEqual([5, 'insufficient'])
  })

  test('verify: a grant file, with the chain, without it, and changed', async () => {
    const flags = ['--to', 'agent', '--token', 'USDC', '--limit', '3/day', '--payee', 'local:vendor', '--expires', '1h']
    const made = [
      'grant',
      '--chain',
      'local',
      ...asPrincipal,
      ...flags,
      '--redelegate',
      '1',
      '--task',
      'parent',
      '--yes',
      '--json',
    ]
    const file = (await here(made)).json().data.file
    const results = await Promise.all([
      here(['verify', file, '--json']),
      here(['verify', file, '--chain', 'local', '--json']),
    ])
    expect(results.map(({ exit }) => exit)).toEqual([5, 0])
    expect(results.map((ran) => ran.json().data.result)).toEqual(['insufficient', 'valid'])
    const changed = readFileSync(file, 'utf8').replace('"max": "3"', '"max": "30"')
    const refused = await here(['verify', '-', '--json'], { stdin: changed })
    expect([refused.exit, refused.json().error?.code]).toEqual([7, 'grant.scope_hash_mismatch'])
  })

  test('narrow: a sub-agent gets less, and dies with its parent', async () => {
    const argv = [
      'narrow',
      'parent',
      '-',
      '--to',
      'local:subagent',
      '--chain',
      'local',
      ...asLocalAgent,
      '--yes',
      '--json',
    ]
    const wider = await here(argv, { stdin: '{"task":{"id":"child"},"budgets":{"limit":{"max":"4"}}}' })
    expect([wider.exit, wider.json().error?.code]).toEqual([2, 'scope.not_narrower'])
    const made = await here(argv, { stdin: '{"task":{"id":"child"},"budgets":{"limit":{"max":"2"}}}' })
    const child = made.json().data.grant
    expect(child).toMatchObject({ task: 'child', depth: 2, delegate: SUBAGENT })
    const pay = (amount: string) => [
      'redeem',
      'child',
      'transfer',
      '--to',
      VENDOR,
      '--amount',
      amount,
      '--account',
      'local:subagent',
      '--json',
    ]
    expect((await here(pay('2.5'))).json().data.verdict).toMatchObject({ code: 'period_budget_exceeded', hop: 0 })
    expect((await here(pay('2'))).json().data.outcome).toMatchObject({ status: 'executed' })
    expect((await here(['stop', 'parent', '--json'])).json().data.descendants).toEqual([child.id])
    expect((await here(pay('0.1'))).json().data.verdict.code).toBe('stopped')
    await here(['resume', 'parent', '--json'])
    const revoked = (await here(['revoke', 'parent', ...asPrincipal, '--yes', '--json'])).json()
    expect(revoked.data.grantsDied).toEqual([child.id])
    expect((await here(pay('0.1'))).json().data.verdict).toMatchObject({ code: 'revoked', hop: 1 })
    expect((await here(['verify', '--json'])).json().data.result).toBe('valid')
  })

  test('verify: a changed, a missing and a cut-off receipt', async () => {
    const bundles = join(folder.path, 'receipts.jsonl')
    const all = readFileSync(bundles, 'utf8').trimEnd().split('\n')
    const known = ['--trust', join(folder.path, 'issuer.json'), '--deployment', join(folder.path, 'deployment.json')]
    const argv = ['verify', '-', ...known, '--json']
    const given = (stdin: string) => ambit(argv, { home: join(folder.path, 'elsewhere'), stdin })
    const verifyLines = (lines: readonly string[]) => given(lines.map((line) => `${line}\n`).join(''))
    const forged = all.map((line, index) =>
      index === 3 ? line.replace(/("receipt":"[^".]+\.[^".]{40})(.)/, flip) : line,
    )
    expect(forged[3]).not.toBe(all[3])
    expect((await verifyLines(forged)).exit).toBe(7)
    // Joined by somebody whose files had lost their last line feed.
    const two = all.slice(0, 2)
    expect((await given(two.join('\n'))).json().data).toMatchObject({ result: 'valid', counts: { valid: 2 } })
    const oneLine = await given(two.join(''))
    expect([oneLine.exit, oneLine.json().error]).toMatchObject([
      2,
      { code: 'cli.bundles_joined', details: { line: 1 } },
    ])
    expect((await given(`${two.join('')}\n${all[2]}\n`)).exit).toBe(2)
    const gap = await verifyLines(all.filter((_, index) => index !== 3))
    expect([gap.exit, gap.json().data.findings[0].code]).toEqual([5, 'gap'])

    const entries = readdirSync(join(home(), 'receipts')).sort()
    const last = join(home(), 'receipts', entries.at(-1) ?? '')
    const aside = join(folder.path, 'aside.json')
    writeFileSync(aside, readFileSync(last))
    rmSync(last)
    const cut = await ambit(['verify', '--json'], { home: home() })
    expect([cut.exit, cut.json().data.findings.map(({ code }: { code: string }) => code)]).toEqual([
      5,
      ['tail_missing'],
    ])
    // And nothing more is issued in its place: that would be a fork.
    const again = await ambit(['stop', 'invoices', '--json'], { home: home() })
    expect([again.exit, again.json().error?.code]).toEqual([1, 'home.damaged'])
    writeFileSync(last, readFileSync(aside), { mode: 0o600 })
  })

  test('behavior: a torn head is computed anew from the receipts', async () => {
    for (const torn of ['', '{"seq":', '{"seq":1,"id":"x","roots":{}}']) {
      writeFileSync(join(home(), 'receipts-head.json'), torn)
      expect((await ambit(['stop', 'invoices', '--json'], { home: home() })).exit).toBe(0)
      expect((await ambit(['resume', 'invoices', '--json'], { home: home() })).exit).toBe(0)
    }
    expect((await ambit(['verify', '--json'], { home: home() })).json().data.result).toBe('valid')
  })

  test('behavior: hostile words of an agent and of a token reach no terminal raw', async () => {
    const chain = await startLocalChain({ statePath: join(home(), 'chains', 'local.json') })
    const hostile = await deployTestToken(chain.walletClient(chain.accounts[0]), chain.publicClient, {
      symbol: '\u001b[31mU\u202eSDC\u0007',
      decimals: 6,
    }).finally(() => chain.stop())
    const flags = ['--to', 'agent', '--token', hostile, '--limit', '1', '--payee', 'local:vendor', '--expires', '1h']
    const granted = await run([
      'grant',
      '--chain',
      'local',
      ...asPrincipal,
      ...flags,
      '--purpose',
      HOSTILE,
      '--task',
      'odd',
      '--yes',
    ])
    const shown = [
      granted,
      await here(['inspect', 'odd', '--chain', 'local']),
      await here(['grants', '--chain', 'local']),
      await here(['receipts', 'show', '2']),
      await here(['receipts', 'ls', '--json']),
      await here([HOSTILE]),
      await here(['inspect', HOSTILE]),
    ]
    expect(shown.slice(0, 5).map(({ exit }) => exit)).toEqual([0, 0, 0, 0, 0])
    for (const { stdout, stderr } of shown) expect(stdout + stderr).not.toMatch(RAW)
  })

  test('behavior: several grants of one name are listed, never the first taken', async () => {
    const flags = [
      '--to',
      'agent',
      '--token',
      'USDC',
      '--limit',
      '1/day',
      '--payee',
      'local:vendor',
      '--expires',
      '1h',
      '--yes',
      '--json',
    ]
    const made = await run(['grant', '--chain', 'local', ...asPrincipal, ...flags, '--task', 'invoices'])
    expect(made.exit).toBe(0)
    const ran = await here(['stop', 'invoices', '--json'])
    expect([ran.exit, ran.json().error?.code]).toEqual([2, 'cli.ambiguous'])
    expect(ran.json().error?.details['matches']).toHaveLength(2)
  })

  test('behavior: no secret is in any output or file but its own', () => {
    const issuer = JSON.parse(readFileSync(join(home(), 'issuer.jwk'), 'utf8')) as { d: string }
    const secrets = [AGENT_KEY, AGENT_KEY.slice(0, 24), PASSWORD, issuer.d]
    const files = readdirSync(home(), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== 'issuer.jwk')
      .map((entry) => join(entry.parentPath, entry.name))
    expect(files.length).toBeGreaterThan(15)
    const texts = [
      ...files.map((path) => readFileSync(path, 'utf8')),
      ...outputs.map(({ stdout, stderr }) => stdout + stderr),
    ]
    for (const text of texts) for (const secret of secrets) expect(text.includes(secret)).toBe(false)
    for (const path of [...files, join(home(), 'issuer.jwk')]) expect(statSync(path).mode & 0o077).toBe(0)
  })
})

describe('ambit --json', () => {
  const made = () => join(folder.path, 'envelopes')
  beforeAll(() => mkdirSync(made(), { recursive: true, mode: 0o700 }))

  test.each([
    [['grants'], 0],
    [['receipts', 'ls'], 0],
    [['receipts', 'export'], 0],
    [['receipts', 'keys'], 2],
    [['receipts', 'show', '1'], 2],
    [['account', 'ls'], 0],
    [['verify'], 5],
    [['verify', '/nowhere'], 2],
    [['inspect', 'nothing'], 2],
    [['inspect', `0x${'00'.repeat(200)}`], 7],
    [['stop', 'nothing'], 2],
    [['resume', 'nothing'], 2],
    [['revoke', 'nothing'], 2],
    [['redeem', 'nothing', 'transfer'], 2],
    [['redeem', 'nothing', 'swap'], 2],
    [['grant'], 2],
    [['grant', '--chain', 'sepolia'], 2],
    [['grant', '--chain', 'sepolia', '--rpc-url', 'ftp://x'], 2],
    [['grant', '--chain', 'sepolia', '--rpc-url', 'http://127.0.0.1:9'], 1],
    [['scope', 'check', '/nowhere'], 2],
    [['scope', 'check', '-'], 2],
    [['scope', 'diff', '-', '-'], 2],
    [['doctor', '--chain', 'base', '--rpc-url', 'http://127.0.0.1:9'], 1],
  ])('%j is one object, exit %i', async (argv, exit) => {
    const ran = await ambit([...argv, '--json'], { home: made(), stdin: '{"version":1}' })
    expect([ran.exit, ran.json().schema]).toEqual([
      exit,
      `ambit.${argv
        .filter((word) => /^[a-z]+$/.test(word))
        .slice(0, wordsOf(argv))
        .join('.')}.v1`,
    ])
    expect(ran.json().error?.fix ?? 'ok').not.toBe('')
  })
})

function wordsOf([first]: readonly string[]): number {
  return ['receipts', 'account', 'scope'].includes(first ?? '') ? 2 : 1
}

function flip(_: string, head: string, letter: string): string {
  return head + (letter === 'A' ? 'B' : 'A')
}

function scopeDocument(asset: string) {
  return {
    version: 1,
    task: { id: 'invoices', purpose: 'Pay this month’s API invoices' },
    chainId: 31337,
    principal: '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266',
    delegate: AGENT,
    rules: [{ id: 'pay', class: 'transfer', asset, to: [VENDOR], budget: 'month' }],
    budgets: { month: { assets: { [asset]: '1' }, max: '20' } },
    expiry: new Date(Date.now() + 86_400_000).toISOString().replace(/\.\d+Z$/, 'Z'),
    redelegation: { maxDepth: 0 },
    revocation: { group: 'november', maxLatencySeconds: 60 },
    evidence: { receipts: ['grant', 'decision', 'outcome', 'revocation'], retain: 'P1Y' },
  }
}
