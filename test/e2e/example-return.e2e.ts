import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Example, startExample } from '../../examples/dapp/server/start.ts'
import { useBrowser, type Visit } from './rig/visit.ts'

/** The example dApp, on a second visit. */

const open = useBrowser()
let example: Example
beforeAll(async () => {
  example = await startExample({ pace: 1 })
}, 60_000)
afterAll(() => example?.stop())

async function granted(): Promise<Visit> {
  const visited = await open({ url: example.url, asks: [example.config.redeemer.url] })
  const { press, page } = visited
  await press('Connect Demo wallet')
  await press('Connect')
  await press('Ask my wallet')
  await press('Confirm')
  await page.getByRole('heading', { name: /has an allowance$/ }).waitFor()
  await page.getByTestId('attempt').nth(2).waitFor()
  return visited
}

describe('a second visit', () => {
  it('default: finds the allowance and what was done with it, and ends it; a third one finds nothing', async () => {
    const { page, press, look } = await granted()
    await page.reload()
    await page.getByTestId('attempt').nth(2).waitFor()
    await page.getByTestId('meter').waitFor()
    await look('example-return')
    // The wallet forgot this page with the reload: looking took none, ending asks it to connect.
    expect(await page.getByTestId('account').count()).toBe(0)
    await press('End it now')
    await press('Connect')
    await press('Revoke')
    await page.getByRole('heading', { name: /can spend nothing$/ }).waitFor()
    await page.reload()
    await page.getByRole('heading', { name: /^Give / }).waitFor()
    expect(await page.evaluate(() => localStorage.getItem('allowance'))).toBeNull()
  })

  it.each<[string, (kept: string) => string]>([
    ['twice the amount', (kept) => kept.replaceAll('0x17d7840', '0x2faf080')],
    ['another redeemer’s', (kept) => kept.replaceAll(example.config.redeemer.address.slice(2), 'ab'.repeat(20))],
    ['a payee nobody knows', (kept) => kept.replace(/"payees":\[.*?\]/, `"payees":["0x${'ab'.repeat(20)}"]`)],
    ['an id that is an address of its own', (kept) => kept.replace(/"id":"0x\w+"/, '"id":"../../elsewhere"')],
    ['no JSON', () => '{'],
    ['a number', () => '7'],
  ])('error: %s in the browser’s storage is not believed', async (_, change) => {
    const { page } = await granted()
    const kept = (await page.evaluate(() => localStorage.getItem('allowance'))) ?? ''
    const changed = change(kept)
    expect(changed).not.toBe(kept)
    await page.evaluate((text) => localStorage.setItem('allowance', text), changed)
    await page.reload()
    await page.getByRole('heading', { name: /^Give / }).waitFor()
  })

  // Last: the chain's clock does not go back.
  it('behavior: when its time is over the page says so, and offers a new one', async () => {
    const { page, look } = await granted()
    await example.chain.testClient.increaseTime({ seconds: 400 * 86_400 })
    await page.getByTestId('state').getByText('Expired', { exact: true }).waitFor()
    await page.getByRole('heading', { name: /can spend nothing$/ }).waitFor()
    expect(await page.getByTestId('revoke').count()).toBe(0)
    await look('example-expired')
    await page.getByTestId('new').click()
    await page.getByRole('heading', { name: /^Give / }).waitFor()
  })
})
