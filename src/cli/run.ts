import { randomBytes } from 'node:crypto'
import type { CommanderError } from 'commander'
import { AmbitError } from '../errors.ts'
import type { Command, Context, Options } from './command.ts'
import { commands as ambit } from './commands/index.ts'
import { CliError } from './errors.ts'
import { EXIT, type ExitCode, exitOf } from './exit.ts'
import { Home, homePath } from './home.ts'
import { envelope, Output, type Stream, toAmbitError } from './output.ts'
import { buildProgram } from './program.ts'
import { createPrompter, interrupted } from './prompt.ts'
import { readStdin } from './stdin.ts'

/** The outside world, as one argument: tests pass their own streams and environment. */
export type World = {
  argv: readonly string[]
  env: Readonly<Record<string, string | undefined>>
  stdin: NodeJS.ReadStream
  stdout: Stream
  stderr: Stream
  /** Aborted by Ctrl-C. */
  signal?: AbortSignal
  /** Instead of the commands of `ambit`: for a script that has keys, chains and output as they have. */
  commands?: readonly Command[]
}

/** Runs one command line; prints its result; returns the exit code. Never throws. */
export async function run(world: World): Promise<ExitCode> {
  const flags = world.argv.slice(0, endOfFlags(world.argv))
  const output = new Output({
    stdout: world.stdout,
    stderr: world.stderr,
    json: flags.includes('--json'),
    quiet: flags.includes('--quiet'),
  })
  const cleanups: (() => Promise<void> | void)[] = []
  let command: Command | undefined
  let serving = false
  const work = async (): Promise<ExitCode> => {
    const parsed = await parse(world, output)
    if ('exit' in parsed) return parsed.exit
    command = parsed.command
    const result = await command.run(createContext(world, output, parsed, cleanups))
    if (output.json) output.resultJson(envelope(command.name, result.data, result.failure))
    else {
      output.result(result.text)
      if (result.failure !== undefined) output.error(result.failure.error)
    }
    if (result.serves === true) {
      serving = true
      await aborted(world.signal)
    }
    return result.failure?.exit ?? EXIT.ok
  }
  try {
    return await Promise.race([
      work(),
      aborted(world.signal).then(() => (serving ? EXIT.ok : Promise.reject(interrupted()))),
    ])
  } catch (thrown) {
    const error = toAmbitError(thrown)
    const exit = exitOf(error)
    if (output.json) output.resultJson(envelope(command?.name ?? meant(world) ?? 'cli', null, { error, exit }))
    else output.error(error)
    return exit
  } finally {
    for (const cleanup of cleanups.reverse()) await Promise.resolve(cleanup()).catch(() => undefined)
  }
}

type Parsed = { command: Command; args: readonly string[]; options: Options }

async function parse(world: World, output: Output): Promise<Parsed | { exit: ExitCode }> {
  const { commands = ambit } = world
  let parsed: Parsed | undefined
  const written: string[] = []
  const program = await buildProgram({
    commands,
    write: (text) => written.push(text),
    invoke: (command, args, options) => {
      parsed = { command, args, options }
    },
  })
  try {
    await program.parseAsync([...world.argv], { from: 'user' })
  } catch (thrown) {
    if (thrown instanceof AmbitError) throw thrown
    const { code, exitCode, message } = thrown as CommanderError
    if (code === undefined) throw thrown
    if (exitCode === 0 || (code === 'commander.help' && world.argv.every((word) => word.startsWith('-'))))
      return shown(output, written.join(''))
    throw new CliError('cli.usage', EXIT.usage, 'The command line is not understood.', {
      details: { problem: code === 'commander.help' ? 'a subcommand is missing' : message.replace(/^error: /, '') },
      fix: 'See `ambit --help`, or `ambit help <command>`.',
    })
  }
  return parsed ?? shown(output, written.join(''))
}

/** Help and version are results too. */
function shown(output: Output, text: string): { exit: ExitCode } {
  if (output.json) output.resultJson(envelope('help', { text }))
  else output.result(text)
  return { exit: EXIT.ok }
}

function createContext(
  world: World,
  output: Output,
  { args, options }: Parsed,
  cleanups: (() => Promise<void> | void)[],
): Context {
  let home: Home | undefined
  const interactive = world.stdin.isTTY === true && (world.stderr as NodeJS.WriteStream).isTTY === true
  return {
    args,
    options,
    env: world.env,
    now: () => BigInt(Math.floor(Date.now() / 1_000)),
    monotonic: () => performance.now(),
    random: (bytes) => new Uint8Array(randomBytes(bytes)),
    output,
    prompter: createPrompter(
      { stdin: world.stdin, stderr: world.stderr as NodeJS.WriteStream },
      interactive && !output.json,
    ),
    home: () => {
      home ??= new Home(homePath(options['home'] as string | undefined, world.env))
      return home
    },
    stdin: () => readStdin(world.stdin),
    defer: (cleanup) => {
      cleanups.push(cleanup)
    },
  }
}

function aborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) resolve()
    signal?.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** The command a refused command line begins with, for the schema of its error. */
function meant({ argv, commands = ambit }: World): string | undefined {
  const words = argv.filter((word) => !word.startsWith('-'))
  return commands.find(({ name }) => name.split(' ').every((word, index) => words[index] === word))?.name
}

/** Index of `--`: what stands behind it is data, also when it reads `--json`. */
function endOfFlags(argv: readonly string[]): number {
  const index = argv.indexOf('--')
  return index === -1 ? argv.length : index
}
