import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AmountError, compareAmounts, formatAmount, MAX_UINT256, parseAmount } from './amount.ts'

const codeOf = (act: () => unknown) => {
  try {
    act()
  } catch (error) {
    if (error instanceof AmountError) return error.code
    throw error
  }
  return 'ok'
}

describe('parseAmount', () => {
  test('default', () => {
    expect(parseAmount('12.50', 6)).toBe(12_500_000n)
    expect(parseAmount('0', 6)).toBe(0n)
    expect(parseAmount('5', 0)).toBe(5n)
    expect(parseAmount('0.000000000000000001', 18)).toBe(1n)
  })

  test.each([
    '',
    '.5',
    '5.',
    '05',
    '1e3',
    '-1',
    '+1',
    '1,000',
    '1_000',
    ' 1',
    '1 ',
    '0x10',
    '１',
    'NaN',
    '1.2.3',
    '1\n',
  ])('error: %j, which two readers could read in two ways', (text) => {
    expect(codeOf(() => parseAmount(text, 6))).toBe('amount.invalid')
  })

  test('error: more decimals than the asset, which would have to be rounded', () => {
    expect(codeOf(() => parseAmount('0.0000001', 6))).toBe('amount.too_many_decimals')
    expect(codeOf(() => parseAmount('1.5', 0))).toBe('amount.too_many_decimals')
    expect(codeOf(() => parseAmount('1.5000000', 6))).toBe('amount.too_many_decimals')
  })

  test('error: one past uint256', () => {
    expect(parseAmount(MAX_UINT256.toString(), 0)).toBe(MAX_UINT256)
    expect(codeOf(() => parseAmount((MAX_UINT256 + 1n).toString(), 0))).toBe('amount.overflow')
    expect(codeOf(() => parseAmount(MAX_UINT256.toString(), 1))).toBe('amount.overflow')
  })

  test.each([-1, 78, 1.5, Number.NaN])('error: %d decimals', (decimals) => {
    expect(codeOf(() => parseAmount('1', decimals))).toBe('amount.invalid_decimals')
  })

  test('behavior: reads every amount it writes', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: MAX_UINT256 }), fc.integer({ min: 0, max: 77 }), (value, decimals) => {
        expect(parseAmount(formatAmount(value, decimals), decimals)).toBe(value)
      }),
    )
  })

  test('behavior: near-valid text gives the exact amount or a code', () => {
    const seen = new Set<string>()
    const text = fc.oneof(
      fc.stringMatching(/^[0-9]{1,79}(?:\.[0-9]{0,20})?$/),
      fc.stringMatching(/^[1-9][0-9]{0,5}(?:\.[0-9]{1,8})?$/),
      fc.string({ maxLength: 8 }),
    )
    fc.assert(
      fc.property(text, fc.integer({ min: -1, max: 20 }), (value, decimals) => {
        const code = codeOf(() => parseAmount(value, decimals))
        seen.add(code)
        if (code !== 'ok') return
        const [whole = '', fraction = ''] = value.split('.')
        expect(parseAmount(value, decimals)).toBe(BigInt(whole) * 10n ** BigInt(decimals) + scaled(fraction, decimals))
      }),
      { numRuns: 2_000, examples: [[MAX_UINT256.toString(), 1]] },
    )
    expect([...seen].sort()).toEqual([
      'amount.invalid',
      'amount.invalid_decimals',
      'amount.overflow',
      'amount.too_many_decimals',
      'ok',
    ])
  })

  test('behavior: hostile length is refused at once', () => {
    expect(codeOf(() => parseAmount('1'.repeat(5_000_000), 6))).toBe('amount.invalid')
  })
})

describe('formatAmount', () => {
  test('default', () => {
    expect(formatAmount(12_500_000n, 6)).toBe('12.5')
    expect(formatAmount(0n, 18)).toBe('0')
    expect(formatAmount(1n, 18)).toBe('0.000000000000000001')
    expect(formatAmount(100n, 0)).toBe('100')
    expect(formatAmount(-1_500_000n, 6)).toBe('-1.5')
  })
})

describe('compareAmounts', () => {
  test('default', () => {
    expect(compareAmounts('1.5', '1.50')).toBe(0)
    expect(compareAmounts('1.49', '1.5')).toBe(-1)
    expect(compareAmounts('10', '9.999999999999999999999')).toBe(1)
  })
})

function scaled(fraction: string, decimals: number): bigint {
  return fraction === '' ? 0n : BigInt(fraction) * 10n ** BigInt(decimals - fraction.length)
}
