import { type ChildProcess, fork } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { MutationError } from './mutate-errors.ts'

/** What became of one run of tests. */
export type Run =
  | { result: 'passed' /** How long each test file took, milliseconds. */; took: ReadonlyMap<string, number> }
  /** A test failed, or a module could not even be loaded; the first that did. */
  | { result: 'failed'; by: string }
  | { result: 'timedOut' }

/** Longest run of the tests of one mutant, milliseconds: past it something goes round in circles. */
const TIMEOUT_MS = 600_000

/** A copy of the tree in which files may be changed and tests run: nothing in it is shared with the tree but the packages. */
export class Tree {
  readonly path: string
  readonly #changed = new Set<string>()
  #worker: ChildProcess | undefined

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
    this.#changed.add(file)
    try {
      return await this.run(tests)
    } finally {
      writeFileSync(join(this.path, file), before)
      this.#changed.add(file)
    }
  }

  /**
   * Runs these test files, in this order, up to the first failure.
   *
   * @throws {@link MutationError} `mutate.run_failed` where it ends without saying how: that kills no mutant.
   */
  async run(tests: readonly string[]): Promise<Run> {
    this.#worker ??= await this.#start()
    const worker = this.#worker
    const question: Question = { changed: [...this.#changed], tests: [...tests] }
    this.#changed.clear()
    return new Promise((done, fail) => {
      const timer = setTimeout(() => {
        worker.kill('SIGKILL')
        settle(() => done({ result: 'timedOut' }), true)
      }, TIMEOUT_MS)
      const answered = (answer: Answer) => settle(() => done(runOf(answer, tests)), false)
      const died = () => settle(() => fail(silent()), true)
      const settle = (end: () => void, gone: boolean) => {
        clearTimeout(timer)
        worker.off('message', answered).off('exit', died)
        if (gone) this.#worker = undefined
        end()
      }
      worker.on('message', answered).on('exit', died)
      worker.send(question)
    })
  }

  remove(): void {
    this.#worker?.kill('SIGKILL')
    rmSync(this.path, { recursive: true, force: true })
  }

  #start(): Promise<ChildProcess> {
    const path = join(this.path, 'scripts/mutate-worker.ts')
    const worker = fork(path, { cwd: this.path, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
    return new Promise((done, fail) => {
      worker.once('exit', () => fail(silent()))
      worker.once('message', () => done(worker.removeAllListeners('exit')))
    })
  }
}

/** What a worker is asked, and what it answers. */
export type Question = { changed: readonly string[]; tests: readonly string[] }
export type Answer = {
  /** Tests that passed. */
  ran: number
  failed: string | null
  took: (readonly [file: string, milliseconds: number])[]
}

function runOf({ ran, failed, took }: Answer, tests: readonly string[]): Run {
  if (failed !== null) return { result: 'failed', by: failed }
  if (ran === 0 || took.length < tests.length) throw silent()
  return { result: 'passed', took: new Map(took) }
}

function silent(): MutationError {
  return new MutationError('mutate.run_failed', 'The tests ended without saying how.', {
    fix: 'Run the same tests by hand in the unchanged tree.',
  })
}
