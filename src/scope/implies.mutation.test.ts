import { keccak256 } from 'viem'
import { describe, expect, test } from 'vitest'
import { AGENT as DELEGATE, PAYEES, PRINCIPAL } from '../../test/arbitraries/scope.ts'
import { abiType } from './abi.ts'
import { implies, largestOf } from './implies.ts'
import type { Condition } from './types.ts'

const accounts = { principal: PRINCIPAL, delegate: DELEGATE }
const bound = (condition: Condition) => ({ condition, accounts })
const says = (type: string, narrow: Condition | undefined, wide: Condition) =>
  implies(abiType(type), narrow && bound(narrow), bound(wide))

/** Every condition of a few values near one another and near the ends of a byte. */
const VALUES = ['0', '1', '2', '62', '63', '64', '65', '190', '191', '192', '254', '255']
const CONDITIONS: readonly Condition[] = [
  ...VALUES.flatMap((value): Condition[] => [{ eq: value }, { neq: value }, { lte: value }, { gte: value }]),
  { in: ['0', '1'] },
  { in: ['2', '1', '0'] },
  { in: ['0', '255'] },
  { in: ['0', '2'] },
  { in: Array.from({ length: 64 }, (_, n) => `${n}`) },
  { in: Array.from({ length: 64 }, (_, n) => `${n + 192}`) },
  ...[0, 1, 2, 5, 128, 192, 253, 254, 255].flatMap((mask): Condition[] =>
    [...new Set([0, 1, 128, 192, 255].map((bits) => bits & mask))].map((equals) => ({
      mask: `${mask}`,
      equals: `${equals}`,
    })),
  ),
]

function admitted(condition: Condition): number[] {
  return Array.from({ length: 256 }, (_, value) => value).filter((value) => {
    if ('eq' in condition) return value === Number(condition.eq)
    if ('neq' in condition) return value !== Number(condition.neq)
    if ('lte' in condition) return value <= Number(condition.lte)
    if ('gte' in condition) return value >= Number(condition.gte)
    if ('in' in condition) return condition.in.includes(`${value}`)
    return 'mask' in condition && (value & Number(condition.mask)) === Number(condition.equals)
  })
}

/** As it is compared: up to 64 values in a row, or so many that are listed, value by value. */
function isList(condition: Condition): boolean {
  const values = admitted(condition)
  const whole = (values.at(-1) ?? 0) - (values[0] ?? 0) === values.length - 1
  return 'eq' in condition || 'in' in condition || (!('neq' in condition) && whole && values.length <= 64)
}

