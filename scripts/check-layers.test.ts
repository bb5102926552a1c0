import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { checkLayers } from './check-layers.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function faultsOf(files: Record<string, string>): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'ambit-layers-'))
  folders.push(folder)
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, 'src', name)), { recursive: true })
    writeFileSync(join(folder, 'src', name), text)
  }
  return checkLayers(join(folder, 'src')).map(({ file, line }) => `${file}:${line}`)
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
