/**
 * Writes what documents repeat from code: docs/errors.md, and the example in README.md. With `--check` it writes nothing
 * and exits 1 where they differ.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { codeFaults, errorClasses, errorsPage, type Source } from './errors-page.ts'
import { withExample } from './readme-example.ts'

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const check = process.argv.includes('--check')
let stale = 0

const sources = sourcesOf(join(ROOT, 'src'))
for (const { code, why } of codeFaults(errorClasses(sources), sources)) report(`${code}: ${why}`)
settle('docs/errors.md', errorsPage(sources))
settle('README.md', withExample(read('README.md'), read('examples/quickstart.ts')))
if (stale > 0) process.exitCode = 1
else if (check) console.log('docs: the error page and the example in the README are those of the code')

function settle(path: string, wanted: string): void {
  if (read(path) === wanted) return
  if (check) report(`${path} is stale. Fix: npm run docs`)
  else writeFileSync(join(ROOT, path), wanted)
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
