import { describe, expect, test } from 'vitest'
import { pin, targets } from '../../test/arbitraries/drafts.ts'
import { PAYEES, TARGET } from '../../test/arbitraries/scope.ts'
import type { KnownCaveat } from '../caveats/codec.ts'
import type { Hex } from '../primitives/hex.ts'
import { inspectContradictions } from './contradictions.ts'

const codesOf = (...all: KnownCaveat[]) => {
  const codes: string[] = []
  inspectContradictions(all, (code) => codes.push(code))
  return codes
}

describe('inspectContradictions', () => {
  /** Bytes that count up, so that no two places of them are alike. */
  const bytes = (from: number, to: number): Hex =>
    `0x${Array.from({ length: to - from }, (_, at) => (from + at).toString(16).padStart(2, '0')).join('')}`
  const places: [from: number, to: number][] = [
    [4, 36],
    [4, 68],
    [36, 68],
    [20, 40],
    [40, 100],
  ]

  test('behavior: pins that say the same where they overlap are no contradiction, however they lie', () => {
    for (const a of places) {
      for (const b of places) {
        const said = codesOf(pin(BigInt(a[0]), bytes(...a)), pin(BigInt(b[0]), bytes(...b)))
        expect([a, b, said]).toEqual([a, b, []])
      }
    }
  })

  test('error: one other byte where two pins overlap, be it the first or the last of them', () => {
    for (const a of places) {
      for (const b of places) {
        const [from, to] = [Math.max(a[0], b[0]), Math.min(a[1], b[1])]
        for (const at of from < to ? [from, to - 1] : []) {
          const own = bytes(...b).slice(2)
          const place = (at - b[0]) * 2
          const other: Hex = `0x${own.slice(0, place)}ff${own.slice(place + 2)}`
          const said = codesOf(pin(BigInt(a[0]), bytes(...a)), pin(BigInt(b[0]), other))
          expect([a, b, at, said]).toEqual([a, b, at, ['compile.disjoint']])
        }
      }
    }
  })

  test('behavior: a byte that only one of two pins has says nothing against the other', () => {
    expect(codesOf(pin(4n, bytes(4, 36)), pin(36n, bytes(4, 36)))).toEqual([])
    expect(codesOf(targets(TARGET, PAYEES[0]), targets(PAYEES[0]))).toEqual([])
    expect(codesOf(targets(TARGET), targets(PAYEES[0]))).toEqual(['compile.disjoint'])
  })
})
