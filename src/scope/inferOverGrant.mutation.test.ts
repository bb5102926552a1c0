import { describe, expect, test } from 'vitest'
import { codeOf } from '../../test/codes.ts'
import { type InferOptions, inferScope } from './infer.ts'

/** Rules and over-grants of small plans, row by row: worked out by hand. */

const account = (n: number) => `0x${n.toString(16).padStart(2, '0').repeat(20)}` as const
const [A, B, C] = [account(0xa1), account(0xb1), account(0xc1)] as const
const [USDC, DAI, ROUTER] = [account(0xe1), account(0xe2), account(0xd1)] as const
const START = 1_797_724_800
const at = (second: number) => new Date((START + second) * 1000).toISOString().replace('.000Z', 'Z')

type Json = Record<string, unknown>
const plan = (calls: unknown, more: Json = {}): Json => ({
  version: 1,
  task: { id: 'invoices', purpose: 'Pay the invoices' },
  chainId: 8453,
  principal: account(1),
  delegate: account(2),
  notBefore: at(0),
  expiry: at(100),
  assets: { [USDC]: { symbol: 'USDC', decimals: 2 }, [DAI]: { symbol: 'DAI', decimals: 3 } },
  source: 'principal',
  calls,
  ...more,
})
const pay = (to: string, amount: string, more: Json = {}) => ({ asset: USDC, to, amount, ...more })
const call = (args: Json, more: Json = {}, name = 'f') => ({
  to: ROUTER,
  function: `${name}(${Object.keys(args)
    .map(
      (key) =>
        `${key === 'yes' ? 'bool' : key === 's' ? 'int8' : key === 'b' ? 'bytes1' : key === 't' ? 'string' : 'uint8'} ${key}`,
    )
    .join(', ')})`,
  args,
  ...more,
})
const rowsOf = (calls: unknown[], options?: InferOptions, more?: Json) =>
  inferScope(plan(calls, more), options).overGrant.map(({ dimension, of, granted, planned, ratio }) => {
    return [dimension, of.replace(USDC, 'USDC').replace(DAI, 'DAI').replace(ROUTER, 'ROUTER'), granted, planned, ratio]
  })
const pick = (rows: unknown[][], ...dimensions: string[]) =>
  rows.filter(([dimension]) => dimensions.includes(String(dimension)))
const rulesOf = (calls: unknown[], options?: InferOptions, more?: Json) =>
  inferScope(plan(calls, more), options).document.rules as Json[]

