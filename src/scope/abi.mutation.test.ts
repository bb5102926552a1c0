import { describe, expect, test } from 'vitest'
import { AGENT as DELEGATE, PAYEES, PRINCIPAL } from '../../test/arbitraries/scope.ts'
import { type AbiType, abiType, bytesOf, isWord, rangeOf, readInteger, wordOf } from './abi.ts'

const ACCOUNTS = { principal: PRINCIPAL, delegate: DELEGATE }
const MAX = 2n ** 256n - 1n

describe('abiType', () => {
  test.each<[string, AbiType, word: boolean]>([
    ['uint8', { kind: 'uint', bits: 8 }, true],
    ['uint256', { kind: 'uint', bits: 256 }, true],
    ['int64', { kind: 'int', bits: 64 }, true],
    ['address', { kind: 'address' }, true],
    ['bool', { kind: 'bool' }, true],
    ['bytes4', { kind: 'fixedBytes', size: 4 }, true],
    ['bytes', { kind: 'bytes' }, false],
    ['string', { kind: 'string' }, false],
    ['uint256[]', { kind: 'list' }, false],
    ['address[3][]', { kind: 'list' }, false],
    ['uint256[3]', { kind: 'other' }, false],
    ['uint256[][2]', { kind: 'other' }, false],
    ['bytes4[2]', { kind: 'other' }, false],
    ['(address,uint256)', { kind: 'other' }, false],
    ['(address,uint256)[]', { kind: 'list' }, false],
  ])('default: %s', (text, type, word) => {
    expect(abiType(text)).toEqual(type)
    expect(isWord(type)).toBe(word)
  })
})

describe('rangeOf', () => {
  test('behavior: what fills no word is as wide as an unsigned one', () => {
    for (const kind of ['bytes', 'string', 'list', 'other'] as const) {
      expect(rangeOf({ kind })).toEqual({ min: 0n, max: MAX })
    }
  })
})

describe('readInteger', () => {
  test.each<[type: string, value: unknown, bigint | undefined]>([
    ['uint8', '0', 0n],
    ['uint8', '255', 255n],
    ['uint8', '256', undefined],
    ['uint8', '-1', undefined],
    ['int8', '-128', -128n],
    ['int8', '-129', undefined],
    ['int8', '127', 127n],
    ['int8', '128', undefined],
    ['int8', '-0', undefined],
    ['uint256', `${MAX}`, MAX],
    ['uint256', `${MAX + 1n}`, undefined],
    ['int256', `${-(2n ** 255n)}`, -(2n ** 255n)],
    ['uint8', '01', undefined],
    ['uint8', '', undefined],
    ['uint8', '0x1', undefined],
    ['uint8', ' 1', undefined],
    ['uint8', 1, undefined],
    ['uint8', true, undefined],
  ])('default: %s %j', (type, value, integer) => {
    expect(readInteger(abiType(type), value)).toBe(integer)
  })
})

describe('wordOf', () => {
  test.each<[type: string, value: string | boolean, bigint]>([
    ['bool', true, 1n],
    ['bool', false, 0n],
    ['uint8', '7', 7n],
    ['int8', '-7', -7n],
    ['bytes2', '0x0102', 258n],
    ['address', PAYEES[0], BigInt(PAYEES[0])],
    ['address', 'principal', BigInt(PRINCIPAL)],
    ['address', 'delegate', BigInt(DELEGATE)],
  ])('default: %s %s', (type, value, word) => {
    expect(wordOf(abiType(type), value, ACCOUNTS)).toBe(word)
  })
})

describe('bytesOf', () => {
  test('default: text as UTF-8, bytes as they are', () => {
    expect(bytesOf({ kind: 'string' }, 'für')).toBe('0x66c3bc72')
    expect(bytesOf({ kind: 'string' }, '0x01')).toBe('0x30783031')
    expect(bytesOf({ kind: 'bytes' }, '0x0102')).toBe('0x0102')
  })
})
