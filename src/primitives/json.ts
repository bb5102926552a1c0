import { AmbitError } from '../errors.ts'
import { childPointer } from './pointer.ts'

export { childPointer } from './pointer.ts'

export class JsonError extends AmbitError<
  | 'json.invalid'
  | 'json.too_large'
  | 'json.too_deep'
  | 'json.duplicate_key'
  | 'json.forbidden_key'
  | 'json.number_out_of_range'
  | 'json.lone_surrogate'
  | 'json.not_canonical'
> {
  override readonly name = 'JsonError'
}

export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue }

export type JsonLimits = {
  /** UTF-8 bytes. Default 1 MiB. */
  maxBytes?: number
  /** Arrays and objects inside one another. Default 64. */
  maxDepth?: number
  /** Values in all, at any depth. Default 100,000: a megabyte of commas else becomes a hundred of objects. */
  maxValues?: number
}

/** UTF-8 bytes that {@link parseJson} reads where nothing else is said. */
export const MAX_JSON_BYTES = 1_048_576
const DEFAULT_MAX_DEPTH = 64
const DEFAULT_MAX_VALUES = 100_000
/** Keys that reach an object's prototype in code that copies or merges carelessly, ours or a dependency's. */
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/** True for keys no object from outside may have: `__proto__`, `constructor`, `prototype`. */
export function isForbiddenKey(key: string): boolean {
  return FORBIDDEN_KEYS.has(key)
}

/**
 * Reads JSON from somebody we do not trust.
 *
 * Stricter than `JSON.parse`: two readers must see the same values. So a key given twice, an integer that a double
 * cannot hold (amounts are strings) and half a surrogate pair are refused, and so are size, depth and prototype keys.
 *
 * @throws {@link JsonError} `json.invalid`, `json.too_large`, `json.too_deep`, `json.duplicate_key`, `json.forbidden_key`,
 * `json.number_out_of_range`, `json.lone_surrogate`.
 */
export function parseJson(text: string, limits: JsonLimits = {}): JsonValue {
  if (typeof text !== 'string') throw invalid(0, typeof text)
  const maxBytes = limits.maxBytes ?? MAX_JSON_BYTES
  const large = text.length > maxBytes || (text.length * 3 > maxBytes && utf8Length(text) > maxBytes)
  if (large) {
    throw new JsonError('json.too_large', 'This JSON text is too large.', {
      details: { characters: text.length, bound: maxBytes },
      fix: `Give at most ${maxBytes} bytes.`,
    })
  }
  const reader = new Reader(text, limits.maxDepth ?? DEFAULT_MAX_DEPTH, limits.maxValues ?? DEFAULT_MAX_VALUES)
  return reader.document()
}

/**
 * The one text of a value: keys sorted by UTF-16 code unit, no blanks. Ids are hashes of it, so whatever two writers might
 * write in two ways is refused: null, undefined (absent means absent), fractions, unsafe integers, minus zero, bigint,
 * half surrogate pairs, objects with a class.
 *
 * @throws {@link JsonError} `json.not_canonical`, `json.too_deep` (cycles too).
 */
export function canonicalJson(value: unknown): string {
  return canonical(value, '', 0)
}

/** Recursive descent; recursion is bounded by `maxDepth`, so that nesting ends in an error and not in a full stack. */
class Reader {
  readonly #text: string
  readonly #maxDepth: number
  readonly #maxValues: number
  #values = 0
  #at = 0

  constructor(text: string, maxDepth: number, maxValues: number) {
    this.#text = text
    this.#maxDepth = maxDepth
    this.#maxValues = maxValues
  }

