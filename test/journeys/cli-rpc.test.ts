import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseAbiItem } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { beforeAll, describe, expect, test } from 'vitest'
import { deployPinnedTarget } from '../../src/testing/framework.ts'
import { balanceOf, mint, useChain } from '../rig/chain.ts'
import { ambit, type CliOptions, type Ran, useFolder } from '../rig/cli.ts'
import { startFaultyRpc } from '../rig/faultyRpc.ts'

/** The command line against a node of somebody's own: other addresses, a key in the environment, transactions that hang. */

const chain = useChain()
const folder = useFolder()
const home = () => join(folder.path, 'home')
const MAIN = resolve(import.meta.dirname, '../../src/cli/main.ts')
const PRINCIPAL_KEY = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'
const AGENT_KEY = '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d'
const VENDOR = '0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc'
const AGENT = privateKeyToAccount(AGENT_KEY).address

const environment = (key: string) => ({
  AMBIT_CHAIN: '31337',
  AMBIT_RPC_URL: `${chain.rpcUrl}/?key=0123456789abcdefSECRETPATH`,
  AMBIT_PRIVATE_KEY: key,
})
const deployment = () => ['--deployment', join(folder.path, 'deployment.json'), '--json']
const run = (key: string, argv: readonly string[], options: CliOptions = {}): Promise<Ran> =>
  ambit([...argv, ...deployment()], { home: home(), env: environment(key), ...options })
const pay = (amount: string, ...more: string[]) => [
  'redeem',
  'pay',
  'transfer',
  '--to',
  VENDOR,
  '--amount',
  amount,
  ...more,
]
const pending = () => readdirSync(join(home(), 'pending'))

beforeAll(async () => {
  writeFileSync(join(folder.path, 'deployment.json'), JSON.stringify(chain.environment))
  await mint(chain, chain.accounts[0].address.toLowerCase() as `0x${string}`, 1_000_000_000n)
  const flags = ['--to', AGENT, '--token', chain.token.address, '--limit', '10', '--payee', VENDOR, '--expires', '1d']
  const made = await run(PRINCIPAL_KEY, ['grant', ...flags, '--task', 'pay', '--yes'])
  expect(made.json()).toMatchObject({ ok: true, error: null })
})

