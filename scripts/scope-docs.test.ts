import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ScopeError } from '../src/scope/errors.ts'
import { parseScope, ScopeDocument } from '../src/scope/index.ts'
import { baseEnvironment } from '../test/arbitraries/environment.ts'
import { anyScope, scopeDocument } from '../test/arbitraries/scope.ts'
import { grouped } from './errors-page.ts'
import { COMMON_CODES, fieldsOf, type JsonSchema, schemaFile, scopeParts } from './scope-docs.ts'

const ROOT = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')
const example = () => JSON.parse(read('docs/scope.example.json')) as Record<string, unknown>
const schema = JSON.parse(schemaFile()) as JsonSchema
const fields = fieldsOf(schema)
const environment = await baseEnvironment()

/** Whether a value is valid under the keywords that our schema uses; any other keyword fails the test. */
function valid(node: JsonSchema, value: unknown): boolean {
  return Object.entries(node).every(([keyword, bound]) => {
    const check = KEYWORDS[keyword]
    if (check === undefined) throw new TypeError(`a keyword that this test does not know: ${keyword}`)
    return check(bound as never, value, node)
  })
}

const annotation = () => true
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const TYPES: Record<string, (value: unknown) => boolean> = {
  object: isObject,
  array: Array.isArray,
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  number: (value) => typeof value === 'number',
  integer: Number.isInteger,
}
const length = (text: string) => [...text].length
const KEYWORDS: Record<string, (bound: never, value: unknown, node: JsonSchema) => boolean> = {
  ...Object.fromEntries(
    ['$schema', '$defs', 'id', 'title', 'description', 'examples', 'x-unit', 'x-errors'].map((name) => [
      name,
      annotation,
    ]),
  ),
  $ref: (ref: string, value) => valid(schema.$defs?.[ref.replace('#/$defs/', '')] as JsonSchema, value),
  type: (type: string, value) => TYPES[type]?.(value) === true,
  properties: (members: Record<string, JsonSchema>, value) =>
    !isObject(value) ||
    Object.entries(members).every(([key, member]) => !Object.hasOwn(value, key) || valid(member, value[key])),
  required: (keys: string[], value) => !isObject(value) || keys.every((key) => Object.hasOwn(value, key)),
  additionalProperties: (rest: boolean | JsonSchema, value, { properties = {} }) =>
    !isObject(value) ||
    Object.entries(value).every(([key, member]) => {
      return Object.hasOwn(properties, key) || (typeof rest === 'boolean' ? rest : valid(rest, member))
    }),
  propertyNames: (names: JsonSchema, value) => !isObject(value) || Object.keys(value).every((key) => valid(names, key)),
  items: (item: JsonSchema, value) => !Array.isArray(value) || value.every((one) => valid(item, one)),
  minItems: (least: number, value) => !Array.isArray(value) || value.length >= least,
  maxItems: (most: number, value) => !Array.isArray(value) || value.length <= most,
  anyOf: (branches: JsonSchema[], value) => branches.some((branch) => valid(branch, value)),
  oneOf: (branches: JsonSchema[], value) => branches.filter((branch) => valid(branch, value)).length === 1,
  const: (only: unknown, value) => value === only,
  enum: (values: unknown[], value) => values.includes(value),
  pattern: (pattern: string, value) => typeof value !== 'string' || new RegExp(pattern, 'u').test(value),
  minLength: (least: number, value) => typeof value !== 'string' || length(value) >= least,
  maxLength: (most: number, value) => typeof value !== 'string' || length(value) <= most,
  minimum: (least: number, value) => typeof value !== 'number' || value >= least,
  maximum: (most: number, value) => typeof value !== 'number' || value <= most,
}

function pathsOf(value: unknown, at = ''): string[] {
  if (typeof value !== 'object' || value === null) return [at]
  const inner = Object.entries(value).flatMap(([key, member]) => pathsOf(member, `${at}/${key}`))
  return at === '' ? inner : [at, ...inner]
}

function edited(path: string, value: unknown): unknown {
  const document = example()
  const tokens = path.split('/').slice(1)
  let at = document
  for (const token of tokens.slice(0, -1)) at = at[token] as Record<string, unknown>
  const last = tokens.at(-1) ?? ''
  if (value === undefined && Array.isArray(at)) at.splice(Number(last), 1)
  else if (value === undefined) delete at[last]
  else at[last] = value
  return document
}

/** The example with one member changed, removed or added. */
const mutated = fc
  .tuple(
    fc.constantFrom(
      ...pathsOf(example()),
      '/more',
      '/rules/0/maximum',
      '/rules/1/args/tokenIn/gte',
      '/budgets/spare',
      '/provenance',
    ),
    fc.oneof(
      fc.constantFrom<unknown>(
        '0',
        '1',
        '-3',
        '1e3',
        '0.50',
        '200',
        'P1D',
        'PT0S',
        'P1M',
        'rolling',
        'native',
        'anyone',
        '',
      ),
      fc.constantFrom<unknown>(
        'principal',
        'stables',
        'amountIn',
        'f(',
        '2026-02-30T00:00:00Z',
        '2200-01-01T00:00:00Z',
      ),
      fc.constantFrom<unknown>(
        `0x${'11'.repeat(20)}`,
        `0x${'00'.repeat(20)}`,
        `0x${'Aa'.repeat(20)}`,
        `0x${'0'.repeat(37)}a11`,
      ),
      fc.constantFrom<unknown>(null, true, 0, 1, 8, 1.5, -1, 1e16, [], {}, undefined, undefined),
      fc.constantFrom<unknown>(
        { lte: '5' },
        { eq: true },
        { in: ['1', '1'] },
        { mask: '1', equals: '2' },
        { hash: '0x00' },
      ),
      fc.constantFrom<unknown>({ value: '1', source: 'agent' }, { value: '1', source: 'confirmed' }, { value: '1' }),
      fc.constantFrom<unknown>({ '/rules': 'agent' }, { '/nothing': 'ledger' }, { '/delegate': 'ledger' }),
      fc.constantFrom<unknown>({ assets: { native: '1' }, max: '1' }, { assets: {}, max: '1', window: 'fixed' }),
    ),
  )
  .map(([path, value]) => edited(path, value))

