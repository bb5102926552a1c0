import { ScopeError } from './errors.ts'
import { type ParseOptions, parseScope } from './parse.ts'
import { snapshot } from './snapshot.ts'
import { isSubset, type SubsetOptions } from './subset.ts'
import type { Scope } from './types.ts'
import { valueAt } from './valueAt.ts'

/**
 * A smaller scope: the parent with a JSON Merge Patch (RFC 7396) applied. `null` removes a member, an array replaces the
 * whole array. Sources of values that changed or moved are dropped, as they are no longer known.
 *
 * @throws {@link ScopeError} `scope.not_narrower`, naming the dimension; `scope.invalid_patch`; all of `parseScope`.
 */
export function narrowScope(parent: Scope, patch: unknown, options: ParseOptions & SubsetOptions = {}): Scope {
  const change = snapshot(patch)
  if (typeof change !== 'object' || change === null || Array.isArray(change)) {
    throw new ScopeError({
      code: 'scope.invalid_patch',
      pointer: '',
      message: 'A patch is an object of the fields that change.',
      fix: 'Give an object, for example { "expiry": "2026-12-01T00:00:00Z" }.',
    })
  }
  const merged = merge(parent, change) as Record<string, unknown>
  const kept = Object.entries(parent.provenance).filter(([pointer]) =>
    same(valueAt(parent, pointer), valueAt(merged, pointer)),
  )
  const stated = (change as Record<string, unknown>)['provenance']
  const sources = typeof stated === 'object' && stated !== null ? stated : {}
  const child = parseScope({ ...merged, provenance: { ...Object.fromEntries(kept), ...sources } }, options)
  const result = isSubset(child, parent, options)
  if (result.subset) return child
  throw new ScopeError({
    code: 'scope.not_narrower',
    pointer: result.pointer,
    message: 'This scope admits more than the one it comes from.',
    value: `${result.dimension}: ${result.child ?? 'nothing'}`,
    bound: result.parent ?? 'nothing',
    fix: 'Stay inside the parent, or ask the principal for a new grant.',
  })
}

/** Depth is bounded: `patch` is a snapshot. */
function merge(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const base = typeof target === 'object' && target !== null && !Array.isArray(target) ? target : {}
  const out = new Map<string, unknown>(Object.entries(base))
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) out.delete(key)
    else out.set(key, merge(out.get(key), value))
  }
  return Object.fromEntries(out)
}

/** Deep equality of JSON values. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  return keys.every((key) => {
    return Object.hasOwn(b, key) && same((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key])
  })
}
