import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { scopeDocument, USDC } from '../../test/arbitraries/scope.ts'
import { codeOf } from '../../test/codes.ts'
import { attempt } from './attempt.ts'
import type { ScopeError } from './errors.ts'
import { DECIMAL } from './forms.ts'
import { parseScope } from './parse.ts'
import { Report } from './report.ts'
import { readShape } from './shape.ts'
import { snapshot } from './snapshot.ts'
import { scopeToPermissionRequests } from './toPermissionRequests.ts'
import { unconfirmedIn } from './unconfirmed.ts'

/** What is said of a value that is refused: the code, the place, and the value itself, cut where it is long. */

const LOWER = '0x833589fcd6edb6e08f4c7c32d4f71b54bda02913'
const issuesOf = (read: () => unknown) => (codeOf(read) as ScopeError).issues
const placesOf = (read: () => unknown) => issuesOf(read).map(({ code, pointer }) => `${code} ${pointer}`)
const reported = <value>(read: (report: Report) => value) => {
  const report = new Report()
  return [read(report), report.issues.map(({ code, pointer, value, bound }) => [code, pointer, value, bound])]
}

describe('attempt', () => {
  const read = (error?: Error) => () => {
    if (error !== undefined) throw error
    return 'read'
  }
  const ask = (error?: Error) => attempt(read(error), RangeError, ({ message }) => `refused: ${message}`)

  test('default: what was read, or what is made of its refusal', () => {
    expect(ask()).toBe('read')
    expect(ask(new RangeError('small'))).toBe('refused: small')
  })

  test('error: a fault of another kind is nobody’s refusal', () => {
    expect(() => ask(new TypeError('fault'))).toThrow(TypeError)
  })
})

describe('Report', () => {
  test.each<[string, unknown[]]>([
    [LOWER, [LOWER, []]],
    ['0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913', [LOWER, []]],
    ['0x833589FCD6eDb6E08f4c7C32D4f71b54bdA02913', [LOWER, ['scope.bad_checksum', '/at']]],
    ['0x83', ['0x83', ['scope.invalid_address', '/at']]],
  ])('behavior: the address %s', (text, [address, issue]) => {
    const [value, issues] = reported((report) => report.address('/at', text)) as [string, unknown[][]]
    expect(value).toBe(address)
    expect(issues[0]?.slice(0, 2) ?? []).toEqual(issue)
  })

  test('behavior: the zero address is an address and no account', () => {
    const zero = `0x${'0'.repeat(40)}`
    const almost = `0x${'0'.repeat(39)}1`
    expect(reported((report) => report.address('/at', zero))).toEqual([zero, []])
    expect(reported((report) => report.account('/at', zero))).toEqual([
      zero,
      [['scope.zero_address', '/at', zero, undefined]],
    ])
    expect(reported((report) => report.account('/at', almost))).toEqual([almost, []])
  })

  test.each<[string, number | undefined, 'zero' | 'positive' | undefined, unknown[]]>([
    ['1.50', 6, undefined, ['1.5', []]],
    ['1.50', undefined, undefined, ['1.50', []]],
    ['0.01', 2, 'positive', ['0.01', []]],
    ['0.001', 2, 'positive', ['0.001', [['scope.too_many_decimals', '/at', '0.001', '2']]]],
    ['0.00', 2, 'zero', ['0', []]],
    ['0.00', 2, 'positive', ['0', [['scope.amount_not_positive', '/at', '0.00', 0]]]],
    ['0', 2, undefined, ['0', [['scope.amount_not_positive', '/at', '0', 0]]]],
    [
      `${2n ** 256n}`,
      0,
      undefined,
      [`${2n ** 256n}`, [['scope.amount_overflow', '/at', `${2n ** 256n}`, `${2n ** 256n - 1n}`]]],
    ],
  ])('behavior: the amount %s in %s decimals', (text, decimals, zero, found) => {
    expect(reported((report) => report.amount('/at', text, decimals, zero))).toEqual(found)
  })

  test('behavior: each repetition is reported where it stands', () => {
    const values = ['a', 'b', 'a', true, 'a', true]
    expect(reported((report) => report.distinct('scope.duplicate_value', '/at', values, 'thing'))[1]).toEqual([
      ['scope.duplicate_value', '/at/2', 'a', undefined],
      ['scope.duplicate_value', '/at/4', 'a', undefined],
      ['scope.duplicate_value', '/at/5', true, undefined],
    ])
  })

  test('behavior: what was reported is thrown, in order, and nothing where nothing was', () => {
    const report = new Report()
    report.finish()
    report.add('scope.expired', '/one', 'm', { fix: 'f' })
    report.add('scope.zero_period', '/two', 'm', { fix: 'f' })
    expect(placesOf(() => report.finish())).toEqual(['scope.expired /one', 'scope.zero_period /two'])
  })
})