  document(): JsonValue {
    const value = this.#value(0)
    this.#blanks()
    if (this.#at < this.#text.length) throw this.#unexpected()
    return value
  }

  #value(depth: number): JsonValue {
    if (++this.#values > this.#maxValues) throw tooMany(this.#maxValues)
    this.#blanks()
    const unit = this.#text.charCodeAt(this.#at)
    if (unit === 0x7b || unit === 0x5b) {
      if (depth >= this.#maxDepth) throw tooDeep(this.#maxDepth)
      return unit === 0x7b ? this.#object(depth + 1) : this.#array(depth + 1)
    }
    if (unit === 0x22) return this.#string()
    if (unit === 0x74) return this.#word('true', true)
    if (unit === 0x66) return this.#word('false', false)
    if (unit === 0x6e) return this.#word('null', null)
    return this.#number()
  }

  #object(depth: number): JsonValue {
    const out: { [key: string]: JsonValue } = {}
    this.#at++
    this.#blanks()
    if (this.#take(0x7d)) return out
    do {
      this.#blanks()
      const start = this.#at
      if (this.#text.charCodeAt(start) !== 0x22) throw this.#unexpected()
      const key = this.#string()
      if (isForbiddenKey(key)) throw forbiddenKey(key, start)
      if (Object.hasOwn(out, key)) throw duplicateKey(key, start)
      this.#blanks()
      if (!this.#take(0x3a)) throw this.#unexpected()
      out[key] = this.#value(depth)
      this.#blanks()
    } while (this.#take(0x2c))
    if (!this.#take(0x7d)) throw this.#unexpected()
    return out
  }

  #array(depth: number): JsonValue {
    const out: JsonValue[] = []
    this.#at++
    this.#blanks()
    if (this.#take(0x5d)) return out
    do {
      out.push(this.#value(depth))
      this.#blanks()
    } while (this.#take(0x2c))
    if (!this.#take(0x5d)) throw this.#unexpected()
    return out
  }

  #string(): string {
    const start = this.#at
    let plain = true
    for (this.#at++; ; this.#at++) {
      const unit = this.#text.charCodeAt(this.#at)
      if (Number.isNaN(unit) || unit < 0x20) throw this.#unexpected()
      if (unit === 0x22) break
      if (unit !== 0x5c) continue
      plain = false
      const sequence = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y
      sequence.lastIndex = this.#at
      if (!sequence.test(this.#text)) throw this.#unexpected()
      this.#at = sequence.lastIndex - 1
    }
    this.#at++
    // Between quotes now stands a valid JSON string: escapes are left to the platform.
    const value: string = plain
      ? this.#text.slice(start + 1, this.#at - 1)
      : JSON.parse(this.#text.slice(start, this.#at))
    if (hasLoneSurrogate(value)) {
      throw new JsonError('json.lone_surrogate', 'A string holds half of a surrogate pair.', {
        details: { offset: start },
        fix: 'Write strings that are valid Unicode.',
      })
    }
    return value
  }

  #number(): number {
    const pattern = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
    pattern.lastIndex = this.#at
    const literal = pattern.exec(this.#text)?.[0]
    if (literal === undefined) throw this.#unexpected()
    const value = Number(literal)
    if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) {
      throw new JsonError('json.number_out_of_range', 'A number is too large to be read exactly.', {
        details: { offset: this.#at, value: literal.slice(0, 64), bound: Number.MAX_SAFE_INTEGER },
        fix: 'Write it as a string.',
      })
    }
    this.#at = pattern.lastIndex
    return value
  }

  #word<value extends JsonValue>(word: string, value: value): value {
    if (!this.#text.startsWith(word, this.#at)) throw this.#unexpected()
    this.#at += word.length
    return value
  }

  #take(unit: number): boolean {
    if (this.#text.charCodeAt(this.#at) !== unit) return false
    this.#at++
    return true
  }

  #blanks(): void {
    for (;;) {
      const unit = this.#text.charCodeAt(this.#at)
      if (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09) return
      this.#at++
    }
  }

  #unexpected(): JsonError {
    const end = this.#at >= this.#text.length
    return invalid(this.#at, end ? 'end of text' : this.#text.slice(this.#at, this.#at + 1))
  }
}

function canonical(value: unknown, pointer: string, depth: number): string {
  if (typeof value === 'boolean') return value ? 'true' : 'false'
  if (typeof value === 'string') {
    if (hasLoneSurrogate(value)) throw notCanonical(pointer, 'half of a surrogate pair')
    return JSON.stringify(value)
  }
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) throw notCanonical(pointer, 'a number that is no integer')
    return value.toString()
  }
  if (typeof value !== 'object' || value === null) throw notCanonical(pointer, value === null ? 'null' : typeof value)
  if (depth >= DEFAULT_MAX_DEPTH) throw tooDeep(DEFAULT_MAX_DEPTH)
  if (Array.isArray(value)) {
    // By index, not `map`: a hole is undefined and must be refused, not skipped.
    const items = Array.from(value, (item: unknown, index) => canonical(item, childPointer(pointer, index), depth + 1))
    return `[${items.join(',')}]`
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) throw notCanonical(pointer, 'an object with a class')
  const members = Object.keys(value)
    .sort()
    .map((key) => {
      const text = canonical(key, pointer, depth)
      return `${text}:${canonical((value as Record<string, unknown>)[key], childPointer(pointer, key), depth + 1)}`
    })
  return `{${members.join(',')}}`
}

function hasLoneSurrogate(text: string): boolean {
  return /\p{Surrogate}/u.test(text)
}

function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length
}

function invalid(offset: number, found: string): JsonError {
  return new JsonError('json.invalid', 'This is not JSON.', {
    details: { offset, found },
    fix: 'Give one JSON value, without comments or trailing commas.',
  })
}

function tooMany(bound: number): JsonError {
  return new JsonError('json.too_large', 'This JSON text is too large.', {
    details: { values: `more than ${bound}`, bound },
    fix: `Give at most ${bound} values.`,
  })
}

function tooDeep(bound: number): JsonError {
  return new JsonError('json.too_deep', 'Arrays and objects are nested too deep.', {
    details: { bound },
    fix: `Nest at most ${bound} deep.`,
  })
}

function forbiddenKey(key: string, offset: number): JsonError {
  return new JsonError('json.forbidden_key', 'An object has a key that could reach its prototype.', {
    details: { key, offset },
    fix: 'Rename the key.',
  })
}

function duplicateKey(key: string, offset: number): JsonError {
  return new JsonError('json.duplicate_key', 'An object has the same key twice.', {
    details: { key, offset },
    fix: 'Keep one of the two.',
  })
}

function notCanonical(pointer: string, found: string): JsonError {
  return new JsonError('json.not_canonical', 'This value has no canonical text.', {
    details: { pointer, found },
    fix: 'Use strings, safe integers, booleans, arrays and plain objects; leave absent members out.',
  })
}
