import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, inject } from 'vitest'
import type { LocalChain } from '../../../src/testing/index.ts'
import type { DevWalletMode } from '../../../src/testing/wallet/index.ts'
import type { PageConfig } from '../pages/config.ts'
import { ARTIFACTS } from './globalSetup.ts'

/** A person in front of a page: what they do is counted, what they see is kept. */
export type Visit = {
  page: Page
  /** Presses a button, of the page or of the wallet, by its name. */
  press: (name: string | RegExp) => Promise<void>
  /** Buttons that were pressed. */
  interactions: () => number
  /** Keeps a picture under this name, for people. */
  look: (name: string) => Promise<void>
}

export type VisitOptions = {
  /** Address of the page. */
  url: string
  /** What the page and the wallet get before any script of the page runs. */
  config?: PageConfig
  /** Addresses besides the page's own that it may ask. */
  asks?: readonly string[]
  /** Before the page is opened, and before the wallet stands in it. */
  prepare?: (page: Page) => Promise<void>
  /** Messages that the browser writes to the console by itself where a test brings that about. */
  tolerates?: RegExp
}

/**
 * One browser for a file of tests, a fresh context for each visit. After each test: no page may have asked any other host, nor
 * written an error to the console.
 */
export function useBrowser(): (options: VisitOptions) => Promise<Visit> {
  let browser: Browser
  let contexts: BrowserContext[] = []
  let faults: string[] = []
  beforeAll(async () => {
    browser = await chromium.connect(inject('browser'))
  })
  afterAll(() => browser.close())
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await keep(contexts, task.name)
    await Promise.all(contexts.map((context) => context.close()))
    const found = faults
    contexts = []
    faults = []
    expect(found).toEqual([])
  })
  return async ({ url, config, asks = [], prepare, tolerates }) => {
    const context = await browser.newContext({ viewport: { width: 960, height: 780 }, reducedMotion: 'reduce' })
    contexts.push(context)
    const page = await context.newPage()
    page.setDefaultTimeout(30_000)
    watch(page, [url, ...asks], tolerates, (fault) => faults.push(fault))
    await prepare?.(page)
    if (config !== undefined) {
      await page.addInitScript(`globalThis.testConfig = ${JSON.stringify(config)}`)
      await page.addInitScript({ content: inject('walletScript') })
    }
    await page.goto(url)
    let pressed = 0
    return {
      page,
      interactions: () => pressed,
      async press(name) {
        pressed += 1
        await page.getByRole('button', { name, exact: true }).click()
      },
      async look(name) {
        mkdirSync(ARTIFACTS, { recursive: true })
        // A dialog lies over what is in view; without one the whole page is worth a look.
        const fullPage = (await page.getByRole('dialog').count()) === 0
        await page.screenshot({ path: join(ARTIFACTS, `${name}.png`), fullPage })
      },
    }
  }
}

/** What every page looked like when a test failed. */
async function keep(contexts: readonly BrowserContext[], test: string): Promise<void> {
  const name = test.replace(/[^a-zA-Z0-9]+/g, '-').slice(0, 60)
  const pages = contexts.flatMap((context) => context.pages())
  for (const [index, page] of pages.entries()) {
    await page.screenshot({ path: join(ARTIFACTS, `failed-${name}-${index}.png`), fullPage: true })
  }
}

/** What a page of ours is told of a chain, with a wallet of the accounts that everybody has the keys of. */
export function pageConfig(
  chain: LocalChain,
  wallet: {
    privateKeys: PageConfig['wallet']['privateKeys']
    mode?: DevWalletMode
    upgrade?: boolean
    revocation?: boolean
    rawDelegations?: boolean
  },
): PageConfig {
  return {
    chainId: chain.chainId,
    rpcUrl: chain.rpcUrl,
    environment: chain.environment,
    token: chain.token.address,
    agent: chain.accounts[2].address.toLowerCase() as PageConfig['agent'],
    vendor: '0x000000000000000000000000000000000000beef',
    wallet: { mode: 'confirm', upgrade: true, revocation: false, rawDelegations: false, ...wallet },
  }
}

function watch(page: Page, allowed: readonly string[], tolerates: RegExp | undefined, tell: (fault: string) => void) {
  const origins = new Set(allowed.map((address) => new URL(address).origin))
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url())
    if (protocol !== 'data:' && protocol !== 'blob:' && !origins.has(origin)) tell(`asked ${request.url()}`)
  })
  page.on('pageerror', (error) => tell(`threw ${error.message}`))
  page.on('console', (message) => {
    if (message.type() === 'error' && !tolerates?.test(message.text())) tell(`console: ${message.text()}`)
  })
}
