/**
 * Writes what documents repeat from code: docs/errors.md, docs/scope.schema.json, the fields in docs/scope.md, docs/templates.md, the
 * public functions in docs/architecture.md, and the example in README.md. With `--check` it writes nothing and exits 1 where they differ.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { STAGES } from './check-layers.ts'
import { enforcersPage } from './enforcers-page.ts'
import { answerFaults, codeFaults, errorClasses, errorsPage, type Source } from './errors-page.ts'
import { codeBlock, exportedNames, withPart } from './marked.ts'
import { schemaFile, scopeParts } from './scope-docs.ts'
import { templatesPage } from './templates-page.ts'

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const check = process.argv.includes('--check')
let stale = 0

/** Where our contract says its bytes. */
const LAYOUTS = ['contracts/enforcer/TaskScopeTerms.sol', 'contracts/enforcer/TaskScopeRequests.sol']

const sources = sourcesOf(join(ROOT, 'src'))
for (const { code, why } of [...codeFaults(errorClasses(sources), sources), ...answerFaults(sources)])
  report(`${code}: ${why}`)
settle('docs/errors.md', () => errorsPage(sources))
settle('docs/scope.schema.json', schemaFile)
settle('docs/scope.md', (text) =>
  Object.entries(scopeParts(read('docs/scope.example.json'))).reduce(
    (page, [name, part]) => withPart(page, name, part),
    text,
  ),
)
settle('docs/enforcers.md', () => enforcersPage([...sources, ...LAYOUTS.map((path) => ({ path, text: read(path) }))]))
settle('docs/templates.md', templatesPage)
settle('docs/architecture.md', (text) => withPart(text, 'functions', functionsTable()))
settle('README.md', (text) => withPart(text, 'example', codeBlock(read('examples/quickstart.ts'))))
if (stale > 0) process.exitCode = 1
else if (check) console.log('docs: what the documents repeat is what the code says')

function settle(path: string, render: (text: string) => string): void {
  const text = read(path)
  let wanted: string
  try {
    wanted = render(text)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    report(`${path}: ${error.message}`)
    return
  }
  if (text === wanted) return
  if (check) report(`${path} is stale. Fix: npm run docs`)
  else writeFileSync(join(ROOT, path), wanted)
}

function functionsTable(): string {
  const rows = STAGES.flatMap((stage) => {
    const names = exportedNames(read(`src/${stage}/index.ts`)).filter((name) => /^[a-z]/.test(name))
    return names.length === 0 ? [] : [`| \`ambit/${stage}\` | ${names.map((name) => `\`${name}\``).join(' ')} |`]
  })
  return ['| Subpath | Functions |', '|---|---|', ...rows].join('\n')
}

function report(what: string): void {
  console.error(what)
  stale += 1
}

function read(path: string): string {
  try {
    return readFileSync(join(ROOT, path), 'utf8')
  } catch {
    return ''
  }
}

function sourcesOf(folder: string): Source[] {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) return entry.name === 'generated' ? [] : sourcesOf(path)
      if (!entry.name.endsWith('.ts') || entry.name.endsWith('.test.ts')) return []
      return [{ path: relative(ROOT, path).split(sep).join('/'), text: readFileSync(path, 'utf8') }]
    })
}
