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
import { act, alice, denied, environment, mallory, transfer, usdc } from '../../../test/fixtures/verdict.ts'
import type { Hex } from '../../primitives/hex.ts'
import type { Call } from '../types.ts'

const { manager } = environment

describe('an allowance under a whole scope', () => {
  test('default: approve, the call with that amount, approve of nothing', () => {
    expect(judged(swap, batch(...triple(7n)))).toMatchObject({
      verdict: 'allow',
      rules: ['rule-0', 'rule-0', 'rule-0'],
    })
    expect(judged({ ...swap, maxExecutions: 4 }, batch(...triple(7n), transfer(1n)))).toMatchObject({
      rules: ['rule-0', 'rule-0', 'rule-0', 'rule-1'],
    })
  })

  test.each<[string, number, Call[]]>([
    ['the approval alone', 0, triple(7n).slice(0, 1)],
    ['without the last', 0, triple(7n).slice(0, 2)],
    ['for another spender', 0, triple(7n).with(0, callOf(usdc, APPROVE, mallory, 7n))],
    ['with value', 0, triple(7n).with(0, { ...(triple(7n)[0] as Call), value: 1n })],
    ['for more than the call takes', 1, triple(7n).with(1, order(6n))],
    ['for less than the call takes', 1, triple(7n).with(1, order(8n))],
    ['for a call of another form', 1, triple(7n).with(1, { ...order(7n), data: `${order(7n).data}00` as Hex })],
    ['not returned whole', 2, triple(7n).with(2, callOf(usdc, APPROVE, router, 1n))],
    ['returned by another', 2, triple(7n).with(2, callOf(usdc, APPROVE, mallory, 0n))],
    ['returned with value', 2, triple(7n).with(2, { ...(triple(7n)[2] as Call), value: 1n })],
  ])('error: %s', (_name, at, calls) => {
    expect(denied(judged(swap, calls.length === 1 ? act(calls[0] as Call) : batch(...calls)))).toMatchObject({
      code: 'allowance_not_returned',
      rule: { call: 0, index: 0, part: 'allowance', at },
    })
  })

  test('behavior: what cannot be looked at ends it, also behind the approval', () => {
    const forbidden = batch(...triple(7n).with(1, { ...order(7n), to: manager }))
    expect(denied(judged(swap, forbidden))).toMatchObject({
      code: 'target_not_allowed',
      rule: { call: 1, index: null },
    })
    const last = batch(...triple(7n).with(2, { ...order(7n), to: alice }))
    expect(denied(judged(swap, last))).toMatchObject({ code: 'target_not_allowed', rule: { call: 2, index: null } })
  })

  test('behavior: nor does another rule for the approval alone lead around that', () => {
    const approval = payRule({ selector: APPROVE, conditions: [], charges: [] })
    const rules = [...(swap.rules ?? []), approval]
    const last = batch(...triple(7n).with(2, { ...order(7n), to: alice }))
    expect(denied(judged({ ...swap, rules }, last))).toMatchObject({
      code: 'target_not_allowed',
      rule: { call: 2, index: null },
    })
    expect(judged({ ...swap, rules }, triple(7n)[0] as Call)).toMatchObject({ verdict: 'allow', rule: 'rule-2' })
  })

  test('behavior: the call is named where its value, condition or budget refuses, and every fix makes three again', () => {
    const over = denied(judged(swap, batch(...triple(101n))))
    expect(over).toMatchObject({ code: 'budget_exceeded', rule: { call: 1, index: 0, part: 'budget' } })
    expect(over.fix).toEqual({ do: 'send_calls', calls: triple(100n) })
    expect(denied(judged(swap, act(order(7n)))).fix).toEqual({ do: 'send_calls', calls: triple(7n) })
    expect(denied(judged(swap, batch(...triple(7n).slice(0, 2)))).fix).toEqual({
      do: 'send_calls',
      calls: triple(7n),
    })
  })
})
