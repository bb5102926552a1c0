import { toFunctionSelector } from 'viem'
import { describe, expect, test } from 'vitest'
import { codeOf } from '../../test/codes.ts'
import { inputNamed, parseFunction } from './function.ts'

const refusal = (text: unknown) => {
  const { code, details } = codeOf(() => parseFunction(text as string))
  return { code, ...details }
}
const places = (text: string) =>
  parseFunction(text).inputs.map(({ name, type, headOffset, size }) => `${name}: ${type} at ${headOffset}, ${size}`)

describe('parseFunction', () => {
  test.each<[text: string, signature: string]>([
    ['f()', 'f()'],
    ['f();', 'f()'],
    ['function f() external payable returns (bool ok, bytes memory);', 'f()'],
    ['f(uint a, int b)', 'f(uint256,int256)'],
    ['f(uint8, uint256, int8, int256)', 'f(uint8,uint256,int8,int256)'],
    ['f(bytes1 a, bytes10 b, bytes32 c)', 'f(bytes1,bytes10,bytes32)'],
    ['f(address payable to, uint8[] calldata list)', 'f(address,uint8[])'],
    ['f(tuple(uint8 a)[2][] x)', 'f((uint8)[2][])'],
    ['f(uint8[1] a, string[9999][] b)', 'f(uint8[1],string[9999][])'],
  ])('default: %s', (text, signature) => {
    const read = parseFunction(text)
    expect([read.signature, read.name]).toEqual([signature, 'f'])
    expect(read.selector).toBe(toFunctionSelector(`function ${signature}`))
  })

  test.each([
    'uint0',
    'uint1',
    'uint7',
    'uint08',
    'uint12',
    'uint257',
    'uint264',
    'int0',
    'int1000',
    'bytes0',
    'bytes33',
    'bytes01',
    'token',
  ])('error: no type is called %s', (type) => {
    expect(refusal(`f(${type} a)`)).toMatchObject({ code: 'scope.unknown_type', value: type })
  })

  test.each<[text: unknown, found: string, expected: string]>([
    [5, '', 'at most 2000 characters'],
    ['f', '', '('],
    ['1f()', '1', 'a name'],
    ['f(uint8', '', ')'],
    ['f(uint8 a b)', 'b', ')'],
    ['f(,)', ',', 'a name'],
    ['f(uint8[0] a)', '0', 'a size from 1 to 9999'],
    ['f(uint8[10000] a)', '10000', 'a size from 1 to 9999'],
    ['f(uint8[2 a)', 'a', ']'],
    ['f(() a)', '()', 'a struct with members'],
    ['f(uint8[2049][] a)', 'uint8[2049]', 'at most 2048 words of arguments'],
    ['f(uint8[1025][2][] a)', 'uint8[1025][2]', 'at most 2048 words of arguments'],
    ['f() g', 'g', 'the end'],
    ['f() returns', '', '('],
    ['f(uint8 a, bool a)', 'a', 'names that differ'],
    ['f((uint8 x, bool x) a)', 'a.x', 'names that differ'],
  ])('error: %s', (text, value, bound) => {
    expect(refusal(text)).toMatchObject({ code: 'scope.invalid_function', value, bound })
  })

  test('behavior: what is returned is as deep as what is taken', () => {
    const nested = (depth: number): string => (depth === 0 ? 'uint8' : `(${nested(depth - 1)})`)
    expect(parseFunction(`f() returns (${nested(8)})`).signature).toBe('f()')
    expect(refusal(`f() returns (${nested(9)})`)).toMatchObject({ bound: 'structs at most 8 deep' })
  })

  test('behavior: a place for each word that a name can speak of', () => {
    expect(places('f(uint8, bool)')).toEqual([': uint8 at 0, 32', ': bool at 32, 32'])
    expect(places('f((uint8 x, bytes y) a, uint8 b)')).toEqual(['a: (uint8,bytes) at 0, 32', 'b: uint8 at 32, 32'])
    expect(places('f((uint8 x, bool y)[2] a, string b)')).toEqual([
      'a.0.x: uint8 at 0, 32',
      'a.0.y: bool at 32, 32',
      'a.1.x: uint8 at 64, 32',
      'a.1.y: bool at 96, 32',
      'b: string at 128, 32',
    ])
    expect(places('f(string[2] a, uint8[2][] b)')).toEqual(['a: string[2] at 0, 32', 'b: uint8[2][] at 32, 32'])
    expect(places('f((uint8 x, uint8[2] y) a)')).toEqual([
      'a.x: uint8 at 0, 32',
      'a.y.0: uint8 at 32, 32',
      'a.y.1: uint8 at 64, 32',
    ])
  })

  test('behavior: an array is listed up to 64 words, whatever its elements are', () => {
    const listed = (type: string) => parseFunction(`f(${type} a)`).inputs.map(({ name, size }) => [name, size])
    expect(listed('uint8[64]')).toHaveLength(64)
    expect(listed('uint8[65]')).toEqual([['a', 65 * 32]])
    expect(listed('(uint8 x, uint8 y)[32]')).toHaveLength(64)
    expect(listed('(uint8 x, uint8 y)[33]')).toEqual([['a', 66 * 32]])
    expect(listed('uint8[65][2]')).toEqual([['a', 130 * 32]])
  })
})

describe('inputNamed', () => {
  test('default: by its name, nothing for none', () => {
    const parsed = parseFunction('f(uint8, bool a, (int8 a) b)')
    expect(inputNamed(parsed, 'a')).toMatchObject({ type: 'bool' })
    expect(inputNamed(parsed, 'b.a')).toMatchObject({ type: 'int8' })
    expect([inputNamed(parsed, ''), inputNamed(parsed, 'c'), inputNamed(undefined, 'a')]).toEqual(
      Array(3).fill(undefined),
    )
  })
})
