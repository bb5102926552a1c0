import { describe, expect, test } from 'vitest'
import { DAI, PAYEES, TARGET, USDC } from '../../test/arbitraries/scope.ts'
import { richDocument } from '../../test/arbitraries/signedGrant.ts'
import { codeOf } from '../../test/codes.ts'
import { parseInstant } from '../primitives/time.ts'
import { parseScope } from '../scope/parse.ts'
import type { ScopeDocument } from '../scope/schema.ts'
import { replacementScope, type Start, staysWithin, type Used } from './replacement.ts'

/** What only one caveat for a whole scope can hold: rolling budgets, calls by window, what calls spend. */
const NOON = parseInstant('2026-11-20T12:00:00Z')
const rules: ScopeDocument['rules'] = [
  { id: 'pay', class: 'transfer', asset: USDC, to: [PAYEES[0]], budget: 'b' },
  {
    id: 'act',
    class: 'call',
    target: TARGET,
    function: 'f(uint256 n)',
    spends: [{ asset: DAI, amount: 'n', budget: 'c' }],
  },
]
const scopeOf = (more: Partial<ScopeDocument>) =>
  parseScope(
    richDocument({
      rules,
      budgets: { b: { assets: { [USDC]: '1' }, max: '10' }, c: { assets: { [DAI]: '1' }, max: '5' } },
      assets: { [USDC]: { symbol: 'USDC', decimals: 6 }, [DAI]: { symbol: 'DAI', decimals: 18 } },
      notBefore: '2026-11-01T06:00:00Z',
      expiry: '2026-12-20T00:00:00Z',
      ...more,
    }),
  )
const windowed = (window: 'fixed' | 'rolling', per = 'P1D') =>
  scopeOf({
    budgets: { b: { assets: { [USDC]: '1' }, max: '10', per, window }, c: { assets: { [DAI]: '1' }, max: '5' } },
  })
const use = (amount: bigint, calls = 0n): Used => ({ now: NOON, budgets: { b: [{ asset: USDC, amount }] }, calls })
const replaced = (old: ReturnType<typeof scopeOf>, used: Used, start?: Start) => replacementScope(old, { used, start })

describe('replacementScope, of limits that only one caveat holds', () => {
  test('behavior: a rolling budget begins anew when what was counted is forgotten', () => {
    const old = windowed('rolling')
    expect(codeOf(() => replaced(old, use(1n))).code).toBe('grant.window_in_use')
    expect(replaced(old, use(4_000_000n), 'now')).toMatchObject({ budgets: { b: { max: '6' } } })
    const next = replaced(old, use(4_000_000n), 'next')
    expect(next).toMatchObject({ budgets: { b: { max: '10' } }, notBefore: '2026-11-21T12:00:00Z' })
    expect(staysWithin(next, old, use(4_000_000n))).toBe(true)
    expect(staysWithin({ ...next, notBefore: '2026-11-21T11:59:59Z' }, old, use(4_000_000n))).toBe(false)
    expect(replaced(old, use(0n)).budgets['b']?.max).toBe('10')
  })

  test('behavior: beside a fixed window it waits for that as well', () => {
    const old = scopeOf({
      budgets: {
        b: { assets: { [USDC]: '1' }, max: '10', per: 'PT36H', window: 'rolling' },
        c: { assets: { [DAI]: '1' }, max: '5', per: 'P1D', window: 'fixed' },
      },
    })
    expect(replaced(old, use(1n), 'next').notBefore).toBe('2026-11-22T06:00:00Z')
    expect(replaced(windowed('fixed'), use(1n), 'next').notBefore).toBe('2026-11-21T06:00:00Z')
  })

  test('behavior: calls by window are a window like any other', () => {
    const old = scopeOf({ calls: { max: 9, per: 'PT12H', window: 'fixed' } })
    expect(replaced(old, use(0n, 0n)).calls?.max).toBe(9)
    for (const calls of [1n, 9n]) {
      const error = codeOf(() => replaced(old, use(0n, calls)))
      expect(error).toMatchObject({ code: 'grant.window_in_use', details: { budgets: ['calls'] } })
    }
    expect(replaced(old, use(0n, 2n), 'now')).toMatchObject({ calls: { max: 7, per: 'PT12H' } })
    expect(codeOf(() => replaced(old, use(0n, 9n), 'now')).code).toBe('grant.nothing_left')
    expect(replaced(old, use(0n, 9n), 'next')).toMatchObject({ calls: { max: 9 }, notBefore: '2026-11-20T18:00:00Z' })
    // Counted for life they are lowered, whatever is said of windows.
    expect(replaced(scopeOf({ calls: { max: 9 } }), use(0n, 2n), 'next').calls?.max).toBe(7)
  })

  test('behavior: a call whose budget is used up goes with it', () => {
    const used: Used = { ...use(0n), budgets: { c: [{ asset: DAI, amount: 5n * 10n ** 18n }] } }
    const left = replaced(scopeOf({}), used)
    expect(left.rules.map(({ id }) => id)).toEqual(['pay'])
    expect(Object.keys(left.budgets)).toEqual(['b'])
  })
})
