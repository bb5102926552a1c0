import { encodeFunctionData, type Hex, keccak256, parseAbiItem } from 'viem'
import { describe, expect, test } from 'vitest'
import { chance, pick, seeded } from '../../test/arbitraries/draw.ts'
import { actsFor } from '../../test/oracles/escape.ts'
import { CONFIRMER, drawPairs, PRINCIPAL, T0 } from '../../test/oracles/scopePairs.ts'
import { type Act, extend, NOTHING_YET, readMeaning } from '../../test/oracles/scopeSemantics.ts'
import { createScopeHistory, type ScopedAction } from './admits.ts'
import { parseScope } from './parse.ts'

const account = (n: number) => `0x${n.toString(16).padStart(2, '0').repeat(20)}` as const
const [A, B] = [account(0xa1), account(0xb1)] as const
const TOKEN = account(0xe1)
const TARGET = account(0xc1)
const at = (second: number) => new Date((T0 + second) * 1000).toISOString().replace('.000Z', 'Z')

type Json = Record<string, unknown>
const scope = (more: Json = {}) =>
  parseScope({
    version: 1,
    task: { id: 't', purpose: 'p' },
    chainId: 1,
    principal: account(1),
    delegate: account(2),
    rules: [{ id: 'pay', class: 'transfer', asset: TOKEN, to: [A], max: '3', budget: 'b' }],
    budgets: { b: { assets: { [TOKEN]: '1' }, max: '5', per: 'PT10S', window: 'rolling' } },
    notBefore: at(0),
    expiry: at(100),
    redelegation: { maxDepth: 0 },
    revocation: { group: 'g', maxLatencySeconds: 60 },
    evidence: { receipts: ['grant'], retain: 'P1D' },
    assets: { [TOKEN]: { symbol: 'T', decimals: 0 } },
    ...more,
  })
const encode = (signature: string, ...args: unknown[]) =>
  encodeFunctionData({ abi: [parseAbiItem(`function ${signature}` as never)], args } as never) as Hex
const action = (second: number, ...calls: { to: Hex; data?: Hex; value?: bigint }[]): ScopedAction => ({
  chainId: 1,
  time: BigInt(T0 + second),
  calls: calls.map(({ to, data = '0x', value = 0n }) => ({ to, data, value })),
})
const pays = (second: number, amount: bigint, to: Hex = A) =>
  action(second, { to: TOKEN, data: encode('transfer(address to, uint256 amount)', to, amount) })

