import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { recordNode, strays } from './recording.ts'

// Law: no connection besides the RPC is opened, on any path. The watch itself is tried in recorder.test.ts.

const ROOT = resolve(import.meta.dirname, '../..')
const CLI = resolve(ROOT, 'src/cli/main.ts')

let home: string
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'ambit-quiet-'))
})
afterAll(() => rmSync(home, { recursive: true, force: true }))

async function cli(...args: string[]) {
  const recording = await recordNode([CLI, ...args, '--json'], { cwd: ROOT, env: { AMBIT_HOME: home } })
  return { ...recording, answer: JSON.parse(recording.stdout) as { ok: boolean; error: { code: string } | null } }
}

describe('the command line', () => {
  it('default: the demo dials its own chain and nothing else', async () => {
    const { attempts, answer } = await cli('demo')
    expect(answer.ok).toBe(true)
    expect(strays(attempts, [])).toEqual([])
    // It did run on a chain: silence would prove nothing.
    expect(attempts.some(({ kind }) => kind === 'own')).toBe(true)
    expect(attempts.some(({ kind }) => kind === 'socket')).toBe(true)
  }, 120_000)

  it('behavior: the tour of the README does as it says and dials its own chain alone', async () => {
    const readme = readFileSync(resolve(ROOT, 'README.md'), 'utf8')
    const [, tour = ''] = /<!-- tour -->\n```sh\n([\s\S]*?)```/.exec(readme) ?? []
    const lines = [...tour.matchAll(/^ambit (.+?)(?:\s+# (?:exit (\d): )?.*)?$/gm)]
    expect(lines.length).toBeGreaterThan(8)
    for (const [line, words = '', exit = '0'] of lines) {
      const { attempts, exitCode, answer } = await cli(...words.split(' '))
      expect({ line, exitCode, ok: answer.ok, strays: strays(attempts, []) }).toEqual({
        line,
        exitCode: Number(exit),
        ok: exit === '0',
        strays: [],
      })
    }
  }, 120_000)

  it('behavior: what needs no chain opens nothing', async () => {
    for (const args of [['doctor'], ['account', 'ls'], ['receipts', 'ls'], ['verify', '--help']]) {
      const { attempts, exitCode } = await cli(...args)
      expect({ args, attempts, exitCode }).toEqual({ args, attempts: [], exitCode: 0 })
    }
  })
})

describe('the library', () => {
  it('default: loading every subpath opens nothing', async () => {
    const { exports } = (await import('../../package.json', { with: { type: 'json' } })).default
    const files = Object.values(exports)
      .flatMap((entry) => (typeof entry === 'string' ? [] : [entry.default]))
      .map((file) => file.replace('./dist/', './src/').replace(/\.js$/, '.ts'))
    expect(files.length).toBeGreaterThan(10)
    const script = join(home, 'load.mjs')
    writeFileSync(script, files.map((file) => `await import(${JSON.stringify(resolve(ROOT, file))})`).join('\n'))
    const { attempts, exitCode, stderr } = await recordNode([script], { cwd: ROOT })
    expect({ attempts, exitCode, stderr }).toEqual({ attempts: [], exitCode: 0, stderr: '' })
  })

  it('behavior: the example of the README dials its own chain and nothing else', async () => {
    const { attempts, exitCode, stderr } = await recordNode([resolve(ROOT, 'examples/quickstart.ts')], { cwd: ROOT })
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(strays(attempts, [])).toEqual([])
    expect(attempts.some(({ kind }) => kind === 'socket')).toBe(true)
  })

  it('error: without our care, the kit does dial out, and it is seen', async () => {
    const code = `
      const { aggregateSignature } = await import('@metamask/delegation-toolkit')
      aggregateSignature({ signatures: [] })`
    const { attempts } = await recordNode(['--input-type=module', '-e', code], { cwd: ROOT })
    expect(strays(attempts, []).map(({ kind }) => kind)).toContain('socket')
  })
})
