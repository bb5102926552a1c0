import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { describe, expect, inject, it } from 'vitest'
import { useChain } from '../rig/chain.ts'
import { pageConfig, useBrowser } from './rig/visit.ts'

const chain = useChain()
const open = useBrowser()

describe('wagmi’s injected connector', () => {
  it('default: finds the dev wallet by EIP-6963, connects it, and asks it what it supports', async () => {
    const key = generatePrivateKey()
    const { address } = privateKeyToAccount(key)
    const config = pageConfig(chain, { privateKeys: [key] })
    const { page, press, look } = await open({ url: `${inject('site')}/wagmi.html`, asks: [chain.rpcUrl], config })
    const connector = page.getByRole('button', { name: 'Connect Ambit dev wallet' })
    expect(await connector.getAttribute('data-id')).toBe('dev.ambit.wallet')
    await press('Connect Ambit dev wallet')
    await press('Connect')
    await page.getByRole('status').getByText(`connected ${address} 31337`).waitFor()
    await page.locator('#connectors[data-supported*="erc20-token-periodic"]').waitFor()
    await look('wagmi-connected')
    // What happens in the wallet reaches the page through the connector.
    await page.evaluate(() => globalThis.devWallet.provider.request({ method: 'wallet_revokePermissions', params: [] }))
    await page.getByRole('status').getByText('disconnected').waitFor()
  })

  it('error: a person who closes the wallet’s dialog is not connected', async () => {
    const config = pageConfig(chain, { privateKeys: [generatePrivateKey()] })
    const { page, press } = await open({ url: `${inject('site')}/wagmi.html`, asks: [chain.rpcUrl], config })
    await press('Connect Ambit dev wallet')
    await page.getByRole('dialog').waitFor()
    await page.keyboard.press('Escape')
    await page.locator('#connectors[data-refused="UserRejectedRequestError"]').waitFor()
    expect(await page.getByRole('dialog').count()).toBe(0)
    expect(await page.getByRole('status').textContent()).toBe('disconnected')
  })
})
