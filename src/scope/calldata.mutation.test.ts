import { encodeFunctionData, type Hex, parseAbiItem } from 'viem'
import { describe, expect, test } from 'vitest'
import { AGENT as DELEGATE, PAYEES, PRINCIPAL } from '../../test/arbitraries/scope.ts'
import {
  APPROVE_SELECTOR,
  encodeArguments,
  readAccountAmount,
  readArgument,
  readListLength,
  TRANSFER_SELECTOR,
} from './calldata.ts'
import { parseFunction } from './function.ts'
import type { AbiValue } from './types.ts'

const ACCOUNTS = { principal: PRINCIPAL, delegate: DELEGATE }
const [A] = PAYEES
const encode = (signature: string, args: readonly unknown[]) =>
  encodeFunctionData({ abi: [parseAbiItem(`function ${signature}` as never)], args } as never) as Hex
const word = (n: bigint | number) => BigInt.asUintN(256, BigInt(n)).toString(16).padStart(64, '0')
const inputsOf = (types: string) => parseFunction(`f(${types})`).inputs
const readAll = (types: string, data: Hex) => inputsOf(types).map((input) => readArgument(data, input))
const bytes = (length: number): Hex => `0x${'ab'.repeat(length)}`

describe('readAccountAmount', () => {
  test('default: of the function asked for, and of no other', () => {
    const data = encode('approve(address a, uint256 b)', [A, 7n])
    expect(readAccountAmount(data, APPROVE_SELECTOR)).toEqual({ account: A, amount: 7n })
    expect(readAccountAmount(data, TRANSFER_SELECTOR)).toBeUndefined()
    const most = encode('approve(address a, uint256 b)', [A, 2n ** 256n - 1n])
    expect(readAccountAmount(most, APPROVE_SELECTOR)).toEqual({ account: A, amount: 2n ** 256n - 1n })
    for (const at of [10, 32]) {
      const dirty = `${data.slice(0, at)}01${data.slice(at + 2)}` as Hex
      expect(readAccountAmount(dirty, APPROVE_SELECTOR)).toBeUndefined()
    }
  })
})

/** One value of each type, as conditions write it and as an encoder takes it. */
const VALUES: readonly (readonly [type: string, value: AbiValue, encoded: unknown])[] = [
  ['uint8', '255', 255],
  ['uint256', '0', 0n],
  ['int8', '-128', -128],
  ['int256', '-1', -1n],
  ['address', A, A],
  ['bool', true, true],
  ['bool', false, false],
  ['bytes4', '0x01020304', '0x01020304'],
  ['bytes32', bytes(32), bytes(32)],
  ['bytes', '0x', '0x'],
  ['bytes', bytes(1), bytes(1)],
  ['bytes', bytes(31), bytes(31)],
  ['bytes', bytes(32), bytes(32)],
  ['bytes', bytes(33), bytes(33)],
  ['bytes', bytes(64), bytes(64)],
  ['string', 'für A', 'für A'],
  ['string', '\ufeff', '\ufeff'],
]

describe('encodeArguments', () => {
  const check = (list: typeof VALUES) => {
    const types = list.map(([type], at) => `${type} a${at}`).join(', ')
    const parsed = parseFunction(`f(${types})`)
    const data = encode(
      `f(${types})`,
      list.map(([, , encoded]) => encoded),
    )
    const values = list.map(([, value]) => value)
    expect(encodeArguments(parsed, values, ACCOUNTS)).toBe(data)
    expect(readAll(types, data)).toEqual(values)
  }

  test.each(VALUES)('default: %s %s, as another encoder writes it and as it is read again', (...value) => {
    check([value])
    check([['uint8', '1', 1], value, ['bytes', '0x01', '0x01'], value])
  })

  test('behavior: all at once, and accounts by their names', () => {
    check(VALUES)
    const parsed = parseFunction('f(address a, address b)')
    const data = encode('f(address a, address b)', [PRINCIPAL, DELEGATE])
    expect(encodeArguments(parsed, ['principal', 'delegate'], ACCOUNTS)).toBe(data)
  })
})

describe('readArgument', () => {
  const of = (type: string, ...words: string[]) => readArgument(`0x12345678${words.join('')}`, only(type))
  const only = (type: string) => {
    const [input] = inputsOf(`${type} a`)
    if (input === undefined) throw new RangeError(type)
    return input
  }

  test.each<[type: string, word: string, AbiValue | undefined]>([
    ['uint8', word(255), '255'],
    ['uint8', word(256), undefined],
    ['int8', word(127), '127'],
    ['int8', word(128), undefined],
    ['int8', word(-128), '-128'],
    ['int8', word(-129), undefined],
    ['bool', word(0), false],
    ['bool', word(1), true],
    ['bool', word(2), undefined],
    ['address', word(2n ** 160n - 1n), `0x${'ff'.repeat(20)}`],
    ['address', word(2n ** 160n), undefined],
    ['bytes31', `${'ab'.repeat(31)}00`, bytes(31)],
    ['bytes31', `${'ab'.repeat(31)}01`, undefined],
  ])('error: %s %s is %j: what has dirty padding is no value', (type, text, value) => {
    expect(of(type, text)).toBe(value)
  })

  test('error: not there, to the last byte', () => {
    expect(of('uint8', word(1).slice(2))).toBeUndefined()
    expect(of('uint8')).toBeUndefined()
    const types = 'uint8 a, uint8 b'
    expect(readAll(types, `0x12345678${word(1)}${word(2)}`)).toEqual(['1', '2'])
    expect(readAll(types, `0x12345678${word(1)}${word(2).slice(2)}`)).toEqual(['1', undefined])
  })

  test('error: types that no condition names, and text that is no UTF-8', () => {
    for (const type of ['uint8[]', 'uint8[100]', 'uint8[][2]']) expect(of(type, word(32), word(0))).toBeUndefined()
    expect(of('string', word(32), word(1), 'ff')).toBeUndefined()
    expect(of('string', word(32), word(1), '41')).toBe('A')
  })

  test('behavior: content is read where the head says, also over what lies between', () => {
    expect(of('bytes', word(64), word(9), word(2), '0102')).toBe('0x0102')
    expect(of('bytes', word(0), 'ff')).toBe('0x')
    expect(of('bytes', word(31), word(0))).toBeUndefined()
    expect(of('bytes', word(64), word(0))).toBeUndefined()
  })
})

describe('readListLength', () => {
  test('behavior: of the argument asked for, elsewhere than at the beginning', () => {
    const [, list] = inputsOf('uint8 a, uint8[] b')
    if (list === undefined) throw new RangeError('two were asked for')
    const types = 'f(uint8 a, uint8[] b)'
    for (const length of [0, 1, 5]) {
      expect(readListLength(encode(types, [9, Array(length).fill(1)]), list)).toBe(length)
    }
    expect(readListLength(`0x12345678${word(9)}`, list)).toBeUndefined()
    expect(readListLength(`0x12345678${word(9)}${word(64)}`, list)).toBeUndefined()
  })
})
