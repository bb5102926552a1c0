import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { codeOf } from '../../test/codes.ts'
import { AmbitError } from '../errors.ts'
import { parseDuration } from '../primitives/time.ts'
import { isTestChain, parseChain } from './chains.ts'
import { parseEnd, parseHumanDuration, parseLimit } from './units.ts'

describe('parseHumanDuration', () => {
  test.each([
    ['30d', 'P30D'],
    ['12h', 'PT12H'],
    ['5m', 'PT5M'],
    ['45s', 'PT45S'],
    ['2 weeks', 'P2W'],
    ['day', 'P1D'],
    ['1y', 'P1Y'],
    ['PT90M', 'PT90M'],
  ])('default: %s', (text, iso) => {
    expect(parseHumanDuration(text, '--expires')).toBe(iso)
  })

  test.each([
    '',
    '0d',
    '-1d',
    '1.5d',
    '1 month',
    '1mo',
    'd1',
    '1d2h',
    '01d',
    'forever',
    'toString',
    '1\u00a0d',
    '99999999999d',
  ])('error: %j', (text) => {
    expect(codeOf(() => parseHumanDuration(text, '--expires')).code).toBe('cli.usage')
  })

  test('behavior: what it accepts has a length, whatever it is given', () => {
    let read = 0
    fc.assert(
      fc.property(
        fc.tuple(fc.nat(20_000), fc.constantFrom('s', 'm', 'h', 'd', 'w', 'y', 'x', ' days', '')),
        ([n, unit]) => {
          try {
            expect(parseDuration(parseHumanDuration(`${n}${unit}`, '--x'))).toBeGreaterThan(0n)
            read++
          } catch (error) {
            expect(error).toBeInstanceOf(AmbitError)
          }
        },
      ),
    )
    expect(read).toBeGreaterThan(20)
  })
})

describe('parseEnd', () => {
  test('default', () => {
    expect(parseEnd('1d', 1_000n, '--expires')).toBe(87_400n)
    expect(parseEnd('2026-12-20T00:00:00Z', 1_000n, '--expires')).toBe(1_797_724_800n)
  })

  test('error: a date without a time is not an instant', () => {
    expect(codeOf(() => parseEnd('2026-12-20', 0n, '--expires')).code).toBe('time.invalid_instant')
  })
})

describe('parseLimit', () => {
  test('default', () => {
    expect(parseLimit('10/day', '--limit')).toEqual({ max: '10', per: 'P1D' })
    expect(parseLimit('2.50/12h', '--limit')).toEqual({ max: '2.50', per: 'PT12H' })
    expect(parseLimit('100', '--limit')).toEqual({ max: '100' })
  })

  test.each(['', '/day', '10/', '10/day/day', '-1/day', '1e3/day', '10,5', '0x10', 'unlimited', '10 USDC'])(
    'error: %j',
    (text) => {
      expect(codeOf(() => parseLimit(text, '--limit')).code).toBe('cli.usage')
    },
  )
})

describe('parseChain', () => {
  test('default', () => {
    expect(parseChain('local')).toEqual({ id: 31_337, embedded: true })
    expect(parseChain('31337')).toEqual({ id: 31_337, embedded: false })
    expect(parseChain('base')).toEqual({ id: 8_453, embedded: false })
    expect(parseChain('eip155:8453')).toEqual({ id: 8_453, embedded: false })
  })

  test.each(['', '0', '01', '-1', '1.5', '99999999999999999', 'eip155:', 'solana:1', 'constructor', '__proto__'])(
    'error: %j',
    (text) => {
      expect(codeOf(() => parseChain(text)).code).toBe('cli.chain_unknown')
    },
  )

  test('behavior: a chain nobody knows counts as a mainnet', () => {
    expect([1, 8_453, 424_242].map(isTestChain)).toEqual([false, false, false])
    expect([31_337, 11_155_111].map(isTestChain)).toEqual([true, true])
  })
})
