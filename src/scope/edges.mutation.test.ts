import { encodeFunctionData, type Hex, parseAbiItem } from 'viem'
import { describe, expect, test } from 'vitest'
import { codeOf } from '../../test/codes.ts'
import { abiType, rangeOf } from './abi.ts'
import { createScopeHistory } from './admits.ts'
import { readAccountAmount, readArgument, readListLength, TRANSFER_SELECTOR } from './calldata.ts'
import type { ScopeError } from './errors.ts'
import { parseFunction } from './function.ts'
import { scopeJsonSchema } from './hash.ts'
import { implies, largestOf } from './implies.ts'
import { inferScope } from './infer.ts'
import { parseScope } from './parse.ts'
import { fillingsWithin } from './rate.ts'
import { Report } from './report.ts'
import { isSubset } from './subset.ts'

/** What changed code got away with before: each of these stands against one change that no other test noticed. */

const account = (n: number) => `0x${n.toString(16).padStart(2, '0').repeat(20)}` as const
const [PAYEE, OTHER, TOKEN, COIN] = [account(0xa1), account(0xb1), account(0xe1), account(0xe2)] as const

describe('parseFunction', () => {
  test('behavior: nothing inside a nameless struct has a name, however deep it lies', () => {
    const { inputs } = parseFunction('f((address to, (uint8 a, bool b) inner), (uint8 c) named)')
    expect(inputs.map(({ name }) => name)).toEqual(['', '', '', 'named.c'])
  })
})

describe('createScopeHistory', () => {
  test('behavior: of several rules the one that came nearest says why not, wherever it stands', () => {
    const near = { id: 'near', class: 'transfer', asset: TOKEN, to: [PAYEE], budget: 'b' }
    const far = { id: 'far', class: 'transfer', asset: COIN, to: [PAYEE], budget: 'b' }
    const ask = (rules: readonly object[], other?: Hex) => {
      const scope = parseScope({
        version: 1,
        task: { id: 't', purpose: 'p' },
        chainId: 1,
        principal: account(1),
        delegate: account(2),
        rules,
        budgets: { b: { assets: { [TOKEN]: '1', [COIN]: '1' }, max: '5' } },
        expiry: '2030-01-01T00:00:00Z',
        redelegation: { maxDepth: 0 },
        revocation: { group: 'g', maxLatencySeconds: 60 },
        evidence: { receipts: ['grant'], retain: 'P1D' },
        assets: { [TOKEN]: { symbol: 'T', decimals: 0 }, [COIN]: { symbol: 'C', decimals: 0 } },
      })
      const abi = [parseAbiItem('function transfer(address to, uint256 amount)')] as const
      const data = other ?? encodeFunctionData({ abi, args: [OTHER, 2n] })
      return createScopeHistory(scope).ask({
        chainId: 1,
        time: 1_800_000_000n,
        calls: [{ to: TOKEN, data, value: 0n }],
      })
    }
    expect(ask([near, far])).toEqual({ admitted: 'no', dimension: 'payees', pointer: '/rules/0/to' })
    expect(ask([near, { ...near, id: 'too' }])).toMatchObject({ pointer: '/rules/0/to' })
    expect(ask([far, near])).toEqual({ admitted: 'no', dimension: 'payees', pointer: '/rules/1/to' })
    const nearer = { ...near, id: 'nearer', to: [OTHER], max: '1' }
    expect(ask([near, { ...nearer, max: '2' }])).toMatchObject({ admitted: 'yes' })
    expect(ask([near, nearer, far])).toEqual({ admitted: 'no', dimension: 'max', pointer: '/rules/1/max' })
    const call = { id: 'call', class: 'call', target: TOKEN, function: 'f()', args: {} }
    const elsewhere = { ...call, id: 'elsewhere', target: OTHER }
    expect(ask([far, elsewhere, call])).toEqual({ admitted: 'no', dimension: 'function', pointer: '/rules/2/function' })
    const unread = ask([far, elsewhere], '0x12345678')
    expect(unread).toEqual({ admitted: 'no', dimension: 'target', pointer: '/rules/1/target' })
  })
})

describe('inferScope', () => {
  test.each([
    ['1', '5'],
    ['5', '1'],
  ])('behavior: of one call planned with %s and %s wei the larger is what was planned', (...values) => {
    const { overGrant } = inferScope({
      version: 1,
      task: { id: 't', purpose: 'p' },
      chainId: 1,
      principal: account(1),
      delegate: account(2),
      expiry: '2030-01-01T00:00:00Z',
      source: 'principal',
      calls: values.map((value) => ({ to: OTHER, function: 'f()', args: {}, value })),
    })
    expect(overGrant.filter(({ dimension }) => dimension === 'value')).toMatchObject([
      { granted: '5', planned: '5', ratio: '1' },
    ])
  })
})

