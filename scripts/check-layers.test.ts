import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { checkLayers, checkPages } from './check-layers.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function faultsOf(files: Record<string, string>): string[] {
  return checkLayers(sourcesOf(files)).map(({ file, line }) => `${file}:${line}`)
}

/** A folder `src` with these files. */
function sourcesOf(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'ambit-layers-'))
  folders.push(folder)
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, 'src', name)), { recursive: true })
    writeFileSync(join(folder, 'src', name), text)
  }
  return join(folder, 'src')
}

describe('checkLayers', () => {
  it('default: upstream imports and pure packages pass', () => {
    const files = {
      'grant/a.ts': "import { b } from '../scope/b.ts'\nimport { keccak256 } from 'viem'\nimport { z } from 'zod'\n",
      'chain/c.ts': "import { readFileSync } from 'node:fs'\nfetch('x')\n",
      'grant/a.test.ts': "import fc from 'fast-check'\nimport { rig } from '../../test/rig.ts'\n",
    }
    expect(faultsOf(files)).toEqual([])
  })

  it('error: a stage that knows one downstream of it, however it is imported', () => {
    for (const line of [
      "import { x } from '../verdict/x.ts'",
      "import type { X } from '../verdict/x.ts'",
      "export * from '../verdict/x.ts'",
      "} from '../verdict/x.ts'",
      "const { x } = await import('../verdict/x.ts')",
    ]) {
      expect(faultsOf({ 'grant/a.ts': `\n${line}\n` }), line).toEqual(['src/grant/a.ts:2'])
    }
  })

  it('error: a pure stage that reaches for a clock, chance, a file, a node or the kit', () => {
    for (const line of [
      'const now = Date.now()',
      'const now = new Date()',
      'const r = Math.random()',
      "const f = await fetch('x')",
      "const e = process.env['X']",
      "import { readFileSync } from 'node:fs'",
      "import { createDelegation } from '@metamask/delegation-toolkit'",
      "import { createPublicClient } from 'viem'",
      "import { http, keccak256 } from 'viem'",
      "import { getBlock } from 'viem/actions'",
    ]) {
      expect(faultsOf({ 'verdict/a.ts': `${line}\n` }), line).toEqual(['src/verdict/a.ts:1'])
    }
  })

  it('behavior: what a comment says of a clock is not a clock', () => {
    expect(faultsOf({ 'scope/a.ts': '// never Date.now()\n/** Not `fetch(`. */\n' })).toEqual([])
  })

  it('error: a folder that is no stage, and an import out of src', () => {
    expect(faultsOf({ 'helpers/a.ts': '\n' })).toEqual(['src/helpers/a.ts:1'])
    expect(faultsOf({ 'cli/a.ts': "import { x } from '../../test/x.ts'\n" })).toEqual(['src/cli/a.ts:1'])
  })
})

describe('checkPages', () => {
  const page = (imported: string) => ({
    'dapp/index.ts': "export { a } from './a.ts'\n",
    'dapp/a.ts': "\nexport * from '../grant/b.ts'\nexport const a = 1\n",
    'grant/b.ts': `import {\n  x,\n} from 'viem'\n${imported}\n`,
  })
  const pageFaults = (files: Record<string, string>, entries = ['dapp/index.ts']) =>
    checkPages(sourcesOf(files), entries)

  it('default: what loads with viem alone, types of anything, and what is imported when it is needed', () => {
    for (const line of [
      "import type { z } from 'zod'",
      "export type { Z } from 'zod'",
      "const { z } = await import('zod')",
      "const { compile } = await import('./c.ts')",
      "import { bytesToHex } from 'viem/utils'",
      "// import { z } from 'zod'",
    ]) {
      expect(pageFaults({ ...page(line), 'grant/c.ts': "import { z } from 'zod'\n" }), line).toEqual([])
    }
  })

  it('error: Node or the kit, also where it waits until somebody asks for it', () => {
    const files = { ...page("const { compile } = await import('./c.ts')"), 'grant/c.ts': "\nimport 'node:fs'\n" }
    expect(pageFaults(files)).toEqual([
      {
        file: 'src/grant/c.ts',
        line: 2,
        why: 'node:fs reaches a page: dapp/index.ts → dapp/a.ts → grant/b.ts → grant/c.ts',
      },
    ])
    for (const target of ['permissionless', 'permissionless/clients', '@metamask/delegation-toolkit']) {
      expect(pageFaults(page(`const { x } = await import('${target}')`)), target).toHaveLength(1)
    }
    expect(pageFaults(page("const { x } = await import('permissionlesser')"))).toEqual([])
  })

  it('error: Node, the kit, or a schema library, however many modules lie between', () => {
    for (const target of [
      'node:fs',
      'zod',
      'ox',
      'ox/erc8010',
      'permissionless',
      'permissionless/clients',
      '@metamask/delegation-toolkit',
    ]) {
      for (const line of [
        `import { x } from '${target}'`,
        `import '${target}'`,
        `export { x } from '${target}'`,
        `import { type X } from '${target}'`,
        `import x, {\n  y,\n} from '${target}'`,
      ]) {
        expect(pageFaults(page(line)), line).toEqual([
          { file: 'src/grant/b.ts', line: 4, why: `${target} reaches a page: dapp/index.ts → dapp/a.ts → grant/b.ts` },
        ])
      }
    }
  })

  it('behavior: every entry is followed, and a circle ends', () => {
    const files = {
      'dapp/index.ts': "import './index.ts'\n",
      'react/index.ts': "import '../dapp/index.ts'\nimport 'zod'\n",
    }
    expect(pageFaults(files, ['dapp/index.ts', 'react/index.ts']).map(({ file }) => file)).toEqual([
      'src/react/index.ts',
    ])
  })

  it("behavior: this project's own pages are clean, and what they load when it is needed would not be", () => {
    const root = join(import.meta.dirname, '../src')
    expect(checkPages(root)).toEqual([])
    expect(checkPages(root, ['dapp/signScope.ts']).some(({ why }) => why.startsWith('zod reaches a page'))).toBe(true)
  })
})
