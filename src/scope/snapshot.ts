import { childPointer, isForbiddenKey } from '../primitives/json.ts'
import { ScopeError } from './errors.ts'

const MAX_DEPTH = 24
/** The largest scope that the schema admits has some 70,000 values. */
const MAX_VALUES = 100_000
const MAX_TEXT = 16_384
/** Members of one object. Only the list of sources may have one for every value. */
const MAX_MEMBERS = 512

/**
 * A copy of a value from outside, made of plain objects, arrays, strings, finite numbers and booleans only.
 *
 * What is checked must be what is used later: a getter or a proxy could answer twice in two ways, and a `__proto__` key
 * would vanish silently from a record, and with it the condition it stood for.
 *
 * @throws {@link ScopeError} `scope.not_json`, `scope.too_large`, `scope.prototype_key`, `scope.malformed_value`.
 */
export function snapshot(input: unknown): unknown {
  let left = MAX_VALUES
  return copy(input, '', 0)

  function copy(value: unknown, pointer: string, depth: number): unknown {
    if (left-- === 0) throw tooLarge(pointer, `${MAX_VALUES} values`)
    if (typeof value === 'string') return text(value, pointer)
    if (typeof value === 'boolean' || value === null) return value
    if (typeof value === 'number' && Number.isFinite(value)) return value
    if (typeof value !== 'object') throw notJson(pointer, typeof value)
    if (depth === MAX_DEPTH) throw tooLarge(pointer, `${MAX_DEPTH} levels`)
    if (Array.isArray(value)) {
      if (value.length > left) throw tooLarge(pointer, `${MAX_VALUES} values`)
      return Array.from(value, (item: unknown, index) => copy(item, childPointer(pointer, index), depth + 1))
    }
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype !== null && Object.getPrototypeOf(prototype) !== null)
      throw notJson(pointer, 'an object with a class')
    const out: Record<string, unknown> = {}
    const members = Object.entries(value)
    if (members.length > MAX_MEMBERS && pointer !== '/provenance') throw tooLarge(pointer, `${MAX_MEMBERS} members`)
    for (const [key, member] of members) {
      if (isForbiddenKey(key)) throw prototypeKey(childPointer(pointer, text(key, pointer)), key)
      // A member that is undefined is absent: what JSON would make of it.
      if (member !== undefined) out[text(key, pointer)] = copy(member, childPointer(pointer, key), depth + 1)
    }
    return out
  }
}

function text(value: string, pointer: string): string {
  if (value.length > MAX_TEXT) throw tooLarge(pointer, `${MAX_TEXT} characters`)
  if (!/\p{Surrogate}/u.test(value)) return value
  throw new ScopeError({
    code: 'scope.malformed_value',
    pointer,
    message: 'A text holds half of a surrogate pair.',
    fix: 'Write text that is valid Unicode.',
  })
}

function notJson(pointer: string, found: string): ScopeError {
  return new ScopeError({
    code: 'scope.not_json',
    pointer,
    message: 'A scope is made of JSON values only.',
    value: found,
    fix: 'Use objects, arrays, strings, finite numbers and booleans.',
  })
}

function tooLarge(pointer: string, bound: string): ScopeError {
  return new ScopeError({
    code: 'scope.too_large',
    pointer,
    message: 'This is too large for a scope.',
    bound,
    fix: 'Split the task into several scopes.',
  })
}

function prototypeKey(pointer: string, key: string): ScopeError {
  return new ScopeError({
    code: 'scope.prototype_key',
    pointer,
    message: 'A field has the name of a part of every object.',
    value: key,
    fix: 'Rename the field.',
  })
}
