import { styleText } from 'node:util'
import { AmbitError, renderValue } from '../errors.ts'
import type { Data } from './command.ts'
import { CliError } from './errors.ts'
import { EXIT } from './exit.ts'

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'
export type Styled = { text: string; style: Style }

/**
 * Text for people. Style is data here and becomes escape sequences only at the very end, after every string was made
 * harmless: a token symbol or an agent's reason with ANSI codes in it cannot reach the terminal as codes.
 */
export type Rich = string | Styled | readonly Rich[]

export type Stream = NodeJS.WriteStream | NodeJS.WritableStream

export function styled(style: Style, text: string): Styled {
  return { text, style }
}

/** Untrusted text inside a sentence: quoted, escaped, bounded, one line. */
export function untrusted(value: unknown): string {
  return renderValue(value)
}

/** Joins lines; each may be rich. */
export function lines(...rows: readonly (Rich | undefined)[]): Rich {
  return rows.flatMap((row) => (row === undefined ? [] : [row, '\n']))
}

/** The text without style, harmless. */
export function toPlain(rich: Rich): string {
  if (typeof rich === 'string') return harmless(rich)
  if ('style' in rich) return harmless(rich.text)
  return rich.map(toPlain).join('')
}

/**
 * Columns padded to the widest cell. Two spaces between; the last column is not padded. A cell is one line: a file name
 * with a line feed in it would otherwise write rows of its own.
 */
export function table(header: readonly string[], cells: readonly (readonly Rich[])[]): Rich {
  const rows = cells.map((row) => row.map(oneLine))
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => toPlain(row[column] ?? '').length)),
  )
  const line = (cells: readonly Rich[]): Rich =>
    cells.map((cell, column) => {
      const width = widths[column] ?? 0
      // Nothing follows: no blanks at the end of a line.
      const last = cells.slice(column + 1).every((next) => toPlain(next) === '')
      return last ? cell : [cell, ' '.repeat(Math.max(0, width - toPlain(cell).length) + 2)]
    })
  return lines(line(header.map((title) => styled('dim', title))), ...rows.map(line))
}

function oneLine(rich: Rich): Rich {
  if (typeof rich === 'string') return rich.replaceAll('\n', '\\u000a')
  return 'style' in rich ? { ...rich, text: rich.text.replaceAll('\n', '\\u000a') } : rich.map(oneLine)
}

/** Facts under each other, names aligned. */
export function facts(rows: readonly (readonly [string, Rich] | undefined)[]): Rich {
  const present = rows.filter((row) => row !== undefined)
  const width = Math.max(0, ...present.map(([name]) => name.length))
  return lines(...present.map(([name, value]) => [styled('dim', name.padEnd(width)), '  ', value]))
}

/** C0 but newline, DEL, C1 (one of them alone starts a control sequence), bidi and zero-width characters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about
const HARMFUL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g

function harmless(text: string): string {
  return text.replace(HARMFUL, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/**
 * JSON for a pipe or a terminal: bigint as decimal strings, absent members absent, and no character that a terminal
 * would act upon (JSON.stringify alone lets C1 controls and bidi marks through).
 */
export function toJson(value: unknown, indent?: number): string {
  const text = JSON.stringify(
    value,
    (_key, member) => (typeof member === 'bigint' ? member.toString() : member),
    indent,
  )
  return indent === undefined
    ? harmless(text)
    : text
        .split('\n')
        .map((line) => harmless(line))
        .join('\n')
}

export type Envelope = {
  schema: string
  ok: boolean
  data: Data
  error: { code: string; message: string; fix: string; retry: string; details: Data; exit: number } | null
}

/** The one object `--json` prints. */
export function envelope(command: string, data: Data, failure?: { error: AmbitError; exit: number }): Envelope {
  return {
    schema: `ambit.${command.replaceAll(' ', '.')}.v1`,
    ok: failure === undefined,
    data: data ?? null,
    error:
      failure === undefined
        ? null
        : {
            code: failure.error.code,
            message: failure.error.shortMessage,
            fix: failure.error.fix,
            retry: failure.error.retry,
            details: failure.error.details,
            exit: failure.exit,
          },
  }
}

