import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Lowering } from '../../compile/types.ts'
import type { Context, Result } from '../command.ts'
import { CliError } from '../errors.ts'
import { EXIT } from '../exit.ts'
import { Home } from '../home.ts'
import { Journal } from '../journal.ts'
import { chooseLowering } from '../lowering.ts'
import { Dataset } from './dataset.ts'
import { renderReport } from './report.ts'
import { runTasks, type Sums } from './run.ts'
import { verifyElsewhere } from './verifyElsewhere.ts'
import { makeWorld } from './world.ts'

/** Beside `src` and `dist` alike. */
const DATA = fileURLToPath(new URL('../../../test/data/agentdojo-banking.json', import.meta.url))

/** Runs the demo: every count of `executed` is a token movement on chain, every count of `verified` another process's. */
export async function runDemo(context: Context): Promise<Result> {
  const out = context.options['out'] as string | undefined
  const { lowering } = await chooseLowering(
    { ...context, options: { lowering: 'framework', ...context.options } },
    undefined,
  )
  const folder = out === undefined ? mkdtempSync(join(tmpdir(), 'ambit-demo-')) : resolve(out)
  const asked = await runOnce(context, folder, lowering)
  // What the framework's caveats make of the same tasks, to compare: on a chain of its own, with receipts of their own.
  const beside =
    lowering === 'fused'
      ? { framework: (await runOnce(context, join(folder, 'framework'), 'framework')).sums, fused: asked.sums }
      : null
  const failures = [asked.sums, ...(beside === null ? [] : [beside.framework])].flatMap(judge)
  if (beside !== null && beside.fused.legitimate.executed < beside.framework.legitimate.executed) {
    failures.push('one caveat paid less of what was granted than the framework’s')
  }
  return {
    data: { lowering, ...asked.sums, ...(beside === null ? {} : { beside }) },
    text: renderReport(asked.rows, asked.sums, folder),
    ...(failures.length === 0 ? {} : { failure: { exit: EXIT.runtime, error: failed(failures) } }),
  }
}

async function runOnce(context: Context, folder: string, lowering: Lowering) {
  const progress = (text: string) => context.output.progress(text)
  const home = new Home(folder)
  const journal = new Journal({ ...context, home: () => home })
  if (journal.entries().length > 0) {
    throw new CliError('cli.usage', EXIT.usage, 'There are receipts in this folder already.', {
      details: { folder: home.path },
      fix: 'Give a new or empty folder with --out: the sums are of one run.',
    })
  }
  const dataset = readDataset()

  progress(`Starting a chain on this machine, lowering ${lowering}…`)
  const world = await makeWorld(lowering)
  context.defer(() => world.chain.stop())
  const { sums, rows } = await runTasks(dataset, world, journal, (task, done, all) =>
    progress(`${task} (${done} of ${all}): granting, attacking, doing the task, attacking again, revoking…`),
  )
  await world.chain.stop()

  progress('Verifying every receipt in another process, with the chain gone…')
  const issued = journal.entries().length
  const verified = await verifyElsewhere(home, journal, world.chain.environment)
  return { sums: { ...sums, receipts: { issued, verified } } satisfies Sums, rows }
}

/** What must hold of any run, whatever the counts. */
export function judge({ legitimate, injected, receipts, revocation }: Sums): string[] {
  return [
    ...(injected.executed === 0 ? [] : ['an injected payment was executed']),
    ...(injected.attempted === injected.executed + injected.denied
      ? []
      : ['an injected payment was neither paid nor denied']),
    ...(legitimate.denied === 0 && legitimate.executed === legitimate.attempted
      ? []
      : ['a granted payment was not executed']),
    ...(revocation.executedAfter === 0 ? [] : ['a payment was executed after revocation']),
    ...(revocation.deniedAfter > 0 ? [] : ['no payment was denied after revocation']),
    ...(receipts.issued > 0 && receipts.verified === receipts.issued ? [] : ['a receipt did not verify']),
  ]
}

function readDataset(): Dataset {
  try {
    return Dataset.parse(JSON.parse(readFileSync(DATA, 'utf8')))
  } catch (cause) {
    throw new CliError('demo.data_missing', EXIT.runtime, 'The data set of the demo cannot be read.', {
      details: { path: DATA },
      fix: 'Install the package again: the file belongs to it.',
      cause,
    })
  }
}

function failed(failures: readonly string[]): CliError {
  return new CliError('demo.failed', EXIT.runtime, 'The boundary did not hold in this run.', {
    details: { failures },
    fix: 'Report it with the receipts of the run.',
  })
}
