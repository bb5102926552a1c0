import { getAddress } from 'viem'
import { describe, expect, test } from 'vitest'
import { codeOf } from '../../test/codes.ts'
import { ScopeError } from './errors.ts'
import { parseFunction } from './function.ts'
import { parseScope } from './parse.ts'
import { snapshot } from './snapshot.ts'

/** Every bound that the schema states, at its edge: the last that passes, and the first that does not. */

const account = (n: number) => `0x${n.toString(16).padStart(40, 'b')}` as const
const [PAYEE, TOKEN, TARGET] = [account(1), account(2), account(3)] as const
const EXPIRY = '2030-01-01T00:00:00Z'

type Json = Record<string, unknown>
const pay = (more: Json = {}) => ({ id: 'pay', class: 'transfer', asset: 'native', to: [PAYEE], max: '1', ...more })
const document = (more: Json = {}): Json => ({
  version: 1,
  task: { id: 't', purpose: 'p' },
  chainId: 1,
  principal: account(11),
  delegate: account(12),
  rules: [pay()],
  calls: { max: 1 },
  expiry: EXPIRY,
  redelegation: { maxDepth: 0 },
  revocation: { group: 'g', maxLatencySeconds: 60 },
  evidence: { receipts: ['grant'], retain: 'P1D' },
  ...more,
})
const times = <item>(count: number, make: (n: number) => item): item[] =>
  Array.from({ length: count }, (_, n) => make(n))
const names = (count: number, make: (n: number) => unknown) =>
  Object.fromEntries(times(count, (n) => [`n${n}`, make(n)] as const))
const code = (read: () => unknown): string => {
  try {
    read()
    return 'ok'
  } catch (error) {
    if (error instanceof ScopeError) return error.code
    throw error
  }
}
const token = (info: Json) =>
  document({ rules: [pay({ asset: TOKEN })], assets: { [TOKEN]: { symbol: 'T', ...info } } })
const budget = (assets: Json) => ({ assets, max: '1' })
/** Each budget is spent by a call of its own sort. */
const spending = (budgets: Json) => {
  const rules = Object.entries(budgets).map(([name, own], at) => {
    const [asset] = Object.keys((own as { assets: Json }).assets)
    const spends = asset === undefined ? [] : [{ asset, amount: asset === 'native' ? 'value' : 'a', budget: name }]
    const named = { id: `c${at}`, class: 'call', target: TARGET, function: 'f(uint256 a)', args: {} }
    return { ...named, spends, value: { lte: '9' } }
  })
  return document({ budgets, rules })
}
const aCall = { id: 'c', class: 'call', target: TARGET, function: 'f(uint256 a)', args: {} }
const call = (args: Json, signature = 'f(uint256 a, bytes b)') =>
  document({ rules: [{ ...aCall, function: signature, args }] })
/** One call that spends these tokens from one budget. */
const spends = (tokens: readonly string[]) => {
  const known = Object.fromEntries(tokens.map((asset) => [asset, { symbol: 'T', decimals: 6 }]))
  const weights = Object.fromEntries(tokens.map((asset) => [asset, '1']))
  const rule = { ...aCall, spends: tokens.map((asset) => ({ asset, amount: 'a', budget: 'b' })) }
  return document({ rules: [rule], assets: known, ...(tokens.length > 0 && { budgets: { b: budget(weights) } }) })
}

const BY_BOUND = /^scope\.(?:(?:expiry_|period_)?out_of_range|malformed_value)$/

