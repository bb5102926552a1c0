import { AmbitError } from '../src/errors.ts'
import type { Mutant } from './mutate-choose.ts'
import { MutationError } from './mutate-errors.ts'
import type { Equivalent } from './mutate-known.ts'
import type { Run } from './mutate-run.ts'

export type Judged = Mutant & { run: Run; entry: Equivalent | undefined }

/** What may go unnoticed, of all that is not equivalent. */
const MOST_SURVIVING = 0.03

/** Runs what a command does, prints the one envelope and sets the exit code: 2 where the command was misspelled. */
export async function answer(
  schema: string,
  json: boolean,
  run: () => Promise<{ ok: boolean; data: Record<string, unknown> }>,
): Promise<void> {
  const started = performance.now()
  try {
    const { ok, data } = await run()
    const seconds = Math.round((performance.now() - started) / 1_000)
    print(json, { schema, ok, data: { ...data, seconds }, error: null })
    process.exitCode = ok ? 0 : 1
  } catch (error) {
    if (!(error instanceof AmbitError)) throw error
    print(json, { schema, ok: false, data: null, error: error.toProblem() })
    process.exitCode = error.code === 'mutate.invalid_option' ? 2 : 1
  }
}

/** @param areaOf - What part of the tree a file is counted in. */
export function report(
  judged: readonly Judged[],
  { possible, seed, areas }: { possible: number; seed: number; areas: readonly string[] },
  areaOf: (file: string) => string,
) {
  const of = (result: Run['result']) => judged.filter(({ run }) => run.result === result)
  const survivors = of('passed').filter(({ entry }) => entry === undefined)
  const equivalent = of('passed').length - survivors.length
  // Listed as equivalent, and a test notices it: then it is not.
  const misjudged = judged.filter(({ entry, run }) => entry !== undefined && run.result !== 'passed')
  const byArea = Object.fromEntries(
    areas.map((area) => {
      const own = judged.filter(({ file }) => areaOf(file) === area)
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
      areas: byArea,
      survivors: survivors.map(shown),
      misjudged: misjudged.map(shown),
      timeouts: of('timedOut').map(shown),
    },
  }
}

/** stdout is the result; how far it has come is for people. */
export function tell(done: number, total: number, { file, site, run, entry }: Judged): void {
  const what = run.result === 'passed' ? (entry === undefined ? 'SURVIVED' : 'equivalent') : run.result
  const by = run.result === 'failed' ? `  [${run.by}]` : ''
  const change = `${JSON.stringify(site.from)} → ${JSON.stringify(site.to)}`
  process.stderr.write(`${done}/${total} ${what} ${file}:${site.lineNumber} ${change}${by}\n`)
}

/** The tests fail without any change: one that does would notice everything. */
export function notGreen(run: Exclude<Run, { result: 'passed' }>): MutationError {
  return new MutationError('mutate.tests_fail', 'The tests fail without any change.', {
    details: { by: run.result === 'failed' ? run.by : 'time' },
    fix: 'Make them pass first.',
  })
}

/** @throws {@link MutationError} `mutate.invalid_option`. */
export function numberOption(args: readonly string[], name: string, fallback: number): number {
  const text = textOption(args, name)
  if (text === undefined) return fallback
  if (/^[1-9][0-9]{0,8}$/.test(text)) return Number(text)
  throw new MutationError('mutate.invalid_option', 'This option takes a positive whole number.', {
    details: { option: name, value: text },
    fix: `Write it as ${name} 100.`,
  })
}

export function textOption(args: readonly string[], name: string): string | undefined {
  const at = args.indexOf(name)
  return at === -1 ? undefined : (args[at + 1] ?? '')
}

function shown({ file, site: { lineNumber, line, from, to, nth } }: Judged) {
  return { file, lineNumber, line, from, to, nth }
}

function print(
  json: boolean,
  envelope: { data: Record<string, unknown> | null; error: unknown } & Record<string, unknown>,
) {
  const shown = json ? JSON.stringify(envelope) : JSON.stringify(envelope.data ?? envelope.error, null, 2)
  process.stdout.write(`${shown}\n`)
}
