import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { amountInWords, instantInWords } from '../../caveats/words.ts'
import { toChecksum } from '../../primitives/address.ts'
import { MAX_UINT256 } from '../../primitives/bounds.ts'
import type { Address } from '../../primitives/hex.ts'
import { formatDuration } from '../../primitives/time.ts'
import { checksum, inert, infoOf, instant, isLimit, listed, money, network, short, span } from './words.ts'

const TOKEN: Address = `0x${'ab'.repeat(20)}`
const address = (byte: number): Address => `0x${byte.toString(16).padStart(2, '0').repeat(20)}`

describe('money', () => {
  test('default: the words of a caveat for the same amount', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: MAX_UINT256 }), fc.nat(255), fc.nat(77), (amount, shift, decimals) => {
        const value = amount >> BigInt(shift)
        const info = { symbol: 'USDC', decimals }
        expect(money(value, TOKEN, { [TOKEN]: info })).toBe(amountInWords(value, info).text)
      }),
    )
  })

  test.each<[bigint | 'unlimited', string]>([
    [12_500_000n, '12.5 USDC'],
    ['unlimited', 'unlimited USDC'],
    [MAX_UINT256, 'unlimited USDC'],
    [10n ** 30n - 1n, `${'9'.repeat(24)}.999999 USDC`],
    [10n ** 30n, 'more than 10^24 USDC'],
  ])('behavior: never a number that nobody counts: %s', (amount, words) => {
    expect(money(amount, TOKEN, { [TOKEN]: { symbol: 'USDC', decimals: 6 } })).toBe(words)
  })

  test('behavior: an unknown token is its address and base units, the native coin has eighteen decimals', () => {
    expect(money(5n, TOKEN, {})).toBe(`5 base units of ${toChecksum(TOKEN)}`)
    expect(money(15n * 10n ** 17n, 'native', {})).toBe('1.5 native coin')
    expect(money(1_500n, 'native', { native: { symbol: 'ETH', decimals: 3 } })).toBe('1.5 ETH')
  })

  test('error: a symbol is inert, and short', () => {
    const of = (symbol: string) => money(1n, TOKEN, { [TOKEN]: { symbol, decimals: 0 } })
    expect(of('USDC\u202e\n')).toBe('1 USDC\\u202e\\n')
    expect(of('A'.repeat(40))).toBe(`1 ${'A'.repeat(40)}`)
    expect(of('A'.repeat(41))).toBe(`1 ${'A'.repeat(40)}…`)
  })
})

describe('infoOf', () => {
  test.each<[number, boolean]>([
    [-1, false],
    [0, true],
    [77, true],
    [78, false],
    [1.5, false],
    [Number.NaN, false],
    [1e9, false],
  ])('default: a token of %s decimals is known: %s', (decimals, known) => {
    expect(infoOf(TOKEN, { [TOKEN]: { symbol: 'T', decimals } }) !== undefined).toBe(known)
  })

  test('behavior: what an object inherits is no token', () => {
    expect(infoOf('constructor' as Address, {})).toBeUndefined()
    expect(infoOf(TOKEN, Object.create({ [TOKEN]: { symbol: 'T', decimals: 0 } }))).toBeUndefined()
  })
})

describe('isLimit', () => {
  test('default: below what no token has', () => {
    const tokens = { [TOKEN]: { symbol: 'T', decimals: 6 } }
    expect(isLimit(10n ** 30n - 1n, TOKEN, tokens)).toBe(true)
    expect(isLimit(10n ** 30n, TOKEN, tokens)).toBe(false)
    expect(isLimit('unlimited', TOKEN, tokens)).toBe(false)
    expect(isLimit(10n ** 24n - 1n, TOKEN, {})).toBe(true)
    expect(isLimit(10n ** 24n, TOKEN, {})).toBe(false)
  })
})

