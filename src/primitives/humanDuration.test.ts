import { describe, expect, test } from 'vitest'
import { readHumanDuration } from './humanDuration.ts'
import { parseDuration } from './time.ts'

describe('readHumanDuration', () => {
  test('default: a number and a unit, in the form that parseDuration reads', () => {
    expect(readHumanDuration('30d')).toBe('P30D')
    expect(readHumanDuration('12 hours')).toBe('PT12H')
    expect(readHumanDuration('day')).toBe('P1D')
    expect(readHumanDuration('PT15M')).toBe('PT15M')
  })

  test('behavior: every unit, in every spelling, is as long as it is called', () => {
    const units = {
      1: ['s', 'second', 'seconds'],
      60: ['m', 'min', 'minute', 'minutes'],
      3600: ['h', 'hour', 'hours'],
      86400: ['d', 'day', 'days'],
      604800: ['w', 'week', 'weeks'],
      31536000: ['y', 'year', 'years'],
    }
    for (const [seconds, names] of Object.entries(units)) {
      for (const name of names) {
        expect(parseDuration(readHumanDuration(`2${name}`) ?? '')).toBe(2n * BigInt(seconds))
        expect(parseDuration(readHumanDuration(name) ?? '')).toBe(BigInt(seconds))
      }
    }
  })

  test('error: months, zero, too many digits, names of Object', () => {
    for (const text of ['1 month', '0d', '-1d', '1.5d', '1  d', 'D', '', 'constructor', '1d2h', '1234567890s'])
      expect(readHumanDuration(text)).toBeUndefined()
    expect(readHumanDuration('123456789s')).toBe('PT123456789S')
  })
})
