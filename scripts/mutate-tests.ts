import { readFileSync, statSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

/** What imports what, among the files of a tree: paths from its root. */
export type Imports = ReadonlyMap<string, readonly string[]>

/** Where a test stops being quick and pure: a chain, the terminal, a benchmark, a script. */
const SLOW = /^(?:src\/(?:testing\/(?:localChain|anvil)\.ts|cli\/)|bench\/|scripts\/|test\/journeys\/)/

export function readImports(root: string, files: readonly string[]): Imports {
  return new Map(
    files
      .filter((file) => file.endsWith('.ts'))
      .map((file) => [file, importsOf(readFileSync(join(root, file), 'utf8'), file)]),
  )
}

function importsOf(source: string, file: string): string[] {
  const values = source.replaceAll(/\b(?:import|export) type [^']+'[^']+'/g, '')
  const found = values.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'(\.{1,2}\/[^']+)'/g)
  return [...found].map(([, path = '']) => normalize(join(dirname(file), path)))
}

/**
 * The quick tests that load a module, the likeliest to notice a change of it first: those of its own stage, then those
 * nearest to it, then the smaller.
 */
export function testsOf(root: string, imports: Imports, module: string): string[] {
  const importers = new Map<string, string[]>()
  for (const [file, targets] of imports) {
    for (const target of targets) importers.set(target, [...(importers.get(target) ?? []), file])
  }
  const distance = reach(module, importers)
  const tests = [...distance].filter(([file]) => file.endsWith('.test.ts') && !isSlow(file, imports))
  const own = (file: string) => (stageOf(file) === stageOf(module) ? 0 : 1)
  const named = (file: string) => (file === module.replace(/\.ts$/, '.test.ts') ? 0 : 1)
  const size = (file: string) => statSync(join(root, file)).size
  return tests
    .sort(([a, far], [b, further]) => own(a) - own(b) || named(a) - named(b) || far - further || size(a) - size(b))
    .map(([file]) => file)
}

function reach(from: string, edges: ReadonlyMap<string, readonly string[]>): Map<string, number> {
  const distance = new Map([[from, 0]])
  for (const [file, far] of distance) {
    for (const next of edges.get(file) ?? []) if (!distance.has(next)) distance.set(next, far + 1)
  }
  return distance
}

function isSlow(file: string, imports: Imports): boolean {
  return [...reach(file, imports).keys()].some((reached) => SLOW.test(reached))
}

function stageOf(file: string): string {
  return file.split('/').slice(0, 2).join('/')
}
