import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ambit, useFolder } from '../rig/cli.ts'
import { useConsoleProcess } from '../rig/consoleProcess.ts'
import { seriousFindings } from './rig/axe.ts'
import { useBrowser } from './rig/visit.ts'

/** Nobody installed a wallet and nothing is put into the page: `ambit console --chain local` brings one. */

const folder = useFolder()
const start = useConsoleProcess()
const open = useBrowser()
const MAX_BYTES = 30_000

describe('the console’s own wallet on the embedded chain', () => {
  it('default: a grant from a template, signed, used by an agent, revoked from its page', async () => {
    const home = join(folder.path, 'home')
    const served = await start(home, ['--chain', 'local'])
    const { page, press, look } = await open({ url: served.url })
    const sizes: number[] = []
    page.on('response', async (response) => {
      if (response.request().resourceType() === 'document' && response.ok()) sizes.push((await response.body()).length)
    })
    const pay = async (amount: string) => {
      const action = ['redeem', 'bills', 'transfer', '--to', 'local:vendor', '--amount', amount]
      return (await ambit([...action, '--account', 'local:agent', '--chain', 'local', '--json'], { home })).json()
    }

    await page.getByRole('link', { name: 'New grant' }).click()
    await page.getByRole('link', { name: 'Allowance for API bills' }).click()
    const answers = {
      'The token that is paid with': 'USDC',
      'Who may be paid: one or more accounts': 'local:vendor',
      'The most that may leave in a period': '20',
      'How long a period is': '7d',
      'Whose account it is': 'local:principal',
      'The agent’s account': 'local:agent',
      'When it ends: a length of time from now, or a date': '30d',
      'Name of the task (optional)': 'bills',
    }
    for (const [label, answer] of Object.entries(answers)) await page.getByLabel(label).fill(answer)
    await press('Show what it permits')
    await page.getByText('Everybody has its keys').waitFor()
    await page.getByRole('button', { name: 'Sign with Ambit dev wallet' }).waitFor()
    expect(await seriousFindings(page)).toEqual([])
    await look('console-demo-1')
    await press('Sign with Ambit dev wallet')
    await press('Connect')
    await page.getByRole('dialog').waitFor()
    await look('console-demo-2')
    await press('Sign')
    await page.getByRole('heading', { level: 1, name: 'bills' }).waitFor()
    expect(await pay('5')).toMatchObject({ ok: true, data: { outcome: { status: 'executed' } } })

    await page.getByRole('link', { name: 'Revoke…' }).click()
    await page.getByText('Everybody has its keys').waitFor()
    await page.getByRole('button', { name: 'Revoke with Ambit dev wallet' }).waitFor()
    expect(await seriousFindings(page)).toEqual([])
    await look('console-demo-3')
    // What the engine of a chain does for who runs it is for no page, also not for one of ours.
    const refused = await page.evaluate(async () => {
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'anvil_setBalance', params: [] })
      const response = await fetch('/rpc', { method: 'POST', body, headers: { 'content-type': 'application/json' } })
      return response.json()
    })
    expect(refused).toMatchObject({ error: { code: -32_601 } })
    await press('Revoke with Ambit dev wallet')
    await press('Connect')
    await press('Revoke')
    await page.getByText('Revoked, and proven on chain.').waitFor()
    const denied = await pay('1')
    expect([denied.ok, denied.data?.verdict?.code ?? denied.error?.details['reason']]).toEqual([false, 'revoked'])
    expect(sizes.filter((size) => size > MAX_BYTES)).toEqual([])
    expect(sizes.length).toBeGreaterThan(4)
    expect(await served.end()).toBe(0)
  })
})