describe('parseScope', () => {
  test.each<[what: string, least: number, most: number, make: (n: number) => Json]>([
    ['characters of a purpose', 1, 500, (n) => document({ task: { id: 't', purpose: 'x'.repeat(n) } })],
    ['characters of a name', 1, 64, (n) => document({ task: { id: 'x'.repeat(n), purpose: 'p' } })],
    ['the chain', 1, Number.MAX_SAFE_INTEGER, (n) => document({ chainId: n })],
    [
      'redeemers',
      1,
      16,
      (n) => document({ request: { key: account(12), redeemers: times(n, (at) => account(at + 100)) } }),
    ],
    ['payees', 1, 256, (n) => document({ rules: [pay({ to: times(n, (at) => account(at + 0xaaaa0000)) })] })],
    ['values of a condition', 1, 64, (n) => call({ a: { in: times(n, String) } })],
    ['spends', 0, 8, (n) => spends(times(n, (at) => account(at + 100)))],
    ['dangers', 0, 16, (n) => document({ rules: [{ ...aCall, acknowledge: times(n, (at) => `danger:${at}`) }] })],
    ['characters of a danger', 0, 100, (n) => document({ rules: [{ ...aCall, acknowledge: ['x'.repeat(n)] }] })],
    ['characters of a value', 0, 8_192, (n) => call({ b: { eq: 'x'.repeat(n) } }, 'f(uint256 a, string b)')],
    ['characters of a function', 3, 2_000, (n) => call({}, `f()${' '.repeat(n)}`.slice(0, n))],
    [
      'seconds until expiry',
      1,
      4_294_967_295,
      (n) => document({ expiry: new Date(n * 1_000).toISOString().replace('.000', '') }),
    ],
    ['seconds of a period', 1, 1_576_800_000, (n) => document({ calls: { max: 1, per: `PT${n}S`, window: 'fixed' } })],
    ['rules', 1, 64, (n) => document({ rules: times(n, (at) => pay({ id: `r${at}` })) })],
    ['calls', 1, 1_000_000_000, (n) => document({ calls: { max: n } })],
    ['depth', 0, 7, (n) => document({ redelegation: { maxDepth: n } })],
    ['latency', 1, 31_536_000, (n) => document({ revocation: { group: 'g', maxLatencySeconds: n } })],
    ['characters of a symbol', 1, 32, (n) => token({ symbol: 'x'.repeat(n), decimals: 6 })],
    ['decimals', 0, 77, (n) => token({ decimals: n })],
    ['budgets', 1, 64, (n) => spending(names(n, () => budget({ native: '1' })))],
    [
      'assets of a budget',
      1,
      16,
      (n) => {
        const assets = times(n, (at) => account(at + 100))
        const known = Object.fromEntries(assets.map((asset) => [asset, { symbol: 'T', decimals: 6 }]))
        const weights = Object.fromEntries(assets.map((asset) => [asset, '1']))
        return { ...spending({ b: budget(weights) }), assets: known }
      },
    ],
  ])('behavior: %s from %i to %i', (_, least, most, make) => {
    expect([code(() => parseScope(make(least))), code(() => parseScope(make(most)))]).toEqual(['ok', 'ok'])
    if (least > 0) expect(code(() => parseScope(make(least - 1)))).toMatch(/^scope\./)
    // By the bound itself, and not by something that follows from what is too large.
    expect(code(() => parseScope(make(most + 1)))).toMatch(BY_BOUND)
  })

  test('error: a request key that could be handed on says which depth is too much', () => {
    const request = { key: account(12), redeemers: [account(13)] }
    const error = codeOf(() => parseScope(document({ request, redelegation: { maxDepth: 1 } })))
    expect(error).toMatchObject({ code: 'scope.request_with_redelegation', details: { value: 1, bound: 0 } })
    expect(code(() => parseScope(document({ request, redelegation: { maxDepth: 0 } })))).toBe('ok')
  })

  test('error: no receipt at all', () => {
    const keeping = (...receipts: string[]) => document({ evidence: { receipts, retain: 'P1D' } })
    expect(code(() => parseScope(keeping('grant')))).toBe('ok')
    expect(code(() => parseScope(keeping()))).toMatch(BY_BOUND)
  })

  test('error: an asset that a budget names twice, in two spellings', () => {
    const assets = { [TOKEN]: '1', [getAddress(TOKEN)]: '1' }
    const twice = document({ budgets: { b: budget(assets) }, assets: { [TOKEN]: { symbol: 'T', decimals: 6 } } })
    expect(code(() => parseScope(twice))).toBe('scope.duplicate_value')
  })

  test('behavior: the source of a pointer of 500 characters is read, and of a longer one not', () => {
    const sourceAt = (characters: number) =>
      document({ provenance: { [`/${'x'.repeat(characters - 1)}`]: 'principal' } })
    expect(code(() => parseScope(sourceAt(500)))).toBe('scope.dangling_provenance')
    expect(code(() => parseScope(sourceAt(501)))).toMatch(BY_BOUND)
  })

  test('behavior: a budget may hold as much of an asset as a word can say, and no unit more', () => {
    const most = 2n ** 256n - 1n
    const holding = (max: bigint, weight: string) => ({
      ...document({ rules: [pay({ asset: TOKEN, max: undefined, budget: 'b' })] }),
      budgets: { b: { assets: { [TOKEN]: weight }, max: `${max}` } },
      assets: { [TOKEN]: { symbol: 'T', decimals: 0 } },
    })
    expect(code(() => parseScope(holding(most, '1')))).toBe('ok')
    expect(code(() => parseScope(holding(most / 2n, '0.5')))).toBe('ok')
    expect(code(() => parseScope(holding(most / 2n + 1n, '0.5')))).toBe('scope.amount_overflow')
  })

  test('behavior: integers up to those of their type, in as many digits as they may have', () => {
    const most = 2n ** 256n - 1n
    expect(code(() => parseScope(call({ a: { lte: `${most}` } })))).toBe('ok')
    expect(code(() => parseScope(call({ a: { lte: `${most + 1n}` } })))).toMatch(/^scope\./)
    expect(code(() => parseScope(call({ a: { lte: '9'.repeat(79) } })))).toMatch(/^scope\./)
    expect(code(() => parseScope(call({ a: { gte: '-1' } }, 'f(int8 a)')))).toBe('ok')
    expect(code(() => parseScope(call({ a: { gte: '-128' } }, 'f(int8 a)')))).toBe('ok')
    expect(code(() => parseScope(call({ a: { gte: '-129' } }, 'f(int8 a)')))).toMatch(/^scope\./)
    expect(code(() => parseScope(call({ a: { lte: '127' } }, 'f(int8 a)')))).toBe('ok')
    expect(code(() => parseScope(call({ a: { lte: '128' } }, 'f(int8 a)')))).toMatch(/^scope\./)
    const wrong = codeOf(() => parseScope(call({ a: { lte: '128' } }, 'f(int8 a)')))
    expect(wrong.details).toMatchObject({ value: '128', bound: 'int8: -128 to 127' })
  })
})