describe('createScopeHistory', () => {
  test('default: what was recorded counts, what was only asked does not', () => {
    const history = createScopeHistory(scope())
    const first = history.ask(pays(0, 3n))
    expect(first).toMatchObject({ admitted: 'yes', rule: 'pay' })
    expect(history.ask(pays(1, 3n))).toMatchObject({ admitted: 'yes' })
    if ('charges' in first) history.record(pays(0, 3n), first)
    expect(history.ask(pays(1, 3n))).toEqual({ admitted: 'no', dimension: 'budgets', pointer: '/budgets/b' })
    expect(history.ask(pays(1, 2n))).toMatchObject({ admitted: 'yes' })
    expect(history.ask(pays(9, 3n))).toMatchObject({ admitted: 'no' })
    expect(history.ask(pays(10, 3n))).toMatchObject({ admitted: 'yes' })
  })

  const calls = (args: Json, more: Json = {}) => ({
    rules: [
      {
        id: 'call',
        class: 'call',
        target: TARGET,
        function: 'f(bytes data, string note, bool on, bytes4 tag, int8 delta, address[] list)',
        args,
        ...more,
      },
    ],
    budgets: {},
  })
  const call = (args: unknown[], value = 0n) =>
    action(0, {
      to: TARGET,
      data: encode('f(bytes data, string note, bool on, bytes4 tag, int8 delta, address[] list)', ...args),
      value,
    })
  const fine = ['0x0102', 'für A', true, '0x01020304', -3, [A, B]]

  test.each<[string, string, ScopedAction, Json]>([
    ['chain', '/chainId', { ...pays(0, 1n), chainId: 2 }, {}],
    ['lifetime', '/notBefore', pays(-1, 1n), {}],
    ['lifetime', '/expiry', pays(100, 1n), {}],
    [
      'request',
      '/request/redeemers',
      { ...pays(0, 1n), redeemer: A },
      { request: { key: account(2), redeemers: [account(7)] } },
    ],
    ['class', '/rules/0/class', action(0), {}],
    [
      'class',
      '/rules/0/class',
      action(0, { to: TOKEN, data: encode('transfer(address a, uint256 b)', A, 1n), value: 1n }),
      {},
    ],
    [
      'class',
      '/rules/0/class',
      action(0, { to: TOKEN, data: `${encode('transfer(address a, uint256 b)', A, 1n)}00` }),
      {},
    ],
    ['class', '/rules/0/class', action(0, ...pays(0, 1n).calls, ...pays(0, 1n).calls), {}],
    ['asset', '/rules/0/asset', action(0, { to: A, value: 1n }), {}],
    ['payees', '/rules/0/to', pays(0, 1n, B), {}],
    ['max', '/rules/0/max', pays(0, 4n), {}],
    ['calls', '/calls', pays(1, 1n), { calls: { max: 1 } }],
    ['target', '/rules/0/target', action(0, { to: B }), calls({})],
    ['function', '/rules/0/function', action(0, { to: TARGET, data: '0x12345678' }), calls({})],
    [
      'function',
      '/rules/0/function',
      action(0, { to: TARGET, data: call(fine).calls[0]?.data.slice(0, 74) as Hex }),
      calls({}),
    ],
    ['value', '/rules/0/value/lte', call(fine, 1n), calls({})],
    ['allowance', '/rules/0/allowance', action(0, ...call(fine).calls, ...call(fine).calls), calls({})],
    ['arguments', '/rules/0/args/data', call(['0x01', ...fine.slice(1)]), calls({ data: { eq: '0x0102' } })],
    ['arguments', '/rules/0/args/data', call(fine), calls({ data: { length: { lte: '1' } } })],
    ['arguments', '/rules/0/args/note', call(fine), calls({ note: { neq: 'für A' } })],
    ['arguments', '/rules/0/args/on', call(fine), calls({ on: { eq: false } })],
    ['arguments', '/rules/0/args/tag', call(fine), calls({ tag: { in: ['0x01020305', '0x00000000'] } })],
    ['arguments', '/rules/0/args/delta', call(fine), calls({ delta: { gte: '-2' } })],
    ['arguments', '/rules/0/args/list', call(fine), calls({ list: { length: { lte: '1' } } })],
  ])('error: %s at %s', (dimension, pointer, asked, more) => {
    const history = createScopeHistory(scope(more))
    const before = pays(0, 1n)
    const first = history.ask(before)
    if (first.admitted === 'yes') history.record(before, first)
    expect(history.ask(asked)).toEqual({ admitted: 'no', dimension, pointer })
  })

  test('behavior: conditions on every type that holds', () => {
    const args = {
      data: { hash: keccak256('0x0102') },
      note: { eq: 'für A' },
      on: { eq: true },
      tag: { eq: '0x01020304' },
      delta: { eq: '-3' },
      list: { length: { lte: '2' } },
    }
    const history = createScopeHistory(scope(calls(args)))
    expect(history.ask(call(fine))).toMatchObject({ admitted: 'yes' })
    expect(history.ask(call(['0x01', ...fine.slice(1)]))).toMatchObject({ pointer: '/rules/0/args/data' })
  })

  test('behavior: with an allowance exactly approve, call, approve zero', () => {
    const history = createScopeHistory(
      scope({
        rules: [
          {
            id: 'swap',
            class: 'call',
            target: TARGET,
            function: 'f(uint256 amount)',
            allowance: { asset: TOKEN, amount: 'amount' },
          },
        ],
        budgets: {},
      }),
    )
    const approve = (amount: bigint, spender: Hex = TARGET, asset: Hex = TOKEN) => ({
      to: asset,
      data: encode('approve(address spender, uint256 amount)', spender, amount),
    })
    const swap = { to: TARGET, data: encode('f(uint256 amount)', 5n) }
    const said = (...calls: Parameters<typeof action>[1][]) => history.ask(action(0, ...calls)).admitted
    expect(said(approve(5n), swap, approve(0n))).toBe('yes')
    for (const calls of [
      [approve(5n), swap],
      [approve(5n), swap, approve(0n), approve(5n)],
      [approve(6n), swap, approve(0n)],
      [approve(5n), swap, approve(1n)],
      [approve(5n, B), swap, approve(0n)],
      [approve(5n, TARGET, B), swap, approve(0n)],
      [swap],
    ]) {
      expect(said(...calls)).toBe('no')
    }
  })

  test('behavior: dirty padding is not the value that it hides', () => {
    const restricted = scope(calls({ on: { neq: false } }))
    const data = call(fine).calls[0]?.data ?? '0x'
    const flag = 10 + 64 * 3
    const dirty = `${data.slice(0, flag - 1)}2${data.slice(flag)}` as Hex
    const history = createScopeHistory(restricted)
    expect(history.ask(action(0, { to: TARGET, data }))).toMatchObject({ admitted: 'yes' })
    expect(history.ask(action(0, { to: TARGET, data: dirty }))).toMatchObject({ pointer: '/rules/0/args/on' })
  })

  test('behavior: it agrees with a straightforward interpreter, action by action', () => {
    const draw = seeded(20_261_120)
    const seen: Record<string, number> = {}
    let rounds = 1_500
    for (const { child } of drawPairs(draw)) {
      if (rounds-- === 0) break
      const history = createScopeHistory(child)
      const meaning = readMeaning(child)
      const acts = actsFor(child, child).filter(({ confirmedBy }) => confirmedBy === null)
      let [choices, times, unique] = [NOTHING_YET, [] as number[], true]
      let time = T0
      for (let step = 0; step < 8; step++) {
        time += pick(draw, [0, 0, 1, 2])
        const act = pick(draw, acts)
        const asked = toAction(act, time)
        const admission = history.ask(asked)
        const confirmed = CONFIRMERS.map((confirmedBy) => meaning.ways({ ...act, confirmedBy }))
        unique &&= new Set(confirmed.flat().map((way) => JSON.stringify(way))).size <= 1
        const alone = extend(meaning, choices, times, time, meaning.ways(act))
        const helped = confirmed.map((ways) => extend(meaning, choices, times, time, ways))
        const next = admission.admitted === 'yes' ? alone : (helped.find(({ length }) => length > 0) ?? [])
        const key = admission.admitted === 'no' ? admission.dimension : admission.admitted
        seen[key] = (seen[key] ?? 0) + 1
        // Charging the first rule is one of the choices there are, and the only one where there is one.
        if (admission.admitted !== 'no') expect(next).not.toEqual([])
        else if (unique) expect(helped.flat()).toEqual([])
        if (admission.admitted === 'confirmed' && unique) expect(alone).toEqual([])
        if (!('charges' in admission) || chance(draw, 20)) continue
        history.record(asked, admission)
        choices = next
        times = [...times, time]
      }
    }
    for (const dimension of ['allowance', 'arguments', 'budgets', 'calls', 'lifetime', 'max', 'payees', 'value']) {
      expect(seen[dimension], dimension).toBeGreaterThan(20)
    }
    expect(seen['yes']).toBeGreaterThan(1_000)
    expect(seen['confirmed']).toBeGreaterThan(50)
  }, 120_000)
})

const CONFIRMERS = [null, PRINCIPAL, CONFIRMER]

function toAction({ does, lost }: Act, time: number): ScopedAction {
  const action = (...calls: ScopedAction['calls'][number][]) => ({ chainId: 1, time: BigInt(time), calls, lost })
  if (does.kind === 'transfer') {
    if (does.asset === 'native') return action({ to: does.to, value: does.amount, data: '0x' })
    const data = encode('transfer(address to, uint256 amount)', does.to, does.amount)
    return action({ to: does.asset, value: 0n, data })
  }
  const { target, signature, args, value, approved } = does
  const small = args.map((arg, index) => (signature.split(/[(,)]/)[index + 1] === 'address' ? arg : Number(arg)))
  const call = { to: target, value, data: encode(signature, ...small) }
  if (approved === null) return action(call)
  const approve = (amount: bigint) => ({
    to: approved.asset,
    value: 0n,
    data: encode('approve(address spender, uint256 amount)', target, amount),
  })
  return action(approve(approved.amount), call, approve(0n))
}
