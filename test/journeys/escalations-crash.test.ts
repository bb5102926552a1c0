import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { privateKeyToAccount } from 'viem/accounts'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Address, Hex } from '../../src/primitives/hex.ts'
import { balanceOf, mint, useChain } from '../rig/chain.ts'
import { ambit, type Json, useFolder } from '../rig/cli.ts'
import { addressOf } from '../rig/grant.ts'

/** What was confirmed, submitted by a command that is killed with SIGKILL at each of its steps, and then submitted again. */

const chain = useChain()
const folder = useFolder()
const DYING = resolve(import.meta.dirname, '../rig/dyingCli.ts')
const PRINCIPAL_KEY: Hex = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'
const AGENT_KEY: Hex = '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d'
const [PRINCIPAL, AGENT] = [PRINCIPAL_KEY, AGENT_KEY].map((key) => addressOf(privateKeyToAccount(key))) as [
  Address,
  Address,
]
const VENDOR: Address = `0x${'7e'.repeat(20)}`
const UNIT = 1_000_000n
/** More steps than a submission has. */
const MOST_STEPS = 30

const environment = (key: Hex) => ({
  AMBIT_HOME: join(folder.path, 'home'),
  AMBIT_CHAIN: '31337',
  AMBIT_RPC_URL: chain.rpcUrl,
  AMBIT_LOWERING: 'fused',
  AMBIT_PRIVATE_KEY: key,
})
const flags = (argv: readonly string[]) => [...argv, '--deployment', join(folder.path, 'deployment.json'), '--json']
const run = async (key: Hex, ...argv: string[]): Promise<Json> =>
  (await ambit(flags(argv), { env: environment(key) })).json()

/** True when it was killed, false when it came to its end. */
function dying(step: number, key: Hex, ...argv: string[]): Promise<boolean> {
  return new Promise((done, fail) => {
    const env = { PATH: process.env['PATH'] ?? '', ...environment(key), DIE_AT: String(step) }
    const child = spawn(process.execPath, [DYING, ...flags(argv)], { env, stdio: ['ignore', 'pipe', 'ignore'] })
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString()
    })
    child.on('error', fail)
    child.on('close', (code, signal) => {
      if (signal === 'SIGKILL') done(true)
      else if (code === 0) done(false)
      else fail(new TypeError(`neither killed nor done: ${code} ${said}`))
    })
  })
}

beforeAll(async () => {
  writeFileSync(join(folder.path, 'deployment.json'), JSON.stringify(chain.environment))
  await mint(chain, PRINCIPAL, 1_000_000n * UNIT)
  const token = chain.token.address
  const scope = {
    version: 1,
    task: { id: 'payouts', purpose: 'Pay the contributors' },
    chainId: 31337,
    principal: PRINCIPAL,
    delegate: AGENT,
    rules: [{ id: 'pay', class: 'transfer', asset: token, to: [VENDOR], budget: 'all' }],
    budgets: { all: { assets: { [token]: '1' }, max: '100000' } },
    expiry: new Date(Date.now() + 86_400_000).toISOString().replace(/\.[0-9]+Z$/, 'Z'),
    redelegation: { maxDepth: 0 },
    revocation: { group: 'payouts', maxLatencySeconds: 60 },
    escalation: { above: { all: '2' }, confirmer: 'principal', timeout: 'PT15M', onTimeout: 'deny' },
    evidence: { receipts: ['grant', 'decision', 'outcome', 'revocation'], retain: 'P1Y' },
  }
  writeFileSync(join(folder.path, 'scope.json'), JSON.stringify(scope))
  expect((await run(PRINCIPAL_KEY, 'grant', join(folder.path, 'scope.json'), '--yes')).error).toBeNull()
})

describe('ambit escalations submit', () => {
  test('behavior: killed at any step and run again, it has paid exactly once', { timeout: 170_000 }, async () => {
    let killed = true
    let steps = 0
    let unsent = 0
    for (let step = 1; killed && step <= MOST_STEPS; step++) {
      // Amounts that differ: the same calls would be the same question.
      const amount = 1_000n + BigInt(step)
      const asked = await run(AGENT_KEY, 'redeem', 'payouts', 'transfer', '--to', VENDOR, '--amount', String(amount))
      const number = String(asked.data.escalation.number)
      const confirmed = await run(PRINCIPAL_KEY, 'escalations', 'confirm', number, '--yes')
      expect(confirmed.data).toMatchObject({ status: 'confirmed' })
      const before = await balanceOf(chain, VENDOR)
      killed = await dying(step, AGENT_KEY, 'escalations', 'submit', number)
      let again = await run(AGENT_KEY, 'escalations', 'submit', number)
      if (again.error?.code === 'cli.unsettled') {
        // Signed and never sent: as the error says, its nonce is used for something else, and nothing is in doubt any more.
        unsent += 1
        const hash = await chain.walletClient(chain.accounts[1]).sendTransaction({ to: AGENT, value: 0n })
        await chain.publicClient.waitForTransactionReceipt({ hash })
        again = await run(AGENT_KEY, 'escalations', 'submit', number)
      }
      if (killed) steps = step
      else expect(again.error).toMatchObject({ code: 'cli.escalation_settled' })
      const { data } = (await ambit(['escalations', 'show', number, '--json'], { env: environment(AGENT_KEY) })).json()
      expect([step, data.settled.submission?.status ?? again.error]).toEqual([step, 'executed'])
      expect([step, (await balanceOf(chain, VENDOR)) - before]).toEqual([step, amount * UNIT])
    }
    expect(killed).toBe(false)
    // The decision's receipt and the head, what is pending, the transaction, the outcome's, and the answer in the queue.
    expect(steps).toBeGreaterThanOrEqual(8)
    expect(unsent).toBe(1)
  })
})
