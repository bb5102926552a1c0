import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { AbiValue, described, field } from './forms.ts'

describe('described', () => {
  test('default: what is said beside a field, and nothing that is not', () => {
    const meta = (...notes: [Parameters<typeof described>[2]?]) => described(z.string(), 'd', ...notes).meta()
    expect(meta()).toEqual({ description: 'd' })
    expect(meta({ unit: 'wei' })).toEqual({ description: 'd', 'x-unit': 'wei' })
    expect(meta({ errors: ['scope.expired'] })).toEqual({ description: 'd', 'x-errors': ['scope.expired'] })
    expect(meta({ example: 0 })).toEqual({ description: 'd', examples: [0] })
  })
})

describe('field', () => {
  test('default: a value, or the value with its source', () => {
    const text = field(z.string(), 'd')
    expect(text.parse('a')).toBe('a')
    expect(text.parse({ value: 'a', source: 'ledger' })).toEqual({ value: 'a', source: 'ledger' })
    for (const wrong of [
      1,
      { value: 'a' },
      { value: 'a', source: 'confirmed' },
      { value: 'a', source: 'agent', more: 1 },
    ]) {
      expect(text.safeParse(wrong).success).toBe(false)
    }
  })
})

describe('AbiValue', () => {
  test('behavior: up to 8192 characters', () => {
    const read = (length: number) => AbiValue.safeParse('x'.repeat(length)).success
    expect([read(0), read(8_192), read(8_193)]).toEqual([true, true, false])
    expect(AbiValue.safeParse(false).success).toBe(true)
  })
})
