import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyKnownCaveat } from '../../test/arbitraries/caveat.ts'
import { baseEnvironment } from '../../test/arbitraries/environment.ts'
import { codeOf } from '../../test/codes.ts'
import { MAX_UINT256 } from '../primitives/amount.ts'
import type { Hex } from '../primitives/hex.ts'
import { LAST_INSTANT } from '../primitives/time.ts'
import { decodeCaveat, encodeCaveat } from './caveat.ts'
import type { KnownCaveat } from './codec.ts'
import { describeCaveat } from './describe.ts'
import {
  amountInWords,
  bytesInWords,
  durationInWords,
  instantInWords,
  integerInWords,
  listInWords,
  shownInWords,
  symbolText,
} from './words.ts'

/** What changed code got away with before: each of these stands against one change that no other test noticed. */

const A: Hex = `0x${'aa'.repeat(20)}`
const NATIVE: Hex = `0x${'00'.repeat(20)}`
const ONCE: KnownCaveat = { kind: 'limitedCalls', limit: 1n }

describe('describeCaveat', () => {
  test('behavior: four bytes at the start are a selector, and nothing else is', () => {
    const sentence = (start: bigint, value: `0x${string}`) =>
      describeCaveat({ kind: 'allowedCalldata', start, value }).sentence
    expect(sentence(0n, '0x12345678')).toBe('Only the function with selector 0x12345678')
    expect(sentence(0n, '0x1234567890')).toBe('Only where bytes 0 to 4 of the calldata are 0x1234567890')
    expect(sentence(4n, '0x12345678')).toBe('Only where bytes 4 to 7 of the calldata are 0x12345678')
  })

  test('behavior: a stream is warned of exactly where a hundred years of it no longer fit', () => {
    const stream = (initial: bigint, perSecond: bigint) =>
      describeCaveat({ kind: 'nativeStreaming', initial, max: MAX_UINT256, perSecond, start: 0n }).warnings
    const overflow = expect.stringContaining('overflows')
    const seconds = 36_500n * 86_400n
    const perSecond = MAX_UINT256 / seconds
    const rest = MAX_UINT256 - perSecond * seconds
    expect(stream(rest, perSecond)).not.toContainEqual(overflow)
    expect(stream(rest + 1n, perSecond)).toContainEqual(overflow)
  })

  test('behavior: a word at 4 is a payee beside a token limit only, and only with twelve zero bytes before', () => {
    const sentence = (start: bigint, value: Hex, erc20Transfer = true) =>
      describeCaveat({ kind: 'allowedCalldata', start, value }, { erc20Transfer }).sentence
    const payee = `${'00'.repeat(12)}${'aa'.repeat(20)}` as const
    expect(sentence(4n, `0x${payee}`)).toMatch(/^Only to 0x/)
    const others = [
      sentence(4n, `0x${payee}`, false),
      sentence(36n, `0x${payee}`),
      sentence(4n, `0x${payee}00`),
      sentence(4n, `0x${payee.slice(0, -2)}`),
      sentence(4n, `0x${'00'.repeat(11)}01${'aa'.repeat(20)}`),
    ]
    for (const other of others) expect(other).toMatch(/^Only where bytes/)
  })

  test('behavior: the first second and block are those behind the bound, zero being none', () => {
    const sentences = (after: bigint, before: bigint) => [
      describeCaveat({ kind: 'timestamp', after, before }).sentence,
      describeCaveat({ kind: 'blockNumber', after, before }).sentence,
    ]
    expect(sentences(0n, 60n)).toEqual(['Expires 1 Jan 1970 00:01 UTC', 'Expires with block 60'])
    expect(sentences(1n, 60n)).toEqual([
      'Not before 1 Jan 1970 00:00:02 UTC. Expires 1 Jan 1970 00:01 UTC',
      'Not before block 2. Expires with block 60',
    ])
  })

  test('behavior: one call is once, any other number a number of times', () => {
    const sentence = (limit: bigint) => describeCaveat({ kind: 'limitedCalls', limit }).sentence
    expect([0n, 1n, 2n].map(sentence)).toEqual(['At most 0 times', 'Once only', 'At most 2 times'])
  })

  test('behavior: one token is a token, none and two are tokens', () => {
    const word = (amount: bigint) =>
      describeCaveat({ kind: 'erc721BalanceChange', direction: 'increase', token: A, recipient: A, amount }).sentence
    expect(word(1n)).toContain('at least 1 more token of')
    expect([word(0n), word(2n)].every((sentence) => sentence.includes('more tokens of'))).toBe(true)
  })

  test('behavior: native coin and two tokens are three, and a native coin named twice is warned of', () => {
    const warnings = (...tokens: Hex[]) =>
      describeCaveat({
        kind: 'multiTokenPeriod',
        periods: tokens.map((token) => ({ token, amount: 1n, duration: 60n, start: 1n })),
      }).warnings
    expect(warnings(A, NATIVE, `0x${'bb'.repeat(20)}`)).toEqual([])
    expect(warnings(NATIVE, A, NATIVE)).toContainEqual(expect.stringContaining('add up'))
  })

  test('behavior: a caveat inside a choice is cut past 240 characters, and the whole choice past 1,000', () => {
    const CUT = 'Only the beginning is shown.'
    /** A caveat with an id of one digit has `length` characters. */
    const isCut = (length: number, ...ids: bigint[]) => {
      const group = ids.map((id) => ({ meaning: { kind: 'id', id } as const, args: '0x' as const }))
      const principalName = 'x'.repeat(length - 'Once among all delegations of  with the id 1'.length)
      return describeCaveat({ kind: 'logicalOr', groups: [group] }, { principalName }).warnings.includes(CUT)
    }
    expect([isCut(240, 1n), isCut(241, 1n)]).toEqual([false, true])
    expect([isCut(190, 1n, 2n, 3n, 10n, 20n), isCut(190, 1n, 2n, 10n, 20n, 30n)]).toEqual([false, true])
  })
})

