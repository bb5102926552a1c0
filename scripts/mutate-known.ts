import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { MutationError } from './mutate-errors.ts'
import type { Site } from './mutate-sites.ts'

/** A change that was looked at and alters nothing that anybody can see. */
export type Equivalent = z.output<typeof Equivalent>
const Equivalent = z.strictObject({
  file: z.string().min(1),
  /** The line as it stands there, without its indentation. */
  line: z.string().min(1),
  from: z.string().min(1),
  to: z.string(),
  /** Which of several equal ones in the file; absent for the first. */
  nth: z.number().int().min(1).optional(),
  reason: z.string().min(20),
})

/** @throws {@link MutationError} `mutate.list_malformed`. */
export function readEquivalents(path: string): Equivalent[] {
  const parsed = z.array(Equivalent).safeParse(JSON.parse(readFileSync(path, 'utf8')))
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new MutationError('mutate.list_malformed', 'The list of equivalent changes cannot be read.', {
    details: { path, at: issue?.path.join('/') ?? '', why: issue?.message ?? '' },
    fix: 'Give each entry a file, the line, what it is changed from and to, and the reason.',
  })
}

/**
 * Finds the entry for a change: by what the line says, so that a line that moves keeps its entry and one that is rewritten
 * loses it.
 */
export function entryOf(known: readonly Equivalent[], file: string, site: Site): Equivalent | undefined {
  return known.find((entry) => entry.file === file && isOf(entry, site))
}

/** @throws {@link MutationError} `mutate.list_stale`: what was reviewed is not there any more. */
export function assertFresh(known: readonly Equivalent[], sites: ReadonlyMap<string, readonly Site[]>): void {
  for (const entry of known) {
    if (sites.get(entry.file)?.some((site) => isOf(entry, site))) continue
    const { file, line, from, to } = entry
    throw new MutationError('mutate.list_stale', 'An equivalent change on the list can no longer be made.', {
      details: { file, line, from, to },
      fix: 'Take the entry out, or review the line as it is now.',
    })
  }
}

function isOf(entry: Equivalent, site: Site): boolean {
  return entry.line === site.line && entry.from === site.from && entry.to === site.to && (entry.nth ?? 0) === site.nth
}
