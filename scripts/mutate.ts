/**
 * Changes the code in many small ways, one at a time, and looks whether a test notices: `npm run mutate`, ten changes for
 * everyday use, `-- --count 300 --json` for the whole. Which changes, `--seed` decides; `--from 61` leaves out the first sixty,
 * which an earlier run has seen, `--only` keeps those of some files. A change that no test notices is
 * listed; those in `bench/mutations.json` were looked at and alter nothing.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AmbitError } from '../src/errors.ts'
import { chooseSites, type Mutant } from './mutate-choose.ts'
import { MutationError } from './mutate-errors.ts'
import { assertFresh, type Equivalent, entryOf, readEquivalents } from './mutate-known.ts'
import { type Run, Tree } from './mutate-run.ts'
import { applySite, findSites, type Site } from './mutate-sites.ts'
import { inOrder, readImports, testsOf } from './mutate-tests.ts'

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const AREAS = ['scope', 'caveats', 'compile', 'verdict', 'verification']
const DEFAULT_COUNT = 10
const DEFAULT_SEED = 20_261_121
const WORKERS = 2
/** What may go unnoticed, of all that is not equivalent. */
const MOST_SURVIVING = 0.03

type Judged = Mutant & { run: Run; entry: Equivalent | undefined }

await main(process.argv.slice(2))

async function main(args: readonly string[]): Promise<void> {
  const json = args.includes('--json')
  const started = performance.now()
  try {
    const { ok, data } = await mutate({
      count: numberOption(args, '--count', DEFAULT_COUNT),
      seed: numberOption(args, '--seed', DEFAULT_SEED),
      only: textOption(args, '--only'),
      from: numberOption(args, '--from', 1),
      workers: numberOption(args, '--workers', WORKERS),
    })
    const seconds = Math.round((performance.now() - started) / 1_000)
    print(json, { schema: 'ambit.mutate.v1', ok, data: { ...data, seconds }, error: null })
    process.exitCode = ok ? 0 : 1
  } catch (error) {
    if (!(error instanceof AmbitError)) throw error
    print(json, { schema: 'ambit.mutate.v1', ok: false, data: null, error: error.toProblem() })
    process.exitCode = error.code === 'mutate.invalid_option' ? 2 : 1
  }
}

type Options = { count: number; seed: number; only: string | undefined; from: number; workers: number }

async function mutate({ count, seed, only, from, workers }: Options) {
  const listed = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const files = execFileSync('git', listed, { cwd: ROOT, encoding: 'utf8' })
    .split('\0')
    .filter((file) => file !== '' && existsSync(join(ROOT, file)))
  const modules = files.filter((file) => AREAS.some((area) => file.startsWith(`src/${area}/`)) && isModule(file))
  const sites = new Map<string, Site[]>(
    modules.map((file) => [file, findSites(readFileSync(join(ROOT, file), 'utf8'))]),
  )
  const known = readEquivalents(join(ROOT, 'bench/mutations.json'))
  assertFresh(known, sites)
  const chosen = chooseSites(new Map([...sites].filter(([file]) => only === undefined || file.includes(only))), {
    count,
    seed,
  }).slice(from - 1)
  const imports = readImports(ROOT, files)
  const tests = new Map([...new Set(chosen.map(({ file }) => file))].map((file) => [file, testsOf(imports, file)]))
  const trees = Array.from({ length: Math.min(workers, Math.max(1, chosen.length)) }, () => new Tree(ROOT, files))
  try {
    const took = await timeGreen(trees[0] as Tree, [...new Set([...tests.values()].flat())])
    const queue = [...chosen]
    const judged: Judged[] = []
    const work = async (tree: Tree) => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const { file, site } = next
        const run = await tree.runChanged(
          file,
          applySite(tree.read(file), site),
          inOrder(file, tests.get(file) ?? [], took),
        )
        judged.push({ ...next, run, entry: entryOf(known, file, site) })
        tell(judged.length, chosen.length, judged.at(-1) as Judged)
      }
      // What a change left behind would have killed every one after it.
      const last = judged.at(-1)
      if (last !== undefined) await timeGreen(tree, (tests.get(last.file) ?? []).slice(0, 5))
    }
    await Promise.all(trees.map(work))
    return report(judged, [...sites.values()].flat().length, seed)
  } finally {
    for (const tree of trees) tree.remove()
  }
}