describe('parseFunction', () => {
  const parameters = (count: number, type = 'uint256') => `f(${times(count, (n) => `${type} p${n}`).join(', ')})`
  const nested = (depth: number): string => (depth === 0 ? 'uint256 a' : `(${nested(depth - 1)}) s${depth}`)

  test.each<[what: string, most: number, make: (n: number) => string]>([
    ['parameters', 64, (n) => parameters(n)],
    ['structs in structs', 8, (n) => `f(${nested(n)})`],
    ['characters', 2_000, (n) => `f()${' '.repeat(n - 3)}`],
    ['dimensions of an array', 8, (n) => `f(uint256${'[]'.repeat(n)} a)`],
    ['words of a head', 2_048, (n) => `f(uint256[${n}] a)`],
    ['words of all parameters', 2_048, (n) => `f(uint256[1024] a, uint256[${n - 1_024}] b)`],
  ])('error: more %s than %i', (_, most, make) => {
    expect(code(() => parseFunction(make(most)))).toBe('ok')
    expect(code(() => parseFunction(make(most + 1)))).toMatch(/^scope\./)
  })

  test('behavior: elements of an array are places of their own up to 64 words', () => {
    const places = (size: number) => parseFunction(`f(uint256[${size}] a)`).inputs.length
    expect([places(64), places(65)]).toEqual([64, 1])
  })
})

describe('snapshot', () => {
  const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)])

  test.each<[what: string, most: number, make: (n: number) => unknown]>([
    ['characters of a text', 16_384, (n) => ['x'.repeat(n)]],
    ['characters of a name', 16_384, (n) => ({ ['x'.repeat(n)]: 1 })],
    ['members', 512, (n) => ({ a: names(n, () => 1) })],
    ['levels', 24, nested],
    ['values of a list', 99_999, (n) => times(n, () => 1)],
    // A list, what it has, and the object and its members.
    ['values in all', 100_000, (n) => [times(99_900, () => 1), names(n - 99_903, () => 1)]],
  ])('error: more %s than %i', (_, most, make) => {
    expect(snapshot(make(most))).toEqual(make(most))
    expect(code(() => snapshot(make(most + 1)))).toBe('scope.too_large')
  })

  test('behavior: sources may be more than the members of anything else', () => {
    const many = names(513, () => 1)
    expect(snapshot({ provenance: many })).toEqual({ provenance: many })
    expect(code(() => snapshot({ task: { provenance: many } }))).toBe('scope.too_large')
  })
})
