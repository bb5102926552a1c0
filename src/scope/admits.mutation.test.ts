import { encodeFunctionData, type Hex, parseAbiItem } from 'viem'
import { describe, expect, test } from 'vitest'
import { AGENT, DAI, PAYEES, scopeDocument, TARGET, USDC } from '../../test/arbitraries/scope.ts'
import { createScopeHistory, paymentOf, type ScopedAction } from './admits.ts'
import { parseScope } from './parse.ts'
import type { CallRule, Scope } from './types.ts'

const [A, B] = PAYEES
const encode = (signature: string, ...args: unknown[]) =>
  encodeFunctionData({ abi: [parseAbiItem(`function ${signature}` as never)], args } as never) as Hex
const action = (...calls: { to: Hex; data?: Hex; value?: bigint }[]): ScopedAction => ({
  chainId: 8453,
  time: 1_796_000_000n,
  calls: calls.map(({ to, data = '0x', value = 0n }) => ({ to, data, value })),
})
type Json = Record<string, unknown>
const scopeOf = (rules: readonly Json[], more: Json = {}) => parseScope(scopeDocument(rules as never, more))
const ask = (scope: Scope, asked: ScopedAction) => createScopeHistory(scope).ask(asked)
const pay = (more: Json = {}) => ({ id: 'pay', class: 'transfer', asset: 'native', to: [A], max: '1', ...more })

