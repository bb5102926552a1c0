import { describe, expect, test } from 'vitest'
import {
  APPROVE,
  batch,
  callOf,
  judged,
  order,
  payRule,
  router,
  swap,
  triple,
} from '../../../test/fixtures/taskScope.ts'
import { denied, mallory, transfer, usdc, vendor } from '../../../test/fixtures/verdict.ts'
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
