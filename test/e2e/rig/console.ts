import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll } from 'vitest'
import { homeSource } from '../../../src/cli/console/source.ts'
import { chooseChain, openChain } from '../../../src/cli/session.ts'
import { type Served, serveConsole } from '../../../src/console/server.ts'
import type { Hex } from '../../../src/primitives/hex.ts'
import type { LocalChain } from '../../../src/testing/index.ts'
import type { DevWalletMode } from '../../../src/testing/wallet/index.ts'
import { ambit, type Json, useFolder } from '../../rig/cli.ts'
import { commandContext } from '../../rig/context.ts'
import { pageConfig, useBrowser, type Visit } from './visit.ts'

/** A machine with a state folder, a console on it, and browsers with a session there. */
export type ConsoleRig = {
  home(): string
  /** A command of this machine, signed with this key. */
  run(key: Hex, ...argv: string[]): Promise<Json>
  /** A command that asks no chain. */
  look(...argv: string[]): Promise<Json>
  /** A console that nobody has opened yet; ended after the last test. */
  serve(options?: Pick<ConsoleVisit, 'submitter'>): Promise<Served>
  open: ReturnType<typeof useBrowser>
  /** A browser with a session, and with a wallet where keys are given. */
  visit(options?: ConsoleVisit): Promise<Visit & { go(path: string): ReturnType<Page['goto']> }>
}

export type ConsoleVisit = {
  /** Keys of the wallet in the browser; none: no wallet. */
  keys?: readonly Hex[]
  mode?: DevWalletMode
  /** Whether the wallet signs delegations that a page wrote, as accounts do whose key is nobody's but a person's own. */
  rawDelegations?: boolean
  /** Who redeems what is confirmed in the console. */
  submitter?: Hex
}

export function useConsole(chain: LocalChain): ConsoleRig {
  const folder = useFolder()
  const open = useBrowser()
  const home = () => join(folder.path, 'home')
  const deployment = () => join(folder.path, 'deployment.json')
  const options = () => ({ chain: '31337', rpcUrl: chain.rpcUrl, deployment: deployment() })
  const consoles: Served[] = []
  beforeAll(() => writeFileSync(deployment(), JSON.stringify(chain.environment)))
  afterAll(() => Promise.all(consoles.map((one) => one.close())))
  const serve: ConsoleRig['serve'] = async ({ submitter } = {}) => {
    const context = commandContext(home(), options())
    const session = await openChain(context, chooseChain(context))
    const account = submitter === undefined ? undefined : privateKeyToAccount(submitter)
    const source = homeSource(context, session, { submitter: account })
    const served = await serveConsole({ source, port: 0, now: context.now, random: context.random })
    consoles.push(served)
    return served
  }
  return {
    home,
    serve,
    open,
    async run(key, ...argv) {
      const flags = ['--chain', '31337', '--rpc-url', chain.rpcUrl, '--deployment', deployment(), '--json']
      const env = { AMBIT_PRIVATE_KEY: key, AMBIT_LOWERING: 'fused' }
      return (await ambit([...argv, ...flags], { home: home(), env })).json()
    },
    look: async (...argv) => (await ambit([...argv, '--json'], { home: home() })).json(),
    async visit({ keys = [], mode = 'confirm', rawDelegations = false, submitter } = {}) {
      const served = await serve(submitter === undefined ? {} : { submitter })
      const wallet =
        keys.length === 0
          ? {}
          : {
              config: pageConfig(chain, { privateKeys: keys, mode, rawDelegations }),
              prepare: (page: Page) => outside(page, chain.rpcUrl),
            }
      const visited = await open({ url: served.url, ...wallet })
      return { ...visited, go: (path) => visited.page.goto(`${served.origin}${path}`) }
    },
  }
}

/** A wallet asks its node from outside of the page, as an extension does: the policy of the page is not for that. */
async function outside(page: Page, rpcUrl: string): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  await page.exposeFunction('askChain', async (body: string) => {
    return (await fetch(rpcUrl, { method: 'POST', headers, body })).text()
  })
  await page.addInitScript(`{
    const { fetch, askChain } = globalThis
    globalThis.fetch = async (url, init) =>
      String(url).startsWith(${JSON.stringify(rpcUrl)}) ? new Response(await askChain(init.body)) : fetch(url, init)
  }`)
}
