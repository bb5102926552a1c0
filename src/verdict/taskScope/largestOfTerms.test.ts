import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  callOf,
  counterWord,
  fixed,
  lifetime,
  payRule,
  rolling,
  type Terms,
  termsAt,
  termsOf,
  withWords,
} from '../../../test/fixtures/taskScope.ts'
import {
  act,
  agent,
  denied,
  grantOf,
  NOW,
  stateOf,
  subAgent,
  transfer,
  usdc,
  vendor,
} from '../../../test/fixtures/verdict.ts'
import type { TaskScopeCondition } from '../../caveats/taskScope/types.ts'
import type { Hex } from '../../primitives/hex.ts'
import { evaluate } from '../evaluate.ts'
import { readAction } from '../facts.ts'
import { largestAllowed } from '../largest.ts'

const OTHER: Hex = '0x5a5a5a5a'
const MAX = 2n ** 256n - 1n

/** The largest second word of a call of which the rules ask this. */
function largest(conditions: readonly TaskScopeCondition[], change: Partial<Terms> = {}): bigint | null {
  const prepared = grantOf([termsOf({ budgets: [], rules: [ofWord(conditions)], ...change })])
  const facts = readAction(act(callOf(usdc, OTHER, vendor, 0n)))
  return 'code' in facts ? null : largestAllowed(prepared, facts, stateOf(prepared), 1)
}

const ofWord = (conditions: readonly TaskScopeCondition[]) => payRule({ selector: OTHER, conditions, charges: [] })
const wide = { word: 1, width: 2, left: false }

