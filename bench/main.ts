import type { Lowering } from '../src/compile/types.ts'
import { AmbitError } from '../src/errors.ts'
import { runFusedAgreement } from './agreement/fused/run.ts'
import { runAgreement } from './agreement.ts'
import { BenchError } from './errors.ts'
import { aboveReach, measureGas } from './gas.ts'
import { measureSubset } from './subset.ts'
import { measureVerdicts } from './verdicts.ts'

/** What one core must reach. */
const VERDICTS_A_SECOND = 20_000
const DEFAULT_CASES = 1_000
const DEFAULT_SEED = 20_261_120

type Options = { cases: number; seed: number; lowering: Lowering }

/** Every benchmark by name: what `npm run bench -- <name>` runs, and whether its figures are what they must be. */
const BENCHES: Readonly<Record<string, (options: Options) => Promise<{ ok: boolean; data: Record<string, unknown> }>>> =
  {
    agreement: async (options) => {
      const run = options.lowering === 'fused' ? runFusedAgreement : runAgreement
      const { faults, ...data } = await run({ ...options, onProgress: progress(options.cases) })
      for (const fault of faults) process.stderr.write(`${print(fault)}\n`)
      return { ok: data.falseAllow === 0 && data.falseDeny === 0 && data.reasonMismatch === 0, data }
    },
    bundle: async () => {
      // It brings a bundler, which no other benchmark needs.
      const { aboveReach: heavier, measureBundle } = await import('./bundle.ts')
      const data = await measureBundle()
      const above = heavier(data)
      for (const figure of above) process.stderr.write(`above its reach: ${figure}\n`)
      return { ok: above.length === 0, data }
    },
    gas: async () => {
      const data = await measureGas()
      const above = aboveReach(data)
      for (const figure of above) process.stderr.write(`above its reach: ${figure}\n`)
      return { ok: above.length === 0, data }
    },
    subset: async (options) => {
      const data = measureSubset({ ...options, onProgress: progress(options.cases) })
      return { ok: data.wrong.length === 0, data }
    },
    verdicts: async ({ seed }) => {
      const data = measureVerdicts(seed)
      const least = Math.min(data.perSecond, data.fused.perSecondByHops['1'] ?? 0)
      return { ok: least >= VERDICTS_A_SECOND, data }
    },
  }

async function main(args: readonly string[]): Promise<void> {
  const [name = ''] = args
  const json = args.includes('--json')
  try {
    const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined
    if (bench === undefined) throw unknownName(name)
    const started = performance.now()
    const { ok, data } = await bench({
      cases: numberOption(args, '--cases', DEFAULT_CASES),
      seed: numberOption(args, '--seed', DEFAULT_SEED),
      lowering: loweringOption(args),
    })
    const seconds = Math.round((performance.now() - started) / 100) / 10
    output(json, { schema: `ambit.bench.${name}.v1`, ok, data: { ...data, seconds }, error: null })
    process.exitCode = ok ? 0 : 1
  } catch (error) {
    if (!(error instanceof AmbitError)) throw error
    output(json, { schema: `ambit.bench.${name || 'unknown'}.v1`, ok: false, data: null, error: error.toProblem() })
    process.exitCode = error.code === 'bench.chain_failed' ? 1 : 2
  }
}

function output(
  json: boolean,
  envelope: { schema: string; ok: boolean; data: Record<string, unknown> | null; error: unknown },
): void {
  if (json) process.stdout.write(`${JSON.stringify(envelope)}\n`)
  else process.stdout.write(`${print(envelope.data ?? envelope.error)}\n`)
}

/** stdout is the result; how far it has come is for people. */
function progress(total: number): ((done: number) => void) | undefined {
  if (!process.stderr.isTTY) return undefined
  return (done) => process.stderr.write(done >= total ? '\n' : `\r${done} of ${total}`)
}

function numberOption(args: readonly string[], name: string, fallback: number): number {
  const at = args.indexOf(name)
  if (at === -1) return fallback
  const text = args[at + 1] ?? ''
  if (/^[1-9][0-9]{0,8}$/.test(text)) return Number(text)
  throw new BenchError('bench.invalid_option', 'This option takes a positive whole number.', {
    details: { option: name, value: text },
    fix: `Write it as ${name} 1000.`,
  })
}

function loweringOption(args: readonly string[]): Lowering {
  const at = args.indexOf('--lowering')
  const value = at === -1 ? 'framework' : (args[at + 1] ?? '')
  if (value === 'framework' || value === 'fused') return value
  throw new BenchError('bench.invalid_option', 'This option takes the name of a lowering.', {
    details: { option: '--lowering', value },
    fix: 'Write it as --lowering fused, or --lowering framework.',
  })
}

function unknownName(name: string): BenchError {
  return new BenchError('bench.unknown_name', 'There is no such benchmark.', {
    details: { name, known: Object.keys(BENCHES) },
    fix: 'Name one of those known.',
  })
}

function print(value: unknown): string {
  return JSON.stringify(value, (_, entry) => (typeof entry === 'bigint' ? entry.toString() : entry), 2)
}

await main(process.argv.slice(2))
