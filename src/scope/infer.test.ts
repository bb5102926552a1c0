import fc from 'fast-check'
import { encodeFunctionData, type Hex, parseAbiItem } from 'viem'
import { describe, expect, test } from 'vitest'
import { codeOf } from '../../test/codes.ts'
import { createScopeHistory } from './admits.ts'
import { type InferOptions, inferScope } from './infer.ts'
import { parseScope } from './parse.ts'
import type { ScopeDocument } from './schema.ts'
import { isSubset } from './subset.ts'
import { unconfirmedIn } from './unconfirmed.ts'

const account = (n: number) => `0x${n.toString(16).padStart(2, '0').repeat(20)}` as const
const [A, B, C] = [account(0xa1), account(0xb1), account(0xc1)] as const
const USDC = account(0xe1)
const [ROUTER, OTHER] = [account(0xd1), account(0xd2)] as const
const T0 = 1_797_724_800n
const at = (second: number) => new Date(Number(T0) * 1000 + second * 1000).toISOString().replace('.000Z', 'Z')
const SWAP = 'function swap(address tokenIn, uint256 amountIn, int24 tick, bytes path, string note)'

type Json = Record<string, unknown>
const plan = (calls: unknown, more: Json = {}): Json => ({
  version: 1,
  task: { id: 'invoices', purpose: 'Pay the invoices' },
  chainId: 8453,
  principal: account(1),
  delegate: account(2),
  notBefore: at(0),
  expiry: at(100),
  assets: { [USDC]: { symbol: 'USDC', decimals: 6 } },
  source: 'principal',
  calls,
  ...more,
})
const pay = (to: string, amount: string, more: Json = {}) => ({ asset: USDC, to, amount, ...more })
const swap = (args: Json, more: Json = {}) => ({
  to: ROUTER,
  function: SWAP,
  args: { tokenIn: USDC, amountIn: '1', tick: '0', path: '0x', note: '', ...args },
  ...more,
})
const transferData = (to: Hex, amount: bigint) =>
  encodeFunctionData({
    abi: [parseAbiItem('function transfer(address to, uint256 amount)')],
    args: [to, amount],
  })

