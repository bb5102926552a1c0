import { keccak256 } from 'viem'
import { describe, expect, test } from 'vitest'
import { act, alice, pay, transfer, usdc, vendor, word } from '../../test/fixtures/verdict.ts'
import type { Hex } from '../primitives/hex.ts'
import { type Facts, MAX_UINT256, readAction, withAmount } from './facts.ts'
import { type Constraint, checkHeld, type Held, largestHeld, type Quantity, type WordTest, wordOf } from './held.ts'
import type { Call } from './types.ts'

/** By hand, constraint by constraint: both sides of every bound, and the largest amount against trying them all. */

function factsOf(call: Call): Facts {
  const facts = readAction(act(call))
  if ('code' in facts) throw new TypeError('malformed')
  return facts
}
const rule = (...constraints: Constraint[]): Held => ({ rule: 'r', target: null, constraints })
const maximum = (reads: 'token' | 'value', limit: bigint): Constraint => ({
  kind: 'maximum',
  pointer: '/m',
  reads,
  limit,
})
const argument = (at: number, test: WordTest): Constraint => ({ kind: 'argument', pointer: '/a', at, test })
const threshold = (limit: bigint, ...terms: [Quantity, bigint][]): Constraint => ({
  kind: 'threshold',
  pointer: '/t',
  terms: terms.map(([reads, weight]) => ({ reads, weight })),
  limit,
  confirmer: alice,
  timeout: 60n,
})
const called = (data: string, value = 0n): Facts => factsOf({ to: usdc, value, data: `0x12345678${data}` })
const codeOf = (held: Held[], facts: Facts) => {
  const given = checkHeld(held, facts)
  return given === null ? 'passes' : 'code' in given ? given.code : 'crosses'
}

