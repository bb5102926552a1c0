import { describe, expect, test } from 'vitest'
import { encodeCalldata } from '../../test/arbitraries/calldata.ts'
import { act } from '../../test/arbitraries/plan.ts'
import { AGENT, PAYEES, PRINCIPAL, scopeDocument } from '../../test/arbitraries/scope.ts'
import { parseFunction } from '../scope/function.ts'
import { parseScope } from '../scope/parse.ts'
import type { AbiValue, Condition } from '../scope/types.ts'
import { type Pins, pinArguments } from './pins.ts'

/** Against a second encoder, and byte for byte where only some of the arguments are fixed. */

const scope = parseScope(scopeDocument([act({ args: {} })]))
const pinned = (signature: string, args: Record<string, Condition>): Pins =>
  pinArguments(parseFunction(`function ${signature}`), args, scope)
const eq = (values: Record<string, AbiValue>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { eq: value }]))

describe('pinArguments', () => {
  test.each<[string, string, Record<string, AbiValue>, readonly unknown[]]>([
    ['f(address a)', 'f(address)', { a: PAYEES[0] }, [PAYEES[0]]],
    ['f(address a)', 'f(address)', { a: 'principal' }, [PRINCIPAL]],
    ['f(address a)', 'f(address)', { a: 'delegate' }, [AGENT]],
    [
      'f(bytes4 a, bytes32 b)',
      'f(bytes4,bytes32)',
      { a: '0x12345678', b: `0x${'9a'.repeat(32)}` },
      ['0x12345678', `0x${'9a'.repeat(32)}`],
    ],
    ['f(bytes a)', 'f(bytes)', { a: '0x' }, ['0x']],
    ['f(bytes a)', 'f(bytes)', { a: '0x0102' }, ['0x0102']],
    ['f(string a)', 'f(string)', { a: 'hällo €' }, ['hällo €']],
    ['f(string a)', 'f(string)', { a: '\u0000\u0009' }, ['\u0000\u0009']],
    [
      'f(bytes a, string b, bool c)',
      'f(bytes,string,bool)',
      { a: `0x${'ab'.repeat(33)}`, b: 'x'.repeat(32), c: true },
      [`0x${'ab'.repeat(33)}`, 'x'.repeat(32), true],
    ],
    [
      'f(bytes a, uint256 b, bytes c)',
      'f(bytes,uint256,bytes)',
      { a: `0x${'ab'.repeat(31)}`, b: '7', c: '0x01' },
      [`0x${'ab'.repeat(31)}`, 7n, '0x01'],
    ],
    [
      'f((uint8 x, int64 y) p, bytes z)',
      'f((uint8,int64),bytes)',
      { 'p.x': '9', 'p.y': '-9', z: '0x' },
      [[9, -9n], '0x'],
    ],
    ['f(int256 a, int8 b)', 'f(int256,int8)', { a: '-1', b: '-128' }, [-1n, -128]],
  ])('behavior: all arguments of %s fixed: the calldata of an honest caller', (signature, plain, values, args) => {
    const { exact, pins, loose, words } = pinned(signature, eq(values))
    expect(exact).toBe(encodeCalldata(plain, args))
    expect([pins, loose, [...words]]).toEqual([[], [], Object.keys(values)])
  })

  test('behavior: nothing to fix: the selector is the whole calldata', () => {
    expect(pinned('f()', {})).toMatchObject({ exact: encodeCalldata('f()', []), pins: [], loose: [] })
    expect(pinned('f(uint256 a)', {})).toMatchObject({ exact: null, pins: [], loose: [] })
  })

  const word = (value: bigint) => value.toString(16).padStart(64, '0')
  const selector = encodeCalldata('f(uint256,uint256,uint256,bytes)', [0n, 0n, 0n, '0x']).slice(0, 10)
  test.each<[string, Record<string, Condition>, [bigint, string, string[]][], string[]]>([
    ['the first', eq({ a: '1' }), [[0n, `${selector}${word(1n)}`, ['a']]], []],
    ['the second', eq({ b: '2' }), [[36n, `0x${word(2n)}`, ['b']]], []],
    ['the first two', eq({ a: '1', b: '2' }), [[0n, `${selector}${word(1n)}${word(2n)}`, ['a', 'b']]], []],
    ['the last two words', eq({ b: '2', c: '3' }), [[36n, `0x${word(2n)}${word(3n)}`, ['b', 'c']]], []],
    [
      'the first and the third',
      eq({ c: '3', a: '1' }),
      [
        [0n, `${selector}${word(1n)}`, ['a']],
        [68n, `0x${word(3n)}`, ['c']],
      ],
      [],
    ],
    [
      'all three words',
      eq({ a: '1', b: '2', c: '3' }),
      [[0n, `${selector}${word(1n)}${word(2n)}${word(3n)}`, ['a', 'b', 'c']]],
      [],
    ],
    ['a dynamic one', eq({ d: '0x01' }), [], ['d']],
    ['a bound beside', { ...eq({ a: '1' }), b: { lte: '2' } }, [[0n, `${selector}${word(1n)}`, ['a']]], ['b']],
    ['what does not fit', eq({ a: '1', b: 'many' }), [[0n, `${selector}${word(1n)}`, ['a']]], ['b']],
    ['a name that there is not', eq({ a: '1', z: '2' }), [[0n, `${selector}${word(1n)}`, ['a']]], ['z']],
  ])('behavior: some of the arguments: %s', (_, args, expected, loose) => {
    const made = pinned('f(uint256 a, uint256 b, uint256 c, bytes d)', args)
    expect(made.exact).toBeNull()
    expect(made.pins.map(({ start, value, names }) => [start, value, names])).toEqual(expected)
    expect(made.loose).toEqual(loose)
    expect([...made.words].sort()).toEqual(expected.flatMap(([, , names]) => names).sort())
  })

  test('behavior: neighbours are merged behind a gap too', () => {
    const { pins } = pinned('f(uint256 a, uint256 b, uint256 c, uint256 d)', eq({ a: '1', c: '3', d: '4' }))
    expect(pins.map(({ start, names }) => [start, names])).toEqual([
      [0n, ['a']],
      [68n, ['c', 'd']],
    ])
  })

  test('behavior: all arguments fixed, and one more that the function does not have: nothing is whole', () => {
    expect(pinned('f(uint256 a)', eq({ a: '1', z: '2' }))).toMatchObject({ exact: null, loose: ['z'] })
    expect(pinned('f(uint256 a)', eq({ a: '1' })).exact).not.toBeNull()
  })

  test('error: what has no single text form, or does not fit, is left loose', () => {
    const loose = (type: string, value: AbiValue) => pinned(`f(${type} a)`, eq({ a: value })).loose.length === 1
    const bad: [string, AbiValue][] = [
      ['bytes4', '0x123456'],
      ['bytes4', '0x1234567890'],
      ['bytes', '0x123'],
      ['address', '0x12'],
      ['address', 'nobody'],
      ['uint8', '-1'],
      ['uint8', '256'],
      ['uint8', '00'],
      ['uint256', 'principal'],
      ['bool', 'TRUE'],
      ['uint256[]', '1'],
      ['address[2]', PAYEES[0]],
    ]
    for (const [type, value] of bad) expect([type, value, loose(type, value)]).toEqual([type, value, true])
    for (const [type, value] of [
      ['uint8', '0'],
      ['int8', '-1'],
      ['bytes4', '0x12345678'],
      ['string', ''],
      ['bool', 'true'],
    ] as const)
      expect(loose(type, value)).toBe(false)
  })

  test('behavior: an argument without a name is never fixed', () => {
    expect(pinned('f(uint256)', eq({ '': '1' }))).toMatchObject({ exact: null, pins: [] })
    expect(pinned('f(uint256, uint256 b)', eq({ b: '2' })).pins).toMatchObject([{ start: 36n, names: ['b'] }])
  })
})
