import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Hex, hexToSignature, serializeSignature } from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { describe, expect, test, vi } from 'vitest'
import { ambit, type Ran, useFolder } from '../rig/cli.ts'

/** Above a threshold: the question, its answer by a signature or a no, and what then happens on the chain. */

const folder = useFolder()
const home = () => join(folder.path, 'home')
const LOCAL = ['--chain', 'local', '--json']
const PRINCIPAL = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266'
const AGENT = '0x70997970c51812dc3a010c7d01b50e0d17dc79c8'
const VENDOR = '0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc'
const account = (addressIndex: number) =>
  mnemonicToAccount('test test test test test test test test test test test junk', { addressIndex })

/** Each command starts the embedded chain from its file. */
vi.setConfig({ testTimeout: 90_000 })

const run = (...argv: string[]): Promise<Ran> => ambit(argv, { home: home(), env: { AMBIT_LOWERING: '' } })
const data = async (...argv: string[]) => {
  const ran = (await run(...argv)).json()
  if (!ran.ok) throw new TypeError(JSON.stringify(ran.error))
  return ran.data
}
const failure = async (...argv: string[]) => (await run(...argv)).json().error
const pay = (task: string, amount: string, ...more: string[]) =>
  run(
    ...['redeem', task, 'transfer', '--to', 'local:vendor', '--amount', amount, '--account', 'local:agent'],
    ...LOCAL,
    ...more,
  )
const asked = async (task: string, amount: string, ...more: string[]) => {
  const ran = await pay(task, amount, ...more)
  expect(ran.exit).toBe(5)
  return ran.json().data
}
const confirm = (number: number, ...more: string[]) => [
  'escalations',
  'confirm',
  String(number),
  '--yes',
  ...more,
  ...LOCAL,
]
/** As a wallet gets the request of a question. */
const signable = ({ chainId, enforcer, ...message }: Record<string, never>) => ({
  domain: { name: 'TaskScopeEnforcer', version: '1', chainId, verifyingContract: enforcer },
  types: {
    Request: [
      { name: 'delegation', type: 'bytes32' },
      { name: 'mode', type: 'bytes32' },
      { name: 'execution', type: 'bytes' },
      { name: 'number', type: 'uint256' },
      { name: 'deadline', type: 'uint256' },
    ],
  },
  message,
})
const queue = async (...more: string[]) => (await data('escalations', 'ls', ...more, '--json')).escalations

async function grant(task: string, more: Record<string, unknown> = {}, ...flags: string[]): Promise<void> {
  await run('doctor', ...LOCAL)
  const token = JSON.parse(readFileSync(join(home(), 'chains', 'local.json'), 'utf8')).token
  const path = join(folder.path, `${task}.json`)
  const scope = {
    version: 1,
    task: { id: task, purpose: 'Pay the contributors' },
    chainId: 31337,
    principal: PRINCIPAL,
    delegate: AGENT,
    rules: [{ id: 'pay', class: 'transfer', asset: token, to: [VENDOR], max: '5', budget: 'all' }],
    budgets: { all: { assets: { [token]: '1' }, max: '20' } },
    expiry: new Date(Date.now() + 86_400_000).toISOString().replace(/\.[0-9]+Z$/, 'Z'),
    redelegation: { maxDepth: 0 },
    revocation: { group: task, maxLatencySeconds: 60 },
    escalation: { above: { all: '2' }, confirmer: 'principal', timeout: 'PT15M', onTimeout: 'deny' },
    evidence: { receipts: ['grant', 'decision', 'outcome', 'revocation'], retain: 'P1Y' },
    ...more,
  }
  writeFileSync(path, JSON.stringify(scope))
  await data('grant', path, '--account', 'local:principal', '--yes', ...flags, ...LOCAL)
}