describe('inferScope, over-grants', () => {
  test('default: payments of two assets and a call', () => {
    const calls = [
      pay(B, '3'),
      pay(A, '1', { asset: DAI }),
      pay(A, '5'),
      call({ n: '7' }, { value: '2', spends: [{ asset: USDC, amount: 'n' }] }),
      pay(A, '2.5'),
    ]
    expect(rowsOf(calls, { rulePer: 'payee' })).toEqual([
      ['payees', 'USDC', '2', '2', '1'],
      ['amount', `USDC to ${A}`, '5', '5', '1'],
      ['payee total', `USDC to ${A}`, '7.5', '7.5', '1'],
      ['payees', 'DAI', '1', '1', '1'],
      ['amount', `DAI to ${A}`, '1', '1', '1'],
      ['payee total', `DAI to ${A}`, '1', '1', '1'],
      ['total', 'USDC', '10.57', '10.57', '1'],
      ['total', 'DAI', '1', '1', '1'],
      ['total', 'native', '0.000000000000000002', '0.000000000000000002', '1'],
      ['calls', 'all', '5', '5', '1'],
      ['calls of a rule', 'pay-2', '5', '1', '5'],
      ['time', 'seconds', '100', null, null],
      ['functions', 'all', '1', '1', '1'],
      ['arguments', 'ROUTER f(uint8)', '1', '1', '1'],
      ['value', 'ROUTER f(uint8)', '2', '2', '1'],
    ])
  })

  test('behavior: payees in the order of their addresses; of equal ratios the first is shown', () => {
    const equal = [pay(C, '6'), pay(A, '3'), pay(B, '3')]
    const rows = rowsOf(equal, { rulePer: 'asset' })
    expect(pick(rows, 'payees', 'amount', 'payee total')).toEqual([
      ['payees', 'USDC', '3', '3', '1'],
      ['amount', `USDC to ${A}`, '6', '3', '2'],
      ['payee total', `USDC to ${A}`, '12', '3', '4'],
    ])
    const later = rowsOf([pay(C, '2'), pay(A, '6'), pay(B, '3')], { rulePer: 'asset' })
    expect(pick(later, 'amount')).toEqual([['amount', `USDC to ${C}`, '6', '2', '3']])
    // 12/7 and 12/8, 12/5 is the most: whatever the order of numerators and denominators.
    const fractions = rowsOf([pay(A, '12'), pay(B, '8'), pay(C, '7')], { rulePer: 'asset' })
    expect(pick(fractions, 'amount')).toEqual([['amount', `USDC to ${C}`, '12', '7', '12/7']])
    const turned = rowsOf([pay(A, '7'), pay(B, '8'), pay(C, '12')], { rulePer: 'asset' })
    expect(pick(turned, 'amount')).toEqual([['amount', `USDC to ${A}`, '12', '7', '12/7']])
  })

  test('behavior: assets in the order of their addresses, each with its own payments', () => {
    const rows = rowsOf([pay(A, '3', { asset: DAI }), pay(A, '1'), pay(B, '4', { asset: DAI })], { rulePer: 'asset' })
    expect(pick(rows, 'payees', 'amount', 'payee total')).toEqual([
      ['payees', 'USDC', '1', '1', '1'],
      ['amount', `USDC to ${A}`, '1', '1', '1'],
      ['payee total', `USDC to ${A}`, '1', '1', '1'],
      ['payees', 'DAI', '2', '2', '1'],
      ['amount', `DAI to ${A}`, '4', '3', '4/3'],
      ['payee total', `DAI to ${A}`, '7', '3', '7/3'],
    ])
  })

  test('behavior: of several rules the largest payment and the sum of their budgets', () => {
    const rows = rowsOf([pay(A, '3'), pay(A, '5'), pay(A, '3')])
    expect(pick(rows, 'amount', 'payee total', 'calls of a rule')).toEqual([
      ['amount', `USDC to ${A}`, '5', '5', '1'],
      ['payee total', `USDC to ${A}`, '11', '11', '1'],
      ['calls of a rule', 'pay-2', '3', '1', '3'],
    ])
  })

  test('behavior: time from the first planned second to the last, of what is left', () => {
    const timed = (...seconds: number[]) => seconds.map((second) => pay(A, '1', { when: at(second) }))
    const timeOf = (calls: unknown[], now?: number) =>
      pick(rowsOf(calls, now === undefined ? {} : { now: BigInt(START + now) }), 'time')[0]?.slice(2)
    expect(timeOf(timed(20))).toEqual(['100', '1', '100'])
    expect(timeOf(timed(20, 39))).toEqual(['100', '20', '5'])
    expect(timeOf(timed(39, 20, 30))).toEqual(['100', '20', '5'])
    expect(timeOf([...timed(39), pay(A, '1')])).toEqual(['100', null, null])
    expect(timeOf(timed(39), 40)).toEqual(['60', '1', '60'])
    expect(timeOf(timed(39), -40)).toEqual(['100', '1', '100'])
  })

  test('behavior: of one function the arguments that may be combined, rule by rule', () => {
    const two = [call({ n: '1', m: '1' }), call({ n: '2', m: '2' }), call({ n: '1', m: '1' })]
    expect(pick(rowsOf(two, { rulePer: 'payee' }), 'functions', 'arguments', 'value')).toEqual([
      ['functions', 'all', '1', '1', '1'],
      ['arguments', 'ROUTER f(uint8,uint8)', '4', '2', '2'],
    ])
    expect(pick(rowsOf(two), 'arguments')).toEqual([['arguments', 'ROUTER f(uint8,uint8)', '2', '2', '1']])
    const others = [...two, call({ n: '1' }, {}, 'g')]
    expect(pick(rowsOf(others), 'functions', 'arguments')).toEqual([
      ['functions', 'all', '2', '2', '1'],
      ['arguments', 'ROUTER f(uint8,uint8)', '2', '2', '1'],
      ['arguments', 'ROUTER g(uint8)', '1', '1', '1'],
    ])
    expect(pick(rowsOf([pay(A, '1')]), 'functions', 'arguments', 'value')).toEqual([])
  })

  test('behavior: a list of more than 64 numbers is a range, of those on the side that has fewer', () => {
    const many = (name: 'n' | 's', from: number, count: number) =>
      Array.from({ length: count }, (_, index) => call({ [name]: `${from + index}` }))
    const argsOf = (calls: unknown[]) => (rulesOf(calls, { rulePer: 'payee' })[0] as { args: Json }).args
    const countsOf = (calls: unknown[]) => pick(rowsOf(calls, { rulePer: 'payee' }), 'arguments')[0]?.slice(2)
    expect(Object.keys((argsOf(many('n', 0, 64))['n'] as { in: [] }).in)).toHaveLength(64)
    expect(argsOf(many('n', 10, 65))).toEqual({ n: { lte: '74' } })
    expect(countsOf(many('n', 10, 65))).toEqual(['75', '65', '15/13'])
    expect(argsOf(many('n', 185, 70))).toEqual({ n: { gte: '185' } })
    expect(countsOf(many('n', 185, 70))).toEqual(['71', '70', '71/70'])
    expect(argsOf(many('s', -128, 65))).toEqual({ s: { lte: '-64' } })
    expect(countsOf(many('s', -128, 65))).toEqual(['65', '65', '1'])
    expect(argsOf(many('s', 63, 65))).toEqual({ s: { gte: '63' } })
    expect(countsOf(many('s', 62, 66))).toEqual(['66', '66', '1'])
    // As many below as above: the bound from above. One fewer above: the other one.
    expect(argsOf(many('n', 90, 76))).toEqual({ n: { lte: '165' } })
    expect(argsOf(many('n', 91, 75))).toEqual({ n: { gte: '91' } })
    expect(argsOf(many('n', 90, 75))).toEqual({ n: { lte: '164' } })
    expect(argsOf(many('s', -33, 66))).toEqual({ s: { lte: '32' } })
    expect(argsOf(many('s', -32, 66))).toEqual({ s: { gte: '-32' } })
  })

  test('error: more than 64 texts are no range', () => {
    const texts = (count: number) => Array.from({ length: count }, (_, index) => call({ t: `text ${index}` }))
    expect(rulesOf(texts(64), { rulePer: 'payee' })).toHaveLength(1)
    expect(codeOf(() => inferScope(plan(texts(65)), { rulePer: 'payee' }))).toMatchObject({
      code: 'scope.plan_too_varied',
      details: { value: 't: 65 values', bound: 64 },
    })
  })

  test('behavior: value with the same arguments, the largest that was planned of each', () => {
    const paying = (n: string, value?: string) => call({ n }, value === undefined ? {} : { value })
    const wei = (calls: unknown[], options?: InferOptions) =>
      pick(rowsOf(calls, options), 'value').map((row) => row.slice(2))
    expect(wei([paying('1'), paying('2')])).toEqual([])
    expect(wei([paying('1', '1')])).toEqual([['1', '1', '1']])
    expect(wei([paying('1', '3'), paying('1', '2'), paying('1', '1')])).toEqual([['3', '3', '1']])
    // Nothing was planned with some: more than any ratio, wherever it stands.
    const joined = { rulePer: 'payee' } as const
    expect(wei([paying('1', '6'), paying('2', '2'), paying('3', '3')], joined)).toEqual([['6', '2', '3']])
    expect(wei([paying('1'), paying('2', '2')], joined)).toEqual([['2', '0', null]])
    expect(wei([paying('2', '2'), paying('1')], joined)).toEqual([['2', '0', null]])
    // Each by the rule that admits it, not by another rule of the same function.
    expect(wei([paying('1', '9'), paying('2', '2')])).toEqual([['9', '9', '1']])
  })
})

