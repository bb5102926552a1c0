import { describe, expect, test } from 'vitest'
import { max, min } from './integer.ts'

describe('max', () => {
  test('default', () => {
    expect([max(1n, 2n), max(2n, 1n), max(2n, 2n), max(-1n, 0n)]).toEqual([2n, 2n, 2n, 0n])
  })
})

describe('min', () => {
  test('default', () => {
    expect([min(1n, 2n), min(2n, 1n), min(2n, 2n), min(-1n, 0n)]).toEqual([1n, 1n, 2n, -1n])
  })
})