describe('implies', () => {
  test('behavior: right for every pair; not seen are only masks with gaps in lists, and all but one value in a range', () => {
    for (const narrow of CONDITIONS) {
      const values = admitted(narrow)
      for (const wide of CONDITIONS) {
        const all = new Set(admitted(wide))
        const truth = values.every((value) => all.has(value))
        const gaps = 'mask' in narrow && !isList(narrow) && isList(wide)
        const butOne = 'neq' in narrow && !('neq' in wide) && all.size < 256
        expect([narrow, wide, says('uint8', narrow, wide)]).toEqual([narrow, wide, truth && !gaps && !butOne])
      }
    }
  })

  test('behavior: nothing demanded is every value, of a word', () => {
    expect(says('uint8', undefined, { lte: '255' })).toBe(true)
    expect(says('uint8', undefined, { lte: '254' })).toBe(false)
    expect(says('int8', undefined, { gte: '-128' })).toBe(true)
    expect(says('int8', undefined, { gte: '-127' })).toBe(false)
    expect(says('bool', undefined, { in: [true, false] })).toBe(true)
    expect(says('bool', undefined, { eq: true })).toBe(false)
    expect(says('uint8', undefined, { mask: '0', equals: '0' })).toBe(true)
    for (const type of ['bytes', 'string', 'uint8[]']) {
      expect(says(type, undefined, { length: { lte: '4294967295' } })).toBe(false)
    }
  })

  test('error: what no value satisfies, or no word can, implies nothing and is implied by nothing', () => {
    const impossible: readonly Condition[] = [
      { lte: '-1' },
      { lte: '-9' },
      { gte: '256' },
      { in: [] },
      { length: { lte: '1' } },
    ]
    for (const condition of impossible) {
      expect([condition, says('uint8', condition, { lte: '255' })]).toEqual([condition, false])
      expect([condition, says('uint8', { eq: '1' }, condition)]).toEqual([condition, false])
    }
  })

  test('behavior: negative values, accounts and fixed bytes', () => {
    expect(says('int8', { in: ['-128', '127'] }, { gte: '-128' })).toBe(true)
    expect(says('int8', { in: ['-128', '127'] }, { gte: '-127' })).toBe(false)
    expect(says('int8', { lte: '-65' }, { lte: '-65' })).toBe(true)
    expect(says('int8', { lte: '-64' }, { lte: '-65' })).toBe(false)
    expect(says('address', { eq: 'delegate' }, { in: [PRINCIPAL, DELEGATE] })).toBe(true)
    expect(says('address', { eq: PAYEES[0] }, { in: ['principal', 'delegate'] })).toBe(false)
    expect(says('bytes2', { eq: '0x0102' }, { neq: '0x0201' })).toBe(true)
    expect(says('bytes2', { eq: '0x0102' }, { neq: '0x0102' })).toBe(false)
  })

  const [ONE, TWO] = ['0x01', '0x0202'] as const
  test.each<[Condition, Condition, boolean]>([
    [{ eq: ONE }, { eq: ONE }, true],
    [{ eq: ONE }, { eq: TWO }, false],
    [{ in: [ONE, TWO] }, { in: [TWO, '0x', ONE] }, true],
    [{ in: [ONE, TWO] }, { in: [ONE] }, false],
    [{ in: [TWO, ONE] }, { in: [ONE] }, false],
    [{ in: [ONE, TWO] }, { neq: '0x' }, true],
    [{ in: [ONE, TWO] }, { neq: TWO }, false],
    [{ in: [ONE, TWO] }, { length: { lte: '2' } }, true],
    [{ in: [ONE, TWO] }, { length: { lte: '1' } }, false],
    [{ eq: ONE }, { hash: keccak256(ONE) }, true],
    [{ eq: ONE }, { hash: keccak256(TWO) }, false],
    [{ eq: ONE }, { lte: '9' }, false],
    [{ length: { lte: '2' } }, { length: { lte: '2' } }, true],
    [{ length: { lte: '2' } }, { length: { lte: '3' } }, true],
    [{ length: { lte: '2' } }, { length: { lte: '1' } }, false],
    [{ length: { lte: '2' } }, { neq: ONE }, false],
    [{ neq: ONE }, { length: { lte: '2' } }, false],
    [{ hash: keccak256(ONE) }, { hash: keccak256(ONE) }, true],
    [{ hash: keccak256(ONE) }, { hash: keccak256(TWO) }, false],
    [{ hash: keccak256(ONE) }, { neq: TWO }, false],
    [{ neq: ONE }, { hash: keccak256(ONE) }, false],
    [{ hash: keccak256(ONE) }, { length: { lte: '9' } }, false],
    [{ neq: ONE }, { neq: ONE }, true],
    [{ neq: ONE }, { neq: TWO }, false],
    [{ neq: ONE }, { eq: TWO }, false],
    [{ lte: '1' }, { lte: '1' }, false],
  ])('behavior: bytes %j in %j: %s', (narrow, wide, expected) => {
    expect(says('bytes', narrow, wide)).toBe(expected)
  })
})

describe('largestOf', () => {
  test('behavior: the largest value that there is, whatever the condition', () => {
    for (const condition of CONDITIONS) {
      expect([condition, largestOf(abiType('uint8'), bound(condition))]).toEqual([
        condition,
        BigInt(admitted(condition).at(-1) ?? -1),
      ])
    }
    expect(largestOf(abiType('uint8'), undefined)).toBe(255n)
    expect(largestOf(abiType('uint8'), bound({ in: [] }))).toBe(0n)
  })
})
