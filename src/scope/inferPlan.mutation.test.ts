import { describe, expect, test } from 'vitest'
import { codeOf } from '../../test/codes.ts'
import { inferScope } from './infer.ts'

/** How long the parts of a plan may be: the last that passes, and the first that does not. */

const account = (n: number) => `0x${n.toString(16).padStart(2, '0').repeat(20)}` as const
const [A, USDC, ROUTER] = [account(0xa1), account(0xe1), account(0xd1)] as const
const pay = { asset: USDC, to: A, amount: '1' }
const plan = (calls: unknown) => ({
  version: 1,
  task: { id: 'invoices', purpose: 'Pay the invoices' },
  chainId: 8453,
  principal: account(1),
  delegate: account(2),
  expiry: '2027-01-01T00:00:00Z',
  assets: { [USDC]: { symbol: 'USDC', decimals: 2 } },
  source: 'principal',
  calls,
})

describe('PlanDocument', () => {
  const code = (calls: unknown) => {
    try {
      inferScope(plan(calls))
      return 'ok'
    } catch (error) {
      return codeOf(() => {
        throw error
      }).code
    }
  }
  const data = (bytes: number) => `0x${'00'.repeat(bytes)}`
  const times = <item>(count: number, make: (n: number) => item) => Array.from({ length: count }, (_, n) => make(n))
  const spending = (count: number) => {
    const args = Object.fromEntries(times(count, (n) => [`a${n}`, '1']))
    const names = Object.keys(args)
    const spends = names.map((amount) => ({ asset: USDC, amount }))
    return { to: ROUTER, function: `f(${names.map((name) => `uint8 ${name}`).join(',')})`, args, spends }
  }
  const named = (length: number) => ({ to: ROUTER, function: `f()${' '.repeat(length)}`.slice(0, length), args: {} })
  const bytes = (length: number) => ({ ...named(length), args: undefined, data: '0x26121ff0' })

  test.each<[what: string, least: number, most: number, make: (n: number) => unknown[]]>([
    ['calls', 1, 4_096, (n) => times(n, () => pay)],
    ['spends', 0, 7, (n) => [spending(n)]],
    ['characters of a function', 3, 2_000, (n) => [named(n)]],
    ['characters of a function beside bytes', 3, 2_000, (n) => [bytes(n)]],
  ])('behavior: %s from %i to %i', (_, least, most, make) => {
    expect([code(make(least)), code(make(most))]).toEqual(['ok', 'ok'])
    expect(code(make(most + 1))).toMatch(/^scope\.(?:out_of_range|malformed_value)$/)
  })

  test('error: no call, no function, and bytes that are too long', () => {
    expect(codeOf(() => inferScope(plan([]))).details).toEqual({
      pointer: '/calls',
      value: 'array',
      bound: 'at least 1',
    })
    expect(code([named(0)])).toBe('scope.out_of_range')
    expect(code([bytes(0)])).toBe('scope.out_of_range')
    expect(code([{ to: ROUTER, data: data(8_191) }])).toBe('scope.unknown_call')
    expect(code([{ to: ROUTER, data: `${data(8_190)}0` }])).toBe('scope.malformed_value')
    expect(code([{ to: ROUTER, data: data(8_192) }])).toBe('scope.too_large')
  })
})
