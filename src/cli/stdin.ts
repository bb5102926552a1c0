import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { CliError } from './errors.ts'
import { EXIT } from './exit.ts'

/** Largest file or standard input a command reads: a grant is some 10 KB, a bundle with proofs 40 KB a receipt. */
export const MAX_INPUT_BYTES = 16 * 1024 * 1024

/** Standard input, whole. */
export async function readStdin(stdin: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stdin) {
    const bytes = Buffer.from(chunk)
    size += bytes.length
    if (size > MAX_INPUT_BYTES) throw tooLarge('-', size)
    chunks.push(bytes)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/**
 * A file named by the caller, whole.
 *
 * @param most - Bytes that whatever it must be can have: more is not read at all.
 */
export function readInput(path: string, most = MAX_INPUT_BYTES): string {
  try {
    const { size } = statSync(path)
    if (size > most) throw tooLarge(path, size, most)
    return readBounded(path, size, most)
  } catch (cause) {
    if (cause instanceof CliError) throw cause
    const reason = (cause as { code?: unknown }).code
    throw new CliError('cli.file_unreadable', EXIT.usage, 'This file cannot be read.', {
      details: { path, reason: typeof reason === 'string' ? reason : 'unknown' },
      fix: 'Check the path and the permissions.',
      cause,
    })
  }
}

/** A device or a pipe has no size to look at, and may have no end: the buffer grows with what comes. */
function readBounded(path: string, expected: number, most: number): string {
  let buffer = Buffer.allocUnsafe(Math.max(expected + 1, 65_536))
  let size = 0
  const file = openSync(path, 'r')
  try {
    for (;;) {
      const read = readSync(file, buffer, size, buffer.length - size, null)
      if (read === 0) return buffer.toString('utf8', 0, size)
      size += read
      if (size > most) throw tooLarge(path, size, most)
      if (size === buffer.length) buffer = Buffer.concat([buffer], Math.min(size * 2, most + 1))
    }
  } finally {
    closeSync(file)
  }
}

function tooLarge(path: string, size: number, most = MAX_INPUT_BYTES): CliError {
  return new CliError('cli.file_too_large', EXIT.usage, 'This input is too large.', {
    details: { path, bytes: size, most },
    fix: 'Give a smaller file.',
  })
}
