import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import type { Measured } from './hostileCases.ts'

const CASES = resolve(import.meta.dirname, 'hostileCases.ts')

/**
 * Runs hostile cases in a process of their own, one after the other, and gives what came of each. The process has loaded
 * every module and made the input before the clock starts: what is measured is what handling the input costs, not what the
 * sender paid for it.
 */
export function measure(names: readonly string[], parameters: Record<string, string> = {}): Promise<Measured[]> {
  const env = { PATH: process.env['PATH'] ?? '', DO_NOT_TRACK: '1', CASES: JSON.stringify(names), ...parameters }
  return new Promise((done, fail) => {
    execFile(process.execPath, ['--expose-gc', CASES], { env }, (error, stdout, stderr) => {
      if (error !== null) fail(new Error(`${names}: ${stderr.slice(0, 2_000)}`, { cause: error }))
      else done(JSON.parse(stdout) as Measured[])
    })
  })
}
