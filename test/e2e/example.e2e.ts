import { erc20Abi } from 'viem'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Example, startExample } from '../../examples/dapp/server/start.ts'
import type { Address } from '../../src/primitives/hex.ts'
import type { DevWalletMode } from '../../src/testing/wallet/index.ts'
import { seriousFindings } from './rig/axe.ts'
import { useBrowser, type Visit } from './rig/visit.ts'

/** The example dApp, as a person meets it: its own page, redeemer, agent and chain. */

const open = useBrowser()
let example: Example
beforeAll(async () => {
  example = await startExample({ pace: 1 })
}, 60_000)
afterAll(() => example?.stop())

async function visit(mode: DevWalletMode = 'confirm', tolerates?: RegExp): Promise<Visit> {
  const { url, config } = example
  return open({
    url: `${url}/?wallet=${mode}`,
    asks: [config.redeemer.url],
    ...(tolerates === undefined ? {} : { tolerates }),
  })
}

/** Everything up to the wallet's own question. */
async function ask({ press, page }: Visit): Promise<void> {
  await press('Connect Demo wallet')
  await press('Connect')
  await press('Ask my wallet')
  await page.getByRole('dialog').waitFor()
}

/** The page says why, and that nothing was granted. */
async function refused({ page }: Visit, code: string): Promise<void> {
  await page.locator(`[data-testid=refusal][data-code="${code}"]`).waitFor()
  expect(await page.getByTestId('attempt').count()).toBe(0)
}

function attempts(page: Visit['page'], status: 'paid' | 'denied') {
  return page.locator(`[data-testid=attempt][data-status=${status}]`)
}

function balanceOf(owner: Address): Promise<bigint> {
  const { chain, config } = example
  const { address } = config.token
  return chain.publicClient.readContract({ address, abi: erc20Abi, functionName: 'balanceOf', args: [owner] })
}

