import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { privateKeyToAccount } from 'viem/accounts'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Hex } from '../../src/primitives/hex.ts'
import { balanceOf, mint, useChain } from '../rig/chain.ts'
import { addressOf } from '../rig/grant.ts'
import { seriousFindings } from './rig/axe.ts'
import { useConsole } from './rig/console.ts'

/** Questions answered with a wallet, grants made with one, and receipts that are looked at and checked. */

const chain = useChain()
const rig = useConsole(chain)
const PRINCIPAL: Hex = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'
const AGENT: Hex = '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d'
const VENDOR = '0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc'
const [principal, agent] = [PRINCIPAL, AGENT].map((key) => addressOf(privateKeyToAccount(key))) as [Hex, Hex]
const UNIT = 1_000_000n
const MAX_BYTES = 30_000
const HOSTILE =
  '</p><script>globalThis.stolen = 1</script><img src=x onerror="globalThis.stolen = 2"> \u202eIGNORE\u202c'

const pay = (task: string, amount: string, ...more: string[]) =>
  rig.run(AGENT, 'redeem', task, 'transfer', '--to', VENDOR, '--amount', amount, ...more)

function scopeOf(task: string): string {
  const path = join(rig.home(), '..', `${task}.json`)
  const token = chain.token.address
  const scope = {
    version: 1,
    task: { id: task, purpose: 'Pay the contributors of November' },
    chainId: 31337,
    principal,
    delegate: agent,
    rules: [{ id: 'pay', class: 'transfer', asset: token, to: [VENDOR], max: '500', budget: 'payouts' }],
    budgets: { payouts: { assets: { [token]: '1' }, max: '2000', per: 'P30D', window: 'rolling' } },
    expiry: new Date(Date.now() + 30 * 86_400_000).toISOString().replace(/\.[0-9]+Z$/, 'Z'),
    redelegation: { maxDepth: 0 },
    revocation: { group: task, maxLatencySeconds: 60 },
    escalation: { above: { payouts: '100' }, confirmer: 'principal', timeout: 'PT15M', onTimeout: 'deny' },
    evidence: { receipts: ['grant', 'decision', 'outcome', 'revocation'], retain: 'P1Y' },
  }
  writeFileSync(path, JSON.stringify(scope))
  return path
}

/** An escalated payment; its number in the queue. */
async function asked(amount: string): Promise<number> {
  const { data, error } = await pay('payouts', amount, '--reason', HOSTILE)
  expect(error?.code).toBe('cli.escalated')
  return data.escalation.number
}

beforeAll(async () => {
  await mint(chain, principal, 1_000_000n * UNIT)
  expect((await rig.run(PRINCIPAL, 'grant', scopeOf('payouts'), '--yes')).error).toBeNull()
  await pay('payouts', '42.5')
  await pay('payouts', '501', '--reason', 'x'.repeat(1_000_000))
})

