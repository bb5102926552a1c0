import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { MutationError } from './mutate-errors.ts'

/** What became of one run of tests. */
export type Run =
  | { result: 'passed' }
  /** A test failed, or a module could not even be loaded; the first that did. */
  | { result: 'failed'; by: string }
  | { result: 'timedOut' }

/** Longest run of the tests of one mutant, milliseconds: past it something goes round in circles. */
const TIMEOUT_MS = 240_000

/** A copy of the tree in which files may be changed and tests run: nothing in it is shared with the tree but the packages. */
export class Tree {
  readonly path: string

  /** @param files - Which files are copied; paths from `root`. */
  constructor(root: string, files: readonly string[]) {
    this.path = mkdtempSync(join(tmpdir(), 'ambit-mutant-'))
    for (const file of files) {
      mkdirSync(dirname(join(this.path, file)), { recursive: true })
      cpSync(join(root, file), join(this.path, file))
    }
    symlinkSync(join(root, 'node_modules'), join(this.path, 'node_modules'))
  }

  read(file: string): string {
    return readFileSync(join(this.path, file), 'utf8')
  }

  /** Runs tests while one file has another text, and puts the text back. */
  async runChanged(file: string, text: string, tests: readonly string[]): Promise<Run> {
    const before = this.read(file)
    writeFileSync(join(this.path, file), text)
    try {
      return await this.run(tests)
    } finally {
      writeFileSync(join(this.path, file), before)
    }
  }

  /**
   * Runs these test files, in this order, up to the first failure.
   *
   * @throws {@link MutationError} `mutate.run_failed` where it ends without saying how: that kills no mutant.
   */
  run(tests: readonly string[]): Promise<Run> {
    const report = join(this.path, 'mutant-report.json')
    rmSync(report, { force: true })
    const runner = join(this.path, 'node_modules/vitest/vitest.mjs')
    const options = ['run', '--config', 'scripts/mutate-vitest.config.ts', '--reporter=json', `--outputFile=${report}`]
    const env = { ...process.env, AMBIT_MUTANT_TESTS: tests.join(':'), NO_COLOR: '1' }
    return new Promise((done, fail) => {
      const child = spawn(process.execPath, [runner, ...options], {
        cwd: this.path,
        env,
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      let words = ''
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        words = (words + text).slice(-4_000)
      })
      let late = false
      const timer = setTimeout(() => {
        late = true
        child.kill('SIGKILL')
      }, TIMEOUT_MS)
      child.on('error', fail)
      child.on('close', (exitCode) => {
        clearTimeout(timer)
        if (late) return done({ result: 'timedOut' })
        try {
          done(readReport(report, exitCode))
        } catch (cause) {
          fail(
            new MutationError('mutate.run_failed', 'The tests ended without saying how.', {
              details: { exitCode, words },
              fix: 'Run the same tests by hand in the unchanged tree.',
              cause,
            }),
          )
        }
      })
    })
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}

type Report = {
  success: boolean
  numTotalTests: number
  testResults: { name: string; status: string; assertionResults: { status: string; fullName: string }[] }[]
}

function readReport(path: string, exitCode: number | null): Run {
  const { success, numTotalTests, testResults } = JSON.parse(readFileSync(path, 'utf8')) as Report
  const suite = testResults.find(({ status }) => status === 'failed')
  if (suite === undefined) {
    if (success && exitCode === 0 && numTotalTests > 0) return { result: 'passed' }
    throw new TypeError(`no failure and exit ${exitCode}`)
  }
  const failed = suite.assertionResults.find(({ status }) => status === 'failed')
  return { result: 'failed', by: failed?.fullName ?? `${suite.name.split('/').slice(-2).join('/')} did not load` }
}
