import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { ambit, type Ran, useFolder } from '../rig/cli.ts'

/** The main job by hand with the whole scope in one caveat, on the embedded chain: grant, act, meter, end a group, verify. */

const folder = useFolder()
const LOCAL = ['--chain', 'local', '--json']
const PRINCIPAL = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266'
const AGENT = '0x70997970c51812dc3a010c7d01b50e0d17dc79c8'
const VENDOR = '0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc'

/** Each command starts the embedded chain from its file. */
vi.setConfig({ testTimeout: 90_000 })

/** As a shell has it: nothing says which lowering. */
function run(...argv: string[]): Promise<Ran> {
  return ambit(argv, { home: join(folder.path, 'home'), env: { AMBIT_LOWERING: '' } })
}
const data = async (...argv: string[]) => {
  const ran = (await run(...argv)).json()
  if (!ran.ok) throw new TypeError(JSON.stringify(ran.error))
  return ran.data
}
const pay = (grant: string, amount: string, ...more: string[]) =>
  run(
    'redeem',
    grant,
    'transfer',
    '--to',
    'local:vendor',
    '--amount',
    amount,
    '--account',
    'local:agent',
    ...LOCAL,
    ...more,
  )
const grantBy = (task: string, ...more: string[]) =>
  data(
    ...['grant', '--account', 'local:principal', '--to', 'local:agent', '--token', 'USDC', '--payee', 'local:vendor'],
    ...['--limit', '10/day', '--expires', '30d', '--task', task, '--yes', ...LOCAL, ...more],
  )