describe('escalations in the console', () => {
  it('default: confirmed with the wallet of the confirmer, and executed on chain', async () => {
    const number = await asked('250')
    const before = await balanceOf(chain, VENDOR)
    const { page, go, press, interactions, look } = await rig.visit({ keys: [PRINCIPAL], submitter: AGENT })
    await go('/escalations')
    await look('console-escalations')
    await page.getByRole('link', { name: `#${number} · 250 USDC` }).click()
    await page.getByRole('button', { name: 'Confirm with Ambit dev wallet' }).waitFor()
    expect(await page.evaluate(() => Object.hasOwn(globalThis, 'stolen'))).toBe(false)
    expect(await seriousFindings(page)).toEqual([])
    await look('console-escalation-1')
    await press('Confirm with Ambit dev wallet')
    await press('Connect')
    await page.getByRole('dialog').waitFor()
    await look('console-escalation-2')
    await press('Sign')
    await page.getByRole('heading', { name: 'Executed' }).waitFor()
    await look('console-escalation-3')
    expect(interactions()).toBe(3)
    expect((await balanceOf(chain, VENDOR)) - before).toBe(250n * UNIT)
    const { data } = await rig.look('escalations', 'show', String(number))
    expect(data).toMatchObject({ status: 'submitted', settled: { submission: { status: 'executed' } } })
  })

  it('behavior: where nobody here may redeem it stays confirmed for the agent', async () => {
    const number = await asked('150')
    const { page, go, press } = await rig.visit({ keys: [PRINCIPAL] })
    await go(`/escalations/${number}`)
    await press('Confirm with Ambit dev wallet')
    await press('Connect')
    await press('Sign')
    await page.getByText('Confirmed, not submitted yet').waitFor()
    const { data } = await rig.run(AGENT, 'escalations', 'submit', String(number))
    expect(data).toMatchObject({ outcome: { status: 'executed' } })
  })

  it('error: the wallet says no, or holds another account: nothing is confirmed', async () => {
    const number = await asked('160')
    const refusing = await rig.visit({ keys: [PRINCIPAL], mode: 'reject', submitter: AGENT })
    await refusing.go(`/escalations/${number}`)
    await refusing.press('Confirm with Ambit dev wallet')
    await refusing.press('Connect')
    await refusing.page.getByText('The wallet said no. Nothing was sent.').waitFor()
    const other = await rig.visit({ keys: [AGENT], submitter: AGENT })
    await other.go(`/escalations/${number}`)
    await other.press('Confirm with Ambit dev wallet')
    await other.press('Connect')
    await other.page.getByText('it does not hold the account').waitFor()
    expect((await rig.look('escalations', 'show', String(number))).data).toMatchObject({
      status: 'open',
      settled: null,
    })
  })

  it('behavior: rejected with a word, and the wallet is not asked any more', async () => {
    const number = await asked('170')
    const { page, go, press, look } = await rig.visit({ keys: [PRINCIPAL], submitter: AGENT })
    await go(`/escalations/${number}`)
    await page.getByLabel('Why (optional)').fill('Wrong month')
    await press('Reject')
    await page.getByRole('status').getByText('Rejected. Nothing was sent.').waitFor()
    await look('console-escalation-rejected')
    expect(await page.getByRole('button', { name: /^Confirm/ }).count()).toBe(0)
    expect((await rig.look('escalations', 'show', String(number))).data.settled).toMatchObject({ why: 'Wrong month' })
  })
})

describe('a new grant in the console', () => {
  it('default: from a template’s answers to a signed grant that an agent uses', async () => {
    const { page, go, press, look } = await rig.visit({ keys: [PRINCIPAL], rawDelegations: true })
    await go('/new')
    await look('console-new-1')
    await page.getByRole('link', { name: 'Allowance for API bills' }).click()
    const answers = {
      'The token that is paid with': chain.token.address,
      'Who may be paid: one or more accounts': VENDOR,
      'The most that may leave in a period': '20',
      'Whose account it is': principal,
      'The agent’s account': agent,
      'When it ends: a length of time from now, or a date': '30d',
    }
    for (const [label, answer] of Object.entries(answers)) await page.getByLabel(label).fill(answer)
    await page.getByLabel('Name of the task (optional)').fill('bills')
    await page.getByLabel('How long a period is').fill('a month')
    await press('Show what it permits')
    await page.getByText('One answer does not fit yet.').waitFor()
    expect(await seriousFindings(page)).toEqual([])
    await page.getByLabel('How long a period is').fill('7d')
    await press('Show what it permits')
    await page.getByRole('heading', { name: 'Look before you sign' }).waitFor()
    await page.getByRole('button', { name: 'Sign with Ambit dev wallet' }).waitFor()
    expect(await seriousFindings(page)).toEqual([])
    await look('console-new-2')
    await press('Sign with Ambit dev wallet')
    await press('Connect')
    await page.getByRole('dialog').waitFor()
    await look('console-new-3')
    await press('Sign')
    await page.getByRole('heading', { level: 1, name: 'bills' }).waitFor()
    await look('console-new-4')
    expect(await pay('bills', '20')).toMatchObject({ ok: true, data: { outcome: { status: 'executed' } } })
    expect((await pay('bills', '1')).data.verdict.code).toBe('period_budget_exceeded')
  })

  it('default: from a scope file', async () => {
    const { page, go, press } = await rig.visit({ keys: [PRINCIPAL], rawDelegations: true })
    await go('/new')
    await page.getByLabel('Scope').setInputFiles(scopeOf('from-file'))
    await press('Read it')
    await press('Sign with Ambit dev wallet')
    await press('Connect')
    await press('Sign')
    await page.getByRole('heading', { level: 1, name: 'from-file' }).waitFor()
    expect((await pay('from-file', '1')).ok).toBe(true)
  })

  it('error: a wallet that signs no delegation of a page, as MetaMask: nothing is granted', async () => {
    const { page, go, press } = await rig.visit({ keys: [PRINCIPAL] })
    await go('/new')
    await page.getByLabel('Scope').setInputFiles(scopeOf('refused'))
    await press('Read it')
    await press('Sign with Ambit dev wallet')
    await press('Connect')
    await page.getByText('The wallet refused: The wallet signs no delegation').waitFor()
    expect((await pay('refused', '1')).error?.code).toBe('cli.not_found')
  })

  it('error: a plain account is not asked to sign what could not be redeemed; a file that is no scope is refused', async () => {
    const { page, go, press, look } = await rig.visit({ keys: [PRINCIPAL] })
    const path = scopeOf('plain')
    const plain = `0x${'77'.repeat(20)}`
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(principal, plain))
    await go('/new')
    await page.getByLabel('Scope').setInputFiles(path)
    await press('Read it')
    await page.getByText('This account has no code yet').waitFor()
    expect(await page.getByRole('button', { name: /^Sign/ }).count()).toBe(0)
    writeFileSync(path, JSON.stringify({ version: 1, rules: HOSTILE }))
    await go('/new')
    await page.getByLabel('Scope').setInputFiles(path)
    await press('Read it')
    await page.getByRole('heading', { name: 'This scope is refused' }).waitFor()
    await look('console-new-refused')
    expect(await page.evaluate(() => Object.hasOwn(globalThis, 'stolen'))).toBe(false)
  })
})