describe('the example dApp', () => {
  it('default: ask, preview, confirm; the agent pays within scope and is refused outside; it ends, and the next payment is refused', async () => {
    const { config } = example
    const [payee] = config.payees
    if (payee === undefined) throw new TypeError('nobody to pay')
    const before = await balanceOf(payee.address)
    const visited = await visit()
    const { page, press, interactions, look } = visited
    await look('example-1-asking')
    expect(await seriousFindings(page)).toEqual([])
    await ask(visited)
    await look('example-2-wallet')
    expect(await seriousFindings(page)).toEqual([])
    await press('Confirm')
    await page.getByRole('heading', { name: `${config.agent.name} has an allowance` }).waitFor()
    expect(interactions()).toBe(4)

    // One payment within the scope, one above it, one to a stranger: each with what became of it.
    await attempts(page, 'paid').waitFor()
    await attempts(page, 'denied').nth(1).waitFor()
    expect(await attempts(page, 'paid').count()).toBe(1)
    expect(await attempts(page, 'denied').count()).toBe(2)
    const reasons = await attempts(page, 'denied').locator('code').allTextContents()
    expect(reasons.toSorted()).toEqual(['period_budget_exceeded', 'recipient_not_allowed'])
    await look('example-3-at-work')
    expect(await seriousFindings(page)).toEqual([])
    const paid = (await balanceOf(payee.address)) - before
    expect(paid).toBeGreaterThan(0n)

    await press('End it now')
    await page.getByRole('dialog').waitFor()
    await look('example-4-ending')
    await press('Revoke')
    await page.getByRole('heading', { name: `${config.agent.name} can spend nothing` }).waitFor()
    // The agent tries once more by itself, and once because it is told to.
    await attempts(page, 'denied').nth(2).waitFor()
    expect(await attempts(page, 'denied').first().locator('code').textContent()).toBe('revoked')
    await press('Let it try again')
    await attempts(page, 'denied').nth(3).waitFor()
    await look('example-5-ended')
    expect(await seriousFindings(page)).toEqual([])
    expect(await attempts(page, 'paid').count()).toBe(1)
    expect((await balanceOf(payee.address)) - before).toBe(paid)
  })

  it('behavior: two payees, which no wallet can name: a task account hands on less than it was given', async () => {
    const { config } = example
    const visited = await visit()
    const { page, press, look } = visited
    await page.getByTestId('payee-1').check()
    await ask(visited)
    await press('Confirm')
    await page.getByRole('heading', { name: `${config.agent.name} has an allowance` }).waitFor()
    await attempts(page, 'paid').waitFor()
    await attempts(page, 'denied').nth(1).waitFor()
    await look('example-task-account')
    expect(await attempts(page, 'denied').locator('code').allTextContents()).toContain('recipient_not_allowed')
  })

  it.each<[DevWalletMode, string]>([
    ['lower', 'dapp.lowered'],
    ['raise', 'dapp.raised'],
    ['raiseHidden', 'dapp.context_other_permission'],
    ['wrongChain', 'dapp.other_chain'],
    ['wrongManager', 'dapp.other_manager'],
    ['wrongAccount', 'dapp.other_account'],
    ['notUpgraded', 'dapp.account_not_upgraded'],
    ['foreignEnforcer', 'dapp.context_unknown_enforcer'],
    ['missingCaveat', 'dapp.context_other_permission'],
    ['forged', 'dapp.bad_signature'],
  ])(
    'error: what a wallet in mode %s answers is refused with %s on the page, and no agent gets it',
    async (mode, code) => {
      const { chain, config, principal } = example
      await chain.testClient.setCode({ address: principal.address, bytecode: '0x' })
      const visited = await visit(mode)
      await ask(visited)
      await visited.press('Confirm')
      await refused(visited, code)
      await visited.look(`example-hostile-${mode}`)
      expect(await visited.page.getByRole('heading', { level: 1 }).textContent()).toBe(
        `Give ${config.agent.name} an allowance`,
      )
    },
  )

  it('behavior: what a wallet granted beyond what was asked for is ended from the page', async () => {
    const { chain, principal } = example
    await chain.testClient.setCode({ address: principal.address, bytecode: '0x' })
    const visited = await visit('raise')
    const { page, press } = visited
    await ask(visited)
    await press('Confirm')
    await refused(visited, 'dapp.raised')
    await press('End what was signed')
    await press('Revoke')
    await page.getByTestId('unwanted-ended').waitFor()
    expect(await seriousFindings(page)).toEqual([])
    await visited.look('example-unwanted-ended')
  })

  it.each<[DevWalletMode, string]>([
    ['reject', 'dapp.rejected'],
    ['disconnect', 'dapp.disconnected'],
  ])('error: a wallet in mode %s answers nothing: %s', async (mode, code) => {
    const visited = await visit(mode)
    const { press, page } = visited
    await press('Connect Demo wallet')
    await press('Connect')
    await press('Ask my wallet')
    await refused(visited, code)
    await visited.look(`example-hostile-${mode}`)
    expect(await page.getByRole('dialog').count()).toBe(0)
  })

  it('behavior: a person who says no to the end of a grant keeps it', async () => {
    const { config } = example
    const visited = await visit()
    const { page, press } = visited
    await ask(visited)
    await press('Confirm')
    await page.getByRole('heading', { name: `${config.agent.name} has an allowance` }).waitFor()
    await press('End it now')
    await press('Reject')
    await page.getByTestId('refusal').getByText('dapp.rejected').waitFor()
    expect(await page.getByTestId('state').textContent()).toBe('Active')
  })

  it('behavior: on a phone, in the dark, and by whoever reads the page aloud', async () => {
    const visited = await visit()
    const { page, press, look } = visited
    await page.setViewportSize({ width: 360, height: 740 })
    await page.emulateMedia({ colorScheme: 'dark' })
    await look('example-phone-1-asking')
    expect(await seriousFindings(page)).toEqual([])
    await ask(visited)
    await look('example-phone-2-wallet')
    await press('Confirm')
    await page.getByRole('heading', { name: /has an allowance$/ }).waitFor()
    await attempts(page, 'denied').nth(1).waitFor()
    await look('example-phone-3-at-work')
    expect(await seriousFindings(page)).toEqual([])
    // Nothing has to be moved sideways to be read.
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360)
  })
})
