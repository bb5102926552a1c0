import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { codeOf } from '../test/codes.ts'
import { useFolder } from '../test/rig/cli.ts'
import { chooseSites } from './mutate-choose.ts'
import { assertFresh, entryOf, readEquivalents } from './mutate-known.ts'
import { findSites } from './mutate-sites.ts'
import { inOrder, testsOf } from './mutate-tests.ts'

const folder = useFolder()
const entry = { file: 'src/a/b.ts', line: 'f(1)', from: '1', to: '0', reason: 'Nobody looks at what f is given.' }

describe('readEquivalents', () => {
  test('default: entries as they stand; error: anything else', () => {
    const path = join(folder.path, 'list.json')
    writeFileSync(path, JSON.stringify([entry]))
    expect(readEquivalents(path)).toEqual([entry])
    for (const wrong of [{}, [{ ...entry, reason: 'short' }], [{ ...entry, nth: 0 }], [{ ...entry, more: 1 }]]) {
      writeFileSync(path, JSON.stringify(wrong))
      expect(codeOf(() => readEquivalents(path)).code).toBe('mutate.list_malformed')
    }
  })
})

describe('assertFresh', () => {
  const sites = (source: string) => new Map([['src/a/b.ts', findSites(source)]])

  test('behavior: a line that moves keeps its entry', () => {
    const moved = sites('g()\n\n    f(1)')
    assertFresh([entry], moved)
    expect(entryOf([entry], 'src/a/b.ts', moved.get('src/a/b.ts')?.[0] as never)).toBe(entry)
    expect(entryOf([entry], 'src/a/c.ts', moved.get('src/a/b.ts')?.[0] as never)).toBeUndefined()
  })

  test('error: a line that was rewritten, a change that is another, a file that is gone', () => {
    for (const stale of [sites('f(1, x)'), sites('f(2)'), new Map()]) {
      expect(codeOf(() => assertFresh([entry], stale)).code).toBe('mutate.list_stale')
    }
    expect(codeOf(() => assertFresh([{ ...entry, nth: 1 }], sites('f(1)'))).code).toBe('mutate.list_stale')
    assertFresh([{ ...entry, nth: 1 }], sites('f(1)\nf(1)'))
  })
})

describe('bench/mutations.json', () => {
  test('behavior: every change on it can still be made', () => {
    const known = readEquivalents('bench/mutations.json')
    const files = [...new Set(known.map(({ file }) => file))].filter((file) => existsSync(file))
    assertFresh(known, new Map(files.map((file) => [file, findSites(readFileSync(file, 'utf8'))])))
  })
})

describe('chooseSites', () => {
  const lines = (count: number, word: string) =>
    findSites(Array.from({ length: count }, (_, n) => `${word}${n}(1)`).join('\n'))
  const sites = new Map([
    ['src/scope/a.ts', lines(60, 'a')],
    ['src/verdict/b.ts', lines(20, 'b')],
    ['src/verdict/c.ts', lines(20, 'c')],
  ])
  const names = (seed: number, from = sites) => chooseSites(from, { count: 10, seed }).map(({ site }) => site.line)

  test('default: by size of the stage, the same for one seed, another for another', () => {
    const chosen = chooseSites(sites, { count: 10, seed: 1 })
    expect(chosen.map(({ file }) => file.split('/')[1]).filter((stage) => stage === 'scope')).toHaveLength(6)
    expect(chosen).toHaveLength(10)
    expect(names(1)).toEqual(names(1))
    expect(names(1)).not.toEqual(names(2))
  })

  test('behavior: lines that come elsewhere leave the choice alone; one place is changed once', () => {
    const moved = new Map([
      ...sites,
      ['src/scope/a.ts', findSites(`// above\n${Array.from({ length: 60 }, (_, n) => `a${n}(1)`).join('\n')}`)],
    ])
    expect(names(1, moved)).toEqual(names(1))
    const place = new Map([['src/scope/a.ts', findSites('a < b')]])
    expect(place.get('src/scope/a.ts')).toHaveLength(2)
    expect(names(1, place)).toHaveLength(1)
  })
})

describe('testsOf', () => {
  const imports = new Map([
    ['src/scope/a.ts', []],
    ['src/scope/b.ts', ['src/scope/a.ts']],
    ['src/scope/b.test.ts', ['src/scope/b.ts']],
    ['src/scope/slow.test.ts', ['src/scope/a.ts']],
    ['src/verdict/c.test.ts', ['src/scope/b.ts', 'scripts/helper.ts']],
    ['scripts/own.test.ts', ['src/scope/a.ts']],
    ['src/verdict/other.test.ts', ['src/verdict/d.ts']],
    ['src/cli/e.test.ts', ['src/scope/a.ts']],
    ['src/chain/f.test.ts', ['src/scope/a.ts', 'src/testing/localChain.ts']],
  ])

  test('default: whatever loads it, but chains and the terminal; its own stage first, then what takes little', () => {
    const tests = testsOf(imports, 'src/scope/a.ts')
    expect([...tests].sort()).toEqual(['src/scope/b.test.ts', 'src/scope/slow.test.ts', 'src/verdict/c.test.ts'])
    const took = new Map([
      ['src/scope/slow.test.ts', 9_000],
      ['src/scope/b.test.ts', 10],
      ['src/verdict/c.test.ts', 1],
    ])
    const ordered = ['src/scope/b.test.ts', 'src/scope/slow.test.ts', 'src/verdict/c.test.ts']
    expect(inOrder('src/scope/a.ts', tests, took)).toEqual(ordered)
  })
})
