/**
 * Changes the enforcer's Solidity in many small ways, one at a time, and looks whether a Solidity test notices:
 * `npm run mutate:solidity`, twenty changes for everyday use, `-- --count 100 --json` for more. The options are those of
 * `npm run mutate`. Changes that were looked at and alter nothing are in `bench/mutations-solidity.json`.
 */
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import hre from 'hardhat'
import { chooseSites } from './mutate-choose.ts'
import { assertFresh, entryOf, readEquivalents } from './mutate-known.ts'
import { answer, type Judged, notGreen, numberOption, report, tell, textOption } from './mutate-report.ts'
import { Sources } from './mutate-solidity-compile.ts'
import { Bench } from './mutate-solidity-run.ts'
import { findSoliditySites } from './mutate-solidity-sites.ts'
import { linked } from './mutate-solidity-switch.ts'

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const DEFAULT_COUNT = 20
const DEFAULT_SEED = 20_261_121

const args = process.argv.slice(2)
await answer('ambit.mutate.v1', args.includes('--json'), () =>
  mutate({
    count: numberOption(args, '--count', DEFAULT_COUNT),
    seed: numberOption(args, '--seed', DEFAULT_SEED),
    only: textOption(args, '--only'),
    from: numberOption(args, '--from', 1),
  }),
)

type Options = { count: number; seed: number; only: string | undefined; from: number }

async function mutate({ count, seed, only, from }: Options) {
  const { evmVersion, bench } = settings()
  const sources = new Sources(ROOT, evmVersion)
  const units = sources.units()
  const sites = findSoliditySites(units)
  const known = readEquivalents(join(ROOT, 'bench/mutations-solidity.json'))
  assertFresh(known, sites)
  const asked = new Map([...sites].filter(([file]) => only === undefined || file.includes(only)))
  const chosen = chooseSites(asked, { count, seed }).slice(from - 1)

  say(`${chosen.length} changes and the tests are compiled…`)
  const code = sources.changed(
    units,
    chosen.map(({ site }) => site.edits),
  )
  const runner = await Bench.open(sources.tests(), bench)
  say('The tests, unchanged…')
  const green = async () => {
    const run = await runner.run(linked(code, 0))
    if (run.result !== 'passed') throw notGreen(run)
  }
  await green()
  const judged: Judged[] = []
  for (const [index, mutant] of chosen.entries()) {
    const run = await runner.run(linked(code, index + 1))
    judged.push({ ...mutant, run, entry: entryOf(known, mutant.file, mutant.site) })
    tell(judged.length, chosen.length, judged.at(-1) as Judged)
  }
  await green()
  const possible = [...sites.values()].flat().length
  const areas = [...asked.keys()].map(areaOf).filter((area) => chosen.some(({ file }) => areaOf(file) === area))
  return report(judged, { possible, seed, areas }, areaOf)
}

/** What Hardhat would compile and run them with. */
function settings() {
  const { compilers } = hre.config.solidity.profiles['default'] ?? { compilers: [] }
  const { fuzz, fsPermissions } = hre.config.test.solidity.profiles['default'] ?? {}
  return {
    evmVersion: String(compilers[0]?.settings['evmVersion']),
    bench: {
      root: ROOT,
      fuzzSeed: fuzz?.seed ?? '',
      readable: fsPermissions?.readDirectory ?? [],
    },
  }
}

function areaOf(file: string): string {
  return basename(file, '.sol')
}

function say(words: string): void {
  process.stderr.write(`${words}\n`)
}
