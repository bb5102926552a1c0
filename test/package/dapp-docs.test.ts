import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const ROOT = resolve(import.meta.dirname, '../..')

type Snippet = { language: string; code: string }

const snippets = [...readFileSync(join(ROOT, 'docs/dapp.md'), 'utf8').matchAll(/^```(tsx?)\n([\s\S]*?)^```$/gm)].map(
  ([, language = '', code = '']): Snippet => ({ language, code }),
)

describe('docs/dapp.md', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ambit-docs-'))
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('default: every snippet compiles as it stands, its imports included', () => {
    expect(snippets.length).toBeGreaterThan(6)
    snippets.forEach(({ language, code }, index) => {
      writeFileSync(join(folder, `snippet${index}.${language}`), `${code}\nexport {}\n`)
    })
    const compilerOptions = {
      // As a page is built, and as strict as this repository: its sources are compiled along.
      module: 'esnext',
      moduleResolution: 'bundler',
      rewriteRelativeImportExtensions: false,
      // What a reader does not use, they need not import.
      noUnusedLocals: false,
      typeRoots: [join(ROOT, 'node_modules/@types')],
      paths: {
        'ambit/testing/wallet': [join(ROOT, 'src/testing/wallet/index.ts')],
        'ambit/*': [join(ROOT, 'src/*/index.ts')],
      },
    }
    const config = { extends: join(ROOT, 'tsconfig.json'), compilerOptions, include: ['*.ts', '*.tsx'] }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
    const tsc = resolve(createRequire(import.meta.url).resolve('typescript/package.json'), '../bin/tsc')
    const { stdout, status } = spawnSync(process.execPath, [tsc, '--project', folder], { encoding: 'utf8' })
    expect({ stdout, status }).toEqual({ stdout: '', status: 0 })
  }, 60_000)

  it('behavior: names every subpath that a page has, and each of them is one', () => {
    const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { exports: object }
    const named = new Set(
      snippets.flatMap(({ code }) => [...code.matchAll(/'ambit(\/[\w/]+)'/g)].map(([, path]) => path)),
    )
    for (const path of named) expect(Object.keys(exports)).toContain(`.${path}`)
    for (const path of ['/dapp', '/query', '/react', '/testing/wallet']) expect(named).toContain(path)
  })
})