describe('inferScope', () => {
  test('default: the smallest rules, their sums as budgets, as many calls as planned', () => {
    const { document, confirm, overGrant, rulePer } = inferScope(plan([pay(A, '12.5'), pay(B, '3'), pay(A, '12.5')]))
    expect(document).toMatchObject({
      rules: [
        { id: 'pay-1', class: 'transfer', asset: USDC, to: [A], max: '12.5', budget: 'pay-1' },
        { id: 'pay-2', class: 'transfer', asset: USDC, to: [B], max: '3', budget: 'pay-2' },
      ],
      budgets: { 'pay-1': { assets: { [USDC]: '1' }, max: '25' }, 'pay-2': { assets: { [USDC]: '1' }, max: '3' } },
      calls: { max: 3 },
      redelegation: { maxDepth: 0 },
      expiry: at(100),
    })
    expect(confirm).toEqual([])
    expect(rulePer).toBe('call')
    const over = Object.fromEntries(overGrant.map(({ dimension, ratio }) => [dimension, ratio]))
    expect(over).toEqual({
      payees: '1',
      amount: '1',
      'payee total': '1',
      total: '1',
      calls: '1',
      'calls of a rule': '3',
      time: null,
    })
  })

  test('behavior: joined rules grant the cross product, and say by how much', () => {
    const { document, overGrant } = inferScope(plan([pay(A, '10'), pay(B, '3'), pay(C, '3')]), { rulePer: 'asset' })
    expect(document.rules).toMatchObject([{ to: [A, B, C], max: '10', budget: 'pay-1' }])
    expect(overGrant).toContainEqual({
      dimension: 'amount',
      of: `${USDC} to ${B}`,
      granted: '10',
      planned: '3',
      ratio: '10/3',
    })
    expect(overGrant).toContainEqual(
      expect.objectContaining({ dimension: 'payee total', granted: '16', ratio: '16/3' }),
    )
    const joined = inferScope(plan([swap({ amountIn: '1', tick: '-1' }), swap({ amountIn: '2', tick: '1' })]), {
      rulePer: 'payee',
    })
    expect(joined.document.rules).toMatchObject([{ args: { amountIn: { in: ['1', '2'] }, tick: { in: ['1', '-1'] } } }])
    expect(joined.overGrant).toContainEqual(
      expect.objectContaining({ dimension: 'arguments', granted: '4', planned: '2', ratio: '2' }),
    )
  })

  test('behavior: of several the one with most to spare is shown, by its exact ratio', () => {
    const rowOf = (calls: unknown[], options: InferOptions, wanted: string) => {
      const found = inferScope(plan(calls), options).overGrant.find(({ dimension }) => dimension === wanted)
      return [found?.granted, found?.planned, found?.ratio]
    }
    // 12/7 is less than 2, whatever its numerator.
    const paid = [pay(A, '12'), pay(B, '7'), pay(C, '6')]
    expect(rowOf(paid, { rulePer: 'asset' }, 'amount')).toEqual(['12', '6', '2'])
    const called = [swap({}, { value: '1' }), swap({}, { value: '2' }), swap({ tick: '1' }, { value: '5' })]
    expect(rowOf(called, {}, 'arguments')).toEqual(['2', '2', '1'])
    expect(rowOf(called, {}, 'value')).toEqual(['2', '2', '1'])
    expect(rowOf(called, { rulePer: 'payee' }, 'value')).toEqual(['5', '2', '5/2'])
  })

  test('behavior: more values than a list holds become the bound that admits less', () => {
    const many = (from: number) => Array.from({ length: 70 }, (_, index) => swap({ tick: `${from + index}` }))
    const low = inferScope(plan(many(-8_388_600)))
    expect(low.rulePer).toBe('payee')
    expect(low.document.rules).toMatchObject([{ args: { tick: { lte: '-8388531' } } }])
    expect(low.overGrant).toContainEqual(
      expect.objectContaining({ dimension: 'arguments', granted: '78', planned: '70', ratio: '39/35' }),
    )
    const high = inferScope(plan(many(8_388_530)))
    expect(high.document.rules).toMatchObject([{ args: { tick: { gte: '8388530' } } }])
    expect(high.overGrant).toContainEqual(
      expect.objectContaining({ dimension: 'arguments', granted: '78', planned: '70', ratio: '39/35' }),
    )
  })

  test('behavior: bytes, names and numbers of one payment are one payment', () => {
    const bytes = { to: USDC, data: transferData(A, 12_500_000n) }
    const named = { to: USDC, function: 'transfer(address to, uint256 value)', args: { to: A, value: '12500000' } }
    const [first, second, third] = [pay(A, '12.50'), bytes, named].map((call) => inferScope(plan([call])).document)
    expect(second).toEqual(first)
    expect(third).toEqual(first)
    const native = inferScope(plan([{ to: A, data: '0x', value: '1000' }])).document
    expect(native.rules).toMatchObject([{ asset: 'native', to: [A], max: '0.000000000000001' }])
  })

  test('behavior: of a payment as bytes, too, each value has its own source', () => {
    const native = { to: { value: A, source: 'addressBook' }, data: '0x', value: { value: '1', source: 'ledger' } }
    expect(inferScope(plan([{ ...native, source: 'agent' }])).document.provenance).toMatchObject({
      '/rules/0/asset': 'agent',
      '/rules/0/to/0': 'addressBook',
      '/rules/0/max': 'ledger',
      '/budgets/pay-1/max': 'agent',
    })
    const token = { to: USDC, data: { value: transferData(A, 5n), source: 'ledger' } }
    expect(inferScope(plan([token])).document.provenance).toMatchObject({
      '/rules/0/asset': 'principal',
      '/rules/0/to/0': 'ledger',
      '/rules/0/max': 'ledger',
      '/budgets/pay-1/max': 'ledger',
    })
  })

  test('behavior: a call as bytes is the call by names', () => {
    const data = encodeFunctionData({
      abi: [parseAbiItem(SWAP)],
      args: [USDC, 1n, -3, '0x0102', 'für A'],
    } as never)
    const byBytes = inferScope(plan([{ to: ROUTER, data, function: SWAP, value: '7' }])).document
    const byNames = inferScope(plan([swap({ tick: '-3', path: '0x0102', note: 'für A' }, { value: '7' })])).document
    expect(byBytes).toEqual(byNames)
    expect(byBytes.rules).toMatchObject([{ args: { note: { eq: 'für A' } }, value: { lte: '7' } }])
  })

  test('behavior: what nobody vouches for is the agent’s, and enters no scope unconfirmed', () => {
    const calls = [pay(A, '5', { to: { value: A, source: 'addressBook' }, source: 'principal' }), pay(B, '6')]
    const { document, confirm } = inferScope(plan(calls, { source: undefined }))
    const pointers = confirm.map(({ pointer }) => pointer)
    expect(confirm).toContainEqual({ pointer: '/rules/1/to/0', value: B })
    expect(pointers).toEqual([
      '/rules/1/asset',
      '/rules/1/to/0',
      '/rules/1/max',
      '/budgets/pay-2/max',
      '/calls/max',
      '/notBefore',
      '/expiry',
      '/delegate',
    ])
    expect(codeOf(() => parseScope(document)).code).toBe('scope.agent_sourced')
    expect(unconfirmedIn(document)).toEqual(pointers)
    expect(unconfirmedIn({ ...document, expiry: { value: at(100), source: 'principal' } })).toEqual(pointers)
    expect(unconfirmedIn({ ...document, chainId: { value: 8453, source: 'agent' } })).toContain('/chainId')
    for (const left of pointers) {
      const confirmed = pointers.filter((pointer) => pointer !== left)
      expect(codeOf(() => parseScope(document, { confirmed })).details).toMatchObject({ pointer: left })
    }
    expect(parseScope(document, { confirmed: pointers }).provenance).toMatchObject({
      '/rules/0/to/0': 'addressBook',
      '/rules/1/to/0': 'confirmed',
    })
  })

  test('behavior: of two sources of one value the one that is trusted less counts', () => {
    const calls = [pay(A, '5'), pay(A, '5', { to: { value: A, source: 'agent' } })]
    for (const order of [calls, [...calls].reverse()]) {
      const { document, confirm } = inferScope(plan(order))
      expect(document.provenance).toMatchObject({ '/rules/0/to/0': 'agent', '/rules/0/max': 'principal' })
      expect(confirm).toEqual([{ pointer: '/rules/0/to/0', value: A }])
    }
    // An argument may be called value, and another source.
    const named = {
      to: ROUTER,
      function: 'f(uint256 value, address source)',
      args: { value: '5', source: 'principal' },
    }
    expect(inferScope(plan([named])).document.rules).toMatchObject([
      { args: { value: { eq: '5' }, source: { eq: account(1) } } },
    ])
  })

  test('behavior: any plan is covered in order, by the same scope in any order, and by no smaller one', () => {
    const seen = { lowered: 0, perCall: 0, perPayee: 0, perAsset: 0, calls: 0, transfers: 0 }
    fc.assert(
      fc.property(
        anyPlan,
        fc.constantFrom<InferOptions>({}, { rulePer: 'payee' }, { rulePer: 'asset' }),
        (calls, options) => {
          const { document, rulePer } = inferScope(plan(calls), options)
          seen[rulePer === 'call' ? 'perCall' : rulePer === 'payee' ? 'perPayee' : 'perAsset']++
          seen.calls += document.rules.filter((rule) => rule.class === 'call').length
          seen.transfers += document.rules.filter((rule) => rule.class === 'transfer').length
          expect(firstRefused(document, calls)).toBe(-1)
          const turned = inferScope(plan([...calls].reverse()), options)
          expect({ ...turned.document, notBefore: document.notBefore }).toEqual(document)
          for (const less of narrowings(document)) {
            seen.lowered++
            expect(firstRefused(less, calls)).not.toBe(-1)
          }
        },
      ),
      { numRuns: 120 },
    )
    expect(seen.lowered).toBeGreaterThan(1_000)
    expect(Math.min(seen.perCall, seen.perPayee, seen.perAsset)).toBeGreaterThan(20)
    expect(Math.min(seen.calls, seen.transfers)).toBeGreaterThan(100)
  }, 120_000)

  test('behavior: joining rules only adds', () => {
    fc.assert(
      fc.property(anyPlan, (calls) => {
        const [fine, middle, coarse] = (['call', 'payee', 'asset'] as const).map((rulePer) => {
          return parseScope(inferScope(plan(calls), { rulePer }).document)
        })
        if (fine === undefined || middle === undefined || coarse === undefined)
          throw new RangeError('three were inferred')
        expect(isSubset(fine, middle)).toEqual({ subset: true })
        expect(isSubset(middle, coarse)).toEqual({ subset: true })
      }),
      { numRuns: 100 },
    )
  }, 120_000)

  test('behavior: a call may be planned for the first second and for the last', () => {
    const whens = [0, 99].map((second) => pay(A, '1', { when: at(second) }))
    expect(inferScope(plan(whens)).document.calls).toEqual({ max: 2 })
  })

  test('behavior: of rules that are used as often the first is the one that has most to spare', () => {
    const { overGrant } = inferScope(plan([pay(A, '1'), pay(B, '2')]))
    expect(overGrant).toContainEqual(expect.objectContaining({ dimension: 'calls of a rule', of: 'pay-1' }))
  })

  test('behavior: it begins with the first call where every call has a time', () => {
    const timed = (second: number) => pay(A, '1', { when: at(second) })
    const { document, overGrant } = inferScope(plan([timed(30), timed(10)], { notBefore: undefined }))
    expect(document.notBefore).toBe(at(10))
    expect(overGrant).toContainEqual({
      dimension: 'time',
      of: 'seconds',
      granted: '90',
      planned: '21',
      ratio: '30/7',
    })
    expect(inferScope(plan([timed(30), pay(A, '1')], { notBefore: undefined })).document.notBefore).toBeUndefined()
    const early = [timed(30), { ...timed(5), source: 'agent' }]
    expect(inferScope(plan(early, { notBefore: undefined })).confirm).toContainEqual({
      pointer: '/notBefore',
      value: at(5),
    })
  })

  const raw = transferData(A, 5n)
  test.each<[string, string, unknown, Json?]>([
    ['scope.unknown_call', '/calls/0', { to: ROUTER, data: '0x12345678' }],
    ['scope.unknown_call', '/calls/0', { to: USDC, data: raw, value: '1' }],
    ['scope.call_not_canonical', '/calls/0/data', { to: ROUTER, data: '0x12345678', function: 'f(uint8 a)' }],
    [
      'scope.call_not_canonical',
      '/calls/0/data',
      { to: ROUTER, data: `${raw}00`, function: 'transfer(address to, uint256 v)' },
    ],
    [
      'scope.call_not_canonical',
      '/calls/0/data',
      {
        to: ROUTER,
        data: raw.replace('0'.repeat(24), `01${'0'.repeat(22)}`),
        function: 'transfer(address to, uint256 v)',
      },
    ],
    [
      'scope.argument_not_pinnable',
      '/calls/0/function',
      { to: ROUTER, function: 'f(uint256[] ids)', args: { ids: '1' } },
    ],
    ['scope.argument_not_pinnable', '/calls/0/function', { to: ROUTER, function: 'f(uint256)', args: {} }],
    ['scope.invalid_function', '/calls/0/function', { to: ROUTER, function: 'f(', args: {} }],
    ['scope.unknown_argument', '/calls/0/args/b', { to: ROUTER, function: 'f(uint256 a)', args: { a: '1', b: '1' } }],
    ['scope.missing_field', '/calls/0/args/a', { to: ROUTER, function: 'f(uint256 a)', args: {} }],
    ['scope.value_does_not_fit', '/calls/0/args/a', { to: ROUTER, function: 'f(uint8 a)', args: { a: '256' } }],
    ['scope.value_does_not_fit', '/calls/0/value', { to: ROUTER, function: 'f()', args: {}, value: `${1n << 256n}` }],
    [
      'scope.amount_not_an_argument',
      '/calls/0/spends/0/amount',
      swap({}, { spends: [{ asset: USDC, amount: 'tick' }] }),
    ],
    ['scope.malformed_value', '/calls/0/spends', { to: USDC, data: raw, spends: [{ asset: USDC, amount: 'v' }] }],
    ['scope.malformed_value', '/calls/0/data', { to: USDC, data: '0xA9059CBB' }],
    ['scope.malformed_value', '/calls/0/data', { to: USDC, data: '0x123' }],
    ['scope.unknown_field', '/calls/0/gas', pay(A, '1', { gas: '1' })],
    [
      'scope.bad_checksum',
      '/calls/0/to',
      pay('0xAb5801a7D398351b8bE11C439e05C5B3259aeC9b'.replace('0xAb', '0xaB'), '1'),
    ],
    ['scope.unknown_decimals', '/calls/0/asset', { asset: OTHER, to: A, amount: '1' }],
    ['scope.unknown_decimals', '/calls/0/to', { to: OTHER, data: raw }],
    ['scope.amount_not_positive', '/calls/0/amount', pay(A, '0')],
    ['scope.amount_not_positive', '/calls/0/data', { to: USDC, data: transferData(A, 0n) }],
    ['scope.too_many_decimals', '/calls/0/amount', pay(A, '0.0000001')],
    ['scope.amount_overflow', '/calls/0/amount', pay(A, `${1n << 256n}`)],
    ['scope.nonsense_payee', '/rules/0/to/0', pay(account(1), '1')],
    ['scope.plan_outside_lifetime', '/calls/0/when', pay(A, '1', { when: at(100) })],
    ['scope.plan_outside_lifetime', '/calls/0/when', pay(A, '1', { when: at(-1) })],
    ['scope.no_such_date', '/calls/0/when', pay(A, '1', { when: '2026-02-30T00:00:00Z' })],
    ['scope.expired', '/expiry', pay(A, '1'), { expiry: at(1) }],
    ['scope.missing_field', '/principal', pay(A, '1'), { principal: undefined }],
    ['scope.malformed_value', '/source', pay(A, '1'), { source: 'confirmed' }],
  ])('error: %s at %s', (code, pointer, call, more = {}) => {
    const error = codeOf(() => inferScope(plan([call], more), { now: T0 + 2n }))
    expect(error).toMatchObject({ code, details: { pointer } })
  })

  test('error: a sum that no token can hold', () => {
    const most = ((1n << 256n) - 1n).toString()
    const wei = { to: ROUTER, function: 'f()', args: {}, value: most }
    expect(codeOf(() => inferScope(plan([wei, wei]))).code).toBe('scope.amount_overflow')
  })

  test('error: more than a scope can list', () => {
    const calls = Array.from({ length: 300 }, (_, index) =>
      pay(`0x${'9'.repeat(36)}${index.toString(16).padStart(4, '0')}`, '1'),
    )
    expect(codeOf(() => inferScope(plan(calls)))).toMatchObject({ code: 'scope.plan_too_varied' })
    expect(codeOf(() => inferScope(plan(calls.slice(0, 100)), { rulePer: 'payee' }))).toMatchObject({
      code: 'scope.plan_too_varied',
    })
    expect(inferScope(plan(calls.slice(0, 100)))).toMatchObject({ rulePer: 'asset' })
    // The last that fit: rules, and payees of one.
    expect(inferScope(plan(calls.slice(0, 64)), { rulePer: 'call' }).document.rules).toHaveLength(64)
    expect(codeOf(() => inferScope(plan(calls.slice(0, 65)), { rulePer: 'call' })).code).toBe('scope.plan_too_varied')
    expect(inferScope(plan(calls.slice(0, 256)))).toMatchObject({ rulePer: 'asset' })
    expect(codeOf(() => inferScope(plan(calls.slice(0, 257)))).code).toBe('scope.plan_too_varied')
    const routes = calls.map(({ to }) => swap({ note: to }))
    expect(codeOf(() => inferScope(plan(routes)))).toMatchObject({ code: 'scope.plan_too_varied' })
  })

  test('error: hostile plans end in a code within a second', () => {
    const hostile: [unknown, string][] = [
      [plan(Array.from({ length: 100_000 }, () => pay(A, '1'))), 'scope.too_large'],
      [plan(Array.from({ length: 20_000 }, () => pay(A, '1'))), 'scope.out_of_range'],
      [plan([]), 'scope.out_of_range'],
      [plan([JSON.parse(`{"asset":"${USDC}","to":"${A}","amount":"1","__proto__":{}}`)]), 'scope.prototype_key'],
      [plan([swap(JSON.parse('{"constructor":"1"}'))]), 'scope.prototype_key'],
      [plan([{ to: ROUTER, function: 'f()', args: {}, value: '9'.repeat(1_000_000) }]), 'scope.too_large'],
      [plan([pay(A, '1'), null]), 'scope.wrong_type'],
      [null, 'scope.wrong_type'],
    ]
    for (const [input, code] of hostile) {
      const started = performance.now()
      expect(codeOf(() => inferScope(input)).code).toBe(code)
      expect(performance.now() - started).toBeLessThan(1_000)
    }
  })

  test('behavior: the largest plan is inferred within a second', () => {
    const calls = Array.from({ length: 4_096 }, (_, index) => pay(index % 2 === 0 ? A : B, `${(index % 20) + 1}`))
    const started = performance.now()
    const { document } = inferScope(plan(calls))
    expect(performance.now() - started).toBeLessThan(1_000)
    expect(document.calls).toEqual({ max: 4_096 })
  })
})

