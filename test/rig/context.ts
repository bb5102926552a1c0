import { randomBytes } from 'node:crypto'
import { PassThrough } from 'node:stream'
import type { Context, Options } from '../../src/cli/command.ts'
import { Home } from '../../src/cli/home.ts'
import { Output } from '../../src/cli/output.ts'
import { createPrompter } from '../../src/cli/prompt.ts'

/** What a command gets, off a terminal, with a state folder of its own. */
export function commandContext(path: string, options: Options = {}, env: Record<string, string> = {}): Context {
  const stream = new PassThrough()
  stream.resume()
  const home = new Home(path)
  return {
    args: [],
    options,
    env,
    now: () => BigInt(Math.floor(Date.now() / 1_000)),
    monotonic: () => performance.now(),
    random: (bytes) => new Uint8Array(randomBytes(bytes)),
    output: new Output({ stdout: stream, stderr: stream, json: false, quiet: true }),
    prompter: createPrompter({ stdin: process.stdin, stderr: process.stderr }, false),
    home: () => home,
    stdin: async () => '',
    defer: () => {},
  }
}