describe('inferScope, rules', () => {
  test('behavior: payments of an asset, a payee or a call are a rule, the smallest first', () => {
    const calls = [pay(B, '10'), pay(A, '9'), pay(A, '10'), pay(A, '9')]
    const shown = (options?: InferOptions) =>
      rulesOf(calls, options).map(({ id, to, max: most, budget }) => [id, to, most, budget])
    expect(shown({ rulePer: 'call' })).toEqual([
      ['pay-1', [A], '9', 'pay-1'],
      ['pay-2', [A], '10', 'pay-2'],
      ['pay-3', [B], '10', 'pay-3'],
    ])
    expect(shown({ rulePer: 'payee' })).toEqual([
      ['pay-1', [A], '10', 'pay-1'],
      ['pay-2', [B], '10', 'pay-2'],
    ])
    expect(shown({ rulePer: 'asset' })).toEqual([['pay-1', [A, B], '10', 'pay-1']])
  })

  test('behavior: calls by function, what they spend, arguments and value; each spend has its budget', () => {
    const spends = [
      { asset: USDC, amount: 'n' },
      { asset: DAI, amount: 'm' },
    ]
    const calls = [
      call({ n: '20', m: '3' }, { spends, value: '10' }),
      call({ n: '3', m: '20' }, { spends, value: '9' }),
      call({ n: '3', m: '20' }, { spends, value: '10' }),
      call({ n: '3', m: '20' }),
    ]
    const { document } = inferScope(plan(calls, {}), { rulePer: 'payee' })
    expect(document.rules).toMatchObject([
      {
        id: 'call-1',
        args: { n: { in: ['3', '20'] }, m: { in: ['3', '20'] } },
        spends: [
          { asset: USDC, amount: 'n', budget: 'call-1' },
          { asset: DAI, amount: 'm', budget: 'call-1-2' },
          { asset: 'native', amount: 'value', budget: 'call-1-3' },
        ],
        value: { lte: '10' },
      },
      { id: 'call-2', args: { n: { eq: '3' }, m: { eq: '20' } }, spends: [], value: { lte: '0' } },
    ])
    expect(document.budgets).toEqual({
      'call-1': { assets: { [USDC]: '1' }, max: '0.26' },
      'call-1-2': { assets: { [DAI]: '1' }, max: '0.043' },
      'call-1-3': { assets: { native: '1' }, max: '0.000000000000000029' },
    })
    const perCall = rulesOf(calls, { rulePer: 'call' }) as { value: { lte: string }; args: Json; spends: unknown[] }[]
    expect(perCall.map(({ value, spends: own }) => [value.lte, own.length])).toEqual([
      ['10', 3],
      ['9', 3],
      ['10', 3],
      ['0', 0],
    ])
  })

  test('behavior: one value is that value, several are a list, short ones first', () => {
    const argsOf = (...calls: unknown[]) => (rulesOf(calls, { rulePer: 'payee' })[0] as { args: Json }).args
    expect(argsOf(call({ s: '5' }))).toEqual({ s: { eq: '5' } })
    expect(argsOf(call({ s: '10' }), call({ s: '-1' }), call({ s: '9' }), call({ s: '2' }), call({ s: '9' }))).toEqual({
      s: { in: ['2', '9', '-1', '10'] },
    })
    expect(argsOf(call({ yes: true }), call({ yes: false }))).toEqual({ yes: { in: [true, false] } })
  })

  test('behavior: one function written in two ways is one, in the text that sorts first', () => {
    const written = (text: string) => ({ to: ROUTER, function: text, args: { n: '1' } })
    for (const texts of [
      ['f(uint8 n)', 'function f(uint8 n)'],
      ['function f(uint8 n)', 'f(uint8 n)'],
    ]) {
      const { document } = inferScope(plan(texts.map(written)))
      expect(document.rules).toMatchObject([{ function: 'f(uint8 n)' }])
    }
  })
})