describe('ambit --rpc-url', () => {
  test('default: a payment, with a warning about the key, and without the address of the node anywhere', async () => {
    const before = await balanceOf(chain, VENDOR)
    const ran = await run(AGENT_KEY, pay('1'))
    expect(ran.json().data).toMatchObject({ verdict: { verdict: 'allow' }, outcome: { status: 'executed' } })
    expect((await balanceOf(chain, VENDOR)) - before).toBe(1_000_000n)
    expect(ran.stderr).toContain('AMBIT_PRIVATE_KEY')
    expect(ran.stdout + ran.stderr).not.toMatch(/SECRETPATH/)
  })

  test('error: a node that does not answer is named without its address, and nothing is decided', async () => {
    const env = {
      ...environment(AGENT_KEY),
      AMBIT_RPC_URL: 'http://user:hunter2hunter2hunter2@127.0.0.1:9/KEYKEYKEYKEYKEYKEY',
    }
    const ran = await run(AGENT_KEY, pay('1'), { env })
    expect([ran.exit, ran.json().error?.code]).toEqual([1, 'chain.rpc_unreachable'])
    expect(ran.stdout + ran.stderr).not.toMatch(/hunter2|KEYKEY|127\.0\.0\.1/)
  })

  test('error: doctor at a node that never answers, or stops answering: a coded row within seconds', async () => {
    const rpc = await startFaultyRpc(chain.rpcUrl)
    try {
      const env = { AMBIT_CHAIN: '31337', AMBIT_RPC_URL: rpc.url }
      const argv = ['doctor', '--account', AGENT, ...deployment()]
      const doctor = async (silent: (method: string) => boolean) => {
        rpc.fault = ({ method }) => (silent(method) ? { kind: 'silence' } : null)
        const start = performance.now()
        const ran = await ambit(argv, { home: home(), env })
        expect(performance.now() - start).toBeLessThan(8_000)
        expect(ran.exit).toBe(1)
        const rows: { check: string; status: string; code?: string }[] = ran.json().data.checks
        return rows.flatMap(({ check, status, code }) => (status === 'fail' ? [`${check} ${code}`] : []))
      }
      expect(await doctor(() => true)).toEqual(['chain chain.rpc_unreachable'])
      const dumb = ['framework', 'one caveat', 'account', 'gas'].map((check) => `${check} chain.rpc_unreachable`)
      expect(await doctor((method) => method !== 'eth_chainId')).toEqual(dumb)
    } finally {
      await rpc.stop()
    }
  })

  test('error: a node of another chain', async () => {
    const env = { ...environment(AGENT_KEY), AMBIT_CHAIN: 'sepolia' }
    const ran = await ambit(['doctor', '--json'], { home: home(), env })
    expect(ran.exit).toBe(1)
    expect(ran.json().data.checks.at(-1)).toMatchObject({
      check: 'chain',
      status: 'fail',
      found: expect.stringContaining('31337'),
    })
  })

  test('error: revoke by an account that is no delegator, and of a forged copy: refused, and nothing is sent', async () => {
    const nonces = () =>
      Promise.all(
        [PRINCIPAL_KEY, AGENT_KEY].map((key) =>
          chain.publicClient.getTransactionCount({ address: privateKeyToAccount(key as `0x${string}`).address }),
        ),
      )
    const before = await nonces()
    const agent = await run(AGENT_KEY, ['revoke', 'pay', '--yes'])
    expect([agent.exit, agent.json().error]).toMatchObject([
      4,
      { code: 'key.wrong_signer', details: { account: AGENT.toLowerCase() } },
    ])
    const named = await run(PRINCIPAL_KEY, ['revoke', 'pay', '--delegator', VENDOR, '--yes'])
    expect([named.exit, named.json().error?.code]).toEqual([4, 'key.wrong_signer'])

    const [name = ''] = readdirSync(join(home(), 'grants'))
    const text = readFileSync(join(home(), 'grants', name), 'utf8')
    const forged = text.replace(/"signature": "0x.{20}/, `"signature": "0x${'7'.repeat(20)}`)
    const kept = await run(PRINCIPAL_KEY, ['revoke', '-', '--yes'], { stdin: forged })
    expect([kept.exit, kept.json().error?.code]).toEqual([7, 'cli.grant_differs'])
    // On a machine that keeps nothing the chain says that nobody signed this.
    const elsewhere = { stdin: forged, home: join(folder.path, 'elsewhere') }
    const foreign = await run(PRINCIPAL_KEY, ['revoke', '-', '--yes'], elsewhere)
    expect([foreign.exit, foreign.json().error?.code]).toEqual([7, 'cli.not_verified'])
    expect(await nonces()).toEqual(before)
  })

  test('call: a pinned function, with its arguments read from words', async () => {
    const reader = chain.publicClient
    const target = await deployPinnedTarget(chain.walletClient(chain.accounts[0]), reader)
    const signature = 'function order(uint256 id, address to, bytes32 reference_)'
    const reference = `0x${'ab'.repeat(32)}`
    const scope = {
      version: 1,
      task: { id: 'settle', purpose: 'Settle orders' },
      chainId: 31337,
      principal: chain.accounts[0].address,
      delegate: AGENT,
      rules: [
        { id: 'settle', class: 'call', target, function: signature, args: { id: { eq: '7' }, to: { eq: VENDOR } } },
      ],
      calls: { max: 3 },
      expiry: new Date(Date.now() + 86_400_000).toISOString().replace(/\.\d+Z$/, 'Z'),
      redelegation: { maxDepth: 0 },
      revocation: { group: 'g', maxLatencySeconds: 60 },
      evidence: { receipts: ['grant', 'decision', 'outcome', 'revocation'], retain: 'P1Y' },
    }
    const granted = await run(PRINCIPAL_KEY, ['grant', '-', '--yes'], { stdin: JSON.stringify(scope) })
    expect(granted.json()).toMatchObject({ ok: true, error: null })
    const call = (...args: string[]) => ['redeem', 'settle', 'call', '--function', signature, '--args', ...args]
    const other = await run(AGENT_KEY, call('8', VENDOR, reference))
    expect(other.json().data.verdict).toMatchObject({ verdict: 'deny', family: 'not_permitted' })
    for (const wrong of [
      ['7'],
      ['7', VENDOR, reference, '1'],
      ['7', VENDOR, '0xab'],
      ['-1', VENDOR, reference],
      ['07', VENDOR, reference],
    ]) {
      const ran = await run(AGENT_KEY, call(...wrong))
      expect([ran.exit, ran.json().error?.code]).toEqual([2, 'cli.usage'])
    }
    const value = await run(AGENT_KEY, [...call('7', VENDOR, reference), '--value', '1'])
    expect(value.json().data.verdict.code).toBe('value_not_allowed')
    const done = await run(AGENT_KEY, call('7', VENDOR, reference))
    expect(done.json().data).toMatchObject({
      verdict: { verdict: 'allow' },
      outcome: { status: expect.stringMatching(/./) },
    })
    const abi = [parseAbiItem('function orders(uint256) view returns (address)')]
    const caller = await reader.readContract({ address: target, abi, functionName: 'orders', args: [7n] })
    expect(caller).toBe(chain.accounts[0].address)
  })

  test('redeem: what is above the threshold is not sent, exit 5, and leaves the receipt of an escalation', async () => {
    const asset = chain.token.address.toLowerCase()
    const scope = {
      version: 1,
      task: { id: 'ask-first', purpose: 'Pay' },
      chainId: 31337,
      principal: chain.accounts[0].address,
      delegate: AGENT,
      rules: [{ id: 'pay', class: 'transfer', asset, to: [VENDOR], budget: 'all' }],
      budgets: { all: { assets: { [asset]: '1' }, max: '5' } },
      escalation: { above: { all: '2' }, confirmer: 'principal', timeout: 'PT15M', onTimeout: 'deny' },
      expiry: new Date(Date.now() + 86_400_000).toISOString().replace(/\.\d+Z$/, 'Z'),
      redelegation: { maxDepth: 0 },
      revocation: { group: 'g', maxLatencySeconds: 60 },
      evidence: { receipts: ['grant', 'decision', 'outcome', 'revocation'], retain: 'P1Y' },
    }
    const made = ['grant', '-', '--accept', '/escalation', '--yes']
    const granted = await run(PRINCIPAL_KEY, made, { stdin: JSON.stringify(scope) })
    expect(granted.json()).toMatchObject({ ok: true, error: null })
    const before = await balanceOf(chain, VENDOR)
    const asked = await run(AGENT_KEY, ['redeem', 'ask-first', ...pay('3').slice(2)])
    expect([asked.exit, asked.json().error?.code]).toEqual([5, 'cli.escalated'])
    const { receipts, transactionHash, verdict } = asked.json().data
    expect([transactionHash, receipts.outcome, verdict.verdict]).toEqual([null, null, 'escalate'])
    const show = await ambit(['receipts', 'show', receipts.decision, '--json'], { home: home() })
    const shown = show.json().data.statement
    expect(shown.verdict).toMatchObject({ result: 'escalated', threshold: '2000000', requested: '3000000' })
    expect(await balanceOf(chain, VENDOR)).toBe(before)
    const small = await run(AGENT_KEY, ['redeem', 'ask-first', ...pay('2').slice(2)])
    expect(small.json().data.outcome.status).toBe('executed')
    expect((await run(AGENT_KEY, ['verify'])).json().data).toMatchObject({ result: 'valid', findings: [], open: [] })
  })

  test('behavior: what was sent and is open is looked for first, never sent again; Ctrl-C included', async () => {
    await chain.testClient.setAutomine(false)
    try {
      const nonce = () => chain.publicClient.getTransactionCount({ address: AGENT, blockTag: 'pending' })
      const start = await nonce()
      const interrupted = await interruptOnceSent([...pay('2'), ...deployment()])
      expect(interrupted.exit).toBe(130)
      expect(JSON.parse(interrupted.stdout)).toMatchObject({ ok: false, error: { code: 'cli.interrupted', exit: 130 } })
      expect(await nonce()).toBe(start + 1)
      expect(pending()).toHaveLength(1)

      const again = await run(AGENT_KEY, pay('2', '--timeout', '0'))
      expect([again.exit, again.json().error?.code]).toEqual([5, 'cli.unsettled'])
      expect(await nonce()).toBe(start + 1)

      const before = await balanceOf(chain, VENDOR)
      await chain.testClient.mine({ blocks: 1 })
      await chain.testClient.setAutomine(true)
      const next = await run(AGENT_KEY, pay('1'))
      expect(next.json().data.outcome.status).toBe('executed')
      expect((await balanceOf(chain, VENDOR)) - before).toBe(3_000_000n)
      expect(await nonce()).toBe(start + 2)
      expect(pending()).toEqual([])
    } finally {
      await chain.testClient.setAutomine(true)
    }
    const verified = await run(AGENT_KEY, ['verify'])
    expect(verified.json().data).toMatchObject({ result: 'valid', open: [], findings: [], chainAsked: true })
  })

  test('behavior: an outcome that is open says so, exit 5', async () => {
    await chain.testClient.setAutomine(false)
    try {
      const ran = await run(AGENT_KEY, pay('0.5', '--timeout', '0'))
      expect(ran.exit).toBe(5)
      expect(ran.json()).toMatchObject({ error: { code: 'cli.unsettled' }, data: { outcome: { status: 'pending' } } })
    } finally {
      await chain.testClient.mine({ blocks: 1 })
      await chain.testClient.setAutomine(true)
    }
    const [name = ''] = pending()
    const record = readFileSync(join(home(), 'pending', name))
    expect((await run(AGENT_KEY, pay('0.5'))).json().data.outcome.status).toBe('executed')

    // As if the process had died between the receipt of the outcome and the removal of the record.
    writeFileSync(join(home(), 'pending', name), record, { mode: 0o600 })
    await run(AGENT_KEY, pay('100'))
    expect(pending()).toEqual([])
    expect((await run(AGENT_KEY, ['verify'])).json().data).toMatchObject({ result: 'valid', open: [], findings: [] })
  })

  test('behavior: two at once leave one journal, and never more than the budget', async () => {
    const ran = await Promise.all([run(AGENT_KEY, pay('3')), run(AGENT_KEY, pay('3'))])
    expect(ran.filter(({ exit }) => exit === 0)).toHaveLength(1)
    const verified = await run(AGENT_KEY, ['verify'])
    expect(verified.json().data).toMatchObject({ result: 'valid', findings: [] })
  })
})

/** Runs redeem in a process of its own and presses Ctrl-C as soon as it says that it has sent. */
function interruptOnceSent(argv: readonly string[]): Promise<{ exit: number | null; stdout: string }> {
  // Progress is what tells; --json silences it, so the file that is written before the first byte leaves is looked for.
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [MAIN, ...argv], {
      env: { PATH: process.env['PATH'] ?? '', AMBIT_HOME: home(), ...environment(AGENT_KEY) },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    let stdout = ''
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk
    })
    const known = chain.testClient.getTxpoolStatus
    let pressed = false
    const look = setInterval(async () => {
      const { pending: waiting } = await known()
      if (pressed || Number(waiting) === 0) return
      // Once: a second one ends the process at once, as people expect.
      pressed ||= child.kill('SIGINT')
    }, 20)
    child.on('error', fail)
    child.on('close', (exit) => {
      clearInterval(look)
      done({ exit, stdout })
    })
  })
}