/** An error for people: first line, values, fix. */
export function renderError(error: AmbitError): Rich {
  const values = Object.entries(error.details)
  return [
    styled('red', 'Error: '),
    lines(
      [styled('bold', error.shortMessage), ' ', styled('dim', `[${error.code}]`)],
      ...values.map(([key, value]) => `  ${key}: ${untrusted(value)}`),
      [styled('cyan', 'Fix: '), error.fix],
    ),
  ]
}

/**
 * What was thrown, as one of ours. Foreign messages are dropped but for their class: providers put URLs with API keys
 * and request bodies into them.
 */
export function toAmbitError(thrown: unknown): AmbitError {
  if (thrown instanceof AmbitError) return thrown
  const kind = thrown instanceof Error ? thrown.name : typeof thrown
  const short = (thrown as { shortMessage?: unknown } | undefined)?.shortMessage
  return new CliError('cli.unexpected', EXIT.runtime, 'Something failed that should not have.', {
    details: {
      kind,
      ...(typeof short === 'string' ? { said: short.split('\n', 1)[0] ?? '' } : {}),
      ...(process.env['AMBIT_DEBUG'] === '1' && thrown instanceof Error
        ? { stack: thrown.stack?.split('\n') ?? [] }
        : {}),
    },
    fix: 'Try again; if it stays, set AMBIT_DEBUG=1 and report what it prints.',
    retry: 'reconcile',
    cause: thrown,
  })
}

/**
 * Where text goes: results to stdout, everything else to stderr. Knows the secrets of this run and blanks them out of
 * whatever is written: the last of several defences, for the day another one fails.
 */
export class Output {
  readonly json: boolean
  readonly #stdout: Stream
  readonly #stderr: Stream
  readonly #quiet: boolean
  #done = false
  readonly #secrets = new Set<string>()

  constructor(options: { stdout: Stream; stderr: Stream; json: boolean; quiet: boolean }) {
    this.#stdout = options.stdout
    this.#stderr = options.stderr
    this.json = options.json
    this.#quiet = options.quiet || options.json
  }

  /** Never to be written from now on. Short ones are left alone: blanking "a" would garble everything. */
  keepSecret(secret: string): void {
    if (secret.length >= 6) this.#secrets.add(secret)
  }

  /** Once: after an interruption was reported, what was still running has nothing to say on stdout. */
  result(text: Rich): void {
    if (this.#taken()) return
    this.#write(this.#stdout, text)
  }

  resultJson(value: unknown): void {
    if (this.#taken()) return
    this.#stdout.write(`${this.#blank(toJson(value))}\n`)
  }

  /** Progress: not with `--quiet` or `--json`. */
  progress(text: Rich): void {
    if (!this.#quiet) this.#write(this.#stderr, [text, '\n'])
  }

  /** What a person must know: also with `--quiet`. */
  warn(text: Rich): void {
    this.#write(this.#stderr, [styled('yellow', 'Warning: '), text, '\n'])
  }

  /** Shown before a question: also with `--quiet`, else one would confirm unseen. */
  note(text: Rich): void {
    this.#write(this.#stderr, text)
  }

  error(error: AmbitError): void {
    this.#write(this.#stderr, renderError(error))
  }

  #taken(): boolean {
    const before = this.#done
    this.#done = true
    return before
  }

  #write(stream: Stream, rich: Rich): void {
    const text = this.#render(stream, rich)
    stream.write(text)
  }

  #render(stream: Stream, rich: Rich): string {
    if (typeof rich === 'string') return this.#blank(harmless(rich))
    if (!('style' in rich)) return rich.map((part) => this.#render(stream, part)).join('')
    // With a stream, styleText itself obeys NO_COLOR, FORCE_COLOR and what the stream is.
    return styleText(rich.style, this.#blank(harmless(rich.text)), { stream: stream as NodeJS.WriteStream })
  }

  #blank(text: string): string {
    let out = text
    for (const secret of this.#secrets) out = out.replaceAll(secret, '[secret]')
    return out
  }
}
