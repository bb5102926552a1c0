import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseInstant } from '../primitives/time.ts'
import { blastRadius } from './blastRadius.ts'
import { parseScope } from './parse.ts'

const account = (n: number) => `0x${n.toString(16).padStart(2, '0').repeat(20)}` as const
const [usdc, dai, vendor, router] = [account(3), account(4), account(5), account(6)] as const
const now = parseInstant('2026-12-01T00:00:00Z')

const scope = (edit: Record<string, unknown>) =>
  parseScope({
    version: 1,
    task: { id: 't', purpose: 'p' },
    chainId: 1,
    principal: account(1),
    delegate: account(2),
    rules: [{ id: 'pay', class: 'transfer', asset: usdc, to: [vendor], budget: 'b' }],
    budgets: { b: { assets: { [usdc]: '1' }, max: '100' } },
    notBefore: '2026-12-01T00:00:00Z',
    expiry: '2026-12-11T00:00:00Z',
    redelegation: { maxDepth: 0 },
    revocation: { group: 'g', maxLatencySeconds: 60 },
    evidence: { receipts: ['grant'], retain: 'P1D' },
    assets: { [usdc]: { symbol: 'USDC', decimals: 6 }, [dai]: { symbol: 'DAI', decimals: 18 } },
    ...edit,
  })

const budget = (edit: Record<string, unknown>) => ({ budgets: { b: { assets: { [usdc]: '1' }, max: '100', ...edit } } })
const radius = (edit: Record<string, unknown>, at = now) => blastRadius(scope(edit), { now: at })

