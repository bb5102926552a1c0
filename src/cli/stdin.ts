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

/** A file named by the caller, whole. */
export function readInput(path: string): string {
  try {
    const { size } = statSync(path)
    if (size > MAX_INPUT_BYTES) throw tooLarge(path, size)
    return readBounded(path)
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

/** A device or a pipe has no size to look at, and may have no end. */
function readBounded(path: string): string {
  const chunks: Buffer[] = []
  let size = 0
  const file = openSync(path, 'r')
  try {
    for (;;) {
      const chunk = Buffer.allocUnsafe(65_536)
      const read = readSync(file, chunk)
      if (read === 0) return Buffer.concat(chunks).toString('utf8')
      size += read
      if (size > MAX_INPUT_BYTES) throw tooLarge(path, size)
      chunks.push(chunk.subarray(0, read))
    }
  } finally {
    closeSync(file)
  }
}

function tooLarge(path: string, size: number): CliError {
  return new CliError('cli.file_too_large', EXIT.usage, 'This input is too large.', {
    details: { path, bytes: size, most: MAX_INPUT_BYTES },
    fix: 'Give a smaller file.',
  })
}
