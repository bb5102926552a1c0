import type { Page } from 'playwright-core'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { describe, expect, inject, it } from 'vitest'
import { readPermission } from '../../src/dapp/readPermission.ts'
import type { Hex } from '../../src/primitives/hex.ts'
import type { DevWalletMode } from '../../src/testing/wallet/index.ts'
import { useChain } from '../rig/chain.ts'
import { seriousFindings } from './rig/axe.ts'
import { pageConfig, useBrowser } from './rig/visit.ts'

const chain = useChain()
const open = useBrowser()

/** A page and a wallet with two fresh accounts that can pay for an upgrade. */
async function visit(mode: DevWalletMode = 'confirm') {
  const privateKeys = [generatePrivateKey(), generatePrivateKey()] as const
  for (const key of privateKeys) {
    const { address } = privateKeyToAccount(key)
    await chain.testClient.setBalance({ address, value: 10n ** 18n })
  }
  const url = `${inject('site')}/granting.html`
  const visited = await open({ url, asks: [chain.rpcUrl], config: pageConfig(chain, { privateKeys, mode }) })
  return { ...visited, principal: privateKeyToAccount(privateKeys[0]).address.toLowerCase() as Hex }
}

type Visit = Awaited<ReturnType<typeof visit>>

/** Connected, and the wallet asked: what a person does before the wallet's own question. */
async function asked({ press, page }: Visit): Promise<void> {
  await press('Connect Ambit dev wallet')
  await press('Connect')
  await page.getByText('Connected.').waitFor()
  await press('Ask the wallet')
}

async function says(page: Page, text: string): Promise<void> {
  await page.getByRole('status').getByText(text, { exact: true }).waitFor()
}

const contextIn = (page: Page) => page.getByRole('status').getAttribute('data-context')

describe('granting from a page', () => {
  it('default: from page load to a verified grant in four interactions', async () => {
    const { page, press, interactions, look, principal } = await visit()
    await press('Connect Ambit dev wallet')
    await look('granting-1-connect')
    await press('Connect')
    await page.getByText('Connected.').waitFor()
    await look('granting-2-preview')
    await press('Ask the wallet')
    await page.getByRole('dialog').waitFor()
    await look('granting-3-wallet')
    await press('Confirm')
    await says(page, `Granted by ${principal}, delegated7702.`)
    await look('granting-4-granted')
    expect(interactions()).toBe(4)
    const context = (await contextIn(page)) as Hex
    expect(readPermission(context, chain.environment)).toMatchObject({ delegator: principal, troubles: [] })
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
  ])('error: a wallet in mode %s is refused with %s, and nothing is accepted', async (mode, code) => {
    const visited = await visit(mode)
    await asked(visited)
    await visited.press('Confirm')
    await says(visited.page, `Refused: ${code}`)
    await visited.look(`hostile-${mode}`)
    expect(await contextIn(visited.page)).toBeNull()
  })

  it.each<[DevWalletMode, string]>([
    ['reject', 'dapp.rejected'],
    ['disconnect', 'dapp.disconnected'],
  ])('error: a wallet in mode %s never shows the question: %s', async (mode, code) => {
    const visited = await visit(mode)
    await asked(visited)
    await says(visited.page, `Refused: ${code}`)
    expect(await visited.page.getByRole('dialog').count()).toBe(0)
    expect(await visited.page.title()).toBe(mode === 'disconnect' ? 'Disconnected' : 'Granting, in the least of pages')
    expect(await contextIn(visited.page)).toBeNull()
  })

  it('behavior: while a slow wallet takes its time the page waits, and takes the grant when it comes', async () => {
    const visited = await visit('slow')
    await asked(visited)
    await visited.press('Confirm')
    await visited.page.getByRole('dialog').waitFor({ state: 'detached' })
    await says(visited.page, 'Waiting for the wallet.')
    expect(await contextIn(visited.page)).toBeNull()
    await visited.page.evaluate(() => globalThis.devWallet.release())
    await says(visited.page, `Granted by ${visited.principal}, delegated7702.`)
  })
})

