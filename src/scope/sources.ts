import type { z } from 'zod'
import { childPointer } from '../primitives/json.ts'
import { type Source, StatedSource } from './forms.ts'
import type { ScopeDocument } from './schema.ts'

/** The type of a document whose values carry no sources any more. */
export type Plain<value> = value extends { value: infer inner; source: string }
  ? inner
  : value extends readonly (infer item)[]
    ? Plain<item>[]
    : value extends object
      ? { [key in keyof value]: Plain<value[key]> }
      : value

/** A document of the schema's shape, without sources beside its values. */
export type PlainDocument = Plain<z.output<typeof ScopeDocument>>

/** Every source there is to state. */
const STATED: ReadonlySet<unknown> = new Set(StatedSource.options)

/**
 * Takes the sources from beside the values. Only for what has the shape of the schema: there, nothing but a value with its
 * source has these two members, and a source among its texts. A budget may be called `source`; a threshold is no source.
 */
export function splitSources<document extends object>(
  document: document,
): {
  plain: Plain<document>
  /** By JSON pointer, as written. */
  sources: ReadonlyMap<string, Source>
} {
  const sources = new Map<string, Source>()
  return { plain: strip(document, '') as Plain<document>, sources }

  function strip(value: unknown, pointer: string): unknown {
    if (typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) return value.map((item: unknown, index) => strip(item, childPointer(pointer, index)))
    if (isSourced(value)) {
      sources.set(pointer, value.source)
      return value.value
    }
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [key, strip(member, childPointer(pointer, key))]),
    )
  }
}

/**
 * A document of which every value is from one writer, whatever it says itself: who may not be believed about a payee may
 * not be believed about where the payee is from. Only what is said to be the agent's stays the agent's. `version` and `class`
 * say how to read the rest and have no source.
 */
export function sourceAll(
  document: z.output<typeof ScopeDocument>,
  source: z.output<typeof StatedSource>,
): z.input<typeof ScopeDocument> {
  const { provenance = {}, version, rules, ...rest } = document
  const kept = Object.entries(provenance).filter(([, stated]) => stated === 'agent')
  return {
    version,
    rules: rules.map(({ class: kind, ...rule }) => ({ class: kind, ...wrap(rule) })),
    ...wrap(rest),
    provenance: Object.fromEntries(kept),
  } as z.input<typeof ScopeDocument>

  function wrap(record: object): object {
    return Object.fromEntries(Object.entries(record).map(([key, member]) => [key, sourcedBy(member)]))
  }

  function sourcedBy(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value === undefined ? undefined : { value, source }
    if (Array.isArray(value)) return value.map(sourcedBy)
    if (!isSourced(value)) return wrap(value)
    return value.source === 'agent' ? value : { value: value.value, source }
  }
}

function isSourced(value: object): value is { value: unknown; source: Source } {
  return 'value' in value && 'source' in value && STATED.has(value.source)
}
