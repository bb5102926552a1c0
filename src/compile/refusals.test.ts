import { describe, expect, test } from 'vitest'
import {
  act,
  budget,
  counting,
  environment,
  type More,
  nativeBudget,
  pay,
  plan,
  type Rule,
  refusal,
  rowOf,
} from '../../test/arbitraries/plan.ts'
import { AGENT, DAI, PAYEES, PRINCIPAL, scopeDocument, USDC } from '../../test/arbitraries/scope.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { parseScope } from '../scope/parse.ts'
import type { Scope } from '../scope/types.ts'
import type { CompileOptions } from './compile.ts'
import { compile } from './compile.ts'
import { PERMIT2 } from './dangers.ts'
import type { CompileErrorCode } from './errors.ts'

describe('compile', () => {
  const rolling = { per: 'P1D', window: 'rolling' as const }
  const two = { budgets: { b: { assets: { [USDC]: '1', [DAI]: '1' }, max: '10' } } }
  const spends = { spends: [{ asset: USDC, amount: 'amount', budget: 'b' }] }
  const refused: [CompileErrorCode, string | null, readonly Rule[], More][] = [
    ['compile.rolling_window', null, [pay()], budget(rolling)],
    ['compile.multi_asset_budget', null, [pay(), pay({ id: 'dai', asset: DAI })], two],
    ['compile.calls_per_period', null, [pay()], { ...budget(), calls: { max: 2, ...rolling } }],
    ['compile.calls_per_period', null, [pay()], { ...budget(), calls: { max: 2, per: 'P1D', window: 'fixed' } }],
    ['compile.request', null, [pay()], { ...budget(), request: { key: PAYEES[2], redeemers: 'anyone' } }],
    [
      'compile.escalation',
      '/escalation',
      [pay()],
      { ...budget(), escalation: { above: { b: '25' }, confirmer: 'principal', timeout: 'PT15M', onTimeout: 'deny' } },
    ],
    ['compile.max', '/rules/0/max', [pay({ max: '50' })], budget()],
    ['compile.condition', '/rules/0/args/amount', [act({ args: { amount: { lte: '5' } } })], {}],
    ['compile.condition', '/rules/0/args/amount', [act({ args: { amount: { in: ['5'] } } })], {}],
    ['compile.condition', '/rules/0/args/to', [act({ args: { to: { neq: AGENT } } })], {}],
    [
      'compile.condition',
      '/rules/0/args/s',
      [act({ function: 'function f(string s, uint256 n)', args: { s: { eq: 'x' } } })],
      {},
    ],
    ['compile.spends', null, [act({ args: { amount: { eq: '5' } }, ...spends })], { ...budget(), calls: { max: 2 } }],
    ['compile.spends', null, [act({ args: { amount: { eq: '5' } }, ...spends })], budget()],
    ['compile.spends', null, [act(spends)], { ...budget(), calls: { max: 2 } }],
    ['compile.allowance', null, [act({ allowance: { asset: USDC, amount: 'amount' } })], {}],
    ['compile.unbounded', null, [pay({ budget: undefined as never, max: '50' })], {}],
    ['compile.unbounded', null, [act({ value: { lte: '1' } })], {}],
    ['compile.unbounded', null, [act({ value: { lte: '1' } })], { calls: { max: 2, ...rolling } }],
    ['compile.unbounded', null, [pay({ budget: undefined as never, max: '50' })], { calls: { max: 2 } }],
  ]
  test.each(refused)('error: %s at %s, by name, unless it may be accepted and is', (code, pointer, rules, more) => {
    expect(refusal(() => plan(rules, more))).toBe(code)
    if (pointer !== null) {
      const made = plan(rules, more, { accept: [pointer] })
      expect(rowOf(made, pointer)?.held).toEqual({ by: 'redeemer' })
      return
    }
    const every = [
      '/rules/0',
      '/rules/0/max',
      '/rules/0/budget',
      '/rules/0/spends/0',
      '/rules/0/allowance',
      '/budgets/b',
      '/budgets/b/window',
      '/budgets/b/assets',
      '/calls',
      '/request',
    ]
    expect(refusal(() => plan(rules, more, { accept: every }))).toBe(code)
  })

  test('error: compile.accept_unmatched for a pointer that accepts nothing', () => {
    for (const pointer of ['/rules/7/max', '/rules/0/budget', '', '/budgets/b']) {
      expect(refusal(() => plan([pay()], budget(), { accept: [pointer] }))).toBe('compile.accept_unmatched')
    }
  })

  test('error: compile.condition once a dropped argument would leave the amount of a token open', () => {
    const rule = act({
      target: USDC,
      function: 'function transfer(address to, uint256 amount)',
      args: { amount: { lte: '5' } },
    })
    expect(refusal(() => plan([rule], { calls: { max: 5 } }))).toBe('compile.condition')
    expect(refusal(() => plan([rule], { calls: { max: 5 } }, { accept: ['/rules/0/args/amount'] }))).toBe(
      'compile.unbounded_transfer',
    )
  })

  test('error: compile.unbounded_transfer for a token moved by a call rule without amount or number of calls', () => {
    const transfer = 'function transfer(address to, uint256 amount)'
    const pinned = act({ target: USDC, function: transfer, args: { amount: { eq: '5' } } })
    expect(refusal(() => plan([act({ target: USDC, function: transfer })], { calls: { max: 5 } }))).toBe(
      'compile.unbounded_transfer',
    )
    expect(refusal(() => plan([pinned]))).toBe('compile.unbounded_transfer')
    expect(refusal(() => plan([pinned], { calls: { max: 5 } }))).toBe('none')
  })

  const account = (name: string): Address => environment.enforcers[name] ?? '0x'
  const forbidden: [string, Address, CompileErrorCode?][] = [
    ['the manager', environment.manager, 'compile.target_is_manager'],
    ['an enforcer', account('NonceEnforcer')],
    ['an enforcer that Ambit does not read', account('IdEnforcer')],
    ['the entry point', environment.entryPoint],
    ['the factory', environment.simpleFactory],
    ['an implementation', environment.implementations.stateless7702],
    ['Permit2', PERMIT2],
  ]
  test.each(forbidden)(
    'error: %s is neither called, paid nor an asset, whatever is acknowledged',
    (_, address, code = 'compile.forbidden_target') => {
      const assets = { [address]: { symbol: 'X', decimals: 6 }, [USDC]: { symbol: 'USDC', decimals: 6 } }
      const acknowledge = ['target:manager', 'target:principal', 'selector:pay', `target:${address}`]
      expect(refusal(() => plan([act({ target: address, acknowledge })]))).toBe(code)
      expect(refusal(() => plan([pay({ to: [PAYEES[0], address] })], budget()))).toBe('compile.forbidden_payee')
      expect(refusal(() => plan([pay({ asset: 'native', to: [address] })], nativeBudget()))).toBe(
        'compile.forbidden_payee',
      )
      const own = { budgets: { b: { assets: { [address]: '1' }, max: '2' } }, assets }
      expect(refusal(() => plan([pay({ asset: address })], own))).toBe(code)
    },
  )

  test('error: compile.target_is_principal for a call on it: it would be a takeover (FACTS C8)', () => {
    const acknowledge = ['target:principal', 'selector:execute']
    const takeover = act({ target: PRINCIPAL, function: 'function execute(bytes32 mode, bytes data)', acknowledge })
    expect(refusal(() => plan([takeover]))).toBe('compile.target_is_principal')
    expect(refusal(() => plan([act({ target: PRINCIPAL })]))).toBe('compile.target_is_principal')
  })

  const selectors = [
    'function approve(address spender, uint256 amount)',
    'function approve(bytes32 other)',
    'function increaseAllowance(address spender, uint256 amount)',
    'function permit(address o, address s, uint256 v, uint256 d, uint8 a, bytes32 b, bytes32 c)',
    'function setApprovalForAll(address operator, bool ok)',
    'function approve(address token, address spender, uint160 amount, uint48 expiration)',
    'function upgradeToAndCall(address to, bytes data)',
    'function transferOwnership(address to)',
    'function enableModule(address module)',
    'function execute(bytes32 mode, bytes data)',
    'function execTransaction(address a, uint256 b, bytes c, uint8 d, uint256 e, uint256 f, uint256 g, address h, address i, bytes j)',
    'function multicall(bytes[] calls)',
    'function aggregate3((address a, bool b, bytes c)[] calls)',
    'function redeemDelegations(bytes[] a, bytes32[] b, bytes[] c)',
    'function addKey(string a, uint256 b, uint256 c)',
    'function batch(bytes[] calls, bool revertOnFail)',
  ]
  test.each(selectors)('error: compile.forbidden_selector for %s', (signature) => {
    expect(refusal(() => plan([act({ function: signature })]))).toBe('compile.forbidden_selector')
    expect(refusal(() => plan([act({ function: signature, acknowledge: ['selector:other'] })]))).toBe(
      'compile.forbidden_selector',
    )
  })

  test('error: compile.too_many_delegations in under a second for the largest scope that parses', () => {
    const payees = (rule: number) =>
      Array.from({ length: 256 }, (_, at) => `0x${(rule * 256 + at + 1).toString(16).padStart(40, '0')}`)
    const rules = Array.from({ length: 64 }, (_, rule) => pay({ id: `r${rule}`, to: payees(rule) }))
    const scope = parseScope(scopeDocument(rules, budget()))
    const started = performance.now()
    expect(refusal(() => compile(scope, environment, { salt: counting(), nonce: 0n }))).toBe(
      'compile.too_many_delegations',
    )
    expect(performance.now() - started).toBeLessThan(1_000)
  })

  test('error: a salt that is zero, short or repeated', () => {
    const more = budget()
    const rules = [pay({ to: [...PAYEES] })]
    for (const salt of [`0x${'00'.repeat(32)}`, '0x01', `0x${'AA'.repeat(32)}`] as Hex[]) {
      expect(refusal(() => plan(rules, more, { salt: () => salt }))).toBe('compile.bad_salt')
    }
    expect(refusal(() => plan(rules, more, { salt: () => `0x${'11'.repeat(32)}` }))).toBe('compile.salt_reused')
  })

  test('error: what does not fit together', () => {
    const scope = parseScope(scopeDocument([pay()], budget({ per: 'P1D', window: 'fixed' })))
    const run = (changed: Scope, options: Partial<CompileOptions> = {}) =>
      refusal(() => compile(changed, environment, { salt: counting(), nonce: 0n, ...options }))
    expect(run({ ...scope, chainId: 1 })).toBe('compile.wrong_chain')
    expect(run({ ...scope, budgets: {} })).toBe('compile.unresolved')
    expect(run({ ...scope, assets: {} })).toBe('compile.unresolved')
    expect(run({ ...scope, expiry: '2026-13-20T00:00:00Z' })).toBe('compile.invalid_value')
    expect(run({ ...scope, expiry: '2026-11-20T00:00:00Z' })).toBe('compile.invalid_value')
    expect(run(scope, { nonce: -1n })).toBe('compile.invalid_value')
    expect(run({ ...scope, delegate: '0x0000000000000000000000000000000000000a11' })).toBe('compile.open_delegate')
    const tiny = { b: { assets: { [USDC]: '1000' }, max: '0.000001' } }
    expect(run({ ...scope, budgets: tiny as unknown as Scope['budgets'] })).toBe('compile.amount_not_positive')
    const crowd = Array.from(
      { length: 513 },
      (__, index) => `0x${(index + 1).toString(16).padStart(40, '0')}` as Address,
    )
    expect(run({ ...scope, rules: [{ id: 'p', class: 'transfer', asset: USDC, to: crowd, budget: 'b' }] })).toBe(
      'compile.too_many_delegations',
    )
  })
})
