import { describe, expect, test } from 'vitest'
import {
  batch,
  callOf,
  counterWord,
  fixed,
  judged,
  lifetime,
  rolling,
  swap,
  termsAt,
  termsOf,
  triple,
  withWords,
} from '../../../test/fixtures/taskScope.ts'
import {
  act,
  alice,
  grantOf,
  hashAt,
  mallory,
  NOW,
  stateOf,
  transfer,
  usdc,
  vendor,
} from '../../../test/fixtures/verdict.ts'
import type { TaskScopeCharge } from '../../caveats/taskScope/types.ts'
import type { Hex } from '../../primitives/hex.ts'
import { readAction } from '../facts.ts'
import type { PreparedBranch } from '../prepared.ts'
import type { Action, Call } from '../types.ts'
import { amountOf } from './charges.ts'
import { holds, type SizedCall, tailOf } from './conditions.ts'
import { callsUsed, isOverForTerms, shapeOfTerms } from './judgeTerms.ts'
import { metersOfTerms } from './metersOfTerms.ts'
import { leftOf, startPassage, unspentOf, wordOf } from './passage.ts'
import { refusedAt } from './refusedAt.ts'
import { readArgs } from './requests.ts'
import { selectorOf } from './rules.ts'
import { roomAt, spendTerms, spentAt } from './spendCounter.ts'

const ORDER: Hex = '0x5a5a5a5a'
const sized = (data: Hex, value = 0n): SizedCall => ({ to: usdc, value, data, size: (data.length - 2) / 2 })
const of = (...words: bigint[]) => sized(callOf(usdc, ORDER, ...words).data)
const max = 2n ** 256n

describe('amountOf', () => {
  const charge = (source: TaskScopeCharge['source']): TaskScopeCharge => ({ budget: 0, source, weight: 1n })
  test('behavior: value, one, nothing yet, a word, or nothing where the call data ends first', () => {
    const call = { ...of(7n, 9n), value: 5n }
    const amounts = (['value', 'count', 'balance', { word: 0 }, { word: 1 }, { word: 2 }] as const).map((source) =>
      amountOf(charge(source), call),
    )
    expect(amounts).toEqual([5n, 1n, 0n, 7n, 9n, 0n])
  })
})

describe('tailOf', () => {
  test('behavior: it lies in the call data up to its last byte, and not beyond', () => {
    const at = (offset: bigint, ...words: bigint[]) => tailOf(of(...words), offset)
    expect(at(0n, 0n)).toEqual({ at: 36, length: 0 })
    expect(at(1n, 0n)).toBeNull()
    expect(at(32n, 7n, 0n)).toEqual({ at: 68, length: 0 })
    expect([at(36n, 0n), at(37n, 0n), at(68n, 7n, 0n), at(2n ** 255n, 0n)]).toEqual([null, null, null, null])
    expect([at(0n, 32n, 1n), at(0n, 33n, 1n)]).toEqual([{ at: 36, length: 32 }, null])
  })
})

describe('holds', () => {
  test('behavior: a number of 31 bytes leaves one beside it, one of 32 none', () => {
    const unequal = (width: number, value: bigint) =>
      holds({ op: 'not_equal', word: 0, operand: 1n, width, left: false }, of(value))
    expect([30, 31, 32].map((width) => unequal(width, 2n ** 240n))).toEqual([false, true, true])
    expect([31, 32].map((width) => unequal(width, 2n ** 248n))).toEqual([false, true])
    const signed = (width: number, value: bigint) =>
      holds({ op: 'signed_at_least', word: 0, operand: -(2n ** 255n), width }, of(value))
    expect([30, 31, 32, 0].map((width) => signed(width, 2n ** 247n))).toEqual([false, false, true, true])
    expect([31, 32].map((width) => signed(width, max - 2n ** 247n))).toEqual([true, true])
    expect([31, 32].map((width) => signed(width, max - 2n ** 247n - 1n))).toEqual([false, true])
  })
})

describe('selectorOf', () => {
  test('behavior: four bytes or more have one', () => {
    const selectors = (['0x', '0xa9', '0xa9059c', '0xa9059cbb', '0xa9059cbb00'] as const).map((data) =>
      selectorOf(sized(data)),
    )
    expect(selectors).toEqual(['0x', '0x', '0x', '0xa9059cbb', '0xa9059cbb'])
  })
})

describe('readArgs', () => {
  test('behavior: eight bytes, five bytes, and the rest', () => {
    const head: Hex = '0x01020304050607080a0b0c0d0e'
    const numbers = { number: 0x0102030405060708n, deadline: 0x0a0b0c0d0en }
    expect(readArgs(head)).toEqual({ ...numbers, signatures: '0x' })
    expect(readArgs(`${head}ff`)).toEqual({ ...numbers, signatures: '0xff' })
    expect(readArgs(head.slice(0, -2) as Hex)).toBeNull()
    expect(readArgs('0x')).toBeNull()
  })
})

