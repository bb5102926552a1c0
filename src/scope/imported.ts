import type { z } from 'zod'
import type { Address } from '../primitives/hex.ts'
import { ScopeError } from './errors.ts'
import type { StatedSource } from './forms.ts'
import { type ParseOptions, parseScope } from './parse.ts'
import { parseShape } from './shape.ts'
import { snapshot } from './snapshot.ts'
import { sourceAll } from './sources.ts'
import type { Scope } from './types.ts'

/** Who the caller knows the parties to be, and whether the writer is believed. */
export type ImportOptions = ParseOptions & {
  /** Another one is refused. */
  principal?: Address
  /** Another one is refused. */
  delegate?: Address
  /** Who wrote it. Every value then counts as theirs, whatever the text says of its sources. */
  source?: z.output<typeof StatedSource>
}

/**
 * A scope that came in another format: read as any scope, for the parties that the caller knows.
 *
 * @throws {@link ScopeError} `scope.other_party`; all of `parseScope`.
 */
export function readImported(document: unknown, { principal, delegate, source, ...options }: ImportOptions): Scope {
  const read = source === undefined ? document : sourceAll(parseShape(snapshot(document)), source)
  const parsed = parseScope(read, options)
  for (const [party, known] of [
    ['principal', principal],
    ['delegate', delegate],
  ] as const) {
    if (known === undefined || parsed[party] === known.toLowerCase()) continue
    throw new ScopeError({
      code: 'scope.other_party',
      pointer: `/${party}`,
      message: 'This is meant for other accounts.',
      value: parsed[party],
      bound: known,
      fix: 'Ask for a request that names the accounts you know.',
    })
  }
  return parsed
}
