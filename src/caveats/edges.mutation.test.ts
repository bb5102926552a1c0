import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyKnownCaveat } from '../../test/arbitraries/caveat.ts'
import { baseEnvironment } from '../../test/arbitraries/environment.ts'
import { codeOf } from '../../test/codes.ts'
import { MAX_UINT256 } from '../primitives/amount.ts'
import { encodeCaveat } from './caveat.ts'
import type { KnownCaveat } from './codec.ts'
import { describeCaveat } from './describe.ts'

/** What changed code got away with before: each of these stands against one change that no other test noticed. */

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
          expect([128, 256]).toContain(error.details['bits'])
          seen.add(`${caveat.kind}.${field}`)
        }
      }),
      { numRuns: 500 },
    )
    expect(seen.size).toBeGreaterThan(20)
  })
})
