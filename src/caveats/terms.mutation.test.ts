import { describe, expect, test } from 'vitest'
import { baseEnvironment } from '../../test/arbitraries/environment.ts'
import { codeOf } from '../../test/codes.ts'
import { MAX_UINT256 } from '../primitives/amount.ts'
import { concatBytes, type Hex } from '../primitives/hex.ts'
import { decodeCaveat, encodeCaveat } from './caveat.ts'
import type { CaveatOf, KnownCaveat } from './codec.ts'
import { describeCaveat } from './describe.ts'
import { logicalOr } from './logicalOr.ts'
import { word } from './terms.ts'
import type { DecodedCaveat } from './types.ts'

/** Terms to their first and last bit, byte and wrapper. */

const MAX_UINT128 = 2n ** 128n - 1n
const environment = await baseEnvironment()
const A: Hex = `0x${'aa'.repeat(20)}`
const MALFORMED = { kind: 'unknown', reason: 'malformed_terms' }
const read = (kind: KnownCaveat, terms: Hex) => {
  return decodeCaveat(environment, { ...encodeCaveat(environment, kind), terms })
}
const termsOf = (caveat: KnownCaveat) => encodeCaveat(environment, caveat).terms
const most = { amount: MAX_UINT256, duration: MAX_UINT256, start: MAX_UINT256 }
const full = { initial: MAX_UINT256, max: MAX_UINT256, perSecond: MAX_UINT256, start: MAX_UINT256 }

const FIXED: readonly KnownCaveat[] = [
  { kind: 'timestamp', after: MAX_UINT128 - 2n, before: MAX_UINT128 },
  { kind: 'blockNumber', after: MAX_UINT128 - 2n, before: MAX_UINT128 },
  { kind: 'nativePeriodTransfer', ...most },
  { kind: 'erc20PeriodTransfer', token: A, ...most },
  { kind: 'nativeStreaming', ...full },
  { kind: 'erc20Streaming', token: A, ...full },
  { kind: 'nonce', nonce: MAX_UINT256 },
  { kind: 'id', id: MAX_UINT256 },
  { kind: 'limitedCalls', limit: MAX_UINT256 },
  { kind: 'valueLte', max: MAX_UINT256 },
  { kind: 'nativeTransferAmount', limit: MAX_UINT256 },
  { kind: 'erc20TransferAmount', token: A, limit: MAX_UINT256 },
  { kind: 'erc721Transfer', token: A, tokenId: MAX_UINT256 },
  { kind: 'ownershipTransfer', target: A },
]

describe('decodeCaveat', () => {
  test.each(FIXED)('behavior: the largest numbers of $kind come back whole', (caveat) => {
    expect(read(caveat, termsOf(caveat))).toEqual(caveat)
  })

  test.each(FIXED)('error: a byte more or less than $kind has', (caveat) => {
    const terms = termsOf(caveat)
    expect(read(caveat, concatBytes(terms, '0x00'))).toMatchObject(MALFORMED)
    expect(read(caveat, concatBytes('0x00', terms))).toMatchObject(MALFORMED)
    expect(read(caveat, terms.slice(0, -2) as Hex)).toMatchObject(MALFORMED)
    expect(read(caveat, '0x')).toMatchObject(MALFORMED)
  })

  test('error: lists of which the last entry is cut, however much of it is there', () => {
    const methods: KnownCaveat = { kind: 'allowedMethods', selectors: ['0x12345678'] }
    for (const rest of ['0x01', '0x010203'] as const) {
      expect(read(methods, concatBytes(termsOf(methods), rest))).toMatchObject(MALFORMED)
    }
    const period = { token: A, amount: 1n, duration: 2n, start: 3n }
    const tokens: KnownCaveat = { kind: 'multiTokenPeriod', periods: [period] }
    const one = termsOf(tokens)
    expect(read(tokens, concatBytes(one, one))).toEqual({ kind: 'multiTokenPeriod', periods: [period, period] })
    // Of the start of the second only so many bytes, none of them zero.
    for (const bytes of [1, 31]) {
      const cut = concatBytes(one, A, word(1n), word(2n), `0x${'07'.repeat(bytes)}`)
      expect(read(tokens, cut)).toMatchObject(MALFORMED)
    }
  })
})

describe('encodeCaveat', () => {
  test('behavior: each method of revocation has its bit, together they have all', () => {
    const flags = (...methods: CaveatOf<'approvalRevocation'>['methods']) =>
      termsOf({ kind: 'approvalRevocation', methods })
    expect(flags('erc20Approve')).toBe('0x01')
    expect(flags('erc721Approve', 'setApprovalForAll')).toBe('0x06')
    expect(flags('permit2Approve', 'permit2InvalidateNonces')).toBe('0x28')
    expect(flags('permit2Lockdown')).toBe('0x10')
  })

  test('error: a position past 256 bits says how many it has', () => {
    const error = codeOf(() => encodeCaveat(environment, { kind: 'allowedCalldata', start: 2n ** 256n, value: '0x00' }))
    expect(error).toMatchObject({ code: 'caveats.out_of_range', details: { field: 'start', bits: 256 } })
  })
})

describe('decodeCaveat, choices', () => {
  const nonce: KnownCaveat = { kind: 'nonce', nonce: 7n }
  const wrap = (meaning: DecodedCaveat): CaveatOf<'logicalOr'> => {
    return { kind: 'logicalOr', groups: [[{ meaning, args: '0x' }]] }
  }
  const one = wrap(nonce)
  const two = wrap(one)

  test('behavior: two wrappers are written and read, three are neither', () => {
    const caveat = encodeCaveat(environment, two)
    expect(decodeCaveat(environment, caveat)).toEqual(two)
    expect(codeOf(() => encodeCaveat(environment, wrap(two))).code).toBe('caveats.unknown_enforcer')
    // Bytes that nobody here would write.
    const never = () => nonce
    const terms = logicalOr.encode(wrap(nonce), { encode: () => caveat, decode: never })
    const inner = encodeCaveat(environment, nonce)
    const unread = { kind: 'unknown', enforcer: inner.enforcer, terms: inner.terms, reason: 'malformed_terms' } as const
    expect(decodeCaveat(environment, { ...caveat, terms })).toEqual(wrap(wrap(wrap(unread))))
  })

  test('error: no group at all, and offsets that lead elsewhere', () => {
    const words = (termsOf(one).slice(2).match(/.{64}/g) ?? []).map((hex): Hex => `0x${hex}`)
    expect(read(one, concatBytes(...words))).toEqual(one)
    expect(read(one, concatBytes(word(32n), word(0n)))).toMatchObject(MALFORMED)
    for (const [at, value] of words.entries()) {
      const [offset, number] = [[0, 2, 3, 5, 7, 8].includes(at), BigInt(value)]
      if (!offset) continue
      for (const other of [number - 32n, number + 32n]) {
        expect(read(one, concatBytes(...words.with(at, word(other))))).toMatchObject(MALFORMED)
      }
    }
  })
})

describe('describeCaveat', () => {
  test('behavior: an unknown enforcer is not the same as terms of a known one', () => {
    const sentence = (reason: 'unknown_enforcer' | 'malformed_terms') =>
      describeCaveat({ kind: 'unknown', enforcer: A, terms: '0x', reason }).sentence
    expect(sentence('unknown_enforcer')).toBe(`Something this version cannot read, checked by ${A}`)
    expect(sentence('malformed_terms')).toBe(`Terms that make no sense to ${A}`)
  })
})
