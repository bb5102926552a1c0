import { describe, expect, test } from 'vitest'
import { DAI, PAYEES, scopeDocument, USDC } from '../../test/arbitraries/scope.ts'
import { parseScope } from '../scope/parse.ts'
import { isSubset } from '../scope/subset.ts'
import { choosePath } from './choosePath.ts'
import { lowerScope } from './lowerScope.ts'
import type { Permission, PermissionRule } from './types.ts'

type Document = ReturnType<typeof scopeDocument>
const PAY = { id: 'pay', class: 'transfer' as const, asset: USDC, to: [PAYEES[0]], max: '20', budget: 'daily' }
const scopeOf = (rule: object = {}, more: Partial<Document> = {}) =>
  parseScope(
    scopeDocument([{ ...PAY, ...rule }], {
      budgets: { daily: { assets: { [USDC]: '2', [DAI]: '1' }, max: '20', per: 'P1D', window: 'fixed' } },
      ...more,
    }),
  )

/** What the wallet granted: the request for the scope, with these changes. */
function granted(scope: ReturnType<typeof scopeOf>, data: object = {}, rules: readonly PermissionRule[] = []) {
  const type = `${scope.rules[0]?.class === 'transfer' && scope.rules[0].asset === 'native' ? 'native' : 'erc20'}-token`
  const info = { chainIds: [8453], ruleTypes: ['expiry', 'redeemer', 'payee'] }
  const choice = choosePath(scope, { [`${type}-periodic`]: info, [`${type}-allowance`]: info })
  if (choice.path !== 'permission') throw choice
  const { request } = choice
  const changed = rules.map(({ type }) => type)
  return lowerScope(scope, {
    permission: { ...request.permission, data: { ...request.permission.data, ...data } } as Permission,
    rules: [...request.rules.filter((rule) => !changed.includes(rule.type)), ...rules],
  })
}

describe('lowerScope', () => {
  test('default: the amount in the units of the asset, no maximum above it, and a normal form', () => {
    const scope = scopeOf()
    const lower = granted(scope, { periodAmount: 3_500_000n })
    expect(lower.budgets).toEqual({ daily: { assets: { [USDC]: '1' }, max: '3.5', per: 'PT86400S', window: 'fixed' } })
    expect(lower.rules).toEqual([{ id: 'pay', class: 'transfer', asset: USDC, to: [PAYEES[0]], budget: 'daily' }])
    expect(Object.keys(lower.assets)).toEqual([USDC])
    expect(lower).toMatchObject({ notBefore: scope.notBefore, expiry: scope.expiry, task: scope.task })
    expect(parseScope(lower)).toEqual(lower)
    expect(isSubset(lower, scope)).toEqual({ subset: true })
  })

  test('behavior: times, period and payees', () => {
    const scope = scopeOf({ to: 'anyone' })
    const lower = granted(scope, { startTime: 1_795_219_200, periodDuration: 172_800 }, [
      { type: 'expiry', data: { timestamp: 1_796_000_000 } },
      { type: 'payee', data: { addresses: [PAYEES[1]] } },
    ])
    expect(lower).toMatchObject({ notBefore: '2026-11-21T00:00:00Z', expiry: '2026-11-30T00:53:20Z' })
    expect(lower.rules[0]).toMatchObject({ to: [PAYEES[1]] })
    expect(lower.budgets['daily']?.per).toBe('PT172800S')
    expect(parseScope(lower)).toEqual(lower)
  })

  test('behavior: windows counted from 1970 stay so, and an allowance has none', () => {
    const { notBefore: _, ...open } = scopeDocument([PAY], {
      budgets: { daily: { assets: { [USDC]: '1' }, max: '10', per: 'P1D', window: 'fixed' } },
    })
    expect(granted(parseScope(open), { periodAmount: 1n })).not.toHaveProperty('notBefore')
    const all = scopeOf({}, { budgets: { daily: { assets: { [USDC]: '1' }, max: '10' } } })
    const lower = granted(all, { allowanceAmount: 7_000_000n })
    expect(lower.budgets).toEqual({ daily: { assets: { [USDC]: '1' }, max: '7' } })
    expect(lower.notBefore).toBe(all.notBefore)
    expect(parseScope(lower)).toEqual(lower)
  })

  test('behavior: where the values come from that the wallet changed is no longer said; of all others it is', () => {
    const value = (plain: string) => ({ value: plain, source: 'ledger' as const })
    const scope = scopeOf({ max: value('20'), to: [value(PAYEES[0])] }, {
      budgets: { daily: { assets: { [USDC]: '1' }, max: value('20'), per: 'P1D', window: 'fixed' } },
      expiry: value('2026-12-20T00:00:00Z'),
      notBefore: value('2026-11-20T00:00:00Z'),
      task: { id: 'invoices', purpose: value('Pay') },
    } as unknown as Partial<Document>)
    expect(Object.keys(scope.provenance)).toHaveLength(6)
    const lower = granted(scope, { periodAmount: 1n })
    expect(Object.keys(lower.provenance)).toEqual(['/task/purpose'])
    expect(parseScope(lower)).toEqual(lower)
  })
})