describe('words', () => {
  test('behavior: 24 digits are read, 25 are a power of ten', () => {
    const [most, more] = [10n ** 24n - 1n, 10n ** 24n]
    expect([integerInWords(most), integerInWords(more)]).toEqual(['9'.repeat(24), 'more than 10^24'])
    expect(amountInWords(most, undefined)).toEqual({ text: `${'9'.repeat(24)} base units`, warnings: [] })
    expect(amountInWords(more, undefined)).toMatchObject({ text: 'more than 10^24 base units', warnings: [{}] })
    // The digits before the point count.
    expect(amountInWords(most * 100n, { symbol: 'X', decimals: 2 }).warnings).toEqual([])
    expect(amountInWords(MAX_UINT256 - 1n, undefined).text).toBe('more than 10^77 base units')
    expect(amountInWords(MAX_UINT256, undefined).text).toBe('unlimited base units')
  })

  test('behavior: the last second of the year 9999 is a date, a hundred years are a lifetime', () => {
    expect(instantInWords(LAST_INSTANT)).toBe('31 Dec 9999 23:59:59 UTC')
    expect(instantInWords(LAST_INSTANT + 1n)).toBe('a time after the year 9999')
    const century = 36_500n * 86_400n
    expect([century - 1n, century].map((seconds) => durationInWords(seconds).warnings.length)).toEqual([0, 1])
  })

  test('behavior: 68 bytes, 16 entries and 40 characters are shown whole, one more is cut', () => {
    expect([68, 69].map((size) => bytesInWords(`0x${'ab'.repeat(size)}`))).toEqual([
      `0x${'ab'.repeat(68)}`,
      `0x${'ab'.repeat(68)}… (69 bytes)`,
    ])
    const list = (count: number) => listInWords(Array.from({ length: count }, (_, at) => `e${at + 1}`))
    expect([1, 2, 3].map((count) => list(count).text)).toEqual(['e1', 'e1 or e2', 'e1, e2 or e3'])
    expect(list(16)).toMatchObject({ text: expect.stringMatching(/e15 or e16$/), warnings: [] })
    expect(list(17)).toMatchObject({ text: expect.stringMatching(/e15, e16 or one of 1 more$/), warnings: [{}] })
    expect([40, 41].map((size) => symbolText('x'.repeat(size)))).toEqual(['x'.repeat(40), `${'x'.repeat(40)}…`])
  })

  test('behavior: entries are shown up to 600 characters, the first whatever its length', () => {
    const shown = (...sizes: number[]) =>
      shownInWords(
        sizes.map((size) => ({ text: 'x'.repeat(size), warnings: [] })),
        ', ',
      )
    expect(shown(300, 300)).toEqual({ text: `${'x'.repeat(300)}, ${'x'.repeat(300)}`, warnings: [] })
    expect(shown(300, 301)).toMatchObject({ text: `${'x'.repeat(300)}, 1 more`, warnings: [{}] })
    expect(shown(700)).toEqual({ text: 'x'.repeat(700), warnings: [] })
    expect(shown(700, 1, 1).text).toBe(`${'x'.repeat(700)}, 2 more`)
  })
})

