/**
 * Holds the layering of docs/architecture.md: a stage imports only what is upstream of it, and pure stages import neither
 * Node's modules nor anything that talks to a network. Exits 1 and names each wrong import.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** In flow order: a stage may import those before it, and itself. */
export const STAGES = [
  'errors.ts',
  'primitives',
  'scope',
  'caveats',
  'compile',
  'delegation',
  'grant',
  'verdict',
  'redemption',
  'outcome',
  'receipt',
  'verification',
  'chain',
  'index.ts',
  'testing',
  'cli',
] as const

/** Stages in which time, chance, files, keys and nodes are arguments. */
const PURE = new Set<string>(STAGES.slice(0, STAGES.indexOf('chain')))

/** Packages a pure stage may use: computation only. */
const PURE_PACKAGES = new Set(['viem', 'viem/utils', 'zod', '@noble/curves', '@noble/hashes'])

/** What a pure stage must not reach for, even without an import. */
const IMPURE =
  /\b(?:Date\.now|new Date\(\)|Math\.random|fetch\(|process\.|crypto\.getRandomValues|globalThis\.crypto\.getRandomValues|setTimeout)/

export type Fault = { file: string; line: number; why: string }

export function checkLayers(root: string): Fault[] {
  const faults: Fault[] = []
  for (const file of sourceFiles(root)) {
    const stage = stageOf(root, file)
    const rank = STAGES.indexOf(stage as never)
    const name = relative(dirname(root), file)
    if (rank === -1) {
      faults.push({
        file: name,
        line: 1,
        why: `${stage} is not a stage: add it to STAGES where it belongs in the flow`,
      })
      continue
    }
    const test = file.endsWith('.test.ts')
    readFileSync(file, 'utf8')
      .split('\n')
      .forEach((text, index) => {
        const fault = (why: string) => faults.push({ file: name, line: index + 1, why })
        const target = /(?:from|import)\s*\(?\s*'([^']+)'/.exec(text)?.[1]
        if (target?.startsWith('.')) {
          const path = resolve(dirname(file), target)
          if (!path.startsWith(root + sep)) {
            if (!test) fault(`${target} is outside src`)
            return
          }
          const other = stageOf(root, path)
          if (STAGES.indexOf(other as never) > rank) fault(`${stage} must not know ${other}: it is downstream`)
        } else if (target !== undefined && PURE.has(stage) && !test) {
          const pkg = target.startsWith('@') ? target.split('/').slice(0, 2).join('/') : target
          if (!PURE_PACKAGES.has(pkg) && !PURE_PACKAGES.has(target))
            fault(`${stage} is pure and must not import ${target}`)
        }
        const code = text.replace(/^\s*(?:\*|\/\/|\/\*).*$/, '')
        if (PURE.has(stage) && !test && IMPURE.test(code))
          fault(`${stage} is pure: pass in what ${code.trim()} reaches for`)
      })
  }
  return faults
}

function stageOf(root: string, file: string): string {
  return relative(root, file).split(sep)[0] ?? ''
}

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return sourceFiles(path)
    return entry.name.endsWith('.ts') || entry.name.endsWith('.tsx') ? [path] : []
  })
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const faults = checkLayers(resolve(dirname(fileURLToPath(import.meta.url)), '../src'))
  for (const { file, line, why } of faults) console.error(`${file}:${line}  ${why}`)
  if (faults.length > 0) process.exitCode = 1
  else console.log('layers: every import points upstream')
}
