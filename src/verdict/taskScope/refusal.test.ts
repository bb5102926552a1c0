import { describe, expect, test } from 'vitest'
import {
  APPROVE,
  batch,
  callOf,
  counterWord,
  judged,
  order,
  payRule,
  rolling,
  router,
  spent,
  swap,
  triple,
} from '../../../test/fixtures/taskScope.ts'
import { alice, denied, mallory, NOW, pay, transfer, usdc, vendor } from '../../../test/fixtures/verdict.ts'
import type { TaskScopeCondition } from '../../caveats/taskScope/types.ts'
import type { Hex } from '../../primitives/hex.ts'
import type { Call, Deny } from '../types.ts'

const OTHER: Hex = '0x5a5a5a5a'

/** What a rule of one condition says of a call. */
function refusedBy(condition: TaskScopeCondition, call: Call, charged = false): Deny {
  const selector = call.data.slice(0, 10) as Hex
  const length = (call.data.length - 2) / 2
  const charges = charged ? [{ budget: 0, source: { word: condition.word }, weight: 1n }] : []
  return denied(judged({ rules: [payRule({ selector, length, conditions: [condition], charges })] }, call))
}

describe('the reason of a condition that does not hold', () => {
  const call = callOf(usdc, OTHER, vendor, 9n, 3n)
  const wide = { word: 1, width: 2, left: false }

  test('default: a maximum where the word is an amount that a budget counts, else an argument', () => {
    const condition: TaskScopeCondition = { op: 'at_most', word: 1, operand: 5n }
    const numbers = { limit: 5n, requested: 9n, remaining: 5n, largestAllowed: 5n }
    expect(refusedBy(condition, call, true)).toMatchObject({ code: 'action_maximum_exceeded', ...numbers })
    expect(refusedBy(condition, call)).toMatchObject({ code: 'argument_not_allowed', ...numbers })
    expect(refusedBy({ op: 'at_most', word: 2, operand: 2n }, call, true)).toMatchObject({
      limit: 2n,
      requested: 3n,
      largestAllowed: 2n,
    })
  })

  test('default: who is paid is the first word of a transfer, and of nothing else', () => {
    const other = BigInt(mallory)
    const equal = (word: number, operand = other): TaskScopeCondition => ({ op: 'equal', word, operand })
    const oneOf = (word: number): TaskScopeCondition => ({ op: 'one_of', word, operands: [other] })
    expect([equal(0), oneOf(0)].map((it) => refusedBy(it, transfer(9n)).code)).toEqual(
      Array(2).fill('recipient_not_allowed'),
    )
    expect([equal(1), oneOf(1)].map((it) => refusedBy(it, transfer(9n)).code)).toEqual(
      Array(2).fill('argument_not_allowed'),
    )
    expect(refusedBy(equal(0), call).code).toBe('argument_not_allowed')
    const longer = { ...transfer(9n), data: `${transfer(9n).data}00` as Hex }
    expect(refusedBy(equal(0), longer).code).toBe('argument_not_allowed')
    expect(refusedBy(equal(0), transfer(9n))).toMatchObject({ limit: null, requested: null, remaining: null })
  })

  test('default: an order has numbers, also that of a length', () => {
    expect(refusedBy({ op: 'at_least', ...wide, operand: 10n }, call)).toMatchObject({
      code: 'argument_not_allowed',
      limit: 10n,
      requested: 9n,
      remaining: null,
    })
    const signed = refusedBy({ op: 'signed_at_most', word: 1, width: 2, operand: -1n }, call)
    expect(signed).toMatchObject({ code: 'argument_not_allowed', limit: null, requested: null })
    const text = callOf(usdc, OTHER, 32n, 5n, 0n)
    expect(refusedBy({ op: 'length_at_most', word: 0, operand: 4n }, text)).toMatchObject({
      code: 'argument_not_allowed',
      limit: 4n,
      requested: 5n,
    })
  })

  test('default: a text that does not lie in the call data is no argument', () => {
    const outside = callOf(usdc, OTHER, 320n, 5n, 0n)
    const inside = callOf(usdc, OTHER, 32n, 5n, 0n)
    const hash: TaskScopeCondition = { op: 'hash', word: 0, operand: `0x${'11'.repeat(32)}` }
    expect(refusedBy({ op: 'length_at_most', word: 0, operand: 4n }, outside)).toMatchObject({
      code: 'calldata_not_allowed',
      limit: null,
    })
    expect(refusedBy(hash, outside).code).toBe('calldata_not_allowed')
    expect(refusedBy(hash, inside).code).toBe('argument_not_allowed')
  })
})