describe('largestAllowed under a whole scope', () => {
  test.each<[string, readonly TaskScopeCondition[], bigint | null]>([
    ['nothing', [], MAX],
    ['at most', [{ op: 'at_most', word: 1, operand: 9n }], 9n],
    [
      'two bounds',
      [
        { op: 'at_most', word: 1, operand: 9n },
        { op: 'at_most', word: 1, operand: 7n },
      ],
      7n,
    ],
    ['equal', [{ op: 'equal', word: 1, operand: 9n }], 9n],
    ['one of, not in order', [{ op: 'one_of', word: 1, operands: [3n, 11n, 5n] }], 11n],
    [
      'one of under a bound',
      [
        { op: 'one_of', word: 1, operands: [3n, 11n, 5n] },
        { op: 'at_most', word: 1, operand: 10n },
      ],
      5n,
    ],
    [
      'none of them',
      [
        { op: 'one_of', word: 1, operands: [3n] },
        { op: 'at_most', word: 1, operand: 2n },
      ],
      null,
    ],
    [
      'not the bound',
      [
        { op: 'at_most', word: 1, operand: 9n },
        { op: 'not_equal', ...wide, operand: 9n },
      ],
      8n,
    ],
    [
      'nor the one below it',
      [
        { op: 'at_most', word: 1, operand: 9n },
        { op: 'not_equal', ...wide, operand: 9n },
        { op: 'not_equal', ...wide, operand: 8n },
      ],
      7n,
    ],
    [
      'nothing below zero',
      [
        { op: 'at_most', word: 1, operand: 0n },
        { op: 'not_equal', ...wide, operand: 0n },
      ],
      null,
    ],
    [
      'zero, one below what is not to be',
      [
        { op: 'at_most', word: 1, operand: 1n },
        { op: 'not_equal', ...wide, operand: 1n },
      ],
      0n,
    ],
    ['at least within a type', [{ op: 'at_least', ...wide, operand: 9n }], 0xffffn],
    [
      'at least above the bound',
      [
        { op: 'at_least', ...wide, operand: 9n },
        { op: 'at_most', word: 1, operand: 8n },
      ],
      null,
    ],
    ['not equal within a type', [{ op: 'not_equal', ...wide, operand: 9n }], 0xffffn],
    ['signed', [{ op: 'signed_at_most', word: 1, width: 2, operand: 9n }], MAX],
    [
      'signed and not negative',
      [
        { op: 'signed_at_most', word: 1, width: 2, operand: 9n },
        { op: 'signed_at_least', word: 1, width: 2, operand: 0n },
      ],
      9n,
    ],
    ['signed at least', [{ op: 'signed_at_least', word: 1, width: 2, operand: 3n }], 0x7fffn],
    ['signed at least, any width', [{ op: 'signed_at_least', word: 1, width: 0, operand: 3n }], 2n ** 255n - 1n],
    ['bits', [{ op: 'bits', ...wide, width: 0, mask: 0xf0n, bits: 0x20n }], MAX - 0xd0n],
    [
      'bits under a bound',
      [
        { op: 'bits', ...wide, mask: 0xf0n, bits: 0x20n },
        { op: 'at_most', word: 1, operand: 0x133n },
      ],
      0x12fn,
    ],
    [
      'bits of a type on the left',
      [{ op: 'bits', word: 1, width: 1, left: true, mask: 1n << 248n, bits: 0n }],
      0xfen << 248n,
    ],
    ['a word that is not looked at', [{ op: 'at_most', word: 0, operand: MAX }], MAX],
  ])('default: %s', (_name, conditions, most) => {
    expect(largest(conditions)).toBe(most)
  })

  test('behavior: budgets by weight, what was spent and what stands beside it', () => {
    const rule = payRule({
      selector: OTHER,
      conditions: [],
      charges: [
        { budget: 0, source: 'count', weight: 5n },
        { budget: 0, source: { word: 1 }, weight: 3n },
        { budget: 1, source: { word: 1 }, weight: 1n },
      ],
    })
    const budgets = [lifetime(100n), fixed(40n, 600n)]
    expect(largest([], { budgets, rules: [rule] })).toBe(31n)
    expect(largest([], { budgets: [lifetime(100n), fixed(30n, 600n)], rules: [rule] })).toBe(30n)
    expect(largest([], { budgets: [lifetime(4n), fixed(30n, 600n)], rules: [rule] })).toBeNull()
  })

  test('behavior: what is left beside an allowed call is of the quantity that the first budget counts', () => {
    const three = (second: bigint) =>
      termsOf({
        budgets: [lifetime(100n), lifetime(30n), lifetime(second)],
        rules: [
          payRule({
            selector: OTHER,
            length: 100,
            conditions: [],
            charges: [
              { budget: 0, source: { word: 1 }, weight: 1n },
              { budget: 1, source: { word: 2 }, weight: 1n },
              { budget: 2, source: { word: 1 }, weight: 2n },
            ],
          }),
        ],
      })
    const remaining = (second: bigint) => {
      const prepared = grantOf([three(second)])
      const verdict = evaluate(prepared, act(callOf(usdc, OTHER, vendor, 10n, 20n)), stateOf(prepared))
      return verdict.verdict === 'allow' ? verdict.remaining : null
    }
    expect(remaining(1_000n)).toBe(90n)
    expect(remaining(41n)).toBe(10n)
    expect(remaining(19n)).toBeNull()
  })

  test('behavior: a rolling budget counts whole units', () => {
    const cap = 2n ** 26n + 5n
    const prepared = grantOf([termsOf({ budgets: [rolling(cap, 700n)] })])
    const terms = termsAt(prepared)
    const key = terms.budgets[0]?.key ?? ''
    const state = withWords(stateOf(prepared), { [key]: counterWord(10n) })
    const most = ((cap >> 3n) - 10n) << 3n
    expect(denied(evaluate(prepared, act(transfer(cap)), state))).toMatchObject({
      remaining: most,
      largestAllowed: most,
    })
    expect(evaluate(prepared, act(transfer(most)), state).verdict).toBe('allow')
    expect(evaluate(prepared, act(transfer(most + 1n)), state).verdict).toBe('deny')
  })

  test('behavior: of several rules the widest, over all links the narrowest', () => {
    const upTo = (operand: bigint) => payRule({ conditions: [{ op: 'at_most', word: 1, operand }], charges: [] })
    const prepared = grantOf(
      [termsOf({ budgets: [], rules: [upTo(5n), upTo(40n)] })],
      [termsOf({ budgets: [], rules: [upTo(30n), upTo(9n)] })],
    )
    const state = stateOf(prepared)
    expect(denied(evaluate(prepared, act(transfer(50n), subAgent), state)).largestAllowed).toBe(30n)
    expect(evaluate(prepared, act(transfer(30n), subAgent), state).verdict).toBe('allow')
  })

  test('behavior: another word than a transfer has is set by its bytes', () => {
    const rules = [
      payRule({
        selector: OTHER,
        length: 4 + 96,
        conditions: [],
        charges: [{ budget: 0, source: { word: 2 }, weight: 1n }],
      }),
    ]
    const prepared = grantOf([termsOf({ rules })])
    expect(denied(evaluate(prepared, act(callOf(usdc, OTHER, 1n, 2n, 300n)), stateOf(prepared)))).toMatchObject({
      code: 'budget_exceeded',
      largestAllowed: 100n,
      fix: { do: 'set_bytes', at: 68n, bytes: `0x${'64'.padStart(64, '0')}` },
    })
  })

  test('behavior: the largest passes, and no amount above it that was tried', () => {
    let found = 0
    const operand = fc.bigInt({ min: 0n, max: 40n })
    const condition: fc.Arbitrary<TaskScopeCondition> = fc.oneof(
      fc.record({ op: fc.constantFrom('at_most' as const, 'equal' as const), word: fc.constant(1), operand }),
      fc.record({
        op: fc.constantFrom('not_equal' as const, 'at_least' as const),
        word: fc.constant(1),
        width: fc.constantFrom(0, 1),
        left: fc.constant(false),
        operand,
      }),
      fc.record({
        op: fc.constant('one_of' as const),
        word: fc.constant(1),
        operands: fc.array(operand, { minLength: 1, maxLength: 3 }),
      }),
      fc.record({ op: fc.constant('signed_at_most' as const), word: fc.constant(1), width: fc.constant(1), operand }),
    )
    const rules = fc.array(fc.array(condition, { maxLength: 3 }), { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(rules, rules, fc.bigInt({ min: 1n, max: 60n }), (leaf, root, cap) => {
        const of = (all: readonly TaskScopeCondition[][]) =>
          termsOf({ budgets: [lifetime(cap)], rules: all.map((conditions) => payRule({ conditions })) })
        const prepared = grantOf([of(leaf)], [of(root)])
        const state = stateOf(prepared)
        const passes = (amount: bigint) =>
          evaluate(prepared, act(transfer(amount), subAgent), state).verdict === 'allow'
        const facts = readAction(act(transfer(0n), subAgent))
        const most = 'code' in facts ? null : largestAllowed(prepared, facts, state, 'token')
        const all = Array.from({ length: 70 }, (_, amount) => BigInt(amount)).filter(passes)
        expect(most).toBe(all.at(-1) ?? null)
        if (most !== null) found++
      }),
      { numRuns: 150 },
    )
    expect(found).toBeGreaterThan(40)
  })
})

describe('the remaining of an allowed action', () => {
  test('default: of the quantity that the leaf charges, tightest over all links; a count is none', () => {
    const of = (cap: bigint, source: 'count' | { word: number }, weight = 1n) =>
      termsOf({ budgets: [lifetime(cap)], rules: [payRule({ charges: [{ budget: 0, source, weight }] })] })
    const left = (...links: Terms[]) => {
      const prepared = grantOf(...links.map((terms) => [terms]))
      const redeemer = links.length === 1 ? agent : subAgent
      return evaluate(prepared, act(transfer(10n), redeemer), stateOf(prepared, { now: NOW }))
    }
    expect(left(of(100n, { word: 1 }))).toMatchObject({ remaining: 90n })
    expect(left(of(100n, { word: 1 }, 3n))).toMatchObject({ remaining: 23n })
    expect(left(of(100n, 'count'))).toMatchObject({ remaining: null })
    expect(left(of(100n, { word: 1 }), of(50n, { word: 1 }))).toMatchObject({ remaining: 40n })
    expect(left(of(100n, { word: 1 }), of(50n, 'count'))).toMatchObject({ remaining: 90n })
  })
})
