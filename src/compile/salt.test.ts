import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyBytes } from '../../test/arbitraries/caveat.ts'
import { refusal } from '../../test/arbitraries/plan.ts'
import { sliceBytes } from '../primitives/hex.ts'
import { bindSalt, isBoundSalt } from './salt.ts'

describe('bindSalt', () => {
  test('default: random first, then a commitment that only this scope has', () => {
    fc.assert(
      fc.property(anyBytes(32), anyBytes(32), anyBytes(32), (scope, other, random) => {
        fc.pre(BigInt(random) !== 0n && scope !== other)
        const salt = bindSalt(scope, random)
        expect(sliceBytes(salt, 0, 12)).toBe(sliceBytes(random, 20))
        expect([isBoundSalt(salt, scope), isBoundSalt(salt, other)]).toEqual([true, false])
      }),
    )
  })

  test('error: a salt with one digit changed commits to nothing', () => {
    const scope = `0x${'5c'.repeat(32)}` as const
    const salt = bindSalt(scope, `0x${'00'.repeat(31)}01`)
    for (let at = 2; at < 66; at++) {
      const digit = salt[at] === 'f' ? '0' : 'f'
      expect(isBoundSalt(`0x${salt.slice(2, at)}${digit}${salt.slice(at + 1)}`, scope)).toBe(false)
    }
  })

  test('error: a source that is broken', () => {
    for (const random of ['0x', '0x01', `0x${'00'.repeat(32)}`, `0x${'AA'.repeat(32)}`] as const) {
      expect(refusal(() => bindSalt(`0x${'5c'.repeat(32)}`, random))).toBe('compile.bad_salt')
    }
  })
})