describe('blastRadius', () => {
  test('default', () => {
    expect(radius({})).toEqual({
      lifetime: { start: now, end: parseInstant('2026-12-11T00:00:00Z') },
      assets: [
        {
          asset: usdc,
          total: 100_000_000n,
          burst: 100_000_000n,
          budgets: [{ budget: 'b', amount: 100_000_000n, period: null, window: null }],
          boundedBy: ['/budgets/b'],
        },
      ],
      unmeasured: [],
    })
  })

  test('behavior: a rolling budget fills once a period, a fixed one may be spent twice within seconds', () => {
    expect(radius(budget({ per: 'P1D', window: 'rolling' })).assets[0]).toMatchObject({
      total: 1_000_000_000n,
      burst: 100_000_000n,
    })
    expect(radius(budget({ per: 'P1D', window: 'fixed' })).assets[0]).toMatchObject({
      total: 1_000_000_000n,
      burst: 200_000_000n,
    })
    // Half a day in, the ten days still touch ten windows.
    expect(radius(budget({ per: 'P1D', window: 'fixed' }), now + 43_200n).assets[0]?.total).toBe(1_000_000_000n)
    // Nobody said when windows begin: one more may be touched.
    expect(radius({ ...budget({ per: 'P1D', window: 'fixed' }), notBefore: undefined }).assets[0]?.total).toBe(
      1_100_000_000n,
    )
    // One window only: nothing to double.
    expect(radius(budget({ per: 'P30D', window: 'fixed' })).assets[0]).toMatchObject({
      total: 100_000_000n,
      burst: 100_000_000n,
    })
  })

  test('behavior: without budget and without calls nothing bounds it', () => {
    const rules = [{ id: 'pay', class: 'transfer', asset: 'native', to: 'anyone', max: '1' }]
    expect(radius({ rules, budgets: {} }).assets[0]).toMatchObject({
      total: 'unlimited',
      burst: 'unlimited',
      boundedBy: [],
    })
    const bounded = radius({ rules, budgets: {}, calls: { max: 3, per: 'P1D', window: 'fixed' } }).assets[0]
    expect(bounded).toMatchObject({ total: 30n * 10n ** 18n, burst: 6n * 10n ** 18n, boundedBy: ['/calls'] })
  })

  test('behavior: calls bound a budget that is larger', () => {
    const rules = [{ id: 'pay', class: 'transfer', asset: usdc, to: [vendor], max: '10', budget: 'b' }]
    expect(radius({ rules, calls: { max: 4 } }).assets[0]).toMatchObject({ total: 40_000_000n, boundedBy: ['/calls'] })
    // Of two that say the same the budget is named.
    expect(radius({ rules, calls: { max: 10 } }).assets[0]).toMatchObject({ boundedBy: ['/budgets/b'] })
    expect(radius({ rules, calls: { max: 40 } }).assets[0]).toMatchObject({
      total: 100_000_000n,
      boundedBy: ['/budgets/b'],
    })
  })

  test('behavior: weights turn budget units into each asset', () => {
    const rules = [
      { id: 'a', class: 'transfer', asset: usdc, to: [vendor], budget: 'b' },
      { id: 'b', class: 'transfer', asset: dai, to: [vendor], budget: 'b' },
    ]
    const { assets } = radius({ rules, budgets: { b: { assets: { [usdc]: '1', [dai]: '3' }, max: '100' } } })
    expect(assets.map(({ total }) => total)).toEqual([100_000_000n, 33_333_333_333_333_333_333n])
  })

  test('behavior: the value of calls, allowances and calls that say nothing', () => {
    const call = { class: 'call', target: router, function: 'f(uint256 amount)' }
    const rules = [
      { ...call, id: 'value', value: { lte: '7' } },
      { ...call, id: 'allow', args: { amount: { lte: '5' } }, allowance: { asset: usdc, amount: 'amount' } },
    ]
    const { assets, unmeasured } = radius({ rules, budgets: {}, calls: { max: 2 } })
    expect(assets.map(({ asset, total }) => [asset, total])).toEqual([
      ['native', 14n],
      [usdc, 10n],
    ])
    expect(unmeasured.map(({ pointer }) => pointer)).toEqual(['/rules/0'])
    expect(radius({ rules, budgets: {} }).assets.map(({ total }) => total)).toEqual(['unlimited', 'unlimited'])
  })

  test('behavior: an allowance for what is spent is no second way, for another amount or asset it is', () => {
    const bounds = { amount: { lte: '5' }, more: { lte: '7' } }
    const call = { id: 'c', class: 'call', target: router, function: 'f(uint256 amount, uint256 more)', args: bounds }
    const spends = [{ asset: usdc, amount: 'amount', budget: 'b' }]
    const totals = (asset: string, amount: string) => {
      const { assets } = radius({ rules: [{ ...call, spends, allowance: { asset, amount } }], calls: { max: 1 } })
      return assets.map((found) => [found.asset, found.total])
    }
    expect(totals(usdc, 'amount')).toEqual([[usdc, 5n]])
    expect(totals(usdc, 'more')).toEqual([[usdc, 12n]])
    expect(totals(dai, 'amount')).toEqual([
      [usdc, 5n],
      [dai, 5n],
    ])
  })

  test('behavior: what has ended loses nothing', () => {
    const later = parseInstant('2027-01-01T00:00:00Z')
    const rules = [{ id: 'pay', class: 'transfer', asset: usdc, to: [vendor], max: '5' }]
    expect(radius({}, later).assets[0]).toMatchObject({ total: 0n, burst: 0n })
    expect(radius({ rules, budgets: {}, calls: { max: 3 } }, later).assets[0]).toMatchObject({ total: 0n })
  })

  test('behavior: an agent that spends whatever it can, every hour, stays inside', () => {
    const hours = fc.integer({ min: 1, max: 30 })
    const limit = fc.record({
      max: fc.integer({ min: 1, max: 9 }),
      per: hours,
      window: fc.constantFrom('rolling', 'fixed'),
    })
    let reached = 0
    fc.assert(
      fc.property(
        limit,
        hours,
        hours,
        fc.integer({ min: 0, max: 20 }),
        fc.boolean(),
        (cap, life, max, waited, anchored) => {
          const start = Number(now)
          const expiry = new Date((start + life * 3_600) * 1000).toISOString().replace('.000Z', 'Z')
          const subject = scope({
            ...budget({ max: String(cap.max), per: `PT${cap.per}H`, window: cap.window }),
            rules: [{ id: 'pay', class: 'transfer', asset: usdc, to: [vendor], max: String(max), budget: 'b' }],
            expiry,
            ...(anchored ? {} : { notBefore: undefined }),
          })
          const found = blastRadius(subject, { now: now + BigInt(waited) * 3_600n }).assets[0]
          // A ledger of its own: greedy spending, hour by hour.
          const anchor = anchored ? start / 3_600 : 0
          const spent: [number, number][] = []
          for (let hour = start / 3_600 + waited; hour < start / 3_600 + life; hour++) {
            const inWindow = ([at]: [number, number]) =>
              cap.window === 'rolling'
                ? at > hour - cap.per
                : Math.floor((at - anchor) / cap.per) === Math.floor((hour - anchor) / cap.per)
            const left = cap.max - spent.filter(inWindow).reduce((sum, [, amount]) => sum + amount, 0)
            if (left > 0) spent.push([hour, left])
          }
          const total = BigInt(spent.reduce((sum, [, amount]) => sum + amount, 0)) * 1_000_000n
          expect(found?.total).toBeGreaterThanOrEqual(total)
          if (found?.total === total) reached++
        },
      ),
      { numRuns: 300 },
    )
    expect(reached).toBeGreaterThan(150)
  })
})
