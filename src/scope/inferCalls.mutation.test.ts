import { encodeFunctionData, type Hex, parseAbiItem } from 'viem'
import { describe, expect, test } from 'vitest'
import { AGENT, DAI, PAYEES, PRINCIPAL, TARGET, USDC } from '../../test/arbitraries/scope.ts'
import { AssetTable } from './assets.ts'
import type { Source } from './forms.ts'
import { readPlannedCall, worst } from './inferCalls.ts'
import type { PlannedCall } from './inferPlan.ts'
import { Report } from './report.ts'

const [A] = PAYEES
const ZERO = `0x${'00'.repeat(20)}`
const UNKNOWN = '0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee'
const ASSETS = { [USDC]: { symbol: 'USDC', decimals: 6 }, [DAI]: { symbol: 'DAI', decimals: 18 } }

const read = (document: object, author: Source = 'principal') => {
  const report = new Report()
  const assets = new AssetTable(report, ASSETS, {})
  const accounts = { principal: PRINCIPAL, delegate: AGENT }
  const call = readPlannedCall({ report, assets, accounts, author }, '/at', document as PlannedCall)
  return { call, issues: report.issues }
}
const issues = (document: object) => {
  const found = read(document)
  return found.issues.map(({ code, pointer, value }) => [`${code} ${pointer}`, value])
}
const encode = (signature: string, ...args: unknown[]) =>
  encodeFunctionData({ abi: [parseAbiItem(`function ${signature}` as never)], args } as never) as Hex
const by = (value: unknown, source: Source = 'principal') => ({ value, source })
const transfer = (to: string, amount: bigint) => encode('transfer(address to, uint256 amount)', to, amount)

