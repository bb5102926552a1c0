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
import { chooseSites } from './mutate-choose.ts'
import { assertFresh, entryOf, readEquivalents } from './mutate-known.ts'
import { answer, type Judged, notGreen, numberOption, report, tell, textOption } from './mutate-report.ts'
import { Tree } from './mutate-run.ts'
import { applySite, findSites, type Site } from './mutate-sites.ts'
import { inOrder, readImports, testsOf } from './mutate-tests.ts'

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const AREAS = ['scope', 'caveats', 'compile', 'verdict', 'verification']
const DEFAULT_COUNT = 10
const DEFAULT_SEED = 20_261_121
const WORKERS = 2

const args = process.argv.slice(2)
await answer('ambit.mutate.v1', args.includes('--json'), () =>
  mutate({
    count: numberOption(args, '--count', DEFAULT_COUNT),
    seed: numberOption(args, '--seed', DEFAULT_SEED),
    only: textOption(args, '--only'),
    from: numberOption(args, '--from', 1),
    workers: numberOption(args, '--workers', WORKERS),
  }),
)

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
    const possible = [...sites.values()].flat().length
    return report(judged, { possible, seed, areas: AREAS }, (file) => file.split('/')[1] ?? '')
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
  throw notGreen(run)
}