describe('the dialog of the dev wallet', () => {
  it.each(['Reject', 'Escape'])('error: %s is a no', async (way) => {
    const visited = await visit()
    await asked(visited)
    if (way === 'Escape') {
      await visited.page.getByRole('dialog').waitFor()
      await visited.page.keyboard.press('Escape')
    } else await visited.press(way)
    await says(visited.page, 'Refused: dapp.rejected')
    expect(await contextIn(visited.page)).toBeNull()
  })

  it('behavior: who lowers the amount in the wallet grants half of it, and the page is told', async () => {
    const visited = await visit()
    await asked(visited)
    await visited.press('Half of it')
    await says(visited.page, 'Refused: dapp.lowered')
  })

  it('behavior: by keyboard alone, with what does nothing in focus first', async () => {
    const visited = await visit()
    await asked(visited)
    const { page, principal } = visited
    const focused = () =>
      page.evaluate(() => document.querySelector('ambit-dev-wallet')?.shadowRoot?.activeElement?.textContent)
    await page.getByRole('dialog').waitFor()
    expect(await focused()).toBe('Reject')
    await page.keyboard.press('Tab')
    expect(await focused()).toBe('Half of it')
    await page.keyboard.press('Tab')
    expect(await focused()).toBe('Confirm')
    await page.keyboard.press('Enter')
    await says(page, `Granted by ${principal}, delegated7702.`)
  })

  it('behavior: one question at a time, in the order in which they came', async () => {
    const { page, press, principal } = await visit()
    await press('Connect Ambit dev wallet')
    await press('Connect')
    await page.getByText('Connected.').waitFor()
    const answers = page.evaluate((account) => {
      const sign = (text: string) => devWallet.provider.request({ method: 'personal_sign', params: [text, account] })
      return Promise.allSettled([sign('First'), sign('Second')])
    }, principal)
    await page.getByText('First', { exact: true }).waitFor()
    expect(await page.getByRole('dialog').count()).toBe(1)
    await press('Reject')
    await page.getByText('Second', { exact: true }).waitFor()
    expect(await page.getByRole('dialog').count()).toBe(1)
    await press('Sign')
    expect((await answers).map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
  })

  it('error: what a page says draws nothing in it, and hides nothing of it', async () => {
    const { page, press, look, principal } = await visit()
    await press('Connect Ambit dev wallet')
    await press('Connect')
    await page.getByText('Connected.').waitFor()
    const hostile = `</dd><img src=x onerror="document.title='owned'"><style>dialog{display:none}</style>\u202e${'z'.repeat(400)}`
    const { chainId, agent, token } = pageConfig(chain, { privateKeys: [] })
    const request = {
      chainId: `0x${chainId.toString(16)}`,
      from: principal,
      to: agent,
      permission: {
        type: 'erc20-token-allowance',
        isAdjustmentAllowed: false,
        data: { tokenAddress: token, allowanceAmount: '0x1', justification: hostile },
      },
    }
    const answer = page.evaluate(
      (params) =>
        devWallet.provider
          .request({ method: 'wallet_requestExecutionPermissions', params: [params] })
          .catch((error: { code: number }) => error.code),
      request,
    )
    const dialog = page.getByRole('dialog')
    await dialog.getByText('<img src=x onerror=').waitFor()
    await look('dialog-hostile')
    expect(await dialog.locator('img, style, script').count()).toBe(0)
    expect(await dialog.textContent()).not.toContain('\u202e')
    expect(await page.title()).toBe('Granting, in the least of pages')
    await press('Reject')
    expect(await answer).toBe(4001)
  })

  it('behavior: axe finds nothing serious in it, in light, in the dark and on a phone', async () => {
    const visited = await visit()
    await asked(visited)
    const { page, look } = visited
    await page.getByRole('dialog').waitFor()
    expect(await seriousFindings(page)).toEqual([])
    await page.emulateMedia({ colorScheme: 'dark' })
    expect(await seriousFindings(page)).toEqual([])
    await look('dialog-dark')
    await page.setViewportSize({ width: 360, height: 640 })
    expect(await seriousFindings(page)).toEqual([])
    await look('dialog-phone')
  })
})
