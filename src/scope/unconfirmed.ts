import { parseShape } from './shape.ts'
import { snapshot } from './snapshot.ts'
import { splitSources } from './sources.ts'

/**
 * Pointers of the values of a scope document that came from the agent: what the principal has to see before it is granted.
 *
 * @throws {@link ScopeError} where it does not have the shape of a scope.
 */
export function unconfirmedIn(document: unknown): string[] {
  const read = parseShape(snapshot(document))
  const stated = [...splitSources(read).sources, ...Object.entries(read.provenance ?? {})]
  return [...new Set(stated.flatMap(([pointer, source]) => (source === 'agent' ? [pointer] : [])))]
}
