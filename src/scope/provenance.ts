import { childPointer } from '../primitives/json.ts'
import type { Source } from './forms.ts'
import type { Report } from './report.ts'
import type { Scope } from './types.ts'

/**
 * Where each value came from, by pointer: what stands beside the values and what the document lists, together.
 *
 * A value of the agent's is refused unless the principal confirmed that very pointer; then it is `confirmed`. A model that
 * reads a poisoned invoice would otherwise choose its own payee.
 */
export function readProvenance(
  report: Report,
  stated: ReadonlyMap<string, Source>,
  listed: Readonly<Record<string, Source>>,
  scope: Omit<Scope, 'provenance'>,
  confirmed: ReadonlySet<string>,
): Scope['provenance'] {
  const sources = new Map<string, Source>()
  const note = (pointer: string, source: Source) => {
    const before = sources.get(pointer)
    if (before !== undefined && before !== source) {
      const rest = { value: source, bound: before, fix: 'State one source.' }
      report.add('scope.conflicting_provenance', pointer, 'Two sources are stated for one value.', rest)
    }
    sources.set(pointer, source)
  }
  for (const [pointer, source] of stated) note(normalPointer(pointer), source)
  for (const [key, source] of Object.entries(listed)) {
    const pointer = normalPointer(key)
    if (!exists(scope, pointer)) {
      const rest = { value: key.slice(0, 200), fix: 'Point at a value of this scope, or remove the entry.' }
      report.add('scope.dangling_provenance', childPointer('/provenance', key), 'This points to nothing.', rest)
    }
    note(pointer, source)
  }
  const out = new Map<string, Exclude<Source, 'agent'>>()
  for (const [pointer, source] of sources) {
    if (source !== 'agent' || confirmed.has(pointer)) {
      // What the normal form leaves out (an asset that nothing names) leaves its source out, too.
      if (exists(scope, pointer)) out.set(pointer, source === 'agent' ? 'confirmed' : source)
    } else {
      const fix = 'Show the value to the principal, and list its pointer as confirmed if the principal agrees.'
      report.add('scope.agent_sourced', pointer, 'This value came from the agent and nobody confirmed it.', { fix })
    }
  }
  return Object.fromEntries(out)
}

/** Keys that are addresses are lower case in the normal form. */
export function normalPointer(pointer: string): string {
  return pointer.replace(/(?<=\/)0x[0-9a-fA-F]{40}(?=\/|$)/g, (address) => address.toLowerCase())
}

/** True if an RFC 6901 pointer leads to a value; `/rules/00` and a lone `~` lead nowhere. */
function exists(root: unknown, pointer: string): boolean {
  let at = root
  for (const token of pointer.split('/').slice(1)) {
    if (/~(?![01])/.test(token) || typeof at !== 'object' || at === null) return false
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~')
    if (Array.isArray(at) && !/^(?:0|[1-9][0-9]*)$/.test(key)) return false
    if (!Object.hasOwn(at, key)) return false
    at = (at as Record<string, unknown>)[key]
  }
  return at !== undefined
}
