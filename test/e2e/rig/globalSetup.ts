import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import type { TestProject } from 'vitest/node'
import { findChromium, noBrowser } from './findChromium.ts'
import { startSite } from './site.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where the one browser listens. */
    browser: string
    /** Address of the pages under `pages/`. */
    site: string
    /** Script of the wallet, as an extension would put it into a page. */
    walletScript: string
  }
}

export const ARTIFACTS = join(import.meta.dirname, '../artifacts')

/** Starts the one browser of the suite and the server of its pages, and ends both. */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const executablePath = findChromium()
  if (executablePath === null) throw noBrowser()
  rmSync(ARTIFACTS, { recursive: true, force: true })
  mkdirSync(ARTIFACTS, { recursive: true })
  const site = await startSite()
  const browser = await chromium.launchServer({
    executablePath,
    // Chromium's sandbox refuses to run as root.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  })
  provide('browser', browser.wsEndpoint())
  provide('site', site.url)
  provide('walletScript', site.walletScript)
  return async () => {
    await browser.close()
    await site.stop()
  }
}
