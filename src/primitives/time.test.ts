import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatDuration, formatInstant, LAST_INSTANT, parseDuration, parseInstant, TimeError } from './time.ts'

const codeOf = (act: () => unknown) => {
  try {
    act()
  } catch (error) {
    if (error instanceof TimeError) return error.code
    throw error
  }
  return 'ok'
}

describe('parseInstant', () => {
  test('default', () => {
    expect(parseInstant('2026-12-20T00:00:00Z')).toBe(1_797_724_800n)
    expect(parseInstant('1970-01-01T00:00:00Z')).toBe(0n)
    expect(parseInstant('2028-02-29T23:59:59Z')).toBe(1_835_481_599n)
    expect(parseInstant('9999-12-31T23:59:59Z')).toBe(LAST_INSTANT)
  })

  test.each([
    '2026-02-29T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-10T00:00:00Z',
    '2026-01-00T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01T00:60:00Z',
    '2016-12-31T23:59:60Z',
  ])('error: %s is no date, and is not moved to the next one', (text) => {
    expect(codeOf(() => parseInstant(text))).toBe('time.no_such_date')
  })

  test.each([
    '2026-12-20',
    '2026-12-20T00:00:00',
    '2026-12-20T00:00:00+01:00',
    '2026-12-20T00:00:00.5Z',
    '2026-12-20t00:00:00z',
    ' 2026-12-20T00:00:00Z',
    '２026-12-20T00:00:00Z',
    '2026-12-20T00:00:00Z\n',
    '+02026-12-20T00:00:00Z',
    '',
  ])('error: %j is not an instant', (text) => {
    expect(codeOf(() => parseInstant(text))).toBe('time.invalid_instant')
  })

  test('error: before 1970', () => {
    expect(codeOf(() => parseInstant('1969-12-31T23:59:59Z'))).toBe('time.instant_out_of_range')
    expect(codeOf(() => parseInstant('0000-01-01T00:00:00Z'))).toBe('time.instant_out_of_range')
  })

  test('behavior: reads every instant it writes', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: LAST_INSTANT }), (seconds) => {
        expect(parseInstant(formatInstant(seconds))).toBe(seconds)
      }),
    )
  })

  test('behavior: near-valid text is read as Date reads it, or refused with a code', () => {
    const seen = new Set<string>()
    const part = (max: number) => fc.integer({ min: 0, max }).map((n) => String(n).padStart(2, '0'))
    const year = fc.oneof(fc.constantFrom('1969', '1970', '2026', '9999'), fc.constantFrom('26', '12026'))
    const text = fc
      .tuple(year, part(14), part(33), part(25), part(61), part(61))
      .map(([y, mo, d, h, mi, s]) => `${y}-${mo}-${d}T${h}:${mi}:${s}Z`)
    fc.assert(
      fc.property(text, (value) => {
        const code = codeOf(() => parseInstant(value))
        seen.add(code)
        if (code === 'ok') expect(parseInstant(value)).toBe(BigInt(Date.parse(value)) / 1000n)
      }),
      { numRuns: 500 },
    )
    expect([...seen].sort()).toEqual(['ok', 'time.instant_out_of_range', 'time.invalid_instant', 'time.no_such_date'])
  })
})

describe('formatInstant', () => {
  test('error: outside what the text form can write', () => {
    expect(codeOf(() => formatInstant(-1n))).toBe('time.instant_out_of_range')
    expect(codeOf(() => formatInstant(LAST_INSTANT + 1n))).toBe('time.instant_out_of_range')
  })
})

describe('parseDuration', () => {
  test('default', () => {
    expect(parseDuration('PT15M')).toBe(900n)
    expect(parseDuration('P1D')).toBe(86_400n)
    expect(parseDuration('P2W')).toBe(1_209_600n)
    expect(parseDuration('P1Y')).toBe(31_536_000n)
    expect(parseDuration('P1DT1H1M1S')).toBe(90_061n)
    expect(parseDuration('PT0H1S')).toBe(1n)
  })

  test.each(['P', 'PT', 'P1DT', 'P1M', 'P1.5D', '-P1D', 'P-1D', 'PT1M1H', '1D', 'P1d', 'P99999Y', 'P1D '])(
    'error: %j is not a duration',
    (text) => {
      expect(codeOf(() => parseDuration(text))).toBe('time.invalid_duration')
    },
  )

  test('error: zero', () => {
    expect(codeOf(() => parseDuration('PT0S'))).toBe('time.duration_out_of_range')
    expect(codeOf(() => parseDuration('P0D'))).toBe('time.duration_out_of_range')
  })

  test('behavior: any text gives a value or a code, quickly', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^P[0-9YWDTHMS]{0,40}$/)), (text) => {
        codeOf(() => parseDuration(text))
      }),
      { numRuns: 500 },
    )
    expect(codeOf(() => parseDuration(`P${'1'.repeat(2_000_000)}`))).toBe('time.invalid_duration')
  })
})

describe('formatDuration', () => {
  test('default', () => {
    expect(formatDuration(0n)).toBe('0 seconds')
    expect(formatDuration(1n)).toBe('1 second')
    expect(formatDuration(86_400n)).toBe('1 day')
    expect(formatDuration(129_660n)).toBe('1 day 12 hours 1 minute')
    expect(formatDuration(31_536_000n)).toBe('365 days')
  })

  test('error: negative', () => {
    expect(codeOf(() => formatDuration(-1n))).toBe('time.duration_out_of_range')
  })
})