type Planned =
  | { kind: 'pay'; asset: string; to: Hex; amount: number }
  | { kind: 'swap'; target: Hex; amount: number; tick: number; path: Hex; value: number }

const anyCall = fc.oneof(
  fc.record({
    kind: fc.constant('pay' as const),
    asset: fc.constantFrom(USDC, 'native'),
    to: fc.constantFrom<Hex>(A, B, C),
    amount: fc.integer({ min: 1, max: 4 }),
  }),
  fc.record({
    kind: fc.constant('swap' as const),
    target: fc.constantFrom<Hex>(ROUTER, OTHER),
    amount: fc.integer({ min: 1, max: 3 }),
    tick: fc.integer({ min: -1, max: 1 }),
    path: fc.constantFrom<Hex>('0x', '0x0102'),
    value: fc.integer({ min: 0, max: 2 }),
  }),
)

/** Plans in which one function is always written alike, so that the order of the calls is all that differs. */
const anyPlan = fc.array(anyCall, { minLength: 1, maxLength: 8 }).map((calls) => calls.map(toPlan))

function toPlan(planned: Planned): Json {
  if (planned.kind === 'pay') {
    const unit = planned.asset === USDC ? '0.00000' : '0.00000000000000000'
    return { asset: planned.asset, to: planned.to, amount: `${unit}${planned.amount}` }
  }
  const { target, amount, tick, path, value } = planned
  const args = { amountIn: `${amount}`, tick: `${tick}`, path }
  const spends = [{ asset: USDC, amount: 'amountIn' }]
  return { to: target, function: SMALL_SWAP, args, value: `${value}`, spends }
}
const SMALL_SWAP = 'function swap(uint256 amountIn, int24 tick, bytes path)'

