import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyBytes, anyKnownCaveat } from '../../test/arbitraries/caveat.ts'
import { baseEnvironment } from '../../test/arbitraries/environment.ts'
import { codeOf } from '../../test/codes.ts'
import type { Hex } from '../primitives/hex.ts'
import { decodeCaveat, encodeCaveat } from './caveat.ts'
import type { Inner, KnownCaveat } from './codec.ts'
import { CaveatError } from './errors.ts'
import { codecByKind, codecs } from './registry.ts'
import type { DecodedCaveat } from './types.ts'

const environment = await baseEnvironment()

describe('decodeCaveat', () => {
  test('behavior: near-valid terms read as something else that encodes to those very bytes, or as unknown', () => {
    const refusals = new Map<string, Set<string>>()
    let accepted = 0
    let inside = 0
    fc.assert(
      fc.property(anyKnownCaveat({ small: true }), mutation, (caveat, mutate) => {
        const encoded = encodeCaveat(environment, caveat)
        const terms = mutate(encoded.terms)
        const decoded = decodeCaveat(environment, { ...encoded, terms })
        if (holdsUnknown(decoded)) {
          inside++
          expect(codeOf(() => encodeCaveat(environment, decoded)).code).toBe('caveats.unknown_enforcer')
          return
        }
        if (decoded.kind !== 'unknown') {
          accepted++
          expect(encodeCaveat(environment, decoded).terms).toBe(terms.toLowerCase())
          return
        }
        expect(decoded.reason).toBe('malformed_terms')
        try {
          codecByKind[caveat.kind].decode(terms)
        } catch (error) {
          expect(error).toBeInstanceOf(CaveatError)
          const codes = refusals.get(caveat.kind) ?? new Set()
          refusals.set(caveat.kind, codes.add((error as CaveatError).code))
        }
      }),
      { numRuns: 6_000, seed: 7 },
    )
    expect(accepted).toBeGreaterThan(500)
    expect(inside).toBeGreaterThan(3)
    const kinds = [...refusals.keys()].sort()
    expect(kinds).toEqual(
      Object.keys(codecByKind)
        .filter((kind) => kind !== 'exactCalldata' || kinds.includes(kind))
        .sort(),
    )
    expect(new Set([...refusals.values()].flatMap((codes) => [...codes]))).toEqual(
      new Set([
        'caveats.not_hex',
        'caveats.not_canonical',
        'caveats.out_of_range',
        'caveats.wrong_length',
        'caveats.empty_list',
        'caveats.zero',
        'caveats.unsatisfiable',
      ]),
    )
  })

  test('behavior: what is inside two wrappers is read, and nothing of what is deeper', () => {
    const deep = (levels: number) => {
      const enforcer = environment.enforcers['LogicalOrWrapperEnforcer'] ?? '0x'
      let terms = encodeCaveat(environment, wrapped({ kind: 'nonce', nonce: 0n }, 1)).terms
      for (let level = 1; level < levels; level++) {
        const groups = [
          [
            {
              meaning: { kind: 'unknown' as const, enforcer, terms, reason: 'unknown_enforcer' as const },
              args: '0x' as const,
            },
          ],
        ]
        terms = codecByKind.logicalOr.encode({ kind: 'logicalOr', groups }, VERBATIM)
      }
      return decodeCaveat(environment, { enforcer, terms, args: '0x' })
    }
    expect(deep(2)).toEqual(wrapped({ kind: 'nonce', nonce: 0n }, 2))
    expect(holdsUnknown(deep(3))).toBe(true)
    expect(holdsUnknown(deep(40))).toBe(true)
  })

  test('behavior: bytes made to unfold are refused in no time', () => {
    const enforcer = environment.enforcers['LogicalOrWrapperEnforcer'] ?? '0x'
    const word = (value: number) => value.toString(16).padStart(64, '0')
    const started = performance.now()
    for (const terms of [
      `0x${word(32)}${word(16)}${word(0).repeat(100_000)}`,
      `0x${word(32)}${word(2 ** 31)}${word(32).repeat(10_000)}`,
      `0x${word(32)}${word(16)}${word(16 * 32).repeat(16)}${word(32)}${word(10_000)}${word(32).repeat(10_000)}`,
    ] as const) {
      expect(decodeCaveat(environment, { enforcer, terms, args: '0x' })).toMatchObject({ reason: 'malformed_terms' })
    }
    expect(performance.now() - started).toBeLessThan(500)
  })

  test('behavior: random bytes read as what encodes to them, or as unknown, for every enforcer', () => {
    let read = 0
    fc.assert(
      fc.property(fc.constantFrom(...codecs), anyBytes(0, 160), (codec, terms) => {
        const enforcer = environment.enforcers[codec.name] ?? '0x'
        const decoded = decodeCaveat(environment, { enforcer, terms, args: '0x' })
        if (isUnknown(decoded)) return
        read++
        expect(encodeCaveat(environment, decoded)).toEqual({ enforcer, terms, args: '0x' })
      }),
      { numRuns: 3_000 },
    )
    expect(read).toBeGreaterThan(50)
  })

  test('behavior: ten thousand caveats in less than a second', () => {
    const encoded = fc
      .sample(anyKnownCaveat(), { numRuns: 1_000, seed: 3 })
      .map((caveat) => encodeCaveat(environment, caveat))
    const started = performance.now()
    for (let round = 0; round < 10; round++) for (const caveat of encoded) decodeCaveat(environment, caveat)
    expect(performance.now() - started).toBeLessThan(1_000)
  })

  test('behavior: total, whatever stands in the caveat', () => {
    const names = Object.values(environment.enforcers)
    fc.assert(
      fc.property(fc.oneof(fc.constantFrom(...names), fc.string(), fc.anything()), fc.anything(), (enforcer, terms) => {
        expect(decodeCaveat(environment, { enforcer, terms, args: '0x' } as never).kind).toBeTypeOf('string')
      }),
    )
  })
})

