import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = resolve(import.meta.dirname, '../..')

describe('examples/quickstart.ts', () => {
  it('default: the chain does what its comments say', () => {
    const file = resolve(ROOT, 'examples/quickstart.ts')
    const output = execFileSync(process.execPath, [file], { cwd: ROOT, encoding: 'utf8', stdio: 'pipe' }).trim()
    const lines = output.split('\n')
    // What each console.log promises in the comment behind it, but the one that prints sentences.
    const promised = [...readFileSync(file, 'utf8').matchAll(/console\.log\([^)]*\) \/\/ (.+)$/gm)].map(
      ([, text]) => text,
    )
    expect(promised).toHaveLength(4)
    expect(lines.slice(-3)).toEqual(promised.slice(1))
    const sentences = lines.slice(0, -3).join('\n')
    for (const said of ['At most 200', 'Only to 0x', 'Expires 1 Jan 2036']) expect(sentences).toContain(said)
  })
})