/** The bytes of a planned call, encoded by somebody else. */
function toCall(planned: Json) {
  const { asset, to, amount, args, value } = planned as { [key: string]: string } & { args: Record<string, string> }
  if (asset === 'native') return { to: to as Hex, value: BigInt((amount ?? '').slice(-1)), data: '0x' as Hex }
  if (asset !== undefined) {
    return { to: USDC, value: 0n, data: transferData(to as Hex, BigInt((amount ?? '').slice(-1))) }
  }
  const data = encodeFunctionData({
    abi: [parseAbiItem(SMALL_SWAP)],
    args: [BigInt(args['amountIn'] ?? 0), Number(args['tick']), args['path'] as Hex],
  })
  return { to: to as Hex, value: BigInt(value ?? 0), data }
}

/** Index of the first planned call that the scope does not admit after those before it; -1 where it admits all. */
function firstRefused(document: ScopeDocument, calls: readonly Json[]): number {
  let history: ReturnType<typeof createScopeHistory>
  try {
    history = createScopeHistory(parseScope(document))
  } catch (error) {
    if (
      codeOf(() => {
        throw error
      }).code.startsWith('scope.')
    )
      return 0
    throw error
  }
  return calls.findIndex((call) => {
    const action = { chainId: 8453, time: T0, calls: [toCall(call)] }
    const admission = history.ask(action)
    if (admission.admitted !== 'yes') return true
    history.record(action, admission)
    return false
  })
}

