import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type AbiType, abiType } from './abi.ts'
import { implies, largestOf } from './implies.ts'
import type { Condition } from './types.ts'

const accounts = { principal: `0x${'01'.repeat(20)}`, delegate: `0x${'02'.repeat(20)}` } as const
const bound = (condition: Condition) => ({ condition, accounts })
const byte = fc.integer({ min: 0, max: 255 })
const signedByte = fc.integer({ min: -128, max: 127 })

const onIntegers = (value: fc.Arbitrary<number>) => {
  const text = value.map(String)
  return [
    text.map((eq): Condition => ({ eq })),
    text.map((neq): Condition => ({ neq })),
    text.map((lte): Condition => ({ lte })),
    text.map((gte): Condition => ({ gte })),
    fc.uniqueArray(text, { minLength: 1, maxLength: 4 }).map((values): Condition => ({ in: values })),
  ]
}
const mask = fc.tuple(byte, byte).map(([m, e]): Condition => ({ mask: String(m), equals: String(m & e) }))

/** What a condition means, said once more and differently: for each value of a byte. */
function admits(condition: Condition | undefined, value: number): boolean {
  if (condition === undefined) return true
  if ('eq' in condition) return value === Number(condition.eq)
  if ('neq' in condition) return value !== Number(condition.neq)
  if ('lte' in condition) return value <= Number(condition.lte)
  if ('gte' in condition) return value >= Number(condition.gte)
  if ('in' in condition) return condition.in.some((candidate) => Number(candidate) === value)
  if ('mask' in condition) return (value & Number(condition.mask)) === Number(condition.equals)
  throw new RangeError('not a condition on an integer')
}

function check(type: AbiType, values: readonly number[], condition: fc.Arbitrary<Condition>) {
  const seen = { yes: 0, no: 0, missed: 0 }
  fc.assert(
    fc.property(fc.option(condition, { nil: undefined, freq: 10 }), condition, (narrow, wide) => {
      const truth = values.every((value) => !admits(narrow, value) || admits(wide, value))
      const said = implies(type, narrow && bound(narrow), bound(wide))
      // The attack: a child whose condition lets through what the parent's does not.
      if (said) expect(truth).toBe(true)
      if (said) seen.yes++
      else if (truth) seen.missed++
      else seen.no++
    }),
    { numRuns: 5_000 },
  )
  expect(seen.yes).toBeGreaterThan(200)
  expect(seen.no).toBeGreaterThan(200)
  expect(seen.missed).toBeLessThan(seen.yes / 3)
}

describe('implies', () => {
  test('behavior: a yes is right for every value of uint8', () => {
    const all = Array.from({ length: 256 }, (_, i) => i)
    const edges = fc.oneof(byte, fc.constantFrom(0, 1, 2, 3, 254, 255))
    check(abiType('uint8'), all, fc.oneof(...onIntegers(edges), mask))
  })

  test('behavior: a yes is right for every value of int8', () => {
    const all = Array.from({ length: 256 }, (_, i) => i - 128)
    const edges = fc.oneof(signedByte, fc.constantFrom(-128, -127, -1, 0, 126, 127))
    check(abiType('int8'), all, fc.oneof(...onIntegers(edges)))
  })

  test('behavior: accounts by name are the accounts of the scope they stand in', () => {
    const other = { principal: accounts.principal, delegate: `0x${'03'.repeat(20)}` } as const
    const type = abiType('address')
    expect(implies(type, bound({ eq: 'principal' }), bound({ eq: accounts.principal }))).toBe(true)
    expect(implies(type, { condition: { eq: 'delegate' }, accounts: other }, bound({ eq: 'delegate' }))).toBe(false)
  })

  test('behavior: bytes and strings', () => {
    const bytes = abiType('bytes')
    const hash = '0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470'
    expect(implies(bytes, bound({ eq: '0x' }), bound({ hash }))).toBe(true)
    expect(implies(bytes, bound({ eq: '0x00' }), bound({ hash }))).toBe(false)
    expect(implies(bytes, bound({ hash }), bound({ hash }))).toBe(true)
    expect(implies(bytes, bound({ eq: '0x0001' }), bound({ length: { lte: '2' } }))).toBe(true)
    expect(implies(bytes, bound({ eq: '0x000102' }), bound({ length: { lte: '2' } }))).toBe(false)
    expect(implies(bytes, bound({ length: { lte: '3' } }), bound({ length: { lte: '2' } }))).toBe(false)
    expect(implies(bytes, undefined, bound({ length: { lte: '2' } }))).toBe(false)
    // Two letters, three bytes: a length counts what the chain counts.
    expect(implies(abiType('string'), bound({ eq: 'éa' }), bound({ length: { lte: '2' } }))).toBe(false)
    expect(implies(abiType('string'), bound({ in: ['a', 'b'] }), bound({ neq: 'c' }))).toBe(true)
    expect(implies(abiType('uint256[]'), bound({ length: { lte: '1' } }), bound({ length: { lte: '2' } }))).toBe(true)
  })
})

describe('largestOf', () => {
  test('behavior: no admitted byte is larger', () => {
    fc.assert(
      fc.property(fc.oneof(...onIntegers(byte), mask), (condition) => {
        const admitted = Array.from({ length: 256 }, (_, i) => i).filter((value) => admits(condition, value))
        expect(Number(largestOf(abiType('uint8'), bound(condition)))).toBe(Math.max(...admitted))
      }),
    )
  })
})
