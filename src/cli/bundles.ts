import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Context } from './command.ts'
import { CliError } from './errors.ts'
import { EXIT } from './exit.ts'
import { Journal } from './journal.ts'
import { readInput } from './stdin.ts'
import { warnOfOwed } from './stopReceipts.ts'

/** A receipt bundle as it was found. */
export type Found = { from: string; text: string }

/** Most receipts in one file. One takes some 10 KB, so that honest files come to their end before. */
const MAX_BUNDLES = 5_000

/**
 * Receipt bundles at a path: a file with one a line, a folder of such files, `-` for standard input; without a path the
 * journal of this machine. Texts are passed on as they are: a verifier must see the bytes.
 */
export async function findBundles(context: Context, path: string | undefined): Promise<Found[]> {
  if (path === undefined) {
    warnOfOwed(context)
    const journal = new Journal(context)
    return journal.entries().map((entry) => ({ from: entry.path, text: journal.text(entry) }))
  }
  if (path === '-') return splitBundles('standard input', await context.stdin())
  if (!isFolder(path)) return splitBundles(path, readInput(path))
  const names = readdirSync(path).filter((name) => name.endsWith('.json') || name.endsWith('.jsonl'))
  return names.sort().flatMap((name) => splitBundles(name, readInput(join(path, name))))
}

/**
 * Bundles in one text. Each is one line and ends with a line feed, which editors and `cat` lose at the end of a file of several; a text
 * of one line is passed on byte by byte.
 */
export function splitBundles(from: string, text: string): Found[] {
  const lines = text.split('\n')
  const joined = lines.findIndex((line) => JOINED.test(line))
  if (joined !== -1) {
    throw new CliError('cli.bundles_joined', EXIT.usage, 'Two receipts stand in one line.', {
      details: { from, line: joined + 1 },
      fix: 'Put a line feed between them, or export them anew with `ambit receipts export`.',
    })
  }
  if (lines.at(-1) === '') lines.pop()
  if (lines.length < 2) return [{ from, text }]
  if (lines.length > MAX_BUNDLES) {
    throw new CliError('cli.file_too_large', EXIT.usage, 'This holds too many receipts.', {
      details: { from, lines: lines.length, most: MAX_BUNDLES },
      fix: 'Verify it in parts.',
    })
  }
  return lines.map((line, index) => ({ from: `${from}:${index + 1}`, text: `${line}\n` }))
}

/** One bundle right after another. Inside one nothing can look like this: all of its text is base64url. */
const JOINED = /^\{"disclosures":[^{]*\{[^{}]*\}[^{}]*\}\{"disclosures":/

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}
