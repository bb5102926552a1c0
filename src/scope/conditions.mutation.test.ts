import { describe, expect, test } from 'vitest'
import { PAYEES } from '../../test/arbitraries/scope.ts'
import { abiType } from './abi.ts'
import { readAbiValue, readCondition } from './conditions.ts'
import { parseFunction } from './function.ts'
import { Report } from './report.ts'
import type { AbiValue } from './types.ts'

type Document = Parameters<typeof readCondition>[2]
const [A] = PAYEES
const HASH = `0x${'ab'.repeat(32)}`
const read = (type: string, document: object) => {
  const report = new Report()
  const [input] = parseFunction(`f(${type} a)`).inputs
  if (input === undefined) throw new RangeError(type)
  const condition = readCondition(report, '/at', document as Document, input)
  return { condition, issues: report.issues.map(({ code, pointer }) => `${code} ${pointer}`) }
}

describe('readCondition', () => {
  const TYPES = ['uint8', 'int8', 'address', 'bool', 'bytes2', 'bytes', 'string', 'uint8[]', 'uint8[100]'] as const
  const VALUE: Readonly<Record<string, AbiValue>> = {
    uint8: '1',
    int8: '-1',
    address: A,
    bool: false,
    bytes2: '0x0102',
    bytes: '0x01',
    string: 'text',
  }
  const HOLDS: readonly (readonly [member: string, types: readonly string[], of: (type: string) => object])[] = [
    ['eq', TYPES.slice(0, 7), (type) => ({ eq: VALUE[type] ?? '1' })],
    ['neq', TYPES.slice(0, 7), (type) => ({ neq: VALUE[type] ?? '1' })],
    ['in', TYPES.slice(0, 7), (type) => ({ in: [VALUE[type] ?? '1'] })],
    ['lte', ['uint8', 'int8'], () => ({ lte: '1' })],
    ['gte', ['uint8', 'int8'], () => ({ gte: '1' })],
    ['mask', ['uint8'], () => ({ mask: '3', equals: '1' })],
    ['length', ['bytes', 'string', 'uint8[]'], () => ({ length: { lte: '1' } })],
    ['hash', ['bytes', 'string'], () => ({ hash: HASH })],
  ]

  test.each(HOLDS)('behavior: %s is for %s, and for nothing else', (_, types, of) => {
    for (const type of TYPES) {
      const document = of(type)
      const misfit = ['scope.condition_does_not_fit /at']
      expect([type, read(type, document)]).toEqual([
        type,
        { condition: document, issues: types.includes(type) ? [] : misfit },
      ])
    }
  })

  test('error: one complaint where no value could fit, whatever the values are', () => {
    for (const document of [{ lte: '-1' }, { gte: '9'.repeat(78) }, { mask: '-1', equals: '2' }]) {
      expect(read('bytes', document).issues).toEqual(['scope.condition_does_not_fit /at'])
    }
    expect(read('uint8[]', { in: ['1', '1'] }).issues).toEqual(['scope.condition_does_not_fit /at'])
  })

  test.each<[type: string, object, issues: readonly string[]]>([
    ['uint8', { eq: '256' }, ['scope.value_does_not_fit /at/eq']],
    ['uint8', { neq: '256' }, ['scope.value_does_not_fit /at/neq']],
    ['uint8', { in: ['1', '256', '1'] }, ['scope.value_does_not_fit /at/in/1', 'scope.duplicate_value /at/in/2']],
    ['uint8', { lte: '255' }, []],
    ['uint8', { lte: '256' }, ['scope.value_does_not_fit /at/lte']],
    ['int8', { gte: '-128' }, []],
    ['int8', { gte: '-129' }, ['scope.value_does_not_fit /at/gte']],
    ['uint8', { mask: '255', equals: '255' }, []],
    ['uint8', { mask: '256', equals: '1' }, ['scope.value_does_not_fit /at/mask']],
    ['uint8', { mask: '255', equals: '256' }, ['scope.value_does_not_fit /at/equals']],
    ['uint8', { mask: '5', equals: '4' }, []],
    ['uint8', { mask: '5', equals: '6' }, ['scope.unsatisfiable_condition /at/equals']],
    ['uint8', { mask: '0', equals: '0' }, []],
    ['uint8', { mask: '0', equals: '1' }, ['scope.unsatisfiable_condition /at/equals']],
    ['bytes', { length: { lte: '4294967295' } }, []],
    ['bytes', { length: { lte: '4294967296' } }, ['scope.value_does_not_fit /at/length/lte']],
    ['bytes', { length: { lte: '-1' } }, ['scope.value_does_not_fit /at/length/lte']],
  ])('error: of %s %j', (type, document, issues) => {
    expect(read(type, document).issues).toEqual(issues)
  })

  test('behavior: bytes and hashes in lower case', () => {
    expect(read('bytes', { hash: `0x${'AB'.repeat(32)}` }).condition).toEqual({ hash: HASH })
    expect(read('bytes', { eq: '0xAB' }).condition).toEqual({ eq: '0xab' })
    expect(read('bytes', { in: ['0xAB', '0xab'] }).issues).toEqual(['scope.duplicate_value /at/in/1'])
  })
})

