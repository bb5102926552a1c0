import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'
import { CliError } from './errors.ts'
import { EXIT } from './exit.ts'

/** Largest file or standard input a command reads: a grant is some 10 KB, a bundle with proofs 40 KB a receipt. */
export const MAX_INPUT_BYTES = 16 * 1024 * 1024

/** Standard input, whole. */
export async function readStdin(stdin: NodeJS.ReadableStream): Promise<string> {
  // Decoded as it comes: bytes kept beside their text would take three times what was sent.
  const decoder = new StringDecoder('utf8')
  let text = ''
  let size = 0
  for await (const chunk of stdin) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    size += bytes.length
    if (size > MAX_INPUT_BYTES) throw tooLarge('-', size)
    text += decoder.write(bytes)
  }
  return text + decoder.end()
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
    return readBounded(path, most)
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

/** A device or a pipe has no size to look at, and may have no end. One buffer for all of it: only the text is kept. */
function readBounded(path: string, most: number): string {
  const decoder = new StringDecoder('utf8')
  const buffer = Buffer.allocUnsafe(65_536)
  let text = ''
  let size = 0
  const file = openSync(path, 'r')
  try {
    for (;;) {
      const read = readSync(file, buffer)
      if (read === 0) return text + decoder.end()
      size += read
      if (size > most) throw tooLarge(path, size, most)
      text += decoder.write(buffer.subarray(0, read))
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
