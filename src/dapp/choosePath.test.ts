import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AGENT, anyScope, DAI, PAYEES, PRINCIPAL, scopeDocument, TARGET, USDC } from '../../test/arbitraries/scope.ts'
import { getEnvironment } from '../chain/deployments.ts'
import type { Address } from '../primitives/hex.ts'
import { parseScope } from '../scope/parse.ts'
import { isSubset } from '../scope/subset.ts'
import type { Scope } from '../scope/types.ts'
import { choosePath } from './choosePath.ts'
import { rootScope } from './rootScope.ts'
import type { SupportedPermissions } from './types.ts'

const TASK: Address = `0x${'7a'.repeat(20)}`
const ALL = { chainIds: [1, 8453], ruleTypes: ['expiry', 'redeemer', 'payee'] }
const supported: SupportedPermissions = Object.fromEntries(
  ['erc20-token-periodic', 'erc20-token-allowance', 'native-token-periodic', 'native-token-allowance'].map((type) => [
    type,
    ALL,
  ]),
)

type Document = ReturnType<typeof scopeDocument>
const PAY = { id: 'pay', class: 'transfer' as const, asset: USDC, to: [PAYEES[0]], budget: 'daily' }
const DAILY = { assets: { [USDC]: '1' }, max: '10', per: 'P1D', window: 'fixed' as const }
const scopeOf = (rules: Document['rules'] = [PAY], more: Partial<Document> = {}): Scope =>
  parseScope(scopeDocument(rules, { budgets: { daily: DAILY }, ...more }))

describe('choosePath', () => {
  test('default: what one token permission says is asked of the wallet', () => {
    expect(choosePath(scopeOf(), supported)).toEqual({
      path: 'permission',
      missing: [],
      request: {
        chainId: 8453,
        from: PRINCIPAL,
        to: AGENT,
        permission: {
          type: 'erc20-token-periodic',
          isAdjustmentAllowed: false,
          data: {
            tokenAddress: USDC,
            periodAmount: 10_000_000n,
            periodDuration: 86_400,
            startTime: 1_795_132_800,
            justification: 'Pay the invoices',
          },
        },
        rules: [
          { type: 'expiry', data: { timestamp: 1_797_724_800 } },
          { type: 'redeemer', data: { addresses: [AGENT] } },
          { type: 'payee', data: { addresses: [PAYEES[0]] } },
        ],
      },
    })
    const adjustable = choosePath(scopeOf(), supported, { acceptLower: true })
    expect(adjustable).toMatchObject({ request: { permission: { isAdjustmentAllowed: true } } })
  })

  const without = (change: object): SupportedPermissions => ({
    ...supported,
    'erc20-token-periodic': { ...ALL, ...change },
  })
  test.each([
    ['ERC-7715', '', null],
    ['erc20-token-periodic', '', { 'native-token-periodic': ALL }],
    ['erc20-token-periodic', '', Object.create(supported)],
    ['erc20-token-periodic on chain 8453', '/chainId', without({ chainIds: [1] })],
    ['the rule expiry of erc20-token-periodic', '', without({ ruleTypes: ['redeemer', 'payee'] })],
    ['the rule redeemer of erc20-token-periodic', '', without({ ruleTypes: ['expiry', 'payee'] })],
    ['the rule payee of erc20-token-periodic', '', without({ ruleTypes: ['expiry', 'redeemer'] })],
  ])('error: a wallet without %s', (what, pointer, has) => {
    const choice = choosePath(scopeOf(), has as SupportedPermissions | null, { paths: ['permission'] })
    expect(choice).toEqual({ path: 'none', missing: [{ path: 'permission', pointer, what }] })
  })

  test('behavior: the first way that is open, in the order that the page prefers', () => {
    const rich = scopeOf([PAY], { calls: { max: 3 } })
    const options = { taskAccount: TASK, signature: true }
    expect(choosePath(rich, supported, options).path).toBe('taskAccount')
    expect(choosePath(rich, supported, { ...options, paths: ['signature', 'taskAccount'] })).toEqual({
      path: 'signature',
      missing: [],
    })
    expect(choosePath(rich, supported, { signature: true })).toEqual({
      path: 'signature',
      missing: [
        { path: 'permission', pointer: '/calls', what: 'a number of calls' },
        { path: 'taskAccount', pointer: '', what: 'a task account' },
      ],
    })
    expect(choosePath(rich, supported, { taskAccount: TASK, paths: ['permission'] }).path).toBe('none')
    expect(choosePath(rich, null, { taskAccount: TASK }).path).toBe('none')
    const none = choosePath(rich, supported, { signature: false })
    expect(none.missing.at(-1)).toEqual({ path: 'signature', pointer: '', what: 'an account that signs delegations' })
    expect(choosePath(scopeOf(), supported, options).path).toBe('permission')
  })

  test('error: what a task account cannot hold either; and what is no scope at all', () => {
    const choice = choosePath(scopeOf([PAY, { ...CALL, id: 'call' }]), supported, { taskAccount: TASK })
    expect(choice.missing).toContainEqual({ path: 'taskAccount', pointer: '/rules/1/class', what: 'function calls' })
    expect(choice.path).toBe('none')
    expect(() => choosePath({} as Scope, supported)).toThrow(TypeError)
  })

  test('error: two rules are two permissions, and a wallet grants one at a time', () => {
    const two = scopeOf([PAY, { ...PAY, id: 'other', asset: DAI, budget: 'more' }], {
      budgets: { daily: DAILY, more: { ...DAILY, assets: { [DAI]: '1' } } },
    })
    expect(choosePath(two, supported, { paths: ['permission'] }).missing).toEqual([
      { path: 'permission', pointer: '/rules', what: 'several token budgets in one permission' },
    ])
  })

  test('behavior: a task account is asked for with those as redeemers who redeem in the end', () => {
    const redeemers = (more: Partial<Document>) => {
      const choice = choosePath(scopeOf([{ ...PAY, to: [PAYEES[0], PAYEES[1]] }], more), supported, {
        taskAccount: TASK,
      })
      if (choice.path !== 'taskAccount') throw choice
      expect(choice.request.to).toBe(TASK)
      expect(choice.request.rules.some(({ type }) => type === 'payee')).toBe(false)
      expect(choice.request.rules[0]).toEqual({ type: 'expiry', data: { timestamp: 1_797_724_800 } })
      const rule = choice.request.rules.find(({ type }) => type === 'redeemer')
      return rule?.type === 'redeemer' ? rule.data.addresses : null
    }
    expect(redeemers({})).toEqual([AGENT])
    expect(redeemers({ redelegation: { maxDepth: 1 } })).toBeNull()
    expect(redeemers({ request: { key: AGENT, redeemers: [TARGET, PAYEES[2]] } })).toEqual([TARGET, PAYEES[2]])
    expect(redeemers({ request: { key: AGENT, redeemers: 'anyone' } })).toBeNull()
  })
})

