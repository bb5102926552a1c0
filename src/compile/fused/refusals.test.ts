import { describe, expect, test } from 'vitest'
import { fusedPlan, fusedTerms } from '../../../test/arbitraries/fused.ts'
import {
  act,
  budget,
  environment,
  type More,
  nativeBudget,
  pay,
  type Rule,
  refusal,
} from '../../../test/arbitraries/plan.ts'
import { PAYEES, PRINCIPAL, scopeDocument, TARGET, USDC } from '../../../test/arbitraries/scope.ts'
import { codeOf } from '../../../test/codes.ts'
import type { Hex } from '../../primitives/hex.ts'
import { parseScope } from '../../scope/parse.ts'
import { compile } from '../compile.ts'
import { PERMIT2 } from '../dangers.ts'
import type { CompileErrorCode } from '../errors.ts'

const payees = (count: number) =>
  Array.from({ length: count }, (_, n) => `0x${'b'.repeat(36)}${(n + 1).toString(16).padStart(4, '0')}` as Hex)
const noBudget = { budget: undefined as never }
const bytesCall = (condition: object) =>
  act({ function: 'function f(bytes b, string s, uint256[] l)', args: { b: condition } as never })

describe('compile, fused', () => {
  const obstacles: [string, CompileErrorCode, string, readonly Rule[], More][] = [
    [
      'native coin to anyone',
      'compile.native_anyone',
      '/rules/1/to',
      [pay({ id: 'p', asset: 'native' }), pay({ asset: 'native', to: 'anyone' })],
      nativeBudget(),
    ],
    [
      'a rolling limit of calls',
      'compile.rolling_calls',
      '/calls',
      [act()],
      { calls: { max: 1, per: 'PT1H', window: 'rolling' } },
    ],
    [
      'a rule that asks nobody, after one that asks of the same',
      'compile.rule_order',
      '/rules/1',
      [pay({ id: 'asks' }), pay({ id: 'free', budget: 'c' })],
      {
        budgets: { b: { assets: { [USDC]: '1' }, max: '9' }, c: { assets: { [USDC]: '1' }, max: '9' } },
        escalation: { above: { b: '1' }, confirmer: 'principal', timeout: 'PT5M', onTimeout: 'deny' },
      },
    ],
    ['a text that must not be', 'compile.condition', '/rules/0/args/b', [bytesCall({ neq: '0x01' })], {}],
    ['a maximum, and any number of calls', 'compile.unbounded', '/rules/0', [pay({ max: '1', ...noBudget })], {}],
    ['value, and any number of calls', 'compile.unbounded', '/rules/0/value', [act({ value: { lte: '1' } })], {}],
  ]
  test.each(obstacles)('error: %s', (_, code, pointer, rules, more) => {
    const { details } = codeOf(() => fusedPlan(rules, more)) as { details: Record<string, unknown> }
    expect(details).toMatchObject({ pointer, acceptable: false })
    expect(refusal(() => fusedPlan(rules, more))).toBe(code)
    // Nothing of a fused scope is left to the redeemer.
    expect(refusal(() => fusedPlan(rules, more, { accept: [pointer] }))).toBe(code)
  })

  test('behavior: near to an obstacle and none', () => {
    const none: [readonly Rule[], More][] = [
      [[pay({ asset: 'native' })], nativeBudget()],
      [[act()], { calls: { max: 1, per: 'PT1H', window: 'fixed' } }],
      [[act()], { calls: { max: 1 } }],
      [[bytesCall({ eq: '0x01' })], {}],
      [[bytesCall({ length: { lte: '3' } })], {}],
      [[pay({ max: '1', ...noBudget })], { calls: { max: 1, per: 'PT1H', window: 'fixed' } }],
      [[pay()], budget()],
      [[act({ value: { lte: '1' } })], { calls: { max: 9 } }],
      [[act({ value: { lte: '0' } })], {}],
      [[act({ value: { lte: '1' }, spends: [{ asset: 'native', amount: 'value', budget: 'b' }] })], nativeBudget()],
      [[pay()], budget({ per: 'P1D', window: 'rolling' })],
    ]
    for (const [rules, more] of none)
      expect(
        refusal(() => fusedPlan(rules, more)),
        JSON.stringify(rules),
      ).toBe('none')
  })

  test('error: what the scope does not say is not accepted away', () => {
    const accept = ['/rules/0/max']
    expect(refusal(() => fusedPlan([pay({ max: '5' })], budget(), { accept }))).toBe('compile.accept_unmatched')
  })

  const [manager, enforcer] = [environment.manager, environment.enforcers['TaskScopeEnforcer'] ?? '0x']
  const dangers: [string, CompileErrorCode, Rule, More][] = [
    ['the manager', 'compile.target_is_manager', act({ target: manager }), {}],
    ['the principal', 'compile.target_is_principal', act({ target: PRINCIPAL }), {}],
    ['the enforcer itself', 'compile.forbidden_target', act({ target: enforcer }), {}],
    ['the enforcer as payee', 'compile.forbidden_payee', pay({ to: [enforcer] }), budget()],
    ['the manager as native payee', 'compile.forbidden_payee', pay({ asset: 'native', to: [manager] }), nativeBudget()],
    ['Permit2', 'compile.forbidden_target', act({ target: PERMIT2 }), {}],
    [
      'an approval outside an allowance',
      'compile.forbidden_selector',
      act({ function: 'function approve(address spender, uint256 amount)' }),
      {},
    ],
    [
      'an allowance of the manager',
      'compile.target_is_manager',
      act({ allowance: { asset: manager, amount: 'amount' } }),
      { assets: { [manager]: { symbol: 'M', decimals: 1 } } },
    ],
    [
      'an allowance of Permit2, whatever is acknowledged',
      'compile.forbidden_target',
      act({ allowance: { asset: PERMIT2, amount: 'amount' }, acknowledge: ['target:permit2'] }),
      { assets: { [PERMIT2]: { symbol: 'P', decimals: 1 } } },
    ],
    [
      'calls inside a call, left open',
      'compile.nested_open',
      act({ function: 'function multicall(bytes[] data)', acknowledge: ['selector:multicall'] }),
      {},
    ],
    [
      'a token moved by a call that no budget counts',
      'compile.unbounded_transfer',
      act({ target: USDC, function: 'function transfer(address to, uint256 amount)' }),
      {},
    ],
  ]
  test.each(dangers)('attack: %s', (_, code, rule, more) => {
    expect(refusal(() => fusedPlan([rule], more))).toBe(code)
  })

  test('attack: what one rule acknowledges, another may not', () => {
    const approve = 'function approve(address spender, uint256 amount)'
    const word = { acknowledge: ['selector:approve'] }
    expect(refusal(() => fusedPlan([act({ function: approve, ...word })]))).toBe('none')
    const second = act({ id: 'second', function: approve, target: PAYEES[0] })
    expect(refusal(() => fusedPlan([act({ function: approve, ...word }), second]))).toBe('compile.forbidden_selector')
    expect(refusal(() => fusedPlan([act(word), second]))).toBe('compile.forbidden_selector')
  })

  test('behavior: a token moved by a call is bounded by a budget, or by a maximum and the number of calls', () => {
    const moves = (more: object) =>
      act({ target: USDC, function: 'function transferFrom(address a, address b, uint256 c)', ...more })
    const counted = { spends: [{ asset: USDC, amount: 'c', budget: 'b' }] } as const
    expect(refusal(() => fusedPlan([moves(counted)], budget()))).toBe('none')
    for (const c of [{ eq: '5' }, { lte: '5' }, { in: ['5', '6'] }]) {
      expect(
        refusal(() => fusedPlan([moves({ args: { c } })], { calls: { max: 2 } })),
        JSON.stringify(c),
      ).toBe('none')
      expect(refusal(() => fusedPlan([moves({ args: { c } })]))).toBe('compile.unbounded_transfer')
    }
    for (const args of [{ c: { gte: '5' } }, { a: { eq: PAYEES[0] } }])
      expect(refusal(() => fusedPlan([moves({ args })], { calls: { max: 2 } }))).toBe('compile.unbounded_transfer')
  })

  const words = (count: number, args: object) =>
    act({ function: `function f(uint256[${count}] many, uint256 last)`, args: args as never })
  const ints = (neq: number, more: object = {}) =>
    act({
      function: 'function f(int8[64] a, int8[64] b, uint8 c)',
      args: {
        ...Object.fromEntries(Array.from({ length: neq }, (_, n) => [n < 64 ? `a.${n}` : `b.${n - 64}`, { neq: '1' }])),
        ...more,
      } as never,
    })
  const texts = (a: number, b: number) =>
    act({
      function: 'function f(string a, string b)',
      args: {
        a: { in: Array.from({ length: a }, (_, n) => `a${n}`) },
        b: { in: Array.from({ length: b }, (_, n) => `b${n}`) },
      },
    })
  /** 10 words of heads, 2 of lengths, 127 of the call inside, and the signatures. */
  const wrapper = (signatures: number) =>
    act({
      function:
        'function execTransaction(address to, uint256 v, bytes data, uint8 o, uint256 a, uint256 b, uint256 c, address d, address e, bytes s)',
      args: {
        to: { eq: PAYEES[0] },
        ...Object.fromEntries(['v', 'o', 'a', 'b', 'c'].map((name) => [name, { eq: '0' }])),
        d: { eq: PAYEES[1] },
        e: { eq: PAYEES[1] },
        data: { eq: `0x${'00'.repeat(127 * 32)}` },
        s: { eq: `0x${'00'.repeat(signatures)}` },
      },
      acknowledge: ['selector:execTransaction'],
    })
  const native = (count: number) => pay({ asset: 'native', to: payees(count) })
  const bounds: [string, string, bigint, readonly [Rule, More], readonly [Rule, More]][] = [
    [
      'calls',
      '/calls/max',
      16_777_215n,
      [act(), { calls: { max: 16_777_215 } }],
      [act(), { calls: { max: 16_777_216 } }],
    ],
    [
      'value',
      '/rules/0/value/lte',
      2n ** 96n - 1n,
      [act({ value: { lte: `${2n ** 96n - 1n}` } }), { calls: { max: 1 } }],
      [act({ value: { lte: `${2n ** 96n}` } }), { calls: { max: 1 } }],
    ],
    [
      'value',
      '/rules/0/max',
      2n ** 96n - 1n,
      [pay({ asset: 'native', max: '79228162514.264337593543950335' }), nativeBudget({ max: '99999999999' })],
      [pay({ asset: 'native', max: '79228162514.264337593543950336' }), nativeBudget({ max: '99999999999' })],
    ],
    [
      'value',
      '/rules/0/budget',
      2n ** 96n - 1n,
      [pay({ asset: 'native' }), nativeBudget({ max: '79228162514.264337593543950335' })],
      [pay({ asset: 'native' }), nativeBudget({ max: '79228162514.264337593543950336' })],
    ],
    [
      'word',
      '/rules/0/args/last',
      252n,
      [words(252, { last: { eq: '1' } }), {}],
      [words(253, { last: { eq: '1' } }), {}],
    ],
    [
      'word',
      '/rules/0/spends/0/amount',
      252n,
      [{ ...words(252, {}), spends: [{ asset: USDC, amount: 'last', budget: 'b' }] } as Rule, budget()],
      [{ ...words(253, {}), spends: [{ asset: USDC, amount: 'last', budget: 'b' }] } as Rule, budget()],
    ],
    [
      'word',
      '/rules/0/allowance/amount',
      252n,
      [{ ...words(252, {}), allowance: { asset: USDC, amount: 'last' } } as Rule, {}],
      [{ ...words(253, {}), allowance: { asset: USDC, amount: 'last' } } as Rule, {}],
    ],
    ['word', '/rules/0/args', 252n, [wrapper(114 * 32), {}], [wrapper(114 * 32 + 1), {}]],
    ['length', '/rules/0/function', 65_535n, [words(2_046, {}), {}], [words(2_047, {}), {}]],
    ['conditions', '/rules/0', 255n, [ints(127, { c: { eq: '1' } }), {}], [ints(128), {}]],
    ['rules', '/rules', 254n, [native(254), nativeBudget()], [native(255), nativeBudget()]],
    ['rules', '/rules', 254n, [texts(2, 51), {}], [texts(5, 51), {}]],
  ]
  test.each(bounds)('error: %s at %s, at the bound and one past it', (what, pointer, bound, within, beyond) => {
    expect(refusal(() => fusedPlan([within[0]], within[1]))).toBe('none')
    const error = codeOf(() => fusedPlan([beyond[0]], beyond[1])) as { code: string; details: Record<string, string> }
    expect(error.code).toBe('compile.bound_exceeded')
    expect(error.details).toMatchObject({ pointer, what, bound: `${bound}` })
    expect(BigInt(error.details['value'] ?? 0)).toBeGreaterThan(bound)
  })

  test('error: more texts than anybody could write rules for cost nothing', () => {
    const names = Array.from({ length: 20 }, (_, n) => `s${n}`)
    const args = Object.fromEntries(names.map((name) => [name, { in: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'] }]))
    const rule = act({ function: `function f(${names.map((name) => `string ${name}`).join(', ')})`, args })
    expect(refusal(() => fusedPlan([rule]))).toBe('compile.bound_exceeded')
  })

  test('error: terms that leave no room for another link', () => {
    const sized = (count: number) => {
      const rules = [256, 256, count].map((length, n) => pay({ id: `r${n}`, to: payees(length) }))
      return () => fusedPlan(rules, budget()).drafts[0]?.caveats[0]?.terms.length ?? 0
    }
    let count = 2
    while (refusal(sized(count)) === 'none') count++
    expect(sized(count - 1)()).toBeLessThanOrEqual(2 + 2 * 12_288)
    expect(sized(count - 1)()).toBeGreaterThan(2 + 2 * (12_288 - 21))
    const { details } = codeOf(sized(count)) as { details: Record<string, unknown> }
    expect(details).toMatchObject({ pointer: '', what: 'terms', bound: '12288' })
  })

  test('error: a deployment without the enforcer, and scopes of another chain', () => {
    const scope = parseScope(scopeDocument([pay()], budget()))
    const salt = () => `0x${'07'.repeat(32)}` as const
    const { TaskScopeEnforcer, ...enforcers } = environment.enforcers
    const options = { salt, nonce: 0n, lowering: 'fused' } as const
    expect(refusal(() => compile(scope, { ...environment, enforcers }, options))).toBe('compile.invalid_value')
    expect(refusal(() => compile({ ...scope, chainId: 1 }, environment, options))).toBe('compile.wrong_chain')
    const rules = scope.rules.map((rule) => ({ ...rule, budget: 'other' }))
    expect(refusal(() => compile({ ...scope, rules }, environment, options))).toBe('compile.unresolved')
    // A budget that no rule charges has no unit to be counted in.
    const unused = { ...scope.budgets, other: scope.budgets['b'] as never }
    expect(refusal(() => compile({ ...scope, budgets: unused }, environment, options))).toBe('compile.invalid_value')
    const hostile = Array.from({ length: 100_000 }, () => scope.rules[0] as never)
    expect(refusal(() => compile({ ...scope, rules: hostile }, environment, options))).toBe('compile.bound_exceeded')
    expect(fusedTerms([act({ target: TARGET })]).rules).toHaveLength(1)
  })
})
