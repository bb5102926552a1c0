import type { AmbitError } from '../errors.ts'
import type { ExitCode } from './exit.ts'
import type { Home } from './home.ts'
import type { Output, Rich } from './output.ts'
import type { Prompter } from './prompt.ts'

/** JSON, with bigint: rendered as a decimal string. */
export type Data =
  | null
  | boolean
  | number
  | string
  | bigint
  | undefined
  | readonly Data[]
  | { readonly [key: string]: Data }

/** What a command has to say: the same facts for machines and for people. */
export type Result = {
  data: Data
  text: Rich
  /** A result that is also a failure (a denial, a bundle that does not verify): `ok` is false, `data` is still there. */
  failure?: { error: AmbitError; exit: ExitCode }
  /** It serves on after its result was printed. Ctrl-C is then the way out, and no failure. */
  serves?: true
}

export type ArgumentSpec = { name: string; description: string; optional?: true; variadic?: true }
export type OptionSpec = {
  /** As commander reads it: `--limit <amount>`. */
  flags: string
  description: string
  /** May be given several times: its value is a list. */
  list?: true
}

/** Values of options by camel-case name: text, `true`, or a list of texts. */
export type Options = Readonly<Record<string, string | boolean | readonly string[] | undefined>>

/**
 * One command: what it is called, what it takes and what it does. Help, JSON envelope and dispatch come from this one
 * definition. `run` imports what it needs by itself, so that help is fast.
 */
export type Command = {
  /** Words after `ambit`: `scope check`. */
  name: string
  summary: string
  description?: string
  arguments?: readonly ArgumentSpec[]
  options?: readonly OptionSpec[]
  examples: readonly string[]
  run(context: Context): Promise<Result>
}

/** Everything a command may touch. Nothing else reaches for the process, the clock or the terminal. */
export type Context = {
  args: readonly string[]
  options: Options
  env: Readonly<Record<string, string | undefined>>
  /** Unix seconds. */
  now(): bigint
  /** Milliseconds, for durations only. */
  monotonic(): number
  random(bytes: number): Uint8Array
  output: Output
  prompter: Prompter
  /** The state folder, made when missing. */
  home(): Home
  stdin(): Promise<string>
  /** Run on every way out, last first: a child process, a lock. */
  defer(cleanup: () => Promise<void> | void): void
}