describe('readAbiValue', () => {
  const value = (type: string, stated: AbiValue) => {
    const report = new Report()
    const given = readAbiValue(report, '/at', stated, abiType(type), type)
    return { given, issues: report.issues }
  }

  test.each<[type: string, stated: AbiValue, given: AbiValue]>([
    ['address', `0x${A.slice(2).toUpperCase()}`, A],
    ['address', 'principal', 'principal'],
    ['address', 'delegate', 'delegate'],
    ['bool', true, true],
    ['bool', false, false],
    ['string', '', ''],
    ['string', '0xAB', '0xAB'],
    ['bytes', '0x', '0x'],
    ['bytes', '0xAbCd', '0xabcd'],
    ['bytes2', '0xAbCd', '0xabcd'],
    ['uint8', '255', '255'],
    ['int8', '-128', '-128'],
  ])('default: %s %j', (type, stated, given) => {
    expect(value(type, stated)).toEqual({ given, issues: [] })
  })

  const ADDRESS = 'Write an address, "principal" or "delegate".'
  const BYTES = 'Write 0x and exactly the bytes of the type.'
  const INTEGER = 'Write an integer of that range as a decimal string.'
  test.each<[type: string, stated: AbiValue, bound: string, fix: string]>([
    ['address', 'somebody', 'address', ADDRESS],
    ['address', true, 'address', ADDRESS],
    ['address', '0xab', 'address', ADDRESS],
    ['bool', 'true', 'bool', 'Write true or false.'],
    ['string', true, 'string', BYTES],
    ['bytes', true, 'bytes', BYTES],
    ['bytes', '0xa', 'bytes', BYTES],
    ['bytes', 'ab', 'bytes', BYTES],
    ['bytes2', '0xab', 'bytes2', BYTES],
    ['bytes2', '0xababab', 'bytes2', BYTES],
    ['bytes2', 'abcdef', 'bytes2', BYTES],
    ['bytes2', false, 'bytes2', BYTES],
    ['uint8', '256', 'uint8: 0 to 255', INTEGER],
    ['uint8', true, 'uint8: 0 to 255', INTEGER],
    ['int8', '-129', 'int8: -128 to 127', INTEGER],
  ])('error: %s %j', (type, stated, bound, fix) => {
    expect(value(type, stated)).toMatchObject({
      given: stated,
      issues: [{ code: 'scope.value_does_not_fit', pointer: '/at', value: stated, bound, fix }],
    })
  })

  test('error: of a long text the first 200 characters are shown', () => {
    const shown = (length: number) => value('uint8', 'x'.repeat(length)).issues[0]?.value
    expect([shown(200), shown(201)]).toEqual(['x'.repeat(200), 'x'.repeat(200)])
  })

  test('error: an address with a wrong checksum', () => {
    expect(value('address', `0xA${A.slice(3)}`).issues).toMatchObject([{ code: 'scope.bad_checksum', pointer: '/at' }])
  })
})