describe('checkHeld', () => {
  const signed = (value: bigint) => BigInt.asUintN(256, value)
  const words: [WordTest, pass: bigint[], refuse: bigint[]][] = [
    [{ is: 'eq', word: 5n }, [5n], [4n, 6n, 0n]],
    [{ is: 'neq', word: 5n }, [4n, 6n, 0n], [5n]],
    [{ is: 'lte', word: 5n, signed: false }, [0n, 4n, 5n], [6n, signed(-1n)]],
    [{ is: 'gte', word: 5n, signed: false }, [5n, 6n, signed(-1n)], [0n, 4n]],
    [{ is: 'lte', word: 5n, signed: true }, [0n, 5n, signed(-1n), 1n << 255n], [6n]],
    [{ is: 'gte', word: signed(-5n), signed: true }, [0n, signed(-5n), signed(-4n)], [signed(-6n), 1n << 255n]],
    [{ is: 'in', words: [5n, 7n] }, [5n, 7n], [4n, 6n, 8n]],
    [{ is: 'in', words: [] }, [], [0n, 1n]],
    [{ is: 'mask', mask: 6n, word: 2n }, [2n, 3n, 10n], [0n, 4n, 6n, 7n]],
  ]

  test.each(words)('behavior: one word, %o', (wordTest, pass, refuse) => {
    const found = (value: bigint, before: number) =>
      codeOf([rule(argument(4 + before * 32, wordTest))], called(`${word(99n).repeat(before)}${word(value)}`))
    for (const before of [0, 1, 2]) {
      expect(pass.map((value) => found(value, before))).toEqual(pass.map(() => 'passes'))
      expect(refuse.map((value) => found(value, before))).toEqual(refuse.map(() => 'argument_not_allowed'))
    }
  })

  test('behavior: what a bound says of a word is in numbers of its type', () => {
    const given = (wordTest: WordTest, value: bigint) =>
      checkHeld([rule(argument(4, wordTest))], called(word(BigInt.asUintN(256, value))))
    expect(given({ is: 'lte', word: signed(-2n), signed: true }, -1n)).toMatchObject({ limit: -2n, requested: -1n })
    expect(given({ is: 'gte', word: 2n, signed: false }, 1n)).toMatchObject({ limit: 2n, requested: 1n })
  })

  test('error: a word of which the last byte is not there', () => {
    const open: WordTest = { is: 'neq', word: 1n }
    expect(codeOf([rule(argument(36, open))], called(word(0n) + word(0n)))).toBe('passes')
    expect(codeOf([rule(argument(36, open))], called(word(0n) + word(0n).slice(2)))).toBe('calldata_not_allowed')
    expect(codeOf([rule(argument(36, open))], called(word(0n)))).toBe('calldata_not_allowed')
  })

  test('behavior: bytes wherever their offset points, as long as they are there', () => {
    const tail = (offset: bigint, length: bigint, bytes: string) => called(`${word(offset)}${word(length)}${bytes}`)
    const hash = [rule(argument(4, { is: 'hash', hash: keccak256('0xabcd') }))]
    expect(codeOf(hash, tail(32n, 2n, 'abcd'))).toBe('passes')
    expect(codeOf(hash, tail(32n, 2n, 'abcdff'))).toBe('passes')
    expect(codeOf(hash, tail(32n, 3n, 'abcdff'))).toBe('argument_not_allowed')
    expect(codeOf(hash, tail(32n, 1n, 'abcd'))).toBe('argument_not_allowed')
    expect(codeOf(hash, tail(32n, 3n, 'abcd'))).toBe('calldata_not_allowed')
    expect(codeOf(hash, tail(32n, MAX_UINT256, 'abcd'))).toBe('calldata_not_allowed')
    expect(codeOf(hash, tail(MAX_UINT256, 2n, 'abcd'))).toBe('calldata_not_allowed')
    // The length would begin one byte later, and end behind the call data.
    expect(codeOf(hash, tail(35n, 2n, 'abcd'))).toBe('calldata_not_allowed')
    // A word further on.
    expect(codeOf(hash, called(`${word(64n)}${word(0n)}${word(2n)}abcd`))).toBe('passes')
    const none = [rule(argument(4, { is: 'hash', hash: keccak256('0x') }))]
    expect(codeOf(none, tail(32n, 0n, ''))).toBe('passes')
  })

  test('behavior: a length is counted in bytes', () => {
    const most = (limit: bigint, length: number) =>
      checkHeld(
        [rule(argument(4, { is: 'length', most: limit }))],
        called(`${word(32n)}${word(BigInt(length))}${'ab'.repeat(length)}`),
      )
    expect([most(2n, 0), most(2n, 1), most(2n, 2)]).toEqual([null, null, null])
    expect(most(2n, 3)).toMatchObject({ code: 'argument_not_allowed', limit: 2n, requested: 3n })
    expect(most(0n, 0)).toBeNull()
    expect(most(0n, 1)).toMatchObject({ limit: 0n, requested: 1n })
  })

  test('behavior: a maximum of tokens is of a transfer, one of coin of any call', () => {
    const token = [rule(maximum('token', 5n))]
    expect([4n, 5n].map((amount) => codeOf(token, factsOf(transfer(amount))))).toEqual(['passes', 'passes'])
    expect(checkHeld(token, factsOf(transfer(6n)))).toMatchObject({
      code: 'action_maximum_exceeded',
      limit: 5n,
      requested: 6n,
      remaining: 5n,
      measured: 'token',
    })
    expect(codeOf(token, factsOf(pay(1n)))).toBe('calldata_not_allowed')
    const value = [rule(maximum('value', 5n))]
    expect([0n, 5n].map((amount) => codeOf(value, factsOf(pay(amount))))).toEqual(['passes', 'passes'])
    expect(checkHeld(value, factsOf(pay(6n)))).toMatchObject({ requested: 6n, measured: 'value' })
  })

  test('behavior: a rule is about its contract, where it has one', () => {
    const of = (target: Hex | null) => codeOf([{ ...rule(), target }], factsOf(transfer(1n)))
    expect([of(usdc), of(null), of(vendor)]).toEqual(['passes', 'passes', 'target_not_allowed'])
  })

  test('behavior: a refusal of any rule comes before a crossing of another; of crossings the first asks', () => {
    const crossed = rule(threshold(1n, ['token', 1n]))
    const refused = rule(maximum('token', 1n))
    expect(codeOf([crossed, refused], factsOf(transfer(2n)))).toBe('action_maximum_exceeded')
    expect(codeOf([rule(threshold(1n, ['token', 1n]), maximum('token', 1n))], factsOf(transfer(2n)))).toBe(
      'action_maximum_exceeded',
    )
    const found = (...held: Held[]) => checkHeld(held, factsOf(transfer(9n)))
    expect(found(rule(), rule(threshold(3n, ['token', 1n])), crossed)).toMatchObject({ threshold: 3n })
    expect(found(rule(threshold(4n, ['token', 1n]), threshold(3n, ['token', 1n])))).toMatchObject({ threshold: 4n })
  })

  test('behavior: a threshold is crossed one above it; it is told in the amount that it weighs, or in its own units', () => {
    const at = (amount: bigint, ...terms: [Quantity, bigint][]) =>
      checkHeld([rule(threshold(12n, ...terms))], factsOf(transfer(amount)))
    expect([at(3n, ['token', 4n]), at(4n, ['token', 4n])]).toEqual([
      null,
      { confirmer: alice, timeout: 60n, threshold: 3n, requested: 4n },
    ])
    expect(at(3n, ['token', 4n], ['value', 1n])).toBeNull()
    expect(at(4n, ['token', 4n], ['value', 1n])).toMatchObject({ threshold: 12n, requested: 16n })
    // The word at 36 is the amount of a transfer.
    expect(at(4n, [{ at: 36 }, 4n])).toMatchObject({ threshold: 3n, requested: 4n })
    expect(codeOf([rule(threshold(12n, ['token', 4n]))], factsOf(pay(1n)))).toBe('calldata_not_allowed')
    expect(codeOf([rule(threshold(12n, [{ at: 68 }, 4n]))], factsOf(transfer(1n)))).toBe('calldata_not_allowed')
  })
})