describe('inferScope, over-grants', () => {
  test('behavior: functions stand in the order of their names, not of the plan', () => {
    const { overGrant } = inferScope({
      version: 1,
      task: { id: 't', purpose: 'p' },
      chainId: 1,
      principal: account(1),
      delegate: account(2),
      expiry: '2030-01-01T00:00:00Z',
      source: 'principal',
      calls: ['g(uint8 a)', 'f(uint8 a)'].map((name) => ({ to: OTHER, function: name, args: { a: '1' } })),
    })
    const functions = overGrant.filter(({ dimension }) => dimension === 'arguments').map(({ of }) => of)
    expect(functions).toEqual([`${OTHER} f(uint8)`, `${OTHER} g(uint8)`])
  })
})

describe('scopeJsonSchema', () => {
  test('behavior: whatever has an example shows it, and nothing shows one that is not there', () => {
    const text = JSON.stringify(scopeJsonSchema())
    expect(text).toContain('"examples":["12.50"]')
    expect(text).not.toContain('"examples":[null]')
  })
})

describe('parseScope', () => {
  test('error: a rule is read as of its class, however little of it is there', () => {
    const error = codeOf(() => parseScope({ version: 1, rules: [{ id: 'x', class: 'call' }] }))
    const pointers = (error as ScopeError).issues.map(({ pointer }) => pointer)
    expect(pointers).toContain('/rules/0/target')
    expect(pointers).not.toContain('/rules/0/asset')
  })

  const document = (more: object) => ({
    version: 1,
    task: { id: 'task', purpose: 'p' },
    chainId: 1,
    principal: account(1),
    delegate: account(2),
    rules: [{ id: 'c', class: 'call', target: account(3), function: 'f(uint8 a, bool b, bytes4 d)', args: {} }],
    calls: { max: 1 },
    expiry: '2030-01-01T00:00:00Z',
    redelegation: { maxDepth: 0 },
    revocation: { group: 'g', maxLatencySeconds: 60 },
    evidence: { receipts: ['grant'], retain: 'P1D' },
    ...more,
  })
  const issuesOf = (more: object) => {
    const { issues } = codeOf(() => parseScope(document(more))) as ScopeError
    return issues.map(({ code, pointer }) => `${code} ${pointer}`)
  }

  test.each(['/task/id/0', '/task/id/length', '/rules/length', '/task/~'])(
    'error: the source of %s, which is no value',
    (at) => {
      expect(issuesOf({ provenance: { [at]: 'principal' } })[0]).toContain('scope.dangling_provenance')
    },
  )

  test('error: a condition that cannot fit is one complaint, and its value not another', () => {
    const call = { id: 'c', class: 'call', target: account(3), function: 'f(bytes a, uint8 ab)' }
    const misfit = 'scope.condition_does_not_fit /rules/0/args/a'
    expect(issuesOf({ rules: [{ ...call, args: { a: { lte: '-1' } } }] })).toEqual([misfit])
    // What does not fit elsewhere is a complaint of its own.
    const both = { a: { lte: '-1' }, ab: { lte: '300' } }
    expect(issuesOf({ rules: [{ ...call, args: both }] })).toEqual([
      misfit,
      'scope.value_does_not_fit /rules/0/args/ab/lte',
    ])
  })

  test('error: of the conditions that may have been meant, the one with least wrong in it', () => {
    const call = { id: 'c', class: 'call', target: account(3), function: 'f(uint8 a)' }
    const rules = [{ ...call, args: { a: { lte: 'x', gte: '5' } } }]
    expect(issuesOf({ rules })).toEqual(['scope.unknown_field /rules/0/args/a/lte'])
  })
})

describe('rangeOf', () => {
  test.each<[string, bigint, bigint]>([
    ['uint8', 0n, 255n],
    ['uint256', 0n, 2n ** 256n - 1n],
    ['int8', -128n, 127n],
    ['int256', -(2n ** 255n), 2n ** 255n - 1n],
    ['address', 0n, 2n ** 160n - 1n],
    ['bool', 0n, 1n],
    ['bytes1', 0n, 255n],
    ['bytes4', 0n, 2n ** 32n - 1n],
    ['bytes32', 0n, 2n ** 256n - 1n],
  ])('default: %s', (type, min, max) => {
    expect(rangeOf(abiType(type))).toEqual({ min, max })
  })
})

describe('implies', () => {
  test('behavior: a mask that leaves the lowest bits free is the values that it lets through', () => {
    const accounts = { principal: account(1), delegate: account(2) }
    const of = (condition: NonNullable<Parameters<typeof implies>[1]>['condition']) => ({ condition, accounts })
    const mask = of({ mask: '254', equals: '2' })
    expect(implies(abiType('uint8'), mask, of({ in: ['1', '2', '3'] }))).toBe(true)
    expect(implies(abiType('uint8'), mask, of({ in: ['2', '4'] }))).toBe(false)
    expect(implies(abiType('uint8'), of({ in: ['2', '3'] }), mask)).toBe(true)
  })
})

describe('implies, short ranges', () => {
  test('behavior: a range of 64 values is compared one by one, a longer one only as a whole', () => {
    const accounts = { principal: account(1), delegate: account(2) }
    const wide = { condition: { mask: '128', equals: '0' }, accounts }
    const upTo = (lte: string) => implies(abiType('uint16'), { condition: { lte }, accounts }, wide)
    expect([upTo('63'), upTo('64')]).toEqual([true, false])
  })
})