describe('unspentOf', () => {
  const prepared = grantOf([termsOf()])
  const [terms, state] = [termsAt(prepared), stateOf(prepared)]
  const [budget] = terms.budgets
  if (budget === undefined) throw new TypeError('no budget')

  test('behavior: what is left, nothing from the limit on', () => {
    const left = (units: bigint) => unspentOf(terms, budget, withWords(state, { [budget.key]: counterWord(units) }))
    expect([0n, 99n, 100n, 101n].map(left)).toEqual([100n, 1n, 0n, 0n])
  })

  test('behavior: a word that was not read, or is of another kind, is zero', () => {
    expect(wordOf({ ...state, counters: {} }, budget.key)).toBe(0n)
    expect(wordOf({ ...state, counters: { [budget.key]: { kind: 'spent', spent: 5n } } }, budget.key)).toBe(0n)
    expect(wordOf(withWords(state, { [budget.key]: 5n }), budget.key)).toBe(5n)
  })

  test('behavior: of no budget nothing is left', () => {
    const passage = startPassage(terms, [], state)
    expect([leftOf(passage, 0), leftOf(passage, 1)]).toEqual([100n, 0n])
    expect(passage.left).toEqual([100n, 0n])
    expect([passage.measured, passage.unbounded, passage.rules]).toEqual([false, false, []])
  })
})

describe('spentAt', () => {
  const period = 70n
  const terms = spendTerms(rolling(100n, period))
  // One unit in the oldest of eight buckets, two in the youngest.
  const stored = counterWord((1n << 168n) | 2n, 700n)

  test('behavior: each seventh of a period takes the oldest bucket away, eight take all', () => {
    const at = [0n, 9n, 10n, 19n, 20n, 70n, 79n, 80n, 90n].map((later) => spentAt(terms, stored, 0n, 700n + later))
    expect(at).toEqual([3n, 3n, 2n, 2n, 2n, 2n, 2n, 0n, 0n])
    expect([699n, 0n].map((earlier) => spentAt(terms, stored, 0n, earlier))).toEqual([0n, 0n])
  })

  test('behavior: room is from the first second of a seventh, and never in a lifetime', () => {
    const room = (units: bigint, now = 700n) => roomAt(terms, stored, units, { origin: 0n, now })
    expect([97n, 98n, 99n, 100n, 101n].map((units) => room(units))).toEqual([700n, 710n, 780n, 780n, null])
    expect(room(98n, 709n)).toBe(710n)
    expect(room(98n, 710n)).toBe(710n)
    const whole = spendTerms(lifetime(100n))
    const never = (units: bigint) => roomAt(whole, counterWord(3n, 700n), units, { origin: 0n, now: 700n })
    expect([never(97n), never(98n)]).toEqual([700n, null])
    expect(spentAt(whole, counterWord(3n, 700n), 0n, 9_999n)).toBe(3n)
    const odd = spendTerms({ ...lifetime(100n), window: 'fixed' })
    expect([
      spentAt(odd, counterWord(3n, 700n), 0n, 9_999n),
      roomAt(odd, counterWord(3n), 98n, { origin: 0n, now: NOW }),
    ]).toEqual([3n, null])
    const both = spendTerms({ ...fixed(100n, 10n), window: 'lifetime' })
    expect([
      spentAt(both, counterWord(3n, 700n), 0n, 9_999n),
      roomAt(both, counterWord(3n), 98n, { origin: 0n, now: NOW }),
    ]).toEqual([3n, null])
  })
})