describe('largestHeld', () => {
  const quantities: Quantity[] = ['token', 'value', { at: 36 }, { at: 4 }]

  test('behavior: of thresholds it is what passes, while one more does not', () => {
    for (const measured of ['token', 'value'] as const) {
      for (const first of quantities) {
        for (const [second, others] of [['value', 0n] as const, [{ at: 4 }, 1n] as const, ['token', 2n] as const]) {
          for (const limit of [0n, 1n, 7n, 12n]) {
            const held = [rule(threshold(limit, [first, 3n], [second, others]))]
            // Each amount alone is small, so that the rest leaves something now and then.
            const given = factsOf({ to: usdc, value: 1n, data: `0xa9059cbb${word(1n)}${word(2n)}` })
            const most = largestHeld(held, given, measured, 'allow')
            const verdict = (amount: bigint) => codeOf(held, withAmount(given, measured, amount))
            if (most === MAX_UINT256) {
              expect(verdict(1_000_000n)).toBe(verdict(0n))
              continue
            }
            expect(verdict(most + 1n)).toBe('crosses')
            if (most > 0n) expect(verdict(most)).toBe('passes')
          }
        }
      }
    }
  })

  test('behavior: whoever may be asked is bounded by maxima alone, each by those of its own kind', () => {
    const facts = factsOf(transfer(9n))
    const held = [
      rule(threshold(3n, ['token', 1n]), maximum('token', 7n), maximum('value', 2n)),
      rule(maximum('token', 8n)),
    ]
    expect(largestHeld(held, facts, 'token', 'allow')).toBe(3n)
    expect(largestHeld(held, facts, 'token', 'not_denied')).toBe(7n)
    expect(largestHeld(held.toReversed(), facts, 'token', 'not_denied')).toBe(7n)
    expect(largestHeld(held, facts, 'value', 'allow')).toBe(2n)
    expect(largestHeld([rule(maximum('token', 8n), maximum('token', 7n))], facts, 'token', 'allow')).toBe(7n)
    expect(largestHeld([rule(maximum('token', 7n), maximum('token', 8n))], facts, 'token', 'allow')).toBe(7n)
    expect(largestHeld([], facts, 'token', 'allow')).toBe(MAX_UINT256)
    // What is weighed besides is over the threshold by itself.
    const paid = factsOf({ ...transfer(9n), value: 4n })
    const least = [3n, 4n, 5n, 6n].map((limit) =>
      largestHeld([rule(threshold(limit, ['token', 1n], ['value', 1n]))], paid, 'token', 'allow'),
    )
    expect(least).toEqual([0n, 0n, 1n, 2n])
    expect(largestHeld([rule(threshold(3n, ['value', 1n]))], facts, 'token', 'allow')).toBe(MAX_UINT256)
  })
})

describe('wordOf', () => {
  test('behavior: a word that passes its own test, where one can be named', () => {
    const tests: [WordTest, bigint | null][] = [
      [{ is: 'eq', word: 5n }, 5n],
      [{ is: 'neq', word: 5n }, null],
      [{ is: 'lte', word: 5n, signed: false }, 5n],
      [{ is: 'gte', word: 5n, signed: true }, 5n],
      [{ is: 'in', words: [6n, 5n] }, 6n],
      [{ is: 'in', words: [] }, null],
      [{ is: 'mask', mask: 6n, word: 2n }, 2n],
      [{ is: 'length', most: 5n }, null],
      [{ is: 'hash', hash: keccak256('0x') }, null],
    ]
    for (const [wordTest, expected] of tests) {
      expect(wordOf(wordTest)).toBe(expected)
      if (expected !== null) expect(codeOf([rule(argument(4, wordTest))], called(word(expected)))).toBe('passes')
    }
  })
})
