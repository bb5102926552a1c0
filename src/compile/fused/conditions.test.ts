import { keccak256, stringToHex } from 'viem'
import { describe, expect, test } from 'vitest'
import { PAYEES, PRINCIPAL } from '../../../test/arbitraries/scope.ts'
import type { TaskScopeCondition } from '../../caveats/taskScope/types.ts'
import { abiType } from '../../scope/abi.ts'
import { parseFunction } from '../../scope/function.ts'
import type { Condition } from '../../scope/types.ts'
import { alternativesOf, countAlternatives, isExpressible } from './conditions.ts'

const ACCOUNTS = { principal: PRINCIPAL, delegate: PAYEES[2] }
const LARGEST = (1n << 256n) - 1n

function lower(type: string, condition: Condition) {
  const [, input] = parseFunction(`f(uint256 first, ${type} it)`).inputs
  if (input === undefined) throw new RangeError(type)
  expect(isExpressible(abiType(type), condition)).toBe(true)
  const made = alternativesOf(input, condition, ACCOUNTS)
  expect(made).toHaveLength(countAlternatives(abiType(type), condition))
  return made
}

describe('alternativesOf', () => {
  const word = 1
  const forms: [string, string, Condition, readonly TaskScopeCondition[]][] = [
    ['eq', 'uint8', { eq: '7' }, [{ op: 'equal', word, operand: 7n }]],
    ['eq of a negative number', 'int8', { eq: '-3' }, [{ op: 'equal', word, operand: LARGEST - 2n }]],
    ['eq of an account', 'address', { eq: PAYEES[0] }, [{ op: 'equal', word, operand: BigInt(PAYEES[0]) }]],
    ['eq of the principal', 'address', { eq: 'principal' }, [{ op: 'equal', word, operand: BigInt(PRINCIPAL) }]],
    ['eq of the delegate', 'address', { eq: 'delegate' }, [{ op: 'equal', word, operand: BigInt(PAYEES[2]) }]],
    ['eq true', 'bool', { eq: true }, [{ op: 'equal', word, operand: 1n }]],
    ['eq false', 'bool', { eq: false }, [{ op: 'equal', word, operand: 0n }]],
    ['eq of few bytes', 'bytes4', { eq: '0x12345678' }, [{ op: 'equal', word, operand: 0x12345678n << 224n }]],
    ['neq', 'uint8', { neq: '7' }, [{ op: 'not_equal', word, width: 1, left: false, operand: 7n }]],
    ['neq of a whole word', 'uint256', { neq: '7' }, [{ op: 'not_equal', word, width: 0, left: false, operand: 7n }]],
    ['neq of 31 bytes', 'uint248', { neq: '7' }, [{ op: 'not_equal', word, width: 31, left: false, operand: 7n }]],
    [
      'neq of an account',
      'address',
      { neq: PAYEES[1] },
      [{ op: 'not_equal', word, width: 20, left: false, operand: BigInt(PAYEES[1]) }],
    ],
    ['neq true', 'bool', { neq: true }, [{ op: 'equal', word, operand: 0n }]],
    ['neq false', 'bool', { neq: false }, [{ op: 'equal', word, operand: 1n }]],
    [
      'neq of few bytes, which stand on the left',
      'bytes4',
      { neq: '0x12345678' },
      [{ op: 'not_equal', word, width: 4, left: true, operand: 0x12345678n << 224n }],
    ],
    [
      'neq of 32 bytes',
      'bytes32',
      { neq: `0x${'00'.repeat(31)}05` },
      [{ op: 'not_equal', word, width: 0, left: false, operand: 5n }],
    ],
    [
      'neq of a signed number: clean, and another',
      'int16',
      { neq: '-1' },
      [
        { op: 'signed_at_least', word, width: 2, operand: -32_768n },
        { op: 'not_equal', word, width: 0, left: false, operand: LARGEST },
      ],
    ],
    ['neq of int256', 'int256', { neq: '-1' }, [{ op: 'not_equal', word, width: 0, left: false, operand: LARGEST }]],
    ['lte', 'uint16', { lte: '9' }, [{ op: 'at_most', word, operand: 9n }]],
    ['gte', 'uint16', { gte: '9' }, [{ op: 'at_least', word, width: 2, left: false, operand: 9n }]],
    ['gte of a whole word', 'uint256', { gte: '9' }, [{ op: 'at_least', word, width: 0, left: false, operand: 9n }]],
    ['lte, signed', 'int64', { lte: '-9' }, [{ op: 'signed_at_most', word, width: 8, operand: -9n }]],
    ['gte, signed', 'int256', { gte: '-9' }, [{ op: 'signed_at_least', word, width: 0, operand: -9n }]],
    ['in', 'uint8', { in: ['3', '1'] }, [{ op: 'one_of', word, operands: [3n, 1n] }]],
    ['in, of one', 'uint8', { in: ['3'] }, [{ op: 'equal', word, operand: 3n }]],
    ['in, of both', 'bool', { in: [true, false] }, [{ op: 'one_of', word, operands: [1n, 0n] }]],
    ['in, signed', 'int8', { in: ['-1', '1'] }, [{ op: 'one_of', word, operands: [LARGEST, 1n] }]],
    ['mask', 'uint8', { mask: '12', equals: '4' }, [{ op: 'bits', word, width: 1, left: false, mask: 12n, bits: 4n }]],
    ['a mask of nothing is the type', 'uint8', { mask: '0', equals: '0' }, [{ op: 'at_most', word, operand: 255n }]],
    ['length of bytes', 'bytes', { length: { lte: '9' } }, [{ op: 'length_at_most', word, operand: 9n }]],
    ['length of a list', 'uint256[]', { length: { lte: '9' } }, [{ op: 'length_at_most', word, operand: 9n }]],
    ['hash', 'string', { hash: `0x${'ab'.repeat(32)}` }, [{ op: 'hash', word, operand: `0x${'ab'.repeat(32)}` }]],
    ['eq of a text', 'string', { eq: 'hé' }, [{ op: 'hash', word, operand: keccak256(stringToHex('hé')) }]],
    ['eq of bytes', 'bytes', { eq: '0x0102' }, [{ op: 'hash', word, operand: keccak256('0x0102') }]],
  ]
  test.each(forms)('default: %s', (_, type, condition, expected) => {
    expect(lower(type, condition)).toEqual([expected])
  })

  test('behavior: one of several texts is one of several hashes, each an alternative', () => {
    expect(lower('bytes', { in: ['0x01', '0x02', '0x03'] })).toEqual(
      (['0x01', '0x02', '0x03'] as const).map((value) => [{ op: 'hash', word, operand: keccak256(value) }]),
    )
    expect(lower('string', { in: ['a'] })).toHaveLength(1)
  })
})

describe('isExpressible', () => {
  test('error: what nothing on chain compares', () => {
    const none: [string, Condition][] = [
      ['string', { neq: 'x' }],
      ['bytes', { neq: '0x01' }],
      ['bytes', { lte: '1' }],
      ['string', { mask: '1', equals: '1' }],
      ['uint256[]', { eq: '1' }],
      ['uint256[]', { in: ['1'] }],
      ['uint256[]', { hash: `0x${'ab'.repeat(32)}` }],
      ['(uint256,bytes)', { eq: '1' }],
      ['uint256[3]', { length: { lte: '1' } }],
      ['uint256', { length: { lte: '1' } }],
      ['bytes32', { hash: `0x${'ab'.repeat(32)}` }],
    ]
    for (const [type, condition] of none)
      expect(isExpressible(abiType(type), condition), `${type} ${JSON.stringify(condition)}`).toBe(false)
  })
})