describe('instant', () => {
  test('default: the words of a caveat for the same time', () => {
    fc.assert(
      fc.property(fc.nat(253_402_300_799), fc.boolean(), (at, whole) => {
        const seconds = whole ? at - (at % 60) : at
        expect(instant(seconds)).toBe(instantInWords(BigInt(seconds)))
      }),
    )
  })

  test.each<[number, string]>([
    [0, '1 Jan 1970 00:00 UTC'],
    [1_795_132_800, '20 Nov 2026 00:00 UTC'],
    [1_795_132_801, '20 Nov 2026 00:00:01 UTC'],
    [253_402_300_799, '31 Dec 9999 23:59:59 UTC'],
    [253_402_300_800, 'a time after the year 9999'],
    [Number.MAX_SAFE_INTEGER, 'a time after the year 9999'],
  ])('behavior: %s is %s', (seconds, words) => {
    expect(instant(seconds)).toBe(words)
  })
})

describe('span', () => {
  test('default: the words for the same duration', () => {
    fc.assert(
      fc.property(fc.nat(315_360_000), fc.constantFrom(1, 60, 3_600, 86_400), (count, unit) => {
        const seconds = count % (315_360_000 / unit)
        expect(span(Math.floor(seconds) * unit)).toBe(formatDuration(BigInt(Math.floor(seconds) * unit)))
      }),
    )
  })

  test.each<[number, string]>([
    [0, '0 seconds'],
    [1, '1 second'],
    [86_400, '1 day'],
    [90_061, '1 day 1 hour 1 minute 1 second'],
    [172_800, '2 days'],
  ])('behavior: %s seconds are %s', (seconds, words) => {
    expect(span(seconds)).toBe(words)
  })
})

describe('inert', () => {
  test('default: people’s text is left as it is', () => {
    expect(inert('Pay the "best" API – 你好 👍 \\o/', 100)).toBe('Pay the "best" API – 你好 👍 \\o/')
  })

  test.each<[string, string]>([
    ['a new line', '\n'],
    ['an escape', '\u001b'],
    ['a delete', '\u007f'],
    ['a right-to-left override', '\u202e'],
    ['an isolate', '\u2067'],
    ['an Arabic letter mark', '\u061c'],
    ['a zero-width space', '\u200b'],
    ['a line separator', '\u2028'],
    ['half a pair', '\ud83d'],
    ['a tag, which nobody sees', '\u{e0041}'],
  ])('error: %s is shown and not obeyed, wherever it stands', (_, character) => {
    for (const before of ['', 'a', 'a'.repeat(29), 'a'.repeat(30), 'a'.repeat(31)]) {
      const shown = inert(`${before}${character}b`, 100)
      expect(shown).not.toContain(character)
      expect(shown.startsWith(before)).toBe(true)
      expect(shown.slice(before.length)).toMatch(/^\\(?:n|u[0-9a-f]{4}|u\{[0-9a-f]{5}\})b$/)
    }
  })

  test('behavior: cut at the bound, with a sign that it was', () => {
    expect(inert('a'.repeat(10), 10)).toBe('a'.repeat(10))
    expect(inert('a'.repeat(11), 10)).toBe(`${'a'.repeat(10)}…`)
    expect(inert('\u0000'.repeat(1_000_000), 500)).toHaveLength(500 * 6 + 1)
  })
})

describe('checksum', () => {
  test('default: of any case; what is no address is inert', () => {
    expect(checksum(TOKEN.toUpperCase().replace('0X', '0x'))).toBe(toChecksum(TOKEN))
    expect(checksum(`${TOKEN}0`)).toBe(`${TOKEN.slice(0, 42)}…`)
    expect(checksum('\u202e')).toBe('\\u202e')
    expect(short(TOKEN)).toBe(`${toChecksum(TOKEN).slice(0, 6)}…${toChecksum(TOKEN).slice(-4)}`)
  })
})

describe('listed', () => {
  test('default: sixteen are shown, of more how many', () => {
    const all = Array.from({ length: 17 }, (_, index) => address(index))
    expect(listed(all.slice(0, 2))).toBe(`${toChecksum(address(0))}, ${toChecksum(address(1))}`)
    expect(listed(all.slice(0, 16)).split(', ')).toHaveLength(16)
    expect(listed(all.slice(0, 16))).not.toContain('more')
    expect(listed(all)).toBe(`${listed(all.slice(0, 16))} and 1 more`)
  })
})

describe('network', () => {
  test('default: by name, or by number', () => {
    expect(network(8453, undefined)).toBe('chain 8453')
    expect(network(8453, 'Base\u202e')).toBe('Base\\u202e')
  })
})
