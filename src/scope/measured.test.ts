import { describe, expect, test } from 'vitest'
import { createScopeHistory, type ScopedAction } from './admits.ts'
import { blastRadius } from './blastRadius.ts'
import { diffScopes } from './diff.ts'
import { ScopeError } from './errors.ts'
import { scopeHash } from './hash.ts'
import { lintScope } from './lint.ts'
import { narrowScope } from './narrow.ts'
import { parseScope } from './parse.ts'
import { scopeFromRar, scopeToRar } from './rar.ts'
import { isSubset } from './subset.ts'
import { scopeToPermissionRequests } from './toPermissionRequests.ts'
import type { Scope } from './types.ts'

/** Spending that is measured on the account: through everything that reads what a call spends. */

const account = (n: number) => `0x${n.toString(16).padStart(2, '0').repeat(20)}` as const
const [TARGET, X, Y] = [account(0xc1), account(0xe1), account(0xe2)] as const

type Json = Record<string, unknown>
const call = (spends: readonly Json[], more: Json = {}) => ({
  id: 'act',
  class: 'call',
  target: TARGET,
  function: 'f(uint256 amount)',
  spends,
  ...more,
})
const document = (rules: readonly Json[], more: Json = {}): Json => ({
  version: 1,
  task: { id: 't', purpose: 'p' },
  chainId: 1,
  principal: account(1),
  delegate: account(2),
  rules,
  budgets: { b: { assets: { [X]: '1', native: '1' }, max: '6' } },
  expiry: '2026-12-20T00:00:00Z',
  redelegation: { maxDepth: 0 },
  revocation: { group: 'g', maxLatencySeconds: 60 },
  evidence: { receipts: ['grant'], retain: 'P1D' },
  assets: { [X]: { symbol: 'X', decimals: 0 }, [Y]: { symbol: 'Y', decimals: 0 } },
  ...more,
})
const scope = (...given: Parameters<typeof document>) => parseScope(document(...given))
const measured = (asset: string = X) => ({ asset, measured: true, budget: 'b' })
const declared = { asset: X, amount: 'amount', budget: 'b' }
const spendsOf = ({ rules: [rule] }: Scope) => (rule?.class === 'call' ? rule.spends : [])

function issuesOf(read: () => unknown): string[] {
  try {
    read()
  } catch (error) {
    if (error instanceof ScopeError) return error.issues.map(({ code, pointer }) => `${code} ${pointer}`)
    throw error
  }
  return []
}

describe('parseScope', () => {
  test('behavior: measured stands in place of an amount, in the normal form and the hash', () => {
    const read = scope([call([measured()])])
    expect(spendsOf(read)).toEqual([measured()])
    expect(parseScope(read)).toEqual(read)
    expect(scopeHash(read)).not.toBe(scopeHash(scope([call([declared])])))
    expect(spendsOf(scope([call([measured('native')])]))).toEqual([measured('native')])
    // Where it came from is noted as of every other value.
    const sourced = { ...measured(), measured: { value: true, source: 'principal' } }
    expect(scope([call([sourced])]).provenance).toEqual({ '/rules/0/spends/0/measured': 'principal' })
    // One word as the call declares it, one as it is measured: both count.
    expect(spendsOf(scope([call([declared, measured()])]))).toEqual([declared, measured()])
  })

  test.each<[why: string, spend: Json, issue: string]>([
    ['neither', { asset: X, budget: 'b' }, 'scope.missing_field /rules/0/spends/0/amount'],
    ['both', { ...declared, measured: true }, 'scope.unknown_field /rules/0/spends/0/measured'],
    ['anything but true', { ...measured(), measured: false }, 'scope.malformed_value /rules/0/spends/0/measured'],
    ['an unknown budget', { ...measured(), budget: 'c' }, 'scope.unknown_budget /rules/0/spends/0/budget'],
    ['an asset that the budget does not count', measured(Y), 'scope.budget_without_asset /rules/0/spends/0/budget'],
    ['an account as asset', measured(account(1)), 'scope.asset_is_account /rules/0/spends/0/asset'],
  ])('error: %s', (_, spend, issue) => {
    expect(issuesOf(() => scope([call([spend])]))).toContain(issue)
  })

  test('error: the same twice', () => {
    expect(issuesOf(() => scope([call([measured(), measured()])]))).toEqual(['scope.duplicate_value /rules/0/spends/1'])
  })
})

describe('createScopeHistory', () => {
  const action = (more: Partial<ScopedAction> = {}): ScopedAction => ({
    chainId: 1,
    time: 1n,
    calls: [{ to: TARGET, value: 0n, data: `0xb3de648b${'9'.padStart(64, '0')}` }],
    ...more,
  })

  test('behavior: what was lost is charged, whatever the call says', () => {
    const history = createScopeHistory(scope([call([measured()])]))
    const said = (lost: bigint) => history.ask(action({ lost: { [X]: lost } }))
    expect(said(6n)).toMatchObject({ admitted: 'yes', rule: 'act' })
    expect(said(7n)).toEqual({ admitted: 'no', dimension: 'budgets', pointer: '/budgets/b' })
    const five = said(5n)
    if ('charges' in five) history.record(action(), five)
    expect(said(1n).admitted).toBe('yes')
    expect(said(2n).admitted).toBe('no')
  })

  test('behavior: of what nobody looked at it says neither yes nor no', () => {
    const history = createScopeHistory(scope([call([measured()])]))
    const unknown = { admitted: 'unknown', rule: 'act', pointer: '/rules/0/spends/0' }
    expect(history.ask(action())).toEqual(unknown)
    expect(history.ask(action({ lost: { [Y]: 0n } }))).toEqual(unknown)
    expect(history.ask(action({ time: 2n ** 40n })).admitted).toBe('no')
    // What the call declares beside it is known, and is refused first.
    const both = createScopeHistory(scope([call([declared, measured()])]))
    expect(both.ask(action())).toMatchObject({ admitted: 'no', dimension: 'budgets' })
    // Another rule that knows is asked, too.
    const free = { ...call([]), id: 'free' }
    expect(createScopeHistory(scope([call([measured()]), free])).ask(action())).toMatchObject({
      admitted: 'yes',
      rule: 'free',
    })
  })
})

