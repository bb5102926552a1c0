import { join } from 'node:path'
import { build, type Rolldown } from 'vite'
import { describe, expect, it } from 'vitest'

/** Everything that a page loads with this file, each by its path, and what of it stands for a module of Node's. */
async function modulesOf(entry: string): Promise<string[]> {
  const made = (await build({
    configFile: false,
    logLevel: 'silent',
    build: { write: false, minify: false, lib: { entry, formats: ['es'], fileName: 'out' } },
  })) as Rolldown.RolldownOutput[]
  return made
    .flatMap(({ output }) => output)
    .flatMap((file) => (file.type === 'chunk' ? Object.keys(file.modules) : []))
}

const NODE = /browser-external|node:/
const HEAVY = /\/(?:zod|@metamask|hono|commander)\//

describe('ambit/testing/wallet', () => {
  it('default: runs in a browser: no module of Node’s, no zod, no kit', async () => {
    const modules = await modulesOf(join(import.meta.dirname, 'index.ts'))
    // It did look: the wallet itself and viem are there.
    expect(modules.some((path) => path.endsWith('wallet/dialog.ts'))).toBe(true)
    expect(modules.some((path) => path.includes('/node_modules/viem/'))).toBe(true)
    expect(modules.filter((path) => NODE.test(path) || HEAVY.test(path))).toEqual([])
  }, 60_000)

  it('error: what does need Node, or zod, is seen', async () => {
    const modules = await modulesOf(join(import.meta.dirname, '../chainState.ts'))
    expect(modules.some((path) => NODE.test(path))).toBe(true)
    expect(modules.some((path) => HEAVY.test(path))).toBe(true)
  }, 60_000)
})