describe('the numbers of an allowance that is not returned', () => {
  const of = (calls: readonly Call[]) => denied(judged(swap, batch(...calls)))

  test('default: what was approved against what the call takes, and what is left of it', () => {
    expect(of(triple(7n).with(1, order(8n)))).toMatchObject({ limit: 7n, requested: 8n })
    expect(of(triple(7n).with(2, callOf(usdc, APPROVE, router, 3n)))).toMatchObject({ limit: 0n, requested: 3n })
  })

  test('behavior: none where amounts are not what differs', () => {
    expect(of(triple(7n).with(0, callOf(usdc, APPROVE, mallory, 7n)))).toMatchObject({ limit: null, requested: null })
    const longer = { ...order(7n), data: `${order(7n).data}00` as Hex }
    expect(of(triple(7n).with(1, longer))).toMatchObject({ limit: 7n, requested: null })
    expect(of(triple(7n).with(2, callOf(usdc, APPROVE, mallory, 0n)))).toMatchObject({ limit: 0n, requested: null })
  })
})

describe('the reason where no rule is for a call', () => {
  const native = payRule({ target: vendor, selector: '0x', length: 0, maxValue: 9n, conditions: [], charges: [] })
  const codeOf = (call: Call, rules = [payRule()]) => denied(judged({ rules }, call)).code

  test('default: its length, its function, its target, or whom it pays', () => {
    expect(codeOf({ ...transfer(1n), data: `${transfer(1n).data}00` })).toBe('calldata_not_allowed')
    expect(codeOf(callOf(usdc, OTHER, vendor, 1n))).toBe('method_not_allowed')
    expect(codeOf(transfer(1n, vendor, alice))).toBe('target_not_allowed')
    expect(codeOf(pay(1n, mallory), [native])).toBe('recipient_not_allowed')
    // Nobody is paid where nothing pays, nor by a call with data.
    expect(codeOf(pay(1n, mallory))).toBe('target_not_allowed')
    expect(codeOf(callOf(mallory, OTHER, 1n), [native])).toBe('target_not_allowed')
    expect(codeOf(callOf(vendor, OTHER, 1n), [native])).toBe('method_not_allowed')
  })

  test('default: a value above that of a payment is an amount, above that of a call it is not', () => {
    const numbers = { limit: 9n, requested: 10n, remaining: 9n }
    expect(denied(judged({ rules: [native] }, pay(10n)))).toMatchObject({ code: 'action_maximum_exceeded', ...numbers })
    const some = payRule({ maxValue: 9n })
    const call = { ...transfer(1n), value: 10n }
    expect(denied(judged({ rules: [some] }, call))).toMatchObject({ code: 'value_not_allowed', ...numbers })
  })
})

describe('the numbers of a budget that is short', () => {
  const change = { maxExecutions: 2, budgets: [rolling(100n, 70n)] }
  /** 30 that leave ten seconds before the 12 do. */
  const words = spent(change, counterWord((30n << 24n) | 12n))
  const FORGETS = NOW + 80n - (NOW % 10n)

  test('default: with what the calls before it charge, also for the time at which there is room', () => {
    const asked = batch(transfer(50n), transfer(20n))
    const short = { code: 'period_budget_exceeded', limit: 100n, used: 92n, requested: 20n, remaining: 8n }
    expect(denied(judged(change, asked, NOW, words))).toMatchObject({ ...short, resetsAt: FORGETS - 10n })
    expect(judged(change, asked, FORGETS - 10n, words).verdict).toBe('allow')
    const more = denied(judged(change, batch(transfer(50n), transfer(39n)), NOW, words))
    expect(more).toMatchObject({ used: 92n, requested: 39n, resetsAt: FORGETS })
    expect(denied(judged(change, batch(transfer(50n), transfer(38n)), NOW, words)).resetsAt).toBe(FORGETS - 10n)
    expect(denied(judged(change, batch(transfer(50n), transfer(51n)), NOW, words)).resetsAt).toBeNull()
  })

  test('default: in base units, of a counter that has coarser ones', () => {
    const coarse = { budgets: [rolling(2n ** 26n, 70n)] }
    const used = spent(coarse, counterWord(2n ** 23n - 2n))
    expect(denied(judged(coarse, transfer(17n), NOW, used))).toMatchObject({
      limit: 2n ** 26n,
      used: 2n ** 26n - 16n,
      requested: 17n,
      remaining: 16n,
    })
    expect(judged(coarse, transfer(16n), NOW, used).verdict).toBe('allow')
  })
})