describe('largestOf', () => {
  test('behavior: where the largest value is the one left out, the one below it', () => {
    const of = (neq: string) => {
      const accounts = { principal: account(1), delegate: account(2) }
      return largestOf(abiType('uint8'), { condition: { neq }, accounts })
    }
    expect([of('255'), of('254'), of('0')]).toEqual([254n, 255n, 255n])
  })
})

describe('fillingsWithin', () => {
  const life = { start: 0n, end: 1_000n }
  const fixed = (period: bigint, anchor: bigint) => ({ kind: 'fixed', period, anchor }) as const
  test.each([
    ['windows of two that begin with every second of four', fixed(2n, 2n), fixed(4n, 0n), 2n],
    ['windows of two that begin between', fixed(2n, 1n), fixed(4n, 0n), 3n],
    ['windows of four around those of two', fixed(4n, 2n), fixed(2n, 0n), 1n],
    ['windows of four that end inside those of two', fixed(4n, 1n), fixed(2n, 0n), 2n],
    ['windows of three beside those of two', fixed(3n, 0n), fixed(2n, 0n), 2n],
    ['windows of three and three that begin together', fixed(3n, 1n), fixed(3n, 1n), 1n],
    ['a rolling three within two', { kind: 'rolling', period: 3n } as const, fixed(2n, 0n), 1n],
  ])('behavior: %s', (_, inner, outer, most) => {
    expect(fillingsWithin(inner, outer, life)).toBe(most)
  })
})

describe('Report', () => {
  test('behavior: keeps 64 of a flood', () => {
    const report = new Report()
    for (let n = 0; n < 65; n++) report.add('scope.malformed_value', `/${n}`, 'm', { fix: 'f' })
    expect(report.issues.map(({ pointer }) => pointer)).toEqual(Array.from({ length: 64 }, (__, n) => `/${n}`))
  })
})

const word = (n: number | bigint) => n.toString(16).padStart(64, '0')
const inputOf = (signature: string) => {
  const [input] = parseFunction(signature).inputs
  if (input === undefined) throw new RangeError('one input was asked for')
  return input
}

describe('readArgument', () => {
  const of = (...parts: string[]) => readArgument(`0x12345678${parts.join('')}`, inputOf('f(bytes a)'))

  test('behavior: bytes are there to their last one, wherever they begin', () => {
    expect(of(word(32), word(2), '0102')).toBe('0x0102')
    expect(of(word(32), word(2), '01')).toBeUndefined()
    expect(of(word(33), '00', word(2), '0102')).toBe('0x0102')
    expect(of(word(32), word(0))).toBe('0x')
    expect(of(word(32))).toBeUndefined()
    expect(of(word(32), word(2n ** 256n - 1n), '0102')).toBeUndefined()
    expect(of(word(2n ** 256n - 1n), word(0))).toBeUndefined()
  })
})

describe('readListLength', () => {
  test('error: a list that says it is longer than the call data', () => {
    const of = (...parts: string[]) => readListLength(`0x12345678${parts.join('')}`, inputOf('f(uint8[] a)'))
    expect(of(word(32), word(0))).toBe(0)
    expect(of(word(32), word(1), word(7))).toBe(1)
    expect(of(word(32), word(1))).toBeUndefined()
    expect(of(word(32), word(33), word(7))).toBeUndefined()
  })
})

describe('readAccountAmount', () => {
  test('error: a byte less, a byte more, or anything before the account', () => {
    const data = (before: string) => `${TRANSFER_SELECTOR}${before}${PAYEE.slice(2)}${word(5)}` as Hex
    const clean = data('00'.repeat(12))
    expect(readAccountAmount(clean, TRANSFER_SELECTOR)).toEqual({ account: PAYEE, amount: 5n })
    for (const other of [
      clean.slice(0, -2),
      `${clean}00`,
      data(`01${'00'.repeat(11)}`),
      data(`${'00'.repeat(11)}01`),
    ]) {
      expect(readAccountAmount(other as Hex, TRANSFER_SELECTOR)).toBeUndefined()
    }
  })
})

describe('isSubset', () => {
  test('behavior: a side of 500 characters is shown whole, a longer one cut and marked', () => {
    const scopeOf = (name: string) =>
      parseScope({
        version: 1,
        task: { id: 't', purpose: 'p' },
        chainId: 1,
        principal: account(1),
        delegate: account(2),
        rules: [{ id: 'c', class: 'call', target: OTHER, function: `${name}()`, args: {} }],
        expiry: '2030-01-01T00:00:00Z',
        redelegation: { maxDepth: 0 },
        revocation: { group: 'g', maxLatencySeconds: 60 },
        evidence: { receipts: ['grant'], retain: 'P1D' },
      })
    // The brackets, and the quotation marks of JSON.
    const shown = (characters: number) => isSubset(scopeOf('f'.repeat(characters - 4)), scopeOf('g'))
    expect(shown(500)).toMatchObject({ child: `"${'f'.repeat(496)}()"`, parent: '"g()"' })
    expect(shown(501)).toMatchObject({ child: `"${'f'.repeat(497)}()…` })
  })
})