describe('readPlannedCall', () => {
  test('default: a payment in display units, of who wrote the plan', () => {
    expect(read({ asset: USDC, to: A, amount: '12.50', when: '1970-01-01T00:00:09Z' })).toEqual({
      call: { when: 9n, by: 'principal', kind: 'transfer', asset: by(USDC), to: by(A), amount: by(12_500_000n) },
      issues: [],
    })
    expect(read({ asset: 'native', to: A, amount: '1', source: 'ledger' }, 'agent').call).toMatchObject({
      when: undefined,
      by: 'ledger',
      asset: by('native', 'ledger'),
      amount: by(10n ** 18n, 'ledger'),
    })
  })

  test('behavior: each value of a payment may have its own source', () => {
    const said = { asset: by(USDC, 'ledger'), to: by(A, 'addressBook'), amount: by('1', 'agent') }
    expect(read(said).call).toMatchObject({
      by: 'principal',
      asset: by(USDC, 'ledger'),
      to: by(A, 'addressBook'),
      amount: by(1_000_000n, 'agent'),
    })
  })

  test.each<[object, string, unknown]>([
    [{ asset: USDC, to: A, amount: '0' }, 'scope.amount_not_positive /at/amount', '0'],
    [{ asset: USDC, to: A, amount: '0.0000001' }, 'scope.too_many_decimals /at/amount', '0.0000001'],
    [{ asset: UNKNOWN, to: A, amount: '1' }, 'scope.unknown_decimals /at/asset', UNKNOWN],
    [{ asset: USDC, to: ZERO, amount: '1' }, 'scope.zero_address /at/to', ZERO],
    [{ to: ZERO, data: '0x', value: '1' }, 'scope.zero_address /at/to', ZERO],
    [{ to: USDC, data: transfer(ZERO, 1n) }, 'scope.zero_address /at/data', ZERO],
    [{ to: A, data: '0x' }, 'scope.amount_not_positive /at/value', '0'],
    [{ to: USDC, data: transfer(A, 0n) }, 'scope.amount_not_positive /at/data', '0'],
    [{ to: UNKNOWN, data: transfer(A, 1n) }, 'scope.unknown_decimals /at/to', UNKNOWN],
    [{ to: TARGET, data: '0x1234567890' }, 'scope.unknown_call /at', '0x12345678'],
    [{ to: TARGET, data: '0x12345678', function: 'f(' }, 'scope.invalid_function /at/function', ''],
    [{ to: TARGET, data: '0x12345678', function: 'f(uint8 a)' }, 'scope.call_not_canonical /at/data', '0x12345678'],
    [{ to: TARGET, data: '0x1234567890', function: 'f()' }, 'scope.call_not_canonical /at/data', '0x12345678'],
    [{ to: TARGET, function: 'f(', args: {} }, 'scope.invalid_function /at/function', ''],
    [{ to: TARGET, function: 'f(uint8 a, bool b)', args: { a: '1' } }, 'scope.missing_field /at/args/b', 'b'],
    [
      { to: TARGET, function: 'f(uint8 a, bool b)', args: { a: '1', b: true, c: '1' } },
      'scope.unknown_argument /at/args/c',
      'c',
    ],
    [{ to: TARGET, function: 'f(uint8 a)', args: { a: 'many' } }, 'scope.value_does_not_fit /at/args/a', 'many'],
    [
      { to: TARGET, function: 'f()', args: {}, value: `${2n ** 256n}` },
      'scope.value_does_not_fit /at/value',
      `${2n ** 256n}`,
    ],
    [{ to: TARGET, function: 'f()', args: {}, value: '-1' }, 'scope.value_does_not_fit /at/value', '-1'],
    [
      { to: TARGET, function: 'f(uint8 a, uint8)', args: {} },
      'scope.argument_not_pinnable /at/function',
      '(no name): uint8',
    ],
    [{ to: TARGET, function: 'f(uint8[] a)', args: {} }, 'scope.argument_not_pinnable /at/function', 'a: uint8[]'],
    [
      { to: TARGET, function: `f(uint8[] ${'a'.repeat(200)})`, args: {} },
      'scope.argument_not_pinnable /at/function',
      `${'a'.repeat(200)}`,
    ],
  ])('error: %j', (document, issue, value) => {
    expect(issues(document)).toEqual([[issue, value]])
    expect(issues({ ...document, when: 'never' })).toHaveLength(2)
  })

  test('error: nobody as a token', () => {
    expect(issues({ asset: ZERO, to: A, amount: '1' })).toContainEqual(['scope.zero_address /at/asset', ZERO])
  })

  test('error: how an argument is named, or its call left out', () => {
    const fixOf = (signature: string) => read({ to: TARGET, function: signature, args: {} }).issues[0]?.fix
    expect(fixOf('f(uint8)')).toBe('Name every parameter.')
    expect(fixOf('f(uint8[] a)')).toBe('Leave this call out, or write its rule by hand.')
  })

  const SIGNATURE = 'f(address to, uint8 n, bool on, bytes2 tag, bytes data, string note)'
  const ARGS = { to: 'delegate', n: '7', on: false, tag: '0x0102', data: '0xab', note: 'für A' }

  test('default: a call by names, and as bytes', () => {
    const named = read({ to: TARGET, function: ` ${SIGNATURE.replaceAll(', ', ' ,\n ')} `, args: ARGS, value: '3' })
    const values = [AGENT, '7', false, '0x0102', '0xab', 'für A'].map((value) => by(value))
    expect(named.issues).toEqual([])
    expect(named.call).toMatchObject({ kind: 'call', target: by(TARGET), value: by(3n), values, spends: [] })
    const data = encode(SIGNATURE, AGENT, 7, false, '0x0102', '0xab', 'für A')
    const bytes = read({ to: TARGET, function: SIGNATURE, data, value: '3' })
    expect(bytes.call).toEqual({ ...named.call, function: functionOf(bytes.call) })
    expect(functionOf(bytes.call).text).toBe(SIGNATURE)
    expect(functionOf(named.call).text).toBe(SIGNATURE.replaceAll(', ', ' , '))
    expect(issues({ to: TARGET, function: SIGNATURE, data: `${data}00` })).toMatchObject([
      ['scope.call_not_canonical /at/data', data.slice(0, 10)],
    ])
  })

  test('error: one argument that is not there, beside one that is', () => {
    for (const signature of ['f(uint8 a, bytes b)', 'f(uint8 a, uint8 b)']) {
      const data = `${encode(signature.replace('bytes', 'uint8'), 1, 0).slice(0, -2)}`
      expect(issues({ to: TARGET, function: signature, data })).toMatchObject([
        ['scope.call_not_canonical /at/data', data.slice(0, 10)],
      ])
    }
  })

  const functionOf = (call: ReturnType<typeof read>['call']) => {
    if (call?.kind !== 'call') throw new RangeError('a call was planned')
    return call.function
  }

  test('behavior: a call that is a payment is one, of whoever said it least surely', () => {
    const args = { to: by(A, 'ledger'), value: by('5', 'addressBook') }
    const named = { to: by(USDC, 'agent'), function: 'transfer(address to, uint256 value)', args }
    expect(read(named).call).toEqual({
      when: undefined,
      by: 'principal',
      kind: 'transfer',
      asset: by(USDC, 'agent'),
      to: by(A, 'ledger'),
      amount: by(5n, 'ledger'),
    })
    const bytes = { to: by(USDC, 'ledger'), data: by(transfer(A, 5n), 'agent') }
    expect(read(bytes).call).toMatchObject({ asset: by(USDC, 'ledger'), to: by(A, 'agent'), amount: by(5n, 'agent') })
    const native = { to: by(A, 'ledger'), data: by('0x', 'agent'), value: by('5', 'addressBook') }
    expect(read(native).call).toMatchObject({ asset: by('native'), to: by(A, 'ledger'), amount: by(5n, 'addressBook') })
    const spends = [{ asset: USDC, amount: 'value' }]
    expect(issues({ ...native, spends })).toEqual([['scope.malformed_value /at/spends', 'native']])
  })

  test('behavior: what a call spends is an unsigned argument of a token', () => {
    const spending = (asset: string, amount: string) => {
      const signature = 'f(int8 d, uint8 n, uint8 m)'
      const { call, issues: found } = read({
        to: TARGET,
        function: signature,
        args: { d: '1', n: '2', m: '3' },
        spends: [{ asset, amount }],
      })
      return found.length > 0
        ? found.map(({ code, pointer, value }) => [`${code} ${pointer}`, value])
        : call?.kind === 'call' && call.spends
    }
    expect(spending(USDC, 'n')).toEqual([{ asset: USDC, input: 1 }])
    expect(spending(USDC, 'm')).toEqual([{ asset: USDC, input: 2 }])
    const refused = (amount: string) => [['scope.amount_not_an_argument /at/spends/0/amount', amount]]
    expect(spending(USDC, 'd')).toEqual(refused('d'))
    expect(spending(USDC, 'x')).toEqual(refused('x'))
    expect(spending('native', 'n')).toEqual(refused('n'))
    expect(spending(UNKNOWN, 'n')).toEqual([['scope.unknown_decimals /at/spends/0/asset', UNKNOWN]])
  })
})

describe('worst', () => {
  test('default: the source that is trusted least, wherever it stands', () => {
    const order: readonly Source[] = ['principal', 'confirmed', 'addressBook', 'ledger', 'agent']
    for (const [at, source] of order.entries()) {
      for (const [other, second] of order.entries()) expect(worst(source, second)).toBe(order[Math.max(at, other)])
    }
    expect(worst()).toBe('principal')
  })
})