describe('readShape', () => {
  const names = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, 1]))
  const count = (schema: z.ZodType, value: unknown) => issuesOf(() => readShape(schema, value)).length

  test('behavior: 50 complaints at most, however they come about', () => {
    const record = z.record(z.string(), z.string())
    const closed = z.strictObject({})
    for (const schema of [record, closed, z.union([record, record]), z.union([closed, closed])]) {
      expect([count(schema, names(49)), count(schema, names(50)), count(schema, names(65))]).toEqual([49, 50, 50])
    }
  })

  const X = z.strictObject({ x: z.number() })
  const MORE = z.strictObject({ x: z.number(), k: z.number(), p: z.number(), q: z.number() })
  const NOTHING = z.strictObject({})
  const TEXTS = z.strictObject({ a: z.string(), b: z.string(), c: z.string() })
  const FORMS = z.strictObject({ a: z.string().regex(/^x/), b: z.string().regex(/^x/) })

  // A kind that would do but for unknown members is taken at once where it is the only one.
  test.each<[string, z.ZodType, unknown, string]>([
    [
      'one unknown member weighs as much as two that are missing',
      z.union([X, X, MORE]),
      { x: 1, k: 1 },
      'unknown_field /k',
    ],
    ['two that are missing weigh as much as one unknown', z.union([MORE, X, X]), { x: 1, k: 1 }, 'missing_field /p'],
    ['another kind of value is as bad as ten', z.union([z.string(), NOTHING, NOTHING]), names(10), 'wrong_type '],
    [
      'ten are as bad as another kind of value',
      z.union([NOTHING, NOTHING, z.string()]),
      names(10),
      'unknown_field /k0',
    ],
    ['eleven are worse', z.union([NOTHING, NOTHING, z.string()]), names(11), 'wrong_type '],
    ['nine are better', z.union([z.string(), NOTHING, NOTHING]), names(9), 'unknown_field /k0'],
    ['one missing is worse than two of wrong form', z.union([TEXTS, FORMS]), { a: 'a', b: 'b' }, 'malformed_value /a'],
    ['of two alike the first', z.union([z.literal('a'), z.literal('b')]), 'c', 'malformed_value '],
  ])('behavior: %s', (_, schema, value, issue) => {
    expect(placesOf(() => readShape(schema, value))[0]).toBe(`scope.${issue}`)
  })

  test.each<[string, z.ZodType, unknown, object]>([
    [
      'a key by its last name',
      z.record(z.string(), z.record(z.string().regex(/^a/), z.number())),
      { out: { in: 1 } },
      {
        code: 'scope.malformed_value',
        pointer: '/out/in',
        value: 'in',
        bound: 'the form of a name here',
      },
    ],
    [
      'a text with its pattern',
      z.string().regex(/^a$/),
      'b',
      { code: 'scope.malformed_value', value: 'b', bound: '/^a$/' },
    ],
    [
      'an amount below zero',
      z.string().regex(DECIMAL),
      '-1.5',
      {
        code: 'scope.amount_not_positive',
        value: '-1.5',
        bound: 0,
      },
    ],
    ['what is no amount', z.string().regex(DECIMAL), '-x', { code: 'scope.malformed_value', value: '-x' }],
    ['what need not be an amount', z.string().regex(/^a$/), '-1', { code: 'scope.malformed_value', bound: '/^a$/' }],
    ['one of several words', z.enum(['a', 'b']), 'c', { code: 'scope.malformed_value', bound: 'a | b' }],
    ['a long text by its beginning', z.string().regex(/^a$/), 'b'.repeat(201), { value: 'b'.repeat(200) }],
    [
      'an unknown member by the beginning of its name',
      z.strictObject({}),
      { [`ab${'c'.repeat(199)}`]: 1 },
      {
        code: 'scope.unknown_field',
        value: `ab${'c'.repeat(198)}`,
      },
    ],
    ['what is large by its type', z.string(), [1], { code: 'scope.wrong_type', value: 'array', bound: 'string' }],
    ['nothing by its name', z.string(), null, { code: 'scope.wrong_type', value: 'null' }],
    ['an object by its type', z.string(), {}, { value: 'object' }],
    ['a number where a text must be', z.string(), 5, { value: 5, fix: 'Write the number in quotation marks.' }],
    ['a truth where a text must be', z.string(), true, { value: true, fix: 'Give string.' }],
    ['a text where a number must be', z.number(), '5', { value: '5', fix: 'Give number.' }],
    [
      'too many',
      z.array(z.number()).max(1),
      [1, 2],
      { code: 'scope.out_of_range', bound: 'at most 1', value: 'array' },
    ],
    ['too little', z.number().min(3), 2, { code: 'scope.out_of_range', bound: 'at least 3', value: 2 }],
    [
      'nothing at all',
      z.strictObject({ expiry: z.string() }),
      {},
      { code: 'scope.missing_expiry', pointer: '/expiry' },
    ],
    [
      'a word that is missing',
      z.strictObject({ a: z.literal('b') }),
      {},
      { code: 'scope.missing_field', pointer: '/a' },
    ],
    [
      'another version',
      z.strictObject({ version: z.literal(1) }),
      { version: 2 },
      { code: 'scope.unsupported_version', value: 2, bound: 1 },
    ],
    [
      'no known kind',
      z.discriminatedUnion('k', [z.object({ k: z.literal('a') })]),
      { k: 'b' },
      {
        code: 'scope.malformed_value',
        bound: 'one of the known kinds',
      },
    ],
  ])('behavior: %s', (_, schema, value, issue) => {
    expect(issuesOf(() => readShape(schema, value))[0]).toMatchObject(issue)
  })
})