describe('isOverForTerms', () => {
  const prepared = (change: Parameters<typeof termsOf>[0]) => grantOf([termsOf(change)])
  const over = (change: Parameters<typeof termsOf>[0], now = NOW, words: Record<string, bigint> = {}) => {
    const grant = prepared(change)
    return isOverForTerms(termsAt(grant), withWords(stateOf(grant, { now }), words))
  }
  const groupKey = termsAt(prepared({})).groupKey

  test('behavior: from the expiry on, where the group is revoked, and where nothing was read', () => {
    expect([NOW - 1n, NOW, NOW + 1n].map((now) => over({ expiry: NOW }, now))).toEqual([false, true, true])
    expect([0n, 1n, 2n].map((stored) => over({}, NOW, { [groupKey]: stored }))).toEqual([false, true, true])
    const grant = prepared({})
    expect(isOverForTerms(termsAt(grant), { ...stateOf(grant), counters: {} })).toBe(true)
  })

  test('behavior: when the calls of a lifetime are used up, those of a period come again', () => {
    const used = (period: bigint | null, count: bigint) => {
      const change = { calls: { max: 3n, period } }
      const { budgets } = termsAt(prepared(change))
      const key = termsAt(prepared(change)).callsKey ?? budgets[0]?.key ?? ''
      return over(change, NOW, { [key]: counterWord(0n, NOW, count) })
    }
    expect([2n, 3n, 4n].map((count) => used(null, count))).toEqual([false, true, true])
    expect([2n, 3n, 4n].map((count) => used(60n, count))).toEqual([false, false, false])
  })

  test('behavior: left of calls, below, at and above their number', () => {
    const change = { calls: { max: 3n, period: null } }
    const grant = prepared(change)
    const terms = termsAt(grant)
    const meter = (count: bigint, now = NOW) => {
      const state = withWords(stateOf(grant, { now }), { [terms.callsKey ?? '']: counterWord(0n, NOW, count) })
      const [{ used, left } = {}, ...others] = metersOfTerms(terms, state).filter(({ counts }) => counts === 'calls')
      return [used, left, others.length, callsUsed(terms, state)]
    }
    expect(meter(2n)).toEqual([2n, 1n, 0, 2n])
    expect(meter(3n)).toEqual([3n, 0n, 0, 3n])
    expect(meter(4n)).toEqual([4n, 0n, 0, 4n])
    const { notBefore } = terms.terms
    expect(meter(2n, notBefore)).toEqual([2n, 1n, 0, 2n])
    expect(meter(2n, notBefore - 1n)).toEqual([0n, 3n, 0, 2n])
    const denied = [3n, 4n].map((count) =>
      judged(change, transfer(1n), NOW, { [terms.callsKey ?? '']: counterWord(0n, NOW, count) }),
    )
    expect(denied).toMatchObject(
      [3n, 4n].map((used) => ({ code: 'calls_exceeded', used, requested: 1n, remaining: 0n })),
    )
  })
})

describe('refusedAt', () => {
  test('behavior: a rule has its name where the scope is known', () => {
    const prepared = grantOf([termsOf()])
    const [branch] = prepared.branches as [PreparedBranch]
    const named = { ids: ['first', 'second'], budgets: [], timeout: 0n }
    const links = branch.links.map((link) => ({
      ...link,
      caveats: link.caveats.map((caveat) => ({ ...caveat, taskScope: { ...termsAt(prepared), named } })),
    }))
    const refusal = {
      error: 'NotAdmitted',
      delegation: hashAt(prepared, 0),
      item: 0,
      reason: 'value',
      index: 0,
    } as const
    const numbers = { limit: 0n, used: 0n, requested: 0n }
    const ids = [0, 1, 2, null].map(
      (rule) => refusedAt({ ...branch, links }, { ...refusal, ...numbers, rule })?.rule?.id,
    )
    expect(ids).toEqual(['first', 'second', null, null])
  })
})

describe('shapeOfTerms', () => {
  test('behavior: the form counts, whatever has been spent', () => {
    const prepared = grantOf([termsOf()])
    const code = (action: Action) => {
      const facts = readAction(action)
      return 'code' in facts ? facts.code : (shapeOfTerms(termsAt(prepared), facts, stateOf(prepared))?.code ?? null)
    }
    expect([1n, 100n, 101n].map((amount) => code(act(transfer(amount))))).toEqual([null, null, null])
    expect(code(act(transfer(1n, mallory)))).toBe('recipient_not_allowed')
    expect(code(act(transfer(1n), mallory))).toBeNull()
    expect(code(batch(transfer(1n), transfer(1n)))).toBe('batch_not_allowed')
  })
})

describe('admit', () => {
  const longer = { ...swap, rules: swap.rules?.map((rule) => ({ ...rule, longer: rule.allowance !== null })) ?? [] }
  const [first, second, third] = triple(5n) as [Call, Call, Call]
  const padded = (call: Call): Call => ({ ...call, data: `${call.data}00` })
  test.each([
    [[first, second, third], null],
    [[first, padded(second), third], null],
    [[padded(first), second, third], 0],
    [[first, second, padded(third)], 2],
    [[first, second], 0],
    [[first], 0],
  ] as const)('behavior: approvals are exact, the call between them may be longer: case %#', (calls, at) => {
    const verdict = judged(longer, batch(...calls))
    if (at === null) expect(verdict.verdict).toBe('allow')
    else expect(verdict).toMatchObject({ code: 'allowance_not_returned', rule: { part: 'allowance', at } })
  })

  test('behavior: a call that no rule is for is refused for its form alone', () => {
    const shape = { index: null, id: null, part: 'shape', at: 0 }
    const long = { ...transfer(1n), data: `0xa9059cbb${'00'.repeat(65_532)}` as Hex }
    const calls = [transfer(1n, vendor, mallory), transfer(1n, vendor, alice), long]
    expect(calls.map((call) => judged({}, call))).toMatchObject(calls.map(() => ({ rule: { call: 0, ...shape } })))
  })
})