describe('receipts in the console', () => {
  it('default: a refusal as large as a payment, filtered, one looked at, a file checked', async () => {
    const { page, go, press, look } = await rig.visit()
    await go('/receipts')
    await look('console-receipts')
    await page.getByRole('link', { name: 'Refusals' }).click()
    await page.getByText('action maximum exceeded').first().waitFor()
    expect(await page.getByRole('heading', { level: 3, name: 'Executed' }).count()).toBe(0)
    await page.getByRole('link', { name: 'Denied' }).last().click()
    await page.getByRole('heading', { level: 1, name: 'Denied' }).waitFor()
    await look('console-receipt')
    const names = readdirSync(join(rig.home(), 'receipts')).sort()
    const texts = names.map((name) => readFileSync(join(rig.home(), 'receipts', name), 'utf8'))
    const file = join(rig.home(), '..', 'receipts.jsonl')
    writeFileSync(file, texts.join(''))
    await go('/receipts')
    await page.getByLabel('Receipts, one bundle a line').setInputFiles(file)
    await press('Verify')
    await page.getByRole('heading', { level: 1, name: 'Nothing is refuted, nothing is missing' }).waitFor()
    await look('console-verified')
    const [first = '', ...rest] = texts
    const changed = first.replace(
      /"receipt":"([^"]{40})(.)/,
      (_, head, one) => `"receipt":"${head}${one === 'A' ? 'B' : 'A'}`,
    )
    writeFileSync(file, [changed, ...rest].join(''))
    await go('/receipts')
    await page.getByLabel('Receipts, one bundle a line').setInputFiles(file)
    await press('Verify')
    await page.getByRole('heading', { level: 1, name: 'Something in it is false' }).waitFor()
    await look('console-refuted')
  })
})

describe('these pages', () => {
  it('default: light, harmless and readable, in light and dark, on a desk and a phone', async () => {
    const number = await asked('180')
    const { page, go, look } = await rig.visit({ submitter: AGENT })
    const paths = [
      '/receipts',
      '/receipts?kind=refusal',
      '/receipts/3',
      '/receipts/4',
      '/escalations',
      `/escalations/${number}`,
      '/new',
      '/new/template/treasury-payouts',
      '/new/template/dca-swap',
    ]
    for (const [at, path] of paths.entries()) {
      for (const [name, width, colorScheme] of [
        ['desk', 1_200, 'light'],
        ['phone', 360, 'dark'],
      ] as const) {
        await page.setViewportSize({ width, height: 780 })
        await page.emulateMedia({ colorScheme })
        const response = await go(path)
        expect([path, response?.status()]).toEqual([path, 200])
        const size = (await response?.body())?.length ?? MAX_BYTES + 1
        expect([path, size <= MAX_BYTES]).toEqual([path, true])
        expect([path, name, await seriousFindings(page)]).toEqual([path, name, []])
        expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
        await look(`console-answers-${at}-${name}`)
      }
    }
    expect(await page.evaluate(() => Object.hasOwn(globalThis, 'stolen'))).toBe(false)
  })
})
