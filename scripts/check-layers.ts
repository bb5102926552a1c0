/**
 * Holds the layering of docs/architecture.md: a stage imports only what is upstream of it, and pure stages import neither
 * Node's modules nor anything that talks to a network. And what a page loads: nothing of Node, the kit or a schema library.
 * Exits 1 and names each wrong import.
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
  'redeemer',
  'dapp',
  'query',
  'react',
  'testing',
  'console',
  'cli',
] as const

/** Stages in which time, chance, files, keys and nodes are arguments. */
const PURE = new Set<string>(STAGES.slice(0, STAGES.indexOf('chain')))

/** Packages a pure stage may use: computation only. */
const PURE_PACKAGES = new Set(['viem', 'viem/utils', 'zod', '@noble/curves', '@noble/hashes'])

/** What of viem opens connections: its root exports these beside the pure functions. */
const TRANSPORT = /\b(?:create\w*(?:Client|Transport)|http|webSocket|ipc|fallback|custom)\b/

/** What a pure stage must not reach for, even without an import. */
const IMPURE =
  /\b(?:Date\.now|new Date\(\)|Math\.random|fetch\(|process\.|crypto\.getRandomValues|globalThis\.crypto\.getRandomValues|setTimeout)/

/** What a page loads: neither Node nor what weighs a hundred kilobytes, on any way of static imports. */
const PAGES = ['dapp/index.ts', 'query/index.ts', 'react/index.ts', 'testing/wallet/index.ts'] as const
const NOT_IN_A_PAGE = /^(?:node:|zod$|ox(?:\/|$)|permissionless(?:\/|$)|@metamask\/)/
/** Nor later, when somebody asks for it: a browser has no Node, and the kit is nobody's to load. */
const NEVER_IN_A_PAGE = /^(?:node:|permissionless(?:\/|$)|@metamask\/)/

export type Fault = { file: string; line: number; why: string }

export function checkLayers(root: string): Fault[] {
  return sourceFiles(root).flatMap((file) => {
    const name = relative(dirname(root), file)
    const stage = stageOf(root, file)
    if (rankOf(stage) === -1) {
      return [{ file: name, line: 1, why: `${stage} is not a stage: add it to STAGES where it belongs in the flow` }]
    }
    const text = readFileSync(file, 'utf8')
    const test = file.endsWith('.test.ts')
    const pure = PURE.has(stage) && !test
    return [
      ...text.split('\n').flatMap((code, index) => {
        const whys = [wrongImport(root, file, code, { stage, test, pure }), pure ? wrongReach(stage, code) : undefined]
        return whys.filter((why) => why !== undefined).map((why) => ({ file: name, line: index + 1, why }))
      }),
      ...(pure ? transports(text).map(({ line, what }) => ({ file: name, line, why: imports(stage, what) })) : []),
    ]
  })
}

/**
 * What a page would load and must not, from its entry along every import that is not `import type`, at once or by `import()`:
 * the first module of each way that asks for it, named with the way there.
 */
export function checkPages(root: string, entries: readonly string[] = PAGES): Fault[] {
  return entries.flatMap((entry) => {
    const atOnce = reached(root, entry, staticImports, NOT_IN_A_PAGE)
    const ever = reached(root, entry, (text) => [...staticImports(text), ...laterImports(text)], NEVER_IN_A_PAGE)
    return [...atOnce, ...ever.filter(({ file, line }) => !atOnce.some((at) => at.file === file && at.line === line))]
  })
}

type Import = { target: string; line: number }

function reached(root: string, entry: string, importsOf: (text: string) => Import[], forbidden: RegExp): Fault[] {
  const from = new Map<string, string | null>([[resolve(root, entry), null]])
  const faults: Fault[] = []
  for (const file of from.keys()) {
    for (const { target, line } of importsOf(readFileSync(file, 'utf8'))) {
      const path = resolve(dirname(file), target)
      if (target.startsWith('.')) {
        if (!from.has(path)) from.set(path, file)
      } else if (forbidden.test(target)) {
        faults.push({
          file: relative(dirname(root), file),
          line,
          why: `${target} reaches a page: ${wayTo(root, from, file)}`,
        })
      }
    }
  }
  return faults
}

/** But `import type`, which is gone from what a page loads. `import { type … }` leaves the import. */
function staticImports(text: string): Import[] {
  return found(text, /^(?:import|export)\s(?!type\s)(?:[^'"();]*?\sfrom\s+)?'([^']+)'/gm)
}

function laterImports(text: string): Import[] {
  return found(text, /\bawait import\('([^']+)'\)/g)
}

function found(text: string, pattern: RegExp): Import[] {
  const matches = text.matchAll(pattern)
  return [...matches].map(({ 1: target = '', index }) => ({ target, line: text.slice(0, index).split('\n').length }))
}

function wayTo(root: string, from: ReadonlyMap<string, string | null>, file: string): string {
  const way: string[] = []
  for (let at: string | null = file; at !== null; at = from.get(at) ?? null) way.unshift(relative(root, at))
  return way.join(' → ')
}

type Place = { stage: string; test: boolean; pure: boolean }

function wrongImport(root: string, file: string, code: string, { stage, test, pure }: Place): string | undefined {
  const target = /(?:from|import)\s*\(?\s*'([^']+)'/.exec(code)?.[1]
  if (target === undefined) return undefined
  if (target.startsWith('.')) {
    const path = resolve(dirname(file), target)
    if (!path.startsWith(root + sep)) return test ? undefined : `${target} is outside src`
    const other = stageOf(root, path)
    return rankOf(other) > rankOf(stage) ? `${stage} must not know ${other}: it is downstream` : undefined
  }
  const pkg = target.startsWith('@') ? target.split('/').slice(0, 2).join('/') : target
  return pure && !PURE_PACKAGES.has(pkg) && !PURE_PACKAGES.has(target) ? imports(stage, target) : undefined
}

function wrongReach(stage: string, code: string): string | undefined {
  const spoken = code.replace(/^\s*(?:\*|\/\/|\/\*).*$/, '')
  return IMPURE.test(spoken) ? `${stage} is pure: pass in what ${spoken.trim()} reaches for` : undefined
}

function transports(text: string): { line: number; what: string }[] {
  return [...text.matchAll(/^import \{([^}]*)\} from 'viem'/gm)].flatMap(({ 0: statement, 1: names = '', index }) => {
    const what = TRANSPORT.exec(names)?.[0]
    if (what === undefined) return []
    return [{ line: text.slice(0, index + statement.indexOf(what)).split('\n').length, what }]
  })
}

function imports(stage: string, what: string): string {
  return `${stage} is pure and must not import ${what}`
}

function rankOf(stage: string): number {
  return STAGES.indexOf(stage as never)
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
  const root = resolve(dirname(fileURLToPath(import.meta.url)), '../src')
  const faults = [...checkLayers(root), ...checkPages(root)]
  for (const { file, line, why } of faults) console.error(`${file}:${line}  ${why}`)
  if (faults.length > 0) process.exitCode = 1
  else console.log('layers: every import points upstream, and no page loads what is not for it')
}
