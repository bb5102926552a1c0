import { describe, expect, test } from 'vitest'
import { add, atMost, fraction, larger, multiply, smaller } from './fraction.ts'

const [third, half, twoSixths] = [fraction(1n, 3n), fraction(1n, 2n), fraction(2n, 6n)]

describe('fraction', () => {
  test('default: whole, and of', () => {
    expect([fraction(3n), fraction(3n, 6n)]).toEqual([
      { n: 3n, d: 1n },
      { n: 3n, d: 6n },
    ])
  })
})

describe('add', () => {
  test('default: in lowest terms', () => {
    expect(add(third, half)).toEqual({ n: 5n, d: 6n })
    expect(add(half, half)).toEqual({ n: 1n, d: 1n })
    expect(add(fraction(0n, 4n), fraction(0n, 6n))).toEqual({ n: 0n, d: 1n })
    expect(add(fraction(1n, 6n), fraction(1n, 6n))).toEqual({ n: 1n, d: 3n })
  })
})

describe('multiply', () => {
  test('default: in lowest terms', () => {
    expect(multiply(fraction(2n, 3n), fraction(3n, 4n))).toEqual({ n: 1n, d: 2n })
    expect(multiply(fraction(5n), fraction(7n, 3n))).toEqual({ n: 35n, d: 3n })
    expect(multiply(fraction(0n), half)).toEqual({ n: 0n, d: 1n })
  })
})

describe('atMost', () => {
  test('default: less, equal in other terms, and more', () => {
    expect([atMost(third, half), atMost(third, twoSixths), atMost(half, third)]).toEqual([true, true, false])
  })
})

describe('larger', () => {
  test('default', () => {
    expect([larger(third, half), larger(half, third)]).toEqual([half, half])
  })
})

describe('smaller', () => {
  test('default', () => {
    expect([smaller(third, half), smaller(half, third)]).toEqual([third, third])
  })
})