/** The document with one bound a unit lower, or one thing less, in every place. */
function* narrowings(document: ScopeDocument): Generator<ScopeDocument> {
  // biome-ignore lint/suspicious/noExplicitAny: every place of a document is edited
  const edit = (change: (copy: any) => void): ScopeDocument => {
    const copy = structuredClone(document)
    change(copy)
    return { ...copy, provenance: {} }
  }
  const less = (text: string) => {
    const [whole = '0', fraction = ''] = text.split('.')
    const lower = (BigInt(whole + fraction) - 1n).toString().padStart(fraction.length + 1, '0')
    return fraction === '' ? lower : `${lower.slice(0, -fraction.length)}.${lower.slice(-fraction.length)}`
  }
  yield edit((copy) => copy.calls.max--)
  yield edit((copy) => {
    copy.notBefore = at(1)
  })
  for (const name of Object.keys(document.budgets ?? {})) {
    yield edit((copy) => {
      copy.budgets[name].max = less(copy.budgets[name].max)
    })
  }
  for (const [index, rule] of document.rules.entries()) {
    if (rule.class === 'transfer') {
      yield edit((copy) => {
        copy.rules[index].max = less(copy.rules[index].max)
      })
      for (const payee of rule.to as string[]) {
        yield edit((copy) => {
          copy.rules[index].to = copy.rules[index].to.filter((one: string) => one !== payee)
        })
      }
      continue
    }
    if (rule.value?.lte !== '0') {
      yield edit((copy) => {
        copy.rules[index].value.lte = less(copy.rules[index].value.lte)
      })
    }
    for (const [name, condition] of Object.entries(rule.args ?? {})) {
      for (const value of 'in' in condition ? condition.in : []) {
        yield edit((copy) => {
          copy.rules[index].args[name].in = copy.rules[index].args[name].in.filter((one: unknown) => one !== value)
        })
      }
    }
  }
}