const CALL = { class: 'call' as const, target: TARGET, function: 'function ping()', value: { lte: '0' } }

describe('rootScope', () => {
  const rootOf = (scope: Scope) => {
    const found = rootScope(scope, TASK)
    if ('missing' in found) throw found.missing
    return found.scope
  }
  const lackOf = (scope: Scope) => {
    const found = rootScope(scope, TASK)
    return 'missing' in found ? found.missing[0] : undefined
  }

  test('default: one rule, one budget, fixed windows, one link more', () => {
    const scope = scopeOf([{ ...PAY, max: '4', to: [PAYEES[0], PAYEES[1]] }], {
      calls: { max: 3 },
      budgets: { daily: { ...DAILY, window: 'rolling' } },
    })
    expect(rootOf(scope)).toMatchObject({
      delegate: TASK,
      rules: [{ id: 'pay', class: 'transfer', asset: USDC, to: 'anyone', budget: 'limit' }],
      budgets: { limit: { assets: { [USDC]: '1' }, max: '10', per: 'P1D', window: 'fixed' } },
      redelegation: { maxDepth: 1 },
      expiry: scope.expiry,
      notBefore: scope.notBefore,
    })
    expect(rootOf(scope)).not.toHaveProperty('calls')
    expect(isSubset(scope, rootOf(scope), { redelegated: true })).toEqual({ subset: true })
  })

  test('behavior: budgets of one period add up, in the units of the asset', () => {
    const scope = scopeOf([PAY, { ...PAY, id: 'other', budget: 'more' }], {
      budgets: { daily: DAILY, more: { assets: { [USDC]: '2' }, max: '5', per: 'P1D', window: 'fixed' } },
    })
    expect(rootOf(scope).budgets['limit']?.max).toBe('12.5')
    expect(isSubset(scope, rootOf(scope), { redelegated: true })).toEqual({ subset: true })
    const shared = scopeOf([PAY, { ...PAY, id: 'other', to: [PAYEES[1]] }])
    expect(rootOf(shared).budgets['limit']?.max).toBe('10')
    const all = scopeOf([PAY], { budgets: { daily: { assets: { [USDC]: '1' }, max: '7' } }, calls: { max: 2 } })
    expect(rootOf(all).budgets['limit']).toEqual({ assets: { [USDC]: '1' }, max: '7' })
  })

  test('behavior: payees stay where a wallet can pin them', () => {
    const native = { ...PAY, asset: 'native' as const }
    const budgets = { daily: { ...DAILY, assets: { native: '1' } } }
    expect(rootOf(scopeOf([{ ...native, to: [PAYEES[0], PAYEES[1]] }], { budgets })).rules[0]).toMatchObject({
      to: [PAYEES[0], PAYEES[1]],
    })
    expect(rootOf(scopeOf([{ ...native, to: 'anyone' }], { budgets })).rules[0]).toMatchObject({ to: 'anyone' })
    expect(rootOf(scopeOf([PAY, { ...PAY, id: 'again' }])).rules[0]).toMatchObject({ to: [PAYEES[0]] })
    expect(rootOf(scopeOf([PAY, { ...PAY, id: 'any', to: 'anyone' }])).rules[0]).toMatchObject({ to: 'anyone' })
  })

  test('error: what no token permission contains, and where', () => {
    const key: Address = `0x${'9e'.repeat(20)}`
    expect(lackOf(scopeOf([PAY], { request: { key, redeemers: 'anyone' } }))).toEqual({
      pointer: '/request/key',
      what: "a key that is not the delegate's",
    })
    const dust = { daily: { ...DAILY, assets: { [USDC]: '1000000' }, max: '0.5' } }
    expect(lackOf(scopeOf([PAY], { budgets: dust }))).toEqual({
      pointer: '/budgets/daily/max',
      what: 'an amount below one base unit',
    })
    const call = { ...CALL, id: 'call' }
    const second = { ...CALL, id: 'second' }
    expect(lackOf(scopeOf([PAY, call, second]))).toEqual({ pointer: '/rules/1/class', what: 'function calls' })
    const dai = { ...PAY, id: 'dai', asset: DAI, budget: 'more' }
    const budgets = { daily: DAILY, more: { ...DAILY, assets: { [DAI]: '1' } } }
    expect(lackOf(scopeOf([PAY, dai, { ...dai, id: 'dai2' }], { budgets }))).toEqual({
      pointer: '/rules/1/asset',
      what: 'several assets',
    })
    const { budget: _, ...open } = { ...PAY, id: 'open', max: '1' }
    expect(lackOf(scopeOf([PAY, open, { ...open, id: 'open2' }], { calls: { max: 3 } }))).toEqual({
      pointer: '/rules/1',
      what: 'a rule without a budget',
    })
    const weekly = { daily: DAILY, week: { ...DAILY, per: 'P7D' }, month: { ...DAILY, per: 'P30D' } }
    const monthly = { ...PAY, id: 'month', budget: 'month' }
    expect(lackOf(scopeOf([PAY, { ...PAY, id: 'other', budget: 'week' }, monthly], { budgets: weekly }))).toEqual({
      pointer: '/budgets/week/per',
      what: 'budgets of different periods',
    })
  })

  test('behavior: every root contains its scope, whatever the scope', () => {
    let roots = 0
    fc.assert(
      fc.property(anyScope(getEnvironment(8453)), (scope) => {
        const found = rootScope(scope, TASK)
        if ('missing' in found) return
        roots++
        expect(isSubset(scope, found.scope, { redelegated: true })).toEqual({ subset: true })
        const { provenance: _, ...document } = found.scope
        expect(parseScope(document)).toEqual(found.scope)
      }),
      { numRuns: 400 },
    )
    expect(roots).toBeGreaterThan(20)
  })
})