describe('ambit, with a scope in one caveat', () => {
  test('default: follows what is deployed, says so, and holds what the framework’s caveats do not', async () => {
    const { checks } = await data('doctor', ...LOCAL)
    expect(checks).toContainEqual(expect.objectContaining({ check: 'one caveat', status: 'ok' }))
    const more = ['--group', 'bills', '--guardian', 'local:guardian', '--max', '4', '--window', 'rolling']
    const granted = await grantBy('bills-1', ...more)
    expect(granted).toMatchObject({
      lowering: { lowering: 'fused', why: 'its enforcer is deployed here' },
      plan: { lowering: 'fused', delegations: 1 },
    })
    const held = granted.plan.coverage.map(({ constraint, held: { by } }: never) => [constraint, by])
    for (const constraint of ['/rules/0/max', '/budgets/limit/window', '/revocation/guardian'])
      expect(held).toContainEqual([constraint, 'chain'])
    await grantBy('bills-2', ...more)
    const plain = await grantBy('plain', '--lowering', 'framework')
    expect(plain).toMatchObject({
      lowering: { lowering: 'framework', why: 'as asked for' },
      plan: { lowering: 'framework' },
    })
    const refused = (await run('grant', '--lowering', 'both', '--account', 'local:principal', ...LOCAL)).json()
    expect(refused.error).toMatchObject({ code: 'cli.missing_option' })
  })

  test('redeem, inspect: pays within the budget, names the rule that refuses, and meters what is left', async () => {
    const paid = (await pay('bills-1', '3')).json()
    expect(paid.data).toMatchObject({
      verdict: { verdict: 'allow', rule: 'transfer' },
      outcome: { status: 'executed', counted: [{ rules: [0], budgets: [{ index: 0 }], request: null }] },
    })
    const large = await pay('bills-1', '5')
    expect(large.exit).toBe(3)
    expect(large.json().data.verdict).toMatchObject({ verdict: 'deny', rule: { id: 'transfer', part: 'condition' } })
    const seen = await data('inspect', 'bills-1', ...LOCAL)
    expect(seen).toMatchObject({
      lowering: 'fused',
      status: 'valid',
      groups: [{ name: 'bills', delegator: PRINCIPAL, guardian: expect.stringMatching(/^0x/), ended: false }],
    })
    const [{ meters, until }] = seen.links
    expect(until).not.toBeNull()
    const [budget] = meters.own
    // Rounded up to a unit of the cap's 2^-23: at most two base units more.
    expect([3_000_000, 3_000_001, 3_000_002]).toContain(Number(budget.used))
    const text = (await run('inspect', 'bills-1', '--chain', 'local')).stdout
    expect(text).toContain('budget limit: ')
    expect(text).toContain('not ended')
  })

  test('narrow: a smaller grant stays in one caveat, for what is left', async () => {
    const patch = join(folder.path, 'smaller.json')
    writeFileSync(patch, JSON.stringify({ budgets: { limit: { max: '6' } } }))
    const narrowed = await data(
      'narrow',
      'bills-1',
      patch,
      '--account',
      'local:principal',
      '--start',
      'now',
      '--yes',
      ...LOCAL,
    )
    expect((await data('inspect', narrowed.grant.id, ...LOCAL)).lowering).toBe('fused')
    expect((await pay(narrowed.grant.id, '1')).exit).toBe(0)
  })

  test('revoke --group: the guardian ends all of it, and nothing can be granted in it any more', async () => {
    const wrong = await run('revoke', 'bills-2', '--group', '--account', 'local:stranger', '--yes', ...LOCAL)
    expect(wrong.json().error?.code).toBe('key.wrong_signer')
    const ended = await data('revoke', 'bills-2', '--group', '--account', 'local:guardian', '--yes', ...LOCAL)
    expect(ended).toMatchObject({ group: { name: 'bills', delegator: PRINCIPAL }, alreadyEnded: false })
    expect(ended.grantsEnded.length).toBeGreaterThanOrEqual(2)
    expect(ended.receipts).toHaveLength(ended.grantsEnded.length)
    const denied = await pay('bills-2', '1')
    expect(denied.json().data.verdict).toMatchObject({ code: 'group_revoked' })
    expect((await data('inspect', 'bills-2', ...LOCAL)).groups).toMatchObject([{ ended: true }])
    const again = await data('revoke', 'bills-2', '--group', '--account', 'local:principal', '--yes', ...LOCAL)
    expect(again).toMatchObject({ alreadyEnded: true, transactionHash: null })
    const argv = [
      'grant',
      '--account',
      'local:principal',
      '--to',
      'local:agent',
      '--token',
      'USDC',
      '--payee',
      'local:vendor',
    ]
    const more = [
      '--limit',
      '1',
      '--expires',
      '1d',
      '--group',
      'bills',
      '--guardian',
      'local:guardian',
      '--yes',
      ...LOCAL,
    ]
    expect((await run(...argv, ...more)).json().error).toMatchObject({ code: 'cli.not_verified' })
    const framework = await run('revoke', 'plain', '--group', '--account', 'local:principal', '--yes', ...LOCAL)
    expect(framework.json().error?.code).toBe('cli.usage')
  })

  test('revoke --all: says that grants in one caveat end with their group', async () => {
    await grantBy('other', '--group', 'other')
    const raised = await data(
      'revoke',
      '--all',
      '--account',
      'local:principal',
      '--confirm',
      'local:principal',
      ...LOCAL,
    )
    expect(raised.known).toContainEqual(
      expect.objectContaining({ what: expect.stringContaining('group other'), fate: 'stays', why: 'no_nonce' }),
    )
    expect((await pay('other', '1')).exit).toBe(0)
  })

  test('redeem: with a request key somebody else submits; above the threshold the confirmer signs too', async () => {
    const token = JSON.parse(readFileSync(join(folder.path, 'home', 'chains', 'local.json'), 'utf8')).token
    const scope = join(folder.path, 'request.json')
    writeFileSync(
      scope,
      JSON.stringify({
        version: 1,
        task: { id: 'asked', purpose: 'Pay what the agent asks for' },
        chainId: 31337,
        principal: PRINCIPAL,
        delegate: AGENT,
        request: { key: AGENT, redeemers: 'anyone' },
        rules: [{ id: 'pay', class: 'transfer', asset: token, to: [VENDOR], max: '5', budget: 'all' }],
        budgets: { all: { assets: { [token]: '1' }, max: '20' } },
        expiry: new Date(Date.now() + 86_400_000).toISOString().replace(/\.[0-9]+Z$/, 'Z'),
        redelegation: { maxDepth: 0 },
        revocation: { group: 'asked', maxLatencySeconds: 60 },
        escalation: { above: { all: '2' }, confirmer: 'principal', timeout: 'PT15M', onTimeout: 'deny' },
        evidence: { receipts: ['grant', 'decision', 'outcome', 'revocation'], retain: 'P1Y' },
      }),
    )
    await data('grant', scope, '--account', 'local:principal', '--yes', ...LOCAL)
    const submit = (amount: string, ...more: string[]) =>
      run('redeem', 'asked', 'transfer', '--to', 'local:vendor', '--amount', amount, ...LOCAL, ...more)
    const dry = async (amount: string, ...more: string[]) => (await submit(amount, '--dry-run', ...more)).json().data
    expect(await dry('1')).toMatchObject({ verdict: { verdict: 'allow' }, signers: { key: AGENT, confirmer: null } })
    expect(await dry('3')).toMatchObject({
      verdict: { verdict: 'escalate' },
      signers: { key: AGENT, confirmer: PRINCIPAL },
    })
    expect(await dry('3', '--confirm', 'local:principal')).toMatchObject({
      verdict: { verdict: 'allow' },
      signers: { key: AGENT, confirmer: PRINCIPAL },
    })
    expect(await dry('6', '--confirm', 'local:principal')).toMatchObject({
      verdict: { verdict: 'deny', code: 'action_maximum_exceeded', fix: { do: 'lower_amount', to: '5000000' } },
      signers: { key: null, confirmer: null },
    })
    const asked = (await submit('1', '--account', 'local:stranger', '--request-key', 'local:agent')).json()
    expect(asked.data).toMatchObject({
      outcome: { status: 'executed', counted: [{ request: asked.data.request.number }] },
    })
    // Numbers of one word: each after the first sets a bit in a word of storage that is there, instead of opening one.
    const spends = async (...more: string[]) => {
      const { data: done } = (
        await submit('0.1', '--account', 'local:stranger', '--request-key', 'local:agent', ...more)
      ).json()
      return { number: BigInt(done.request.number), gas: Number(done.outcome.gasUsed) }
    }
    const next = await spends()
    expect(next.number >> 8n).toBe(BigInt(asked.data.request.number) >> 8n)
    const anywhere = await spends('--request-number', '81985529216486895')
    expect(anywhere.gas - next.gas).toBeGreaterThan(16_900)
    expect(anywhere.gas - next.gas).toBeLessThan(17_300)
    const again = await submit('0.1', '--account', 'local:agent', '--request-number', '81985529216486895')
    expect(again.json().data.verdict).toMatchObject({ code: 'request_used', fix: { do: 'sign_request' } })
    const above = await submit('3', '--account', 'local:agent')
    expect(above.exit).toBe(5)
    expect(above.json().data).toMatchObject({
      verdict: { verdict: 'escalate' },
      confirm: { confirmer: PRINCIPAL, typedData: { domain: { name: 'TaskScopeEnforcer' } } },
    })
    const confirmed = (await submit('3', '--account', 'local:agent', '--confirm', 'local:principal')).json()
    expect(confirmed.data).toMatchObject({ verdict: { verdict: 'allow' }, outcome: { status: 'executed' } })
  })

  test('narrow --to, redeem --confirm: what is handed on is confirmed for every link that asks', async () => {
    const token = JSON.parse(readFileSync(join(folder.path, 'home', 'chains', 'local.json'), 'utf8')).token
    const [scope, patch] = [join(folder.path, 'above.json'), join(folder.path, 'handed.json')]
    writeFileSync(
      scope,
      JSON.stringify({
        version: 1,
        task: { id: 'above', purpose: 'Pay, and hand on' },
        chainId: 31337,
        principal: PRINCIPAL,
        delegate: AGENT,
        rules: [{ id: 'pay', class: 'transfer', asset: token, to: [VENDOR], max: '5', budget: 'all' }],
        budgets: { all: { assets: { [token]: '1' }, max: '20' } },
        expiry: new Date(Date.now() + 86_400_000).toISOString().replace(/\.[0-9]+Z$/, 'Z'),
        redelegation: { maxDepth: 1 },
        revocation: { group: 'above', maxLatencySeconds: 60 },
        escalation: { above: { all: '2' }, confirmer: 'principal', timeout: 'PT15M', onTimeout: 'deny' },
        evidence: { receipts: ['grant', 'decision', 'outcome', 'revocation'], retain: 'P1Y' },
      }),
    )
    await data('grant', scope, '--account', 'local:principal', '--yes', ...LOCAL)
    writeFileSync(patch, JSON.stringify({ redelegation: { maxDepth: 0 } }))
    const by = ['--to', 'local:stranger', '--account', 'local:agent', '--yes', ...LOCAL]
    const { grant } = await data('narrow', 'above', patch, ...by)
    const to = ['transfer', '--to', 'local:vendor', '--amount', '3', '--account', 'local:stranger']
    const done = (await run('redeem', grant.id, ...to, '--confirm', 'local:principal', ...LOCAL)).json()
    expect(done.data).toMatchObject({ verdict: { verdict: 'allow' }, outcome: { status: 'executed' } })
    expect(done.data.outcome.counted).toHaveLength(2)
    for (const { request } of done.data.outcome.counted) expect(request).not.toBeNull()
  })

  test('verify: every receipt, with the chain gone and elsewhere', async () => {
    const [trust, deployment] = [join(folder.path, 'issuer.json'), join(folder.path, 'deployment.json')]
    writeFileSync(trust, (await run('receipts', 'keys')).stdout)
    const { environment } = JSON.parse(readFileSync(join(folder.path, 'home', 'chains', 'local.json'), 'utf8'))
    writeFileSync(deployment, JSON.stringify(environment))
    const receipts = join(folder.path, 'home', 'receipts')
    const argv = ['verify', receipts, '--trust', trust, '--deployment', deployment, '--json']
    const verified = await ambit(argv, { home: join(folder.path, 'elsewhere') })
    expect(verified.json().data).toMatchObject({ result: 'valid', open: [], findings: [] })
    const { counts } = verified.json().data
    expect(counts.receipts).toBeGreaterThan(10)
    expect(counts.valid).toBe(counts.receipts)
  })
})
