import type { Page } from 'playwright-core'
import { privateKeyToAccount } from 'viem/accounts'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Hex } from '../../src/primitives/hex.ts'
import type { DevWalletMode } from '../../src/testing/wallet/index.ts'
import { mint, useChain } from '../rig/chain.ts'
import { seriousFindings } from './rig/axe.ts'
import { useConsole } from './rig/console.ts'

const chain = useChain()
const rig = useConsole(chain)

const PRINCIPAL_KEY: Hex = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'
const AGENT_KEY: Hex = '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d'
const VENDOR = '0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc'
const principal = privateKeyToAccount(PRINCIPAL_KEY)
const MAX_BYTES = 30_000

const pay = (id: string, amount: string) =>
  rig.run(AGENT_KEY, 'redeem', id, 'transfer', '--to', VENDOR, '--amount', amount)

async function granted(task: string, purpose = 'Pay this month’s API invoices'): Promise<Hex> {
  const flags = ['--token', chain.token.address, '--limit', '200/day', '--window', 'rolling', '--max', '50']
  const rest = ['--payee', VENDOR, '--expires', '30d', '--task', task, '--purpose', purpose, '--yes']
  const to = privateKeyToAccount(AGENT_KEY).address
  const made = await rig.run(PRINCIPAL_KEY, 'grant', '--to', to, ...flags, ...rest)
  expect(made.error).toBeNull()
  return made.data.grant.id
}

const visit = (keys: readonly Hex[] = [], mode: DevWalletMode = 'confirm') => rig.visit({ keys, mode })

let used: Hex
beforeAll(async () => {
  await mint(chain, principal.address.toLowerCase() as Hex, 1_000_000_000n)
  used = await granted('invoices-2026-11')
  for (const amount of ['12.5', '40', '8.25']) await pay(used, amount)
  await granted('gas-for-the-deployer', `</p><script>globalThis.stolen = 1</script> ${'W'.repeat(150)}`)
})

const pages = () => [
  '/',
  `/grants/${used}`,
  `/grants/${used}/raw`,
  `/grants/${used}/revoke/${principal.address.toLowerCase()}`,
  '/health',
]

describe('the console', () => {
  it('default: every page is light, harmless, and readable by everybody, in light and dark, on a desk and a phone', async () => {
    const { page, go, look } = await visit()
    for (const [at, path] of pages().entries()) {
      for (const [name, width] of [
        ['desk', 1_200],
        ['phone', 360],
      ] as const) {
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.setViewportSize({ width, height: 780 })
          await page.emulateMedia({ colorScheme })
          const response = await go(path)
          expect([path, (await response?.body())?.length]).toEqual([
            path,
            expect.toSatisfy((size) => size <= MAX_BYTES),
          ])
          expect([path, name, colorScheme, await seriousFindings(page)]).toEqual([path, name, colorScheme, []])
          // Nothing to scroll sideways for.
          expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
          await look(`console-${at}-${name}-${colorScheme}`)
        }
      }
    }
    expect(await page.evaluate(() => Object.hasOwn(globalThis, 'stolen'))).toBe(false)
  })

  it('behavior: works without any script, by keyboard alone', async () => {
    const { page, go } = await visit()
    await go('/')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    expect(await page.evaluate(() => location.hash)).toBe('#main')
    await focusOn(page, 'link', 'invoices-2026-11')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'invoices-2026-11' }).waitFor()
    await focusOn(page, 'button', 'Stop here')
    await page.keyboard.press('Enter')
    await page.getByRole('status').getByText('Stopped.').waitFor()
    expect((await pay(used, '1')).error?.code).toBe('cli.stopped')
    await focusOn(page, 'button', 'Resume')
    await page.keyboard.press('Enter')
    await page.getByRole('status').getByText('Resumed.').waitFor()
    expect((await pay(used, '1')).ok).toBe(true)
  })

  it('default: revoked with the wallet of this browser, proven on chain, and nothing passes afterwards', async () => {
    const id = await granted('to-be-revoked')
    const { page, go, press, look } = await visit([PRINCIPAL_KEY])
    await go(`/grants/${id}`)
    await page.getByRole('link', { name: 'Revoke…' }).click()
    await page.getByRole('button', { name: 'Revoke with Ambit dev wallet' }).waitFor()
    expect(await seriousFindings(page)).toEqual([])
    await look('console-revoke-1')
    await press('Revoke with Ambit dev wallet')
    await press('Connect')
    await page.getByRole('dialog').waitFor()
    await look('console-revoke-2')
    await press('Revoke')
    await page.getByText('Revoked, and proven on chain.').waitFor()
    await look('console-revoke-3')
    const denied = await pay(id, '1')
    expect([denied.ok, denied.data?.verdict?.code ?? denied.error?.details['reason']]).toEqual([false, 'revoked'])
  })

  it('error: the person says no: nothing is sent, and it can be tried again', async () => {
    const { page, go, press } = await visit([PRINCIPAL_KEY], 'reject')
    await go(`/grants/${used}/revoke/${principal.address.toLowerCase()}`)
    await press('Revoke with Ambit dev wallet')
    await press('Connect')
    await page.getByText('The wallet said no. Nothing was sent.').waitFor()
    expect(await page.getByRole('button', { name: 'Revoke with Ambit dev wallet' }).isEnabled()).toBe(true)
    expect((await pay(used, '1')).ok).toBe(true)
  })

  it('error: a wallet that does not hold the account is not asked to sign', async () => {
    const { page, go, press } = await visit([AGENT_KEY])
    await go(`/grants/${used}/revoke/${principal.address.toLowerCase()}`)
    await press('Revoke with Ambit dev wallet')
    await press('Connect')
    await page.getByText('it does not hold the account').waitFor()
    expect(await page.getByRole('dialog').count()).toBe(0)
  })

  it('error: the address that was printed opens no second browser', async () => {
    const served = await rig.serve()
    await rig.open({ url: served.url })
    const { page } = await rig.open({ url: served.url, tolerates: /403/ })
    await page.getByText('console.token_unusable').waitFor()
    expect(await page.getByRole('navigation').count()).toBe(0)
  })
})

/** By Tab alone: what cannot be reached so cannot be reached by everybody. */
async function focusOn(page: Page, role: 'link' | 'button', name: string): Promise<void> {
  const wanted = page.getByRole(role, { name, exact: true }).first()
  for (let presses = 0; presses < 60; presses++) {
    if (await wanted.evaluate((element) => element === document.activeElement)) return
    await page.keyboard.press('Tab')
  }
  expect([name, 'is reached by Tab']).toEqual([name, ''])
}
