/**
 * Runs the journeys of test/e2e in Chromium. With `--json` it prints one object,
 * `{ "schema", "ok", "data": { "passed", "failed", "skipped", "seconds" }, "error" }`, and what the runner says goes to stderr.
 * Without a Chromium it fails and says how to install one; `--skip-without-browser` counts the tests as skipped instead.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AmbitError } from '../src/errors.ts'
import { E2eError } from '../test/e2e/rig/errors.ts'
import { findChromium, noBrowser } from '../test/e2e/rig/findChromium.ts'
import { NOTHING, summary, type Tally, tallyVitest } from './tally.ts'

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const VITEST = join(ROOT, 'node_modules/vitest/vitest.mjs')
const CONFIG = join(ROOT, 'test/e2e/vitest.config.ts')
const SCHEMA = 'ambit.test-e2e.v1'
const SKIP = '--skip-without-browser'

await main(process.argv.slice(2))

async function main(args: readonly string[]): Promise<void> {
  const json = args.includes('--json')
  const started = performance.now()
  try {
    const data = await run(args, json)
    const ok = data.failed === 0
    const seconds = Math.round((performance.now() - started) / 100) / 10
    if (json) print({ schema: SCHEMA, ok, data: { ...data, seconds }, error: null })
    else console.log(summary(data))
    process.exitCode = ok ? 0 : 1
  } catch (error) {
    if (!(error instanceof AmbitError)) throw error
    if (json) print({ schema: SCHEMA, ok: false, data: null, error: error.toProblem() })
    else console.error(error.message)
    process.exitCode = error.code === 'e2e.invalid_option' ? 2 : 1
  }
}

async function run(args: readonly string[], json: boolean): Promise<Tally> {
  const unknown = args.find((arg) => arg.startsWith('-') && arg !== '--json' && arg !== SKIP)
  if (unknown !== undefined) {
    throw new E2eError('e2e.invalid_option', 'There is no such option.', {
      details: { option: unknown },
      fix: `Give --json, ${SKIP}, or names of test files.`,
    })
  }
  if (findChromium() === null) {
    if (!args.includes(SKIP)) throw noBrowser()
    console.error(noBrowser().message)
    return countTests()
  }
  const scratch = mkdtempSync(join(tmpdir(), 'ambit-e2e-'))
  const report = join(scratch, 'report.json')
  try {
    const files = args.filter((arg) => !arg.startsWith('-'))
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
    const { exitCode } = await vitest(['run', ...reporters, ...files], json ? 'stderr' : 'stdout')
    return tallyVitest(textOf(report), exitCode)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** What there would have been to run, all of it skipped: a skip that nobody counts is a hole that nobody sees. */
async function countTests(): Promise<Tally> {
  const { output, exitCode } = await vitest(['list', '--json'], 'nowhere', { AMBIT_E2E_COUNT: '1' })
  const tests: unknown = exitCode === 0 ? JSON.parse(output) : []
  return Array.isArray(tests) && tests.length > 0 ? { ...NOTHING, skipped: tests.length } : { ...NOTHING, failed: 1 }
}

function vitest(args: readonly string[], to: 'stdout' | 'stderr' | 'nowhere', env: Record<string, string> = {}) {
  return new Promise<{ exitCode: number | null; output: string }>((done) => {
    const child = spawn(process.execPath, [VITEST, ...args, '--config', CONFIG], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...env, DO_NOT_TRACK: '1' },
    })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
      if (to !== 'nowhere') process[to].write(text)
    })
    child.on('error', () => done({ exitCode: null, output }))
    child.on('close', (exitCode) => done({ exitCode, output }))
  })
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function print(envelope: object): void {
  process.stdout.write(`${JSON.stringify(envelope)}\n`)
}