function isModule(file: string): boolean {
  return file.endsWith('.ts') && !file.endsWith('.test.ts')
}

/** Runs the tests without any change: one that fails by itself would notice everything. Gives how long each took. */
async function timeGreen(tree: Tree, tests: readonly string[]): Promise<ReadonlyMap<string, number>> {
  process.stderr.write(`${tests.length} test files, unchanged…\n`)
  const run = await tree.run(tests)
  if (run.result === 'passed') return run.took
  throw new MutationError('mutate.tests_fail', 'The tests fail without any change.', {
    details: { by: run.result === 'failed' ? run.by : 'time' },
    fix: 'Make them pass first.',
  })
}

function report(judged: readonly Judged[], possible: number, seed: number) {
  const of = (result: Run['result']) => judged.filter(({ run }) => run.result === result)
  const survivors = of('passed').filter(({ entry }) => entry === undefined)
  const equivalent = of('passed').length - survivors.length
  // Listed as equivalent, and a test notices it: then it is not.
  const misjudged = judged.filter(({ entry, run }) => entry !== undefined && run.result !== 'passed')
  const areas = Object.fromEntries(
    AREAS.map((area) => {
      const own = judged.filter(({ file }) => file.startsWith(`src/${area}/`))
      const lost = own.filter((mutant) => survivors.includes(mutant)).length
      return [area, { changes: own.length, survived: lost }]
    }),
  )
  const share = survivors.length / Math.max(1, judged.length - equivalent)
  return {
    ok: share < MOST_SURVIVING && misjudged.length === 0,
    data: {
      seed,
      possible,
      changes: judged.length,
      killed: of('failed').length,
      timedOut: of('timedOut').length,
      equivalent,
      survived: survivors.length,
      share,
      areas,
      survivors: survivors.map(shown),
      misjudged: misjudged.map(shown),
      timeouts: of('timedOut').map(shown),
    },
  }
}

function shown({ file, site: { lineNumber, line, from, to, nth } }: Judged) {
  return { file, lineNumber, line, from, to, nth }
}

/** stdout is the result; how far it has come is for people. */
function tell(done: number, total: number, { file, site, run, entry }: Judged): void {
  const what = run.result === 'passed' ? (entry === undefined ? 'SURVIVED' : 'equivalent') : run.result
  const by = run.result === 'failed' ? `  [${run.by}]` : ''
  const change = `${JSON.stringify(site.from)} → ${JSON.stringify(site.to)}`
  process.stderr.write(`${done}/${total} ${what} ${file}:${site.lineNumber} ${change}${by}\n`)
}

function print(
  json: boolean,
  envelope: { data: Record<string, unknown> | null; error: unknown } & Record<string, unknown>,
) {
  const shown = json ? JSON.stringify(envelope) : JSON.stringify(envelope.data ?? envelope.error, null, 2)
  process.stdout.write(`${shown}\n`)
}

function numberOption(args: readonly string[], name: string, fallback: number): number {
  const text = textOption(args, name)
  if (text === undefined) return fallback
  if (/^[1-9][0-9]{0,8}$/.test(text)) return Number(text)
  throw new MutationError('mutate.invalid_option', 'This option takes a positive whole number.', {
    details: { option: name, value: text },
    fix: `Write it as ${name} 100.`,
  })
}

function textOption(args: readonly string[], name: string): string | undefined {
  const at = args.indexOf(name)
  return at === -1 ? undefined : (args[at + 1] ?? '')
}
