import { readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

/** What imports what, among the files of a tree: paths from its root. */
export type Imports = ReadonlyMap<string, readonly string[]>

/** What makes a test slow where it is reached: a chain, or the terminal. */
const SLOW = /^src\/(?:testing\/(?:localChain|anvil)\.ts|cli\/)/
/** Where tests are not of the stages: of scripts, benchmarks and whole journeys. */
const ELSEWHERE = /^(?:bench|scripts|test\/journeys)\//

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

/** The quick tests that load a module. */
export function testsOf(imports: Imports, module: string): string[] {
  const importers = new Map<string, string[]>()
  for (const [file, targets] of imports) {
    for (const target of targets) importers.set(target, [...(importers.get(target) ?? []), file])
  }
  return reach(module, importers).filter(
    (file) => file.endsWith('.test.ts') && !ELSEWHERE.test(file) && !isSlow(file, imports),
  )
}

/** Those of the module's own stage first: they are the likeliest to notice a change. Among them what takes little comes first. */
export function inOrder(module: string, tests: readonly string[], took: ReadonlyMap<string, number>): string[] {
  const own = (file: string) => (stageOf(file) === stageOf(module) ? 0 : 1)
  return [...tests].sort((a, b) => own(a) - own(b) || (took.get(a) ?? 0) - (took.get(b) ?? 0))
}

/** What can be reached from a file, itself included. */
function reach(from: string, edges: ReadonlyMap<string, readonly string[]>): string[] {
  const found = new Set([from])
  for (const file of found) for (const next of edges.get(file) ?? []) found.add(next)
  return [...found]
}

function isSlow(file: string, imports: Imports): boolean {
  return reach(file, imports).some((reached) => SLOW.test(reached))
}

function stageOf(file: string): string {
  return file.split('/').slice(0, 2).join('/')
}
