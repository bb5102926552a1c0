import { describe, expect, test } from 'vitest'
import { DAI, PAYEES, scopeDocument, TARGET, USDC } from '../../test/arbitraries/scope.ts'
import { parseInstant } from '../primitives/time.ts'
import { parseScope } from '../scope/parse.ts'
import type { ScopeDocument } from '../scope/schema.ts'
import { barsOf } from './bars.ts'
import { chart } from './chart.ts'
import type { Spent } from './source.ts'

const DAY = 86_400n
/** Noon of the second day of the scope. */
const NOW = parseInstant('2026-11-21T12:00:00Z')
const TODAY = parseInstant('2026-11-21T00:00:00Z')

const scopeOf = (budgets: ScopeDocument['budgets'], rules?: ScopeDocument['rules']) =>
  parseScope(
    scopeDocument(rules ?? [{ id: 'pay', class: 'transfer', asset: USDC, to: [PAYEES[0]], budget: 'a' }], { budgets }),
  )
const fixed = () => scopeOf({ a: { assets: { [USDC]: '1' }, max: '200', per: 'P1D', window: 'fixed' } })
const rolling = () => scopeOf({ a: { assets: { [USDC]: '1' }, max: '200', per: 'P1D', window: 'rolling' } })
const spent = (at: bigint, amount = 1_000_000n, more: Partial<Spent> = {}): Spent => ({
  at,
  rule: 'pay',
  asset: USDC,
  amount,
  receipt: 'r',
  ...more,
})
const said = (...[scope, list, now = NOW]: [Parameters<typeof barsOf>[0], readonly Spent[], bigint?]) =>
  barsOf(scope, list, now).map(({ bars, say }) => bars.map(({ units }) => say(units)))

describe('barsOf', () => {
  test('default: seven windows, the present one last, each from its beginning to before its end', () => {
    const [{ bars, limit, rolling: isRolling, say, budget } = expect.fail()] = barsOf(fixed(), [], NOW)
    expect([budget, isRolling, say(limit), bars.length]).toEqual(['a', false, '200 USDC', 7])
    expect(bars.at(-1)).toEqual({ start: TODAY, end: TODAY + DAY, units: 0n })
    expect(bars[0]?.start).toBe(TODAY - 6n * DAY)
    expect(bars.every(({ start }, index) => index === 0 || start === bars[index - 1]?.end)).toBe(true)
  })

  test('behavior: the first and the last second of a window are in it, those beside it are not', () => {
    const list = [spent(TODAY - 1n), spent(TODAY), spent(TODAY), spent(TODAY + DAY - 1n)]
    expect(said(fixed(), list)[0]?.slice(-2)).toEqual(['1 USDC', '3 USDC'])
  })

  test('behavior: now at the edge of a window belongs to the one that begins', () => {
    const [{ bars } = expect.fail()] = barsOf(fixed(), [], TODAY)
    expect(bars.at(-1)?.start).toBe(TODAY)
    expect(barsOf(fixed(), [], TODAY - 1n)[0]?.bars.at(-1)?.end).toBe(TODAY)
  })

  test('behavior: of a rolling budget the last bar ends now, and holds it', () => {
    const list = [spent(NOW), spent(NOW - DAY + 1n), spent(NOW - DAY)]
    const [{ bars, rolling: isRolling } = expect.fail()] = barsOf(rolling(), list, NOW)
    expect([isRolling, bars.at(-1)?.end]).toEqual([true, NOW + 1n])
    expect(said(rolling(), list)[0]?.slice(-2)).toEqual(['1 USDC', '2 USDC'])
  })

  test('behavior: as many as there is something to show, seven at least and fourteen at most', () => {
    const count = (days: bigint) => barsOf(fixed(), [spent(TODAY - days * DAY)], NOW)[0]?.bars.length
    expect([0n, 6n, 7n, 8n, 13n, 14n, 100n].map(count)).toEqual([7, 7, 8, 9, 14, 14, 14])
  })

  test('behavior: a budget for life has no periods', () => {
    expect(barsOf(scopeOf({ a: { assets: { [USDC]: '1' }, max: '200' } }), [spent(NOW)], NOW)).toEqual([])
  })

  test('behavior: each asset by its weight, in units that are nobody’s', () => {
    const scope = scopeOf({ a: { assets: { [USDC]: '1', [DAI]: '0.5' }, max: '200', per: 'P1D', window: 'fixed' } }, [
      { id: 'pay', class: 'transfer', asset: USDC, to: [PAYEES[0]], budget: 'a' },
      { id: 'dai', class: 'transfer', asset: DAI, to: [PAYEES[0]], budget: 'a' },
    ])
    const list = [spent(NOW), spent(NOW, 3n * 10n ** 18n, { rule: 'dai', asset: DAI })]
    expect(said(scope, list)[0]?.at(-1)).toBe('2.5 units')
  })

  test('behavior: what a rule spends counts in its own budget; without a rule, in each that counts the asset', () => {
    const scope = scopeOf(
      {
        a: { assets: { [USDC]: '1' }, max: '200', per: 'P1D', window: 'fixed' },
        b: { assets: { [USDC]: '1', native: '1' }, max: '50', per: 'P1D', window: 'fixed' },
      },
      [
        { id: 'pay', class: 'transfer', asset: USDC, to: [PAYEES[0]], budget: 'a' },
        {
          id: 'call',
          class: 'call',
          target: TARGET,
          function: 'function pay(uint256 amount)',
          args: { amount: { lte: '9' } },
          spends: [{ asset: USDC, amount: 'amount', budget: 'b' }],
        },
      ],
    )
    const last = (rule: string, asset: Spent['asset'] = USDC) =>
      said(scope, [spent(NOW, 1_000_000n, { rule, asset })]).map((bars) => bars.at(-1))
    expect(last('pay')).toEqual(['1 USDC', '0 units'])
    expect(last('call')).toEqual(['0 USDC', '1 units'])
    expect(last('gone')).toEqual(['1 USDC', '1 units'])
    // The call spends none of it by what it says.
    expect(last('call', 'native')).toEqual(['0 USDC', '0 units'])
    expect(last('pay', DAI)).toEqual(['0 USDC', '0 units'])
  })
})

describe('chart', () => {
  const drawn = (list: readonly Spent[]) => `${chart(barsOf(fixed(), list, NOW)[0] ?? expect.fail())}`
  const heights = (page: string) =>
    [...page.matchAll(/class="f[^"]*" x="\d+" y="([\d.]+)" width="\d+" height="([\d.]+)"/g)].map(([, y, height]) => [
      Number(y),
      Number(height),
    ])

  test('default: bars stand on the ground, the limit is a line at its height', () => {
    const page = drawn([spent(NOW, 100_000_000n)])
    expect(heights(page).at(-1)).toEqual([65, 55])
    expect(page).toContain('d="M0 10H700"')
    expect(page).not.toContain('class="f none"')
  })

  test('behavior: what is above the limit is marked, and stays in the picture', () => {
    const page = drawn([spent(NOW, 400_000_000n)])
    expect(page).toContain('class="f none"')
    expect(heights(page).at(-1)).toEqual([10, 110])
    expect(page).toContain('d="M0 65H700"')
    // At the limit is not above it.
    expect(drawn([spent(NOW, 200_000_000n)])).not.toContain('class="f none"')
  })

  test('behavior: the table says the same as the picture', () => {
    expect(drawn([spent(NOW, 100_000_000n)]).match(/<td class="num">100 USDC<\/td>/g)).toHaveLength(1)
  })
})
