import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll } from 'vitest'
import { run } from '../../src/cli/run.ts'

/** What one command line gave. `json` is its standard output read strictly: one object, one line, nothing around it. */
export type Ran = { exit: number; stdout: string; stderr: string; json(): Json }
export type Json = {
  schema: string
  ok: boolean
  // biome-ignore lint/suspicious/noExplicitAny: tests assert on fields of many shapes
  data: any
  error: { code: string; message: string; fix: string; details: Record<string, unknown>; exit: number } | null
}

export type CliOptions = { env?: Record<string, string>; stdin?: string; home?: string; signal?: AbortSignal }

const MAIN = resolve(import.meta.dirname, '../../src/cli/main.ts')

/** A folder for a test file, gone after it. */
export function useFolder(): { readonly path: string } {
  let path = ''
  beforeAll(() => {
    path = mkdtempSync(join(tmpdir(), 'ambit-test-'))
  })
  afterAll(() => rmSync(path, { recursive: true, force: true }))
  return {
    get path() {
      return path
    },
  }
}

/** Runs a command line in this process. */
export async function ambit(argv: readonly string[], options: CliOptions = {}): Promise<Ran> {
  const stdout = collect()
  const stderr = collect()
  const stdin = new PassThrough()
  stdin.end(options.stdin ?? '')
  const exit = await run({
    argv,
    env: environment(options),
    stdin: stdin as unknown as NodeJS.ReadStream,
    stdout: stdout.stream,
    stderr: stderr.stream,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  })
  return ran(exit, stdout.text(), stderr.text())
}

/** Runs a command line in a process of its own, with nothing in its environment but what a shell has. */
export function ambitProcess(argv: readonly string[], options: CliOptions = {}): Promise<Ran> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [MAIN, ...argv], {
      env: { PATH: process.env['PATH'] ?? '', ...environment(options) },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    const stdout: Buffer[] = []
    const stderr: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
    child.stdin.on('error', () => {})
    child.stdin.end(options.stdin ?? '')
    child.on('error', fail)
    child.on('close', (code) =>
      done(ran(code ?? -1, Buffer.concat(stdout).toString(), Buffer.concat(stderr).toString())),
    )
    options.signal?.addEventListener('abort', () => child.kill('SIGINT'))
  })
}

/** The framework's caveats unless a test says otherwise: most are about those, and the local chain has both. */
function environment({ env, home }: CliOptions): Record<string, string> {
  return { AMBIT_LOWERING: 'framework', ...(home === undefined ? {} : { AMBIT_HOME: home }), ...env }
}

function ran(exit: number, stdout: string, stderr: string): Ran {
  return {
    exit,
    stdout,
    stderr,
    json() {
      if (!/^\{[^\n]*\}\n$/.test(stdout))
        throw new TypeError(`not one JSON object on one line: ${stdout.slice(0, 500)}`)
      const value = JSON.parse(stdout) as Json
      const keys = Object.keys(value).join()
      if (keys !== 'schema,ok,data,error') throw new TypeError(`not an envelope: ${keys}`)
      if (value.ok !== (value.error === null) || value.ok !== (exit === 0))
        throw new TypeError('ok, error and exit differ')
      return value
    },
  }
}

function collect() {
  const stream = new PassThrough()
  const chunks: Buffer[] = []
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  return { stream, text: () => Buffer.concat(chunks).toString() }
}