describe('ambit escalations', () => {
  test('default: a question, answered by the confirmer’s signature, is executed once', async () => {
    await grant('payouts')
    const {
      escalation,
      receipts,
      confirm: wanted,
    } = await asked('payouts', '3', '--reason', 'The November \u202einvoice')
    expect(escalation.number).toBe(1)
    // Fifteen minutes to answer; the request outlives the question, so that a late yes can still be included.
    expect(Number(wanted.deadline) - Number(escalation.expires)).toBeGreaterThan(60)
    expect((await asked('payouts', '3')).escalation).toEqual(escalation)
    expect((await asked('payouts', '3.5')).escalation.number).toBe(2)

    expect(await queue()).toMatchObject([
      {
        number: 1,
        status: 'open',
        rule: 'pay',
        threshold: '2000000',
        requested: '3000000',
        confirmer: PRINCIPAL,
        decision: receipts.decision,
        request: { number: wanted.number, deadline: wanted.deadline, ...wanted.typedData.message },
      },
      { number: 2 },
    ])
    const { stdout } = await run('escalations', 'show', '1')
    expect(stdout).toMatch(
      /What is signed does\n {2}- Pay 3 USDC \(token 0x[0-9a-fA-F]{40}\) to 0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC/,
    )
    expect(stdout).toMatch(
      /requested +3 USDC\nallowed alone +2 USDC\nasks above +2 USDC\nbudget all +20 USDC in all\nmost at once +5 USDC/,
    )
    expect(stdout).toContain('The November \\u202einvoice')
    expect(stdout).not.toContain('\u202e')

    expect(await failure(...confirm(1, '--account', 'local:agent'))).toMatchObject({
      code: 'key.wrong_signer',
      exit: 4,
    })
    expect(await queue()).toMatchObject([{ number: 1, status: 'open', settled: null }, { number: 2 }])
    const done = await data(...confirm(1, '--account', 'local:principal', '--submit-as', 'local:agent'))
    expect(done).toMatchObject({
      status: 'submitted',
      verdict: { verdict: 'allow' },
      outcome: {
        status: 'executed',
        counted: [{ request: wanted.number }],
        effects: [{ to: VENDOR, amount: '3000000' }],
      },
      settled: { as: 'confirmed', submission: { status: 'executed', code: null } },
    })
    const again = await failure(...confirm(1, '--account', 'local:principal'))
    expect(again).toMatchObject({ code: 'cli.escalation_settled', exit: 3, details: { status: 'submitted' } })
    expect(await failure('escalations', 'submit', '1', '--account', 'local:agent', ...LOCAL)).toMatchObject({
      code: 'cli.escalation_settled',
    })
    expect(await queue()).toMatchObject([{ number: 2 }])
    expect(await queue('--all')).toHaveLength(2)
  })

  test('behavior: without an account that may redeem it stays confirmed, and the agent submits it', async () => {
    expect(await failure('escalations', 'submit', '2', '--account', 'local:agent', ...LOCAL)).toMatchObject({
      code: 'cli.not_yet_confirmed',
      exit: 5,
    })
    const kept = await data(...confirm(2, '--account', 'local:principal'))
    expect(kept).toMatchObject({ status: 'confirmed', settled: { as: 'confirmed', submission: null } })
    const stranger = await failure('escalations', 'submit', '2', '--account', 'local:stranger', ...LOCAL)
    expect(stranger).toMatchObject({ code: 'key.wrong_signer', exit: 4 })
    const done = await data('escalations', 'submit', '2', '--account', 'local:agent', ...LOCAL)
    expect(done).toMatchObject({ status: 'submitted', outcome: { status: 'executed' } })
    expect((await run('escalations', 'show', '2')).stdout).toMatch(/status +executed/)
  })

  test('behavior: a signature made elsewhere counts for these bytes and for no others', async () => {
    const { escalation, confirm: wanted } = await asked('payouts', '4')
    const { domain, message } = wanted.typedData
    const sign = (change: Record<string, unknown>, by = account(0)): Promise<Hex> =>
      by.signTypedData({
        domain,
        types: signable(message).types,
        primaryType: 'Request',
        message: { ...message, ...change },
      })
    const confirmed = async (confirmation: Hex) =>
      failure(...confirm(escalation.number, '--confirmation', confirmation))
    const high = (signature: Hex): Hex => {
      const { r, s, yParity } = hexToSignature(signature)
      const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
      const twin = `0x${(order - BigInt(s)).toString(16).padStart(64, '0')}` as const
      return serializeSignature({ r, s: twin, yParity: yParity === 0 ? 1 : 0 })
    }
    for (const bad of [
      await sign({ number: BigInt(message.number) + 1n }),
      await sign({ deadline: BigInt(message.deadline) + 1n }),
      await sign({ execution: `${message.execution.slice(0, -2)}ff` }),
      await sign({}, account(1)),
      high(await sign({})),
      `0x${'00'.repeat(65)}`,
    ] as Hex[])
      expect(await confirmed(bad)).toMatchObject({ code: 'key.wrong_signer' })
    expect(await queue()).toMatchObject([{ number: escalation.number, status: 'open' }])
    const kept = await data(...confirm(escalation.number, '--confirmation', await sign({})))
    expect(kept).toMatchObject({ status: 'confirmed' })
    const done = await data('escalations', 'submit', String(escalation.number), '--account', 'local:agent', ...LOCAL)
    expect(done.outcome).toMatchObject({ status: 'executed', effects: [{ amount: '4000000' }] })
  })

  test('behavior: a no is kept, and cannot be taken back by a yes', async () => {
    const { escalation } = await asked('payouts', '2.5')
    const rejected = await data('escalations', 'reject', String(escalation.number), '--why', 'Not now', '--json')
    expect(rejected).toMatchObject({ status: 'rejected', settled: { as: 'rejected', why: 'Not now' } })
    expect(await failure(...confirm(escalation.number, '--account', 'local:principal'))).toMatchObject({
      code: 'cli.escalation_settled',
      details: { status: 'rejected' },
    })
    expect(await failure('escalations', 'reject', String(escalation.number), '--json')).toMatchObject({
      code: 'cli.escalation_settled',
    })
    // Whoever asks again asks anew.
    expect((await asked('payouts', '2.5')).escalation.number).toBe(escalation.number + 1)
  })

  test('error: what a confirmation cannot change: a stop, a budget that is used up meanwhile', async () => {
    const [open] = await queue()
    await data('stop', 'payouts', '--json')
    expect(await failure(...confirm(open.number, '--account', 'local:principal'))).toMatchObject({
      code: 'cli.stopped',
      exit: 3,
    })
    await data('resume', 'payouts', '--json')
    // 10.5 of 20 are used; with these 8 not enough is left for 2.5.
    for (const amount of ['2', '2', '2', '2']) expect((await pay('payouts', amount)).exit).toBe(0)
    const denied = await failure(...confirm(open.number, '--account', 'local:principal'))
    expect(denied).toMatchObject({ code: 'cli.denied', exit: 3, details: { reason: 'budget_exceeded' } })
    expect(await queue()).toMatchObject([{ number: open.number, status: 'open' }])
  })

  test('behavior: with a request key the agent’s signature waits too, and anyone may submit', async () => {
    await grant('asking', { request: { key: AGENT, redeemers: 'anyone' } })
    const { escalation } = await asked('asking', '3')
    const [open] = (await queue()).filter(({ number }: { number: number }) => number === escalation.number)
    expect(open.action.request.signature).toMatch(/^0x[0-9a-f]{130}$/)
    // The confirmer may redeem: one command signs and submits.
    const done = await data(...confirm(escalation.number, '--account', 'local:principal'))
    expect(done).toMatchObject({ status: 'submitted', outcome: { status: 'executed' } })
  })

  test('behavior: what was handed on is confirmed link by link: each asks for a signature of its own', async () => {
    await grant('handing', { redelegation: { maxDepth: 1 } })
    const patch = join(folder.path, 'patch.json')
    writeFileSync(patch, JSON.stringify({ redelegation: { maxDepth: 0 } }))
    const by = ['--to', 'local:stranger', '--account', 'local:agent', '--yes', ...LOCAL]
    const { grant: handed } = await data('narrow', 'handing', patch, ...by)
    const to = ['transfer', '--to', 'local:vendor', '--account', 'local:stranger']
    const { escalation, verdict } = (await run('redeem', handed.id, ...to, '--amount', '3', ...LOCAL)).json().data
    const asks = async () => (await queue()).find(({ number }: { number: number }) => number === escalation.number)
    const leaf = (await asks()).request
    expect(leaf.delegation).toBe(verdict.delegation)
    const { domain, message, types } = signable(leaf)
    const sign = (change: Record<string, unknown>) =>
      account(0).signTypedData({ domain, types, primaryType: 'Request', message: { ...message, ...change } })
    const confirmed = (signature: Hex) => [...confirm(escalation.number, '--confirmation', signature)]
    expect(await data(...confirmed(await sign({})))).toMatchObject({ status: 'open', settled: null })
    const above = (await asks()).request
    expect(above.delegation).not.toBe(leaf.delegation)
    // What was signed for the leaf says nothing for the link above, and what waits can not be submitted.
    expect(await failure(...confirmed(await sign({})))).toMatchObject({ code: 'key.wrong_signer' })
    expect(
      await failure('escalations', 'submit', String(escalation.number), '--account', 'local:stranger', ...LOCAL),
    ).toMatchObject({ code: 'cli.not_yet_confirmed' })
    const { delegation, number, deadline } = above
    expect(await data(...confirmed(await sign({ delegation, number, deadline })))).toMatchObject({
      status: 'confirmed',
    })
    const done = await data('escalations', 'submit', String(escalation.number), '--account', 'local:stranger', ...LOCAL)
    expect(done.outcome).toMatchObject({ status: 'executed', effects: [{ amount: '3000000' }] })
    expect(done.outcome.counted.map(({ request }: { request: string }) => request).sort()).toEqual(
      [leaf.number, above.number].sort(),
    )
    // Where the confirmer's key is here, one command signs for both.
    const again = (await run('redeem', handed.id, ...to, '--amount', '4', ...LOCAL)).json().data.escalation
    const both = await data(...confirm(again.number, '--account', 'local:principal', '--submit-as', 'local:stranger'))
    expect(both).toMatchObject({
      status: 'submitted',
      outcome: { status: 'executed', effects: [{ amount: '4000000' }] },
    })
  })

  test('behavior: a threshold that the framework’s caveats cannot hold is shown as that, and not confirmed', async () => {
    // The framework holds neither `max` nor the threshold.
    await grant('loose', {}, '--lowering', 'framework', '--accept', '/escalation', '--accept', '/rules/0/max')
    const { escalation, confirm: wanted } = await asked('loose', '3')
    expect(wanted).toBeNull()
    const [open] = (await queue()).filter(({ number }: { number: number }) => number === escalation.number)
    expect(open).toMatchObject({ request: null, status: 'open' })
    expect((await run('escalations', 'show', String(escalation.number))).stdout).toContain(
      'whoever submits, not the chain',
    )
    expect(await failure(...confirm(escalation.number, '--account', 'local:principal'))).toMatchObject({
      code: 'cli.not_confirmable',
      exit: 3,
    })
    const rejected = await data('escalations', 'reject', String(escalation.number), '--json')
    expect(rejected.status).toBe('rejected')
  })

  test('error: a file whose action was changed confirms nothing', async () => {
    await grant('changed')
    const { escalation } = await asked('changed', '3')
    const name = readdirSync(join(home(), 'escalations')).at(-1) ?? ''
    const path = join(home(), 'escalations', name)
    const text = readFileSync(path, 'utf8')
    const amount = (3_000_000).toString(16).padStart(64, '0')
    const other = (5_000_000).toString(16).padStart(64, '0')
    const { action, ...rest } = JSON.parse(text)
    const calls = JSON.parse(JSON.stringify(action.calls).replace(amount, other))
    writeFileSync(path, JSON.stringify({ ...rest, action: { ...action, calls } }))
    expect(await failure(...confirm(escalation.number, '--account', 'local:principal'))).toMatchObject({
      code: 'home.damaged',
    })
    const executed = JSON.parse(text.replaceAll(amount, other))
    writeFileSync(path, JSON.stringify(executed))
    // Both changed alike: then that is what is shown, and what would be signed; the agent's receipt says what it asked.
    expect((await run('escalations', 'show', String(escalation.number))).stdout).toContain('Pay 5 USDC')
    writeFileSync(path, '{')
    expect(await failure('escalations', 'ls', '--json')).toMatchObject({ code: 'home.damaged' })
    writeFileSync(path, text)
    expect(await failure('escalations', 'show', '99', '--json')).toMatchObject({ code: 'cli.not_found', exit: 2 })
    expect(await failure('escalations', 'show', '0x1', '--json')).toMatchObject({ code: 'cli.not_found' })
  })

  test('behavior: a megabyte of words is cut, and everything else of the question stays readable', async () => {
    const reason = `<script>alert(1)</script>\u001b[31m${'A'.repeat(1_000_000)}`
    const { escalation } = await asked('changed', '3.1', '--reason', reason)
    const { stdout } = await run('escalations', 'show', String(escalation.number))
    expect(stdout.length).toBeLessThan(5_000)
    expect(stdout).not.toContain('\u001b[31m')
    const [, kept] = (await queue()).slice(-2)
    expect(kept).toMatchObject({ reasonLength: reason.length })
    expect(kept.action.reason).toHaveLength(2_048)
  })
})
