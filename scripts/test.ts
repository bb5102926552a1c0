/**
 * Runs every check and every suite once, shows what they say while they run, and ends with one line that counts them:
 * `N passed, N failed, N skipped`. Exits 1 when anything failed, died or ran nothing.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { add, NOTHING, summary, type Tally, tallyCheck, tallyEnvelope, tallyHardhat, tallyVitest } from './tally.ts'

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const scratch = mkdtempSync(join(tmpdir(), 'ambit-test-'))
const report = join(scratch, 'vitest.json')

type Run = { exitCode: number | null; output: string }
type Suite = { script: string; args?: readonly string[]; tally: (run: Run) => Tally }

/** The cheap ones first: what takes a second to see should not wait for what takes minutes. */
const SUITES: readonly Suite[] = [
  ...['check:types', 'check:lint', 'check:layers', 'check:lock', 'check:docs', 'check:generated'].map(
    (script): Suite => ({ script, tally: ({ exitCode }) => tallyCheck(exitCode) }),
  ),
  { script: 'test:solidity', tally: ({ output, exitCode }) => tallyHardhat(output, exitCode) },
  {
    script: 'test:unit',
    args: ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    tally: ({ exitCode }) => tallyVitest(readIfThere(report), exitCode),
  },
  {
    script: 'test:e2e',
    args: ['--json', '--skip-without-browser'],
    tally: ({ output, exitCode }) => tallyEnvelope(output, exitCode),
  },
]

let total = NOTHING
const lines: string[] = []
for (const suite of SUITES) {
  const started = performance.now()
  console.log(`\n── ${suite.script}`)
  const tally = suite.tally(await run(suite))
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  lines.push(`${tally.failed === 0 ? 'ok  ' : 'FAIL'}  ${suite.script.padEnd(16)}  ${summary(tally)}  (${seconds} s)`)
  total = add(total, tally)
}
rmSync(scratch, { recursive: true, force: true })
console.log(`\n${lines.join('\n')}\n\n${summary(total)}`)
process.exitCode = total.failed === 0 ? 0 : 1

function run({ script, args = [] }: Suite): Promise<Run> {
  return new Promise((done) => {
    const child = spawn('npm', ['run', '--silent', script, '--', ...args], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
      // Neither the kit nor Hardhat may send anything home from a test.
      env: { ...process.env, DO_NOT_TRACK: '1', HARDHAT_DISABLE_TELEMETRY_PROMPT: 'true' },
    })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
      process.stdout.write(text)
    })
    child.on('error', (error) => {
      console.error(`${script} did not start: ${error.message}`)
      done({ exitCode: null, output })
    })
    child.on('close', (exitCode) => done({ exitCode, output }))
  })
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