describe('createScopeHistory', () => {
  test('behavior: who submits counts only where the scope names redeemers and the action one', () => {
    const submitted = (redeemers: unknown, redeemer?: Hex) => {
      const scope = scopeOf([pay()], { request: { key: AGENT, redeemers } })
      return ask(scope, { ...action({ to: A, value: 1n }), ...(redeemer && { redeemer }) }).admitted
    }
    expect(submitted('anyone')).toBe('yes')
    expect(submitted('anyone', B)).toBe('yes')
    expect(submitted([A])).toBe('yes')
    expect(submitted([A], A)).toBe('yes')
    expect(submitted([B, A], A)).toBe('yes')
    expect(submitted([A], B)).toBe('no')
    expect(ask(scopeOf([pay()]), { ...action({ to: A, value: 1n }), redeemer: B }).admitted).toBe('yes')
  })

  test('error: another chain, and any second outside the lifetime', () => {
    const [start, end] = [1_795_132_800n, 1_797_724_800n]
    const at = (time: bigint) => ask(scopeOf([pay()]), { ...action({ to: A, value: 1n }), time })
    expect([at(start).admitted, at(end - 1n).admitted]).toEqual(['yes', 'yes'])
    expect(at(start - 1n)).toEqual({ admitted: 'no', dimension: 'lifetime', pointer: '/notBefore' })
    expect(at(end)).toEqual({ admitted: 'no', dimension: 'lifetime', pointer: '/expiry' })
    const elsewhere = ask(scopeOf([pay()]), { ...action({ to: A, value: 1n }), chainId: 1 })
    expect(elsewhere).toEqual({ admitted: 'no', dimension: 'chain', pointer: '/chainId' })
  })

  test('error: one call more than there may be, and two calls at once', () => {
    const once = action({ to: A, value: 1n })
    const history = createScopeHistory(scopeOf([pay()], { calls: { max: 2 } }))
    for (const _ of [1, 2]) {
      const said = history.ask(once)
      expect(said.admitted).toBe('yes')
      if ('charges' in said) history.record(once, said)
    }
    expect(history.ask(once)).toEqual({ admitted: 'no', dimension: 'calls', pointer: '/calls' })
    const two = ask(scopeOf([pay()]), action({ to: A, value: 1n }, { to: A, value: 1n }))
    expect(two).toEqual({ admitted: 'no', dimension: 'class', pointer: '/rules/0/class' })
    expect(ask(scopeOf([pay()]), action())).toEqual(two)
  })

  const paid = { to: USDC, data: encode('transfer(address to, uint256 amount)', A, 5n) }
  const transfer = (more: Json) => pay({ asset: USDC, max: '9', ...more })
  const call = (more: Json) => ({
    id: 'call',
    class: 'call',
    target: USDC,
    function: 'transfer(address to, uint256 amount)',
    args: {},
    ...more,
  })
  /** Rules that one payment gets through ever further; two of them as far as one another. */
  const steps: readonly (readonly [dimension: string, rule: Json])[][] = [
    [['asset', transfer({ asset: DAI })]],
    [
      ['payees', transfer({ to: [B] })],
      ['function', call({ function: 'other(address to, uint256 amount)' })],
    ],
    [
      ['max', transfer({ max: '0.000004' })],
      ['arguments', call({ args: { to: { eq: B } } })],
    ],
    [['budgets', transfer({ budget: 'small' })]],
  ]
  const budgets = { small: { assets: { [USDC]: '1' }, max: '0.000004' } }

  test('error: of two rules the one that comes further says why not, of two that come as far the first', () => {
    for (const [early, nearer] of steps.entries()) {
      for (const [late, further] of steps.entries()) {
        for (const [dimension, rule] of nearer) {
          for (const [other, second] of further) {
            const rules = [
              { ...rule, id: 'a' },
              { ...second, id: 'b' },
            ]
            const used = rules.some((one) => 'budget' in one) ? { budgets } : {}
            const said = ask(scopeOf(rules, used), action(paid))
            expect(said, `${dimension}, ${other}`).toMatchObject({ dimension: late > early ? other : dimension })
          }
        }
      }
    }
  })

  const PAY = 'pay(address to, uint8 amount)'
  const coin = { to: TARGET, data: encode(PAY, A, 5), value: 3n }
  const payCall = (more: Json) => call({ target: TARGET, function: PAY, value: { lte: '3' }, ...more })

  test.each<[nearer: string, further: string, Json, Json]>([
    ['target', 'function', payCall({ target: USDC }), payCall({ function: 'f()' })],
    ['function', 'arguments', payCall({ function: 'f()' }), payCall({ args: { amount: { lte: '4' } } })],
    ['arguments', 'value', payCall({ args: { amount: { lte: '4' } } }), payCall({ value: { lte: '2' } })],
  ])('error: %s before %s', (nearer, further, first, second) => {
    const [a, b] = [
      { ...first, id: 'a' },
      { ...second, id: 'b' },
    ]
    expect(ask(scopeOf([a]), action(coin))).toMatchObject({ dimension: nearer })
    expect(ask(scopeOf([a, b]), action(coin))).toMatchObject({ dimension: further })
    expect(ask(scopeOf([b, a]), action(coin))).toMatchObject({ dimension: further })
  })

  test('error: value before allowance before the number of calls before budgets', () => {
    const approve = (amount: bigint) => ({ to: USDC, data: encode('approve(address a, uint256 b)', TARGET, amount) })
    const around = action(approve(5n), coin, approve(0n))
    const allowed = { allowance: { asset: USDC, amount: 'amount' } }
    const rules = {
      value: payCall({ ...allowed, value: { lte: '2' } }),
      allowance: payCall({ allowance: { asset: DAI, amount: 'amount' } }),
      counted: payCall({ ...allowed, spends: [{ asset: 'native', amount: 'value', budget: 'b' }] }),
      free: payCall(allowed),
    }
    const budget = (max: string) => ({ budgets: { b: { assets: { native: '1' }, max } } })
    const dimension = (names: readonly (keyof typeof rules)[], more: Json = {}, before = false) => {
      const named = names.map((name) => ({ ...rules[name], id: name }))
      const history = createScopeHistory(scopeOf(named, more))
      const first = before ? history.ask(around) : undefined
      if (first !== undefined && 'charges' in first) history.record(around, first)
      return history.ask(around)
    }
    expect(dimension(['value', 'allowance'])).toMatchObject({ dimension: 'allowance', pointer: '/rules/1/allowance' })
    expect(dimension(['allowance', 'value'])).toMatchObject({ dimension: 'allowance', pointer: '/rules/0/allowance' })
    const small = budget('0.000000000000000002')
    expect(dimension(['allowance', 'counted'], small)).toMatchObject({ dimension: 'budgets', pointer: '/budgets/b' })
    expect(dimension(['counted', 'allowance'], small)).toMatchObject({ dimension: 'budgets' })
    const once = { calls: { max: 1 } }
    expect(dimension(['allowance', 'free'], once, true)).toMatchObject({ dimension: 'calls', pointer: '/calls' })
    expect(dimension(['free', 'allowance'], once, true)).toMatchObject({ dimension: 'calls' })
    expect(dimension(['free', 'counted'], { ...once, ...budget('1') }, true)).toMatchObject({ dimension: 'calls' })
  })

  test('behavior: of several budgets over their thresholds the first that is charged asks', () => {
    const spend = (budget: string) => ({ asset: 'native', amount: 'value', budget })
    const names = ['never', 'first', 'second']
    const scope = scopeOf([payCall({ spends: names.map(spend) })], {
      budgets: Object.fromEntries(names.map((name) => [name, { assets: { native: '1' }, max: '1' }])),
      escalation: {
        above: { second: '0', first: '0.000000000000000002' },
        confirmer: 'principal',
        timeout: 'PT15M',
        onTimeout: 'deny',
      },
    })
    const charges = (value: bigint) => ask(scope, action({ ...coin, value }))
    expect(charges(3n)).toMatchObject({ admitted: 'confirmed', budget: 'first' })
    expect(charges(2n)).toMatchObject({ admitted: 'confirmed', budget: 'second' })
    expect(charges(0n)).toMatchObject({ admitted: 'yes' })
  })

  test('behavior: two amounts of one call are charged together', () => {
    const spend = { asset: USDC, amount: 'amount', budget: 'b' }
    const both = payCall({ spends: [spend, { asset: 'native', amount: 'value', budget: 'b' }] })
    const units = (max: string) =>
      ask(scopeOf([both], { budgets: { b: { assets: { [USDC]: '1', native: '1' }, max } } }), action(coin))
    expect(units('0.000005000000000003').admitted).toBe('yes')
    expect(units('0.000005000000000002')).toMatchObject({ admitted: 'no', dimension: 'budgets' })
  })

  test('error: an amount that is not canonical is no amount', () => {
    const scope = scopeOf([payCall({ spends: [{ asset: USDC, amount: 'amount', budget: 'b' }] })], {
      budgets: { b: { assets: { [USDC]: '1' }, max: '1' } },
    })
    const dirty = `${coin.data.slice(0, 10 + 64)}01${coin.data.slice(10 + 66)}` as Hex
    expect(ask(scope, action(coin)).admitted).toBe('yes')
    expect(ask(scope, action({ ...coin, data: dirty }))).toEqual({
      admitted: 'no',
      dimension: 'arguments',
      pointer: '/rules/0/spends/0/amount',
    })
  })

  test('error: what a scope made by hand names and does not have', () => {
    const scope = scopeOf([payCall({})])
    const by = (more: Partial<CallRule>) =>
      ask({ ...scope, rules: [{ ...(scope.rules[0] as CallRule), ...more }] }, action(coin))
    expect(by({}).admitted).toBe('yes')
    expect(by({ args: { nobody: { neq: '1' } } })).toMatchObject({ pointer: '/rules/0/args/nobody' })
    const spend = { asset: 'native', amount: 'value', budget: 'gone' } as const
    expect(by({ spends: [spend] })).toMatchObject({ dimension: 'budgets', pointer: '/budgets/gone' })
    // An account read as an amount would be one: only digits are.
    for (const amount of ['to', 'nobody', '']) {
      const said = by({ spends: [{ ...spend, asset: USDC, amount }] })
      expect(said).toMatchObject({ dimension: 'arguments', pointer: '/rules/0/spends/0/amount' })
    }
  })
})

describe('paymentOf', () => {
  test('behavior: native coin without data, or a token without native coin', () => {
    const data = encode('transfer(address to, uint256 amount)', A, 5n)
    expect(paymentOf({ to: A, value: 5n, data: '0x' })).toEqual({ asset: 'native', to: A, amount: 5n })
    expect(paymentOf({ to: A, value: 0n, data: '0x' })).toEqual({ asset: 'native', to: A, amount: 0n })
    expect(paymentOf({ to: USDC, value: 0n, data })).toEqual({ asset: USDC, to: A, amount: 5n })
    expect(paymentOf({ to: USDC, value: 1n, data })).toBeUndefined()
    expect(paymentOf({ to: USDC, value: 0n, data: '0x00' })).toBeUndefined()
  })
})
