import fc from 'fast-check'
import { toFunctionSelector } from 'viem'
import { describe, expect, test } from 'vitest'
import { ScopeError } from './errors.ts'
import { parseFunction } from './function.ts'

const codeOf = (text: string) => {
  try {
    parseFunction(text)
  } catch (error) {
    if (error instanceof ScopeError) return error.code
    throw error
  }
  return 'ok'
}

describe('parseFunction', () => {
  test('default', () => {
    const fn = parseFunction('function transfer(address to, uint256 amount) external returns (bool)')
    expect(fn).toEqual({
      name: 'transfer',
      selector: '0xa9059cbb',
      signature: 'transfer(address,uint256)',
      headSize: 64,
      inputs: [
        { name: 'to', type: 'address', static: true, headOffset: 0, size: 32 },
        { name: 'amount', type: 'uint256', static: true, headOffset: 32, size: 32 },
      ],
    })
  })

  test('behavior: places after fixed arrays, dynamic values and structs', () => {
    const { inputs, headSize } = parseFunction(
      'f(uint[3] xs, bytes data, (address to, (uint8 a, bool b) inner) p, (bytes b, uint c) q, uint8[2][] m, int last)',
    )
    expect(
      inputs.map(({ name, type, static: fixed, headOffset, size }) => [name, type, fixed, headOffset, size]),
    ).toEqual([
      ['xs.0', 'uint256', true, 0, 32],
      ['xs.1', 'uint256', true, 32, 32],
      ['xs.2', 'uint256', true, 64, 32],
      ['data', 'bytes', false, 96, 32],
      ['p.to', 'address', true, 128, 32],
      ['p.inner.a', 'uint8', true, 160, 32],
      ['p.inner.b', 'bool', true, 192, 32],
      ['q', '(bytes,uint256)', false, 224, 32],
      ['m', 'uint8[2][]', false, 256, 32],
      ['last', 'int256', true, 288, 32],
    ])
    expect(headSize).toBe(320)
  })

  test('behavior: elements of static arrays by index, whatever they are made of; long arrays stay whole', () => {
    const { inputs, headSize } = parseFunction(
      'f(uint8[2][2] m, (address to, bool b)[2] legs, uint[65] many, bytes[2] d)',
    )
    expect(inputs.map(({ name, type, headOffset }) => [name, type, headOffset])).toEqual([
      ['m.0.0', 'uint8', 0],
      ['m.0.1', 'uint8', 32],
      ['m.1.0', 'uint8', 64],
      ['m.1.1', 'uint8', 96],
      ['legs.0.to', 'address', 128],
      ['legs.0.b', 'bool', 160],
      ['legs.1.to', 'address', 192],
      ['legs.1.b', 'bool', 224],
      ['many', 'uint256[65]', 256],
      ['d', 'bytes[2]', 2_336],
    ])
    expect(headSize).toBe(2_368)
  })

  test('behavior: members of a nameless struct cannot be mistaken for parameters', () => {
    const { inputs } = parseFunction('f((address to, uint256 amount), address to)')
    expect(inputs.map(({ name, headOffset }) => [name, headOffset])).toEqual([
      ['', 0],
      ['', 32],
      ['to', 64],
    ])
  })

  test.each([
    'approve(address,uint256)',
    'function exactInputSingle((address tokenIn,address tokenOut,uint24 fee,address recipient,uint256 amountIn,uint256 minOut,uint160 limit) params) payable returns (uint256 out)',
    'function f(tuple(uint256 a, bytes b)[] calldata items, string memory s, address payable to)',
    'function g()',
    'f(bytes32[2][3] x, int8 y)',
  ])('behavior: selector of %s as viem computes it', (text) => {
    const { selector, signature } = parseFunction(text)
    expect(selector).toBe(toFunctionSelector(`function ${signature}`))
  })

  test.each([
    ['', 'scope.invalid_function'],
    ['f', 'scope.invalid_function'],
    ['f(', 'scope.invalid_function'],
    ['f(address to', 'scope.invalid_function'],
    ['f(address to,)', 'scope.invalid_function'],
    ['f(address to) evil', 'scope.invalid_function'],
    ['f(address to) g(uint256 x)', 'scope.invalid_function'],
    ['1f(address to)', 'scope.invalid_function'],
    ['f(address to, uint256 to)', 'scope.invalid_function'],
    ['f(())', 'scope.invalid_function'],
    ['f(uint256[0] x)', 'scope.invalid_function'],
    ['f(uint256[9999][9999] x)', 'scope.invalid_function'],
    ['f(tuple uint256 x)', 'scope.invalid_function'],
    [`f(${'('.repeat(900)}`, 'scope.invalid_function'],
    [`f(${'uint a,'.repeat(200)}uint b)`, 'scope.invalid_function'],
    [`f(${' '.repeat(2_000)})`, 'scope.invalid_function'],
    ['f(uint7 x)', 'scope.unknown_type'],
    ['f(uint08 x)', 'scope.unknown_type'],
    ['f(uint264 x)', 'scope.unknown_type'],
    ['f(bytes33 x)', 'scope.unknown_type'],
    ['f(bytes0 x)', 'scope.unknown_type'],
    ['f(IERC20 token)', 'scope.unknown_type'],
    ['f(function cb)', 'scope.unknown_type'],
  ])('error: %s', (text, code) => {
    expect(codeOf(text)).toBe(code)
  })

  test('behavior: one token changed gives the selector viem computes, or a code', () => {
    const tokens = [
      'function ',
      'pay',
      '(',
      'address ',
      'to',
      ', ',
      '(',
      'uint256 ',
      'a',
      ', ',
      'bytes32[2] ',
      'b',
      ')',
      ' p',
      ')',
      ' external',
    ]
    const token = fc.constantFrom(
      ...tokens,
      '[',
      ']',
      '[3]',
      '[]',
      'string ',
      'uint ',
      'int9 ',
      '',
      '$',
      'é',
      'returns (bool)',
    )
    const seen = new Set<string>()
    fc.assert(
      fc.property(fc.nat(tokens.length - 1), token, fc.nat(1), (at, inserted, removed) => {
        const text = tokens.toSpliced(at, removed, inserted).join('')
        const code = codeOf(text)
        seen.add(code)
        if (code !== 'ok') return
        const { selector, signature, inputs, headSize } = parseFunction(text)
        expect(selector).toBe(toFunctionSelector(`function ${signature}`))
        expect(inputs.reduce((sum, { size }) => sum + size, 0)).toBe(headSize)
      }),
      { numRuns: 1_000 },
    )
    expect([...seen].sort()).toEqual(['ok', 'scope.invalid_function', 'scope.unknown_type'])
  })
})