describe('snapshot', () => {
  const deep = (levels: number): unknown => (levels === 0 ? 1 : { a: deep(levels - 1) })

  test.each<[unknown, string]>([
    [Number.NaN, 'number'],
    [Number.POSITIVE_INFINITY, 'number'],
    [5n, 'bigint'],
    [undefined, 'undefined'],
    [() => 1, 'function'],
    [Symbol('s'), 'symbol'],
    [new Map([['a', 1]]), 'an object with a class'],
    [new (class Own {})(), 'an object with a class'],
  ])('error: %s is no JSON', (value, kind) => {
    const outer = kind === 'undefined' ? [value] : { a: value }
    const at = kind === 'undefined' ? '/0' : '/a'
    expect(codeOf(() => snapshot(outer))).toMatchObject({
      code: 'scope.not_json',
      details: { pointer: at, value: kind },
    })
  })

  test('behavior: an object without a prototype is an object', () => {
    const bare = Object.assign(Object.create(null), { a: 1, b: undefined })
    expect(snapshot(bare)).toEqual({ a: 1 })
    expect(Object.keys(snapshot({ a: undefined }) as object)).toEqual([])
  })

  test('error: objects within objects, and a list too long to be begun', () => {
    expect(snapshot(deep(24))).toEqual(deep(24))
    expect(placesOf(() => snapshot(deep(25)))).toEqual([`scope.too_large ${'/a'.repeat(24)}`])
    expect(placesOf(() => snapshot({ list: Array.from({ length: 100_000 }) }))).toEqual(['scope.too_large /list'])
  })
})

describe('scopeToPermissionRequests', () => {
  const rule = { id: 'p', class: 'transfer', asset: USDC, to: 'anyone', budget: 'b' } as const
  const budgets = { b: { assets: { [USDC]: '1' }, max: '200' } }
  const daily = { b: { ...budgets.b, per: 'P1D', window: 'fixed' as const } }
  const ask = (max: string | undefined, more: object) =>
    scopeToPermissionRequests(parseScope(scopeDocument([max === undefined ? rule : { ...rule, max }], more)))

  test('behavior: a maximum of the whole budget says nothing more, one of a unit less does', () => {
    expect(ask('200', { budgets })).toEqual(ask(undefined, { budgets }))
    expect(placesOf(() => ask('199.999999', { budgets }))).toEqual(['scope.not_expressible /rules/0/max'])
  })

  test('behavior: the first second of all is a start', () => {
    const startOf = (notBefore: string, more: object) =>
      ask(undefined, { notBefore, ...more })[0]?.permission.data.startTime
    expect(startOf('1970-01-01T00:00:01Z', { budgets })).toBe(1)
    expect(startOf('1970-01-01T00:00:01Z', { budgets: daily })).toBe(1)
    expect(startOf('1970-01-01T00:00:00Z', { budgets: daily })).toBe(86_400)
    expect(startOf('1970-01-01T00:00:00Z', { budgets })).toBeUndefined()
  })
})

describe('unconfirmedIn', () => {
  test('default: what the agent chose, beside the values or in the list, once', () => {
    const expiry = { value: '2026-12-20T00:00:00Z', source: 'agent' } as const
    const rule = { id: 'p', class: 'transfer', asset: USDC, to: 'anyone', max: '1' } as const
    const provenance = { '/expiry': 'agent', '/principal': 'agent', '/delegate': 'ledger' } as const
    expect(unconfirmedIn(scopeDocument([rule], { expiry, provenance }))).toEqual(['/expiry', '/principal'])
    expect(unconfirmedIn(scopeDocument([rule]))).toEqual([])
  })
})