describe('isSubset', () => {
  const child = (max: string, spends: readonly Json[], more: Json = {}) =>
    scope([call(spends)], { budgets: { b: { assets: { [X]: '1', native: '1' }, max } }, ...more })
  const parent = child('6', [measured()])

  test('behavior: a measured budget bounds a measured budget', () => {
    expect(isSubset(child('6', [measured()]), parent)).toEqual({ subset: true })
    expect(isSubset(child('7', [measured()]), parent)).toMatchObject({ dimension: 'budgets', pointer: '/budgets/b' })
    // By its own budget, as often as it fills.
    const daily = {
      budgets: { b: { assets: { [X]: '1' }, max: '3', per: 'PT1S', window: 'fixed' } },
      calls: { max: 2 },
    }
    expect(isSubset(child('3', [measured()], daily), parent)).toEqual({ subset: true })
    expect(isSubset(child('3', [measured()], { ...daily, calls: { max: 3 } }), parent)).toMatchObject({ subset: false })
  })

  test('error: what the call declares bounds nothing that is measured, nor the other way round', () => {
    const args = { amount: { lte: '1' } }
    const bounded = (spends: readonly Json[]) => scope([call(spends, { args })], { calls: { max: 1 } })
    expect(isSubset(bounded([declared]), parent)).toMatchObject({ subset: false, dimension: 'budgets' })
    expect(isSubset(child('6', [measured()]), child('6', [declared]))).toMatchObject({ dimension: 'budgets' })
    expect(isSubset(bounded([declared, measured()]), child('6', [declared]))).toEqual({ subset: true })
    expect(isSubset(child('6', [measured('native')]), parent)).toMatchObject({ subset: false, dimension: 'budgets' })
  })
})

describe('narrowScope', () => {
  test('behavior: a smaller measured budget, and not to the call’s word', () => {
    const wide = scope([call([measured()])])
    const narrow = narrowScope(wide, { budgets: { b: { max: '5' } } })
    expect(spendsOf(narrow)).toEqual([measured()])
    expect(diffScopes(wide, narrow)).toMatchObject([{ pointer: '/budgets/b/max', direction: 'narrower' }])
    expect(issuesOf(() => narrowScope(wide, { rules: [call([declared])] }))).toContain('scope.not_narrower /rules/0')
    const [difference] = diffScopes(wide, scope([call([declared])]))
    expect(difference).toMatchObject({ pointer: '/rules/0/spends', direction: 'changed' })
  })
})

describe('blastRadius', () => {
  const totals = (spends: readonly Json[], rule: Json = {}, more: Json = {}) =>
    blastRadius(scope([call(spends, rule)], more), { now: 0n }).assets.map(({ asset, total }) => [asset, total])

  test('behavior: no more than the budget holds, of the asset that is measured', () => {
    expect(totals([measured()])).toEqual([[X, 6n]])
    expect(totals([measured()], {}, { calls: { max: 1 } })).toEqual([[X, 6n]])
    expect(blastRadius(scope([call([measured()])]), { now: 0n }).unmeasured).toEqual([])
    // The value that it sends and the allowance that it takes are losses like any other.
    expect(totals([measured('native')], { value: { lte: '9' } })).toEqual([['native', 6n * 10n ** 18n]])
    expect(totals([measured()], { allowance: { asset: X, amount: 'amount' } })).toEqual([[X, 6n]])
    expect(totals([measured()], { allowance: { asset: Y, amount: 'amount' } })).toEqual([
      [X, 6n],
      [Y, 'unlimited'],
    ])
  })
})

describe('lintScope', () => {
  test('behavior: what is measured is counted; an argument of it is not', () => {
    const ids = (spends: readonly Json[], more: Json = {}) =>
      lintScope(scope([call(spends, more)]), { now: 0n }).flatMap(({ id, pointer }) =>
        pointer.startsWith('/rules') ? [id] : [],
      )
    expect(ids([measured()])).toEqual(['unpinned_argument'])
    expect(ids([measured('native')], { value: { lte: '1' } })).toEqual(['unpinned_argument'])
    expect(ids([declared], { value: { lte: '1' } })).toEqual(['native_value_unbound'])
  })
})

describe('scopeToRar', () => {
  test('behavior: it travels, to the hash', () => {
    const sent = scope([call([measured()]), { ...call([declared]), id: 'other' }])
    expect(scopeHash(scopeFromRar(JSON.parse(JSON.stringify(scopeToRar(sent)))))).toBe(scopeHash(sent))
  })
})

describe('scopeToPermissionRequests', () => {
  test('error: no permission says it', () => {
    expect(issuesOf(() => scopeToPermissionRequests(scope([call([measured()])])))).toEqual([
      'scope.not_expressible /rules/0/class',
    ])
  })
})