function issuesOf(input: unknown) {
  try {
    parseScope(input, { now: 1_790_000_000n })
  } catch (error) {
    if (error instanceof ScopeError) return error.issues
    throw error
  }
  return []
}

describe('schemaFile', () => {
  test('default: the example and any scope are valid', () => {
    expect(valid(schema, example())).toBe(true)
    fc.assert(
      fc.property(anyScope(environment), (scope) => {
        expect(valid(schema, JSON.parse(JSON.stringify(scope)))).toBe(true)
      }),
      { numRuns: 200 },
    )
  })

  test('behavior: a document is valid exactly when the definition accepts it', () => {
    const seen = { valid: 0, invalid: 0 }
    fc.assert(
      fc.property(mutated, (document) => {
        const json = JSON.parse(JSON.stringify(document))
        const accepted = ScopeDocument.safeParse(json).success
        expect(valid(schema, json)).toBe(accepted)
        seen[accepted ? 'valid' : 'invalid']++
      }),
      { numRuns: 3_000 },
    )
    expect(seen.valid).toBeGreaterThan(300)
    expect(seen.invalid).toBeGreaterThan(300)
  })

  test('error: shapes that are no scope', () => {
    const document = scopeDocument([{ id: 'a', class: 'transfer', asset: 'native', to: 'anyone', max: '1' }])
    const { expiry, ...endless } = document
    const invalid = [
      null,
      [],
      {},
      'scope',
      endless,
      { ...document, more: 1 },
      { ...document, expiry: 5 },
      { ...document, version: 2 },
    ]
    for (const value of invalid) expect(valid(schema, value)).toBe(false)
    expect(valid(schema, { ...document, expiry: { value: expiry, source: 'ledger' } })).toBe(true)
    expect(valid(schema, { ...document, expiry: { value: expiry, source: 'confirmed' } })).toBe(false)
  })
})

describe('scopeParts', () => {
  const parts = scopeParts(read('docs/scope.example.json'))
  const page = read('docs/scope.md')

  test('default: every field is on the page, described, once', () => {
    for (const { path, description } of fields) {
      expect(description, path).toMatch(/^\S.*\.$/)
      expect(parts['fields']?.split(`| \`${path}\``), path).toHaveLength(2)
    }
    expect(fields.length).toBeGreaterThan(75)
    for (const part of Object.values(parts)) expect(page).toContain(part.trim())
  })

  test('behavior: the example on the page is read', () => {
    const [, block = ''] = /```json\n([\s\S]*?)\n```/.exec(page) ?? []
    const scope = parseScope(JSON.parse(block))
    expect(scope.rules.map(({ class: kind }) => kind)).toEqual(['transfer', 'call'])
    expect(scope.provenance).toEqual({
      '/delegate': 'principal',
      '/rules/0/to/0': 'addressBook',
      '/rules/0/to/1': 'ledger',
    })
  })

  test('behavior: the example of every field stands in a scope', () => {
    let tried = 0
    for (const { path, example: one } of fields) {
      // Where the example has the place, the field's own example has its shape there.
      const place = pathsOf(example()).find((pointer) => new RegExp(`^${path.replaceAll('*', '[^/]+')}$`).test(pointer))
      if (one === undefined || place === undefined) continue
      expect(valid(schema, edited(place, one)), path).toBe(true)
      tried++
    }
    expect(tried).toBeGreaterThan(20)
  })

  test('behavior: reading a field ends in no code that the page does not list for it', () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(mutated, (document) => {
        for (const { code, pointer } of issuesOf(document)) {
          seen.add(code)
          if ([...COMMON_CODES, ...WHOLE].some((common) => common === code)) continue
          const places = fields.filter(({ path }) => isIn(pointer, path))
          expect(
            places.flatMap(({ errors }) => errors),
            `${code} at ${pointer}`,
          ).toContain(code)
        }
      }),
      { numRuns: 5_000 },
    )
    expect(seen.size).toBeGreaterThan(35)
  })

  test('behavior: every code of reading a scope is on the page, and no other', () => {
    const codes = grouped(read('src/scope/errors.ts'), 'ScopeCode')
      .filter(({ heading }) => READING.includes(heading))
      .flatMap(({ codes }) => codes)
    const listed = new Set<string>([...COMMON_CODES, ...WHOLE, ...fields.flatMap(({ errors }) => errors)])
    expect(codes.filter((code) => !listed.has(code))).toEqual([])
    expect([...listed].filter((code) => !codes.includes(code))).toEqual([])
    for (const code of codes) expect(page).toContain(code.replace('scope.', ''))
  })
})

/** Codes of the document as a whole, told in the prose. */
const WHOLE = ['scope.not_json', 'scope.too_large', 'scope.prototype_key'] as const

/** Headings in the union of codes that belong to reading. */
const READING = ['shape', 'accounts', 'time', 'money', 'rules', 'budgets', 'provenance']

/** A pointer to a place or to an item of it. */
function isIn(pointer: string, path: string): boolean {
  return new RegExp(`^${path.replaceAll('*', '[^/]+')}(?:/[^/]+)?$`).test(pointer)
}