describe('encodeCaveat and decodeCaveat', () => {
  const fits: [string, KnownCaveat][] = [
    ['one second between', { kind: 'timestamp', after: 10n, before: 12n }],
    ['one block between', { kind: 'blockNumber', after: 10n, before: 12n }],
    ['no end, however late the start', { kind: 'timestamp', after: 2n ** 128n - 1n, before: 0n }],
    ['a stream that is full at its start', { kind: 'nativeStreaming', initial: 2n, max: 2n, perSecond: 0n, start: 1n }],
    ['the last place of calldata', { kind: 'allowedCalldata', start: 2n ** 32n - 2n, value: '0x0102' }],
    ['one byte to compare', { kind: 'allowedCalldata', start: 0n, value: '0x01' }],
    ['one byte to deploy', { kind: 'deployed', address: A, salt: `0x${'01'.repeat(32)}`, bytecode: '0x00' }],
    ['a call without calldata', { kind: 'exactExecution', target: A, value: 0n, data: '0x' }],
    ['the first method', { kind: 'approvalRevocation', methods: ['erc20Approve'] }],
    ['the last one', { kind: 'approvalRevocation', methods: ['permit2InvalidateNonces'] }],
    ['a group without caveats', { kind: 'logicalOr', groups: [[]] }],
    ['sixteen groups', { kind: 'logicalOr', groups: Array(16).fill([]) }],
    ['sixteen caveats in one', { kind: 'logicalOr', groups: [Array(16).fill({ meaning: ONCE, args: '0x' })] }],
    ['256 calls', { kind: 'exactExecutionBatch', executions: Array(256).fill({ target: A, value: 0n, data: '0x' }) }],
  ]
  test.each(fits)('behavior: just fits: %s', async (_, caveat) => {
    const environment = await baseEnvironment()
    expect(decodeCaveat(environment, encodeCaveat(environment, caveat))).toEqual(caveat)
  })

  const past: [string, KnownCaveat, string][] = [
    ['the end before the start', { kind: 'timestamp', after: 12n, before: 10n }, 'unsatisfiable'],
    ['a place past all calldata', { kind: 'allowedCalldata', start: 2n ** 32n - 1n, value: '0x0102' }, 'unsatisfiable'],
    [
      'seventeen caveats in a group',
      { kind: 'logicalOr', groups: [Array(17).fill({ meaning: ONCE, args: '0x' })] },
      'out_of_range',
    ],
  ]
  test.each(past)('error: just does not fit: %s', async (_, caveat, code) => {
    const environment = await baseEnvironment()
    expect(codeOf(() => encodeCaveat(environment, caveat)).code).toBe(`caveats.${code}`)
  })

  test('error: terms one byte short of what they must have are malformed', async () => {
    const environment = await baseEnvironment()
    for (const caveat of [
      { kind: 'exactExecution', target: A, value: 0n, data: '0x' },
      { kind: 'specificActionBatch', token: A, recipient: A, amount: 1n, first: { target: A, value: 0n, data: '0x' } },
      { kind: 'deployed', address: A, salt: `0x${'01'.repeat(32)}`, bytecode: '0x00' },
      { kind: 'allowedCalldata', start: 0n, value: '0x01' },
    ] as const) {
      const { enforcer, terms } = encodeCaveat(environment, caveat)
      const short = decodeCaveat(environment, { enforcer, terms: terms.slice(0, -2) as Hex, args: '0x' })
      expect(short).toMatchObject({ kind: 'unknown', reason: 'malformed_terms' })
    }
  })

  test('error: a flag of revocation past the last one, and none at all', async () => {
    const environment = await baseEnvironment()
    const { enforcer } = encodeCaveat(environment, { kind: 'approvalRevocation', methods: ['erc20Approve'] })
    const read = (terms: Hex) => decodeCaveat(environment, { enforcer, terms, args: '0x' }).kind
    expect((['0x00', '0x3f', '0x41', '0x81'] as const).map(read)).toEqual([
      'unknown',
      'approvalRevocation',
      'unknown',
      'unknown',
    ])
  })
})

describe('encodeCaveat', () => {
  test('error: a number one past what its place holds, in whatever place of whatever kind, says how many bits that has', async () => {
    const environment = await baseEnvironment()
    const seen = new Set<string>()
    fc.assert(
      fc.property(anyKnownCaveat(), (caveat) => {
        for (const [field, value] of Object.entries(caveat)) {
          if (typeof value !== 'bigint' || caveat.kind === 'allowedCalldata') continue
          const error = codeOf(() => encodeCaveat(environment, { ...caveat, [field]: 2n ** 256n } as KnownCaveat))
          expect(`${caveat.kind}.${field} ${error.code}`).toBe(`${caveat.kind}.${field} caveats.out_of_range`)
          expect([40, 128, 256]).toContain(error.details['bits'])
          seen.add(`${caveat.kind}.${field}`)
        }
      }),
      { numRuns: 500 },
    )
    expect(seen.size).toBeGreaterThan(20)
  })
})