/** Writes what stands in an unknown caveat as it is. */
const VERBATIM: Inner = {
  encode: (meaning) => (meaning.kind === 'unknown' ? { ...meaning, args: '0x' } : encodeCaveat(environment, meaning)),
  decode: (caveat) => decodeCaveat(environment, caveat),
}

/** A caveat inside so many wrappers. */
function wrapped(meaning: KnownCaveat, depth: number): KnownCaveat {
  return depth === 0 ? meaning : { kind: 'logicalOr', groups: [[{ meaning: wrapped(meaning, depth - 1), args: '0x' }]] }
}

function holdsUnknown(decoded: DecodedCaveat): boolean {
  return decoded.kind === 'logicalOr' && decoded.groups.some((group) => group.some(({ meaning }) => isUnknown(meaning)))
}

function isUnknown(decoded: DecodedCaveat): boolean {
  return decoded.kind === 'unknown' || holdsUnknown(decoded)
}

/** One byte changed, added, cut or doubled; a word cleared; a letter in upper case; nothing left. */
const mutation: fc.Arbitrary<(terms: Hex) => Hex> = fc
  .tuple(
    fc.constantFrom('flip', 'cut', 'add', 'half', 'clear', 'max', 'upper', 'empty'),
    fc.nat(),
    fc.integer({ min: 1, max: 255 }),
  )
  .map(([how, at, byte]) => (terms) => {
    const bytes: string[] = terms.slice(2).match(/../g) ?? []
    const index = bytes.length === 0 ? 0 : at % bytes.length
    const word = index - (index % 32)
    if (how === 'flip' && bytes.length > 0)
      bytes[index] = (Number.parseInt(bytes[index] ?? '0', 16) ^ byte).toString(16).padStart(2, '0')
    if (how === 'cut') bytes.splice(index, 1)
    if (how === 'add') bytes.splice(index, 0, byte.toString(16).padStart(2, '0'))
    if (how === 'clear') bytes.fill('00', bytes.length % 32 === 20 && word > 0 ? word - 12 : word, word + 32)
    if (how === 'max') bytes.fill('ff', word, word + 32)
    if (how === 'empty') bytes.length = 0
    if (how === 'half') return `0x${bytes.join('')}${byte % 10}` as Hex
    return `0x${how === 'upper' ? bytes.join('').toUpperCase() : bytes.join('')}` as Hex
  })
