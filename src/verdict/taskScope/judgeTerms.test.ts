import { describe, expect, test } from 'vitest'
import {
  batch,
  counterWord,
  judged,
  lifetime,
  payRule,
  reasonOf,
  termsAt,
  termsOf,
  withWords,
} from '../../../test/fixtures/taskScope.ts'
import {
  act,
  agent,
  alice,
  dai,
  denied,
  environment,
  grantOf,
  hashAt,
  mallory,
  otherVendor,
  pay,
  stateOf,
  subAgent,
  transfer,
  usdc,
  vendor,
} from '../../../test/fixtures/verdict.ts'
import type { Hex } from '../../primitives/hex.ts'
import { evaluate } from '../evaluate.ts'
import type { Call, State } from '../types.ts'

const manager = environment.manager
const enforcer = environment.enforcers['TaskScopeEnforcer'] as Hex

describe('evaluate under a whole scope', () => {
  test('default: a rule admits, is named, and says what it leaves', () => {
    expect(judged({}, transfer(40n))).toEqual({ verdict: 'allow', branch: 0, rule: 'rule-0', remaining: 60n })
    expect(judged({}, transfer(100n))).toMatchObject({ verdict: 'allow', remaining: 0n })
    expect(denied(judged({}, transfer(101n)))).toMatchObject({
      code: 'budget_exceeded',
      hop: 0,
      delegator: alice,
      caveat: { index: 0, kind: 'taskScope' },
      rule: { call: 0, index: 0, id: null, part: 'budget', at: 0 },
      limit: 100n,
      used: 0n,
      requested: 101n,
      remaining: 100n,
      resetsAt: null,
      largestAllowed: 100n,
      fix: { do: 'lower_amount', to: 100n },
    })
  })

  test('behavior: not before the first second, not at the last', () => {
    const { notBefore, expiry } = termsOf()
    expect(denied(judged({}, transfer(1n), notBefore - 1n))).toMatchObject({
      code: 'not_yet_valid',
      fix: { do: 'wait_until', time: notBefore },
    })
    expect(reasonOf(judged({}, transfer(1n), notBefore))).toBe('allow')
    expect(reasonOf(judged({}, transfer(1n), expiry - 1n))).toBe('allow')
    expect(denied(judged({}, transfer(1n), expiry))).toMatchObject({
      code: 'expired',
      fix: { do: 'ask_for_a_new_grant' },
    })
  })

  test('behavior: an ended group, by whatever word, and each word that was not read', () => {
    const prepared = grantOf([termsOf({ budgets: [lifetime(100n), lifetime(9n)], calls: { max: 2n, period: null } })])
    const terms = termsAt(prepared)
    const state = stateOf(prepared)
    for (const word of [1n, 2n ** 255n]) {
      expect(denied(evaluate(prepared, act(transfer(1n)), withWords(state, { [terms.groupKey]: word })))).toMatchObject(
        {
          code: 'group_revoked',
          hop: 0,
        },
      )
    }
    expect(terms.keys).toHaveLength(3)
    for (const key of terms.keys) {
      const { [key]: _, ...counters } = state.counters
      expect(reasonOf(evaluate(prepared, act(transfer(1n)), { ...state, counters }))).toBe('state_missing')
      const wrong = { ...state.counters, [key]: { kind: 'used' as const, used: false } }
      expect(reasonOf(evaluate(prepared, act(transfer(1n)), { ...state, counters: wrong }))).toBe('state_missing')
    }
    const calls = termsAt(
      grantOf([termsOf({ budgets: [], rules: [payRule({ charges: [] })], calls: { max: 2n, period: null } })]),
    )
    expect(calls.keys).toEqual([calls.groupKey, calls.callsKey])
  })

  test('behavior: redeemers, where the terms name any', () => {
    expect(reasonOf(judged({ redeemers: [mallory, agent] }, transfer(1n)))).toBe('allow')
    const refused = denied(judged({ redeemers: [mallory] }, transfer(1n)))
    expect(refused).toMatchObject({ code: 'redeemer_not_allowed', caveat: { kind: 'taskScope' } })
    // The delegate alone may redeem, and is not among them: no fix.
    expect(refused.fix).toEqual({ do: 'ask_for_a_new_grant' })
  })

  test('behavior: batches only where they are granted, and not longer than granted', () => {
    const two = batch(transfer(1n), transfer(2n))
    expect(denied(judged({}, two))).toMatchObject({ code: 'batch_not_allowed', fix: { do: 'send_one_call' } })
    expect(judged({ maxExecutions: 2 }, two)).toEqual({
      verdict: 'allow',
      branch: 0,
      rule: 'rule-0',
      rules: ['rule-0', 'rule-0'],
      remaining: null,
    })
    const three = batch(transfer(1n), transfer(2n), transfer(3n))
    expect(denied(judged({ maxExecutions: 2 }, three))).toMatchObject({
      code: 'batch_size_not_allowed',
      limit: 2n,
      requested: 3n,
      fix: { do: 'send_fewer_calls', to: 2 },
    })
    expect(reasonOf(judged({ maxExecutions: 3 }, three))).toBe('allow')
  })

  test('behavior: manager, delegator and enforcer are no targets, whatever the rules say', () => {
    for (const target of [manager, alice, enforcer]) {
      const rules = [payRule({ target, conditions: [] })]
      const call = transfer(1n, vendor, target)
      expect(denied(judged({ rules }, call))).toMatchObject({
        code: 'target_not_allowed',
        rule: { call: 0, index: null, part: 'shape' },
      })
      expect(
        denied(judged({ rules: [payRule(), ...rules], maxExecutions: 2 }, batch(transfer(1n), call))),
      ).toMatchObject({
        rule: { call: 1, index: null },
      })
    }
    // The delegate is one.
    expect(reasonOf(judged({ rules: [payRule({ target: agent })] }, transfer(1n, vendor, agent)))).toBe('allow')
  })

  test('behavior: target, function and length decide which rules are for a call', () => {
    const rules = [
      payRule(),
      payRule({ target: vendor, selector: '0x', length: 0, maxValue: 5n, conditions: [], charges: [] }),
    ]
    const of = (call: Call) => denied(judged({ rules }, call))
    expect(of(transfer(1n, vendor, dai)).code).toBe('target_not_allowed')
    expect(of({ ...transfer(1n), data: `0xdeadbeef${transfer(1n).data.slice(10)}` }).code).toBe('method_not_allowed')
    expect(of({ ...transfer(1n), data: `${transfer(1n).data}00` }).code).toBe('calldata_not_allowed')
    expect(of({ ...transfer(1n), data: transfer(1n).data.slice(0, -2) as Hex }).code).toBe('calldata_not_allowed')
    expect(of({ ...transfer(1n), data: '0xa9059c' }).code).toBe('method_not_allowed')
    expect(of(pay(1n, mallory))).toMatchObject({
      code: 'recipient_not_allowed',
      rule: { index: null },
      fix: { do: 'pay_one_of', recipients: [vendor] },
    })
    expect(reasonOf(judged({}, pay(1n, mallory)))).toBe('target_not_allowed')
    expect(reasonOf(judged({ rules }, pay(5n)))).toBe('allow')
    expect(of(pay(6n))).toMatchObject({
      code: 'action_maximum_exceeded',
      rule: { index: 1, part: 'value', at: 0 },
      limit: 5n,
      requested: 6n,
      largestAllowed: 5n,
      fix: { do: 'lower_amount', to: 5n },
    })
  })

  test('behavior: longer call data only where the rule takes it, and never more than 65,535 bytes', () => {
    const longer = { rules: [payRule({ longer: true })] }
    const padded = (bytes: number): Call => ({
      ...transfer(1n),
      data: `${transfer(1n).data}${'00'.repeat(bytes)}` as Hex,
    })
    expect(reasonOf(judged(longer, padded(0)))).toBe('allow')
    expect(reasonOf(judged(longer, padded(1)))).toBe('allow')
    expect(reasonOf(judged(longer, { ...transfer(1n), data: transfer(1n).data.slice(0, -2) as Hex }))).toBe(
      'calldata_not_allowed',
    )
    expect(reasonOf(judged(longer, padded(0xffff - 68)))).toBe('allow')
    expect(denied(judged(longer, padded(0x1_0000 - 68)))).toMatchObject({
      code: 'calldata_not_allowed',
      rule: { index: null },
    })
  })

  test('behavior: the first rule that admits; else what the first one for such a call says', () => {
    const small = payRule({ conditions: [{ op: 'at_most', word: 1, operand: 10n }], charges: [] })
    const rules = [payRule({ target: dai }), small, payRule()]
    expect(judged({ rules }, transfer(10n))).toMatchObject({ rule: 'rule-1' })
    expect(judged({ rules }, transfer(11n))).toMatchObject({ rule: 'rule-2', remaining: 89n })
    expect(denied(judged({ rules }, transfer(101n)))).toMatchObject({
      code: 'argument_not_allowed',
      rule: { index: 1, part: 'condition', at: 0 },
      limit: 10n,
      requested: 101n,
      largestAllowed: 100n,
    })
  })

  test('behavior: value beside a token call, and conditions one by one, by their number', () => {
    expect(denied(judged({}, { ...transfer(1n), value: 1n }))).toMatchObject({
      code: 'value_not_allowed',
      limit: 0n,
      requested: 1n,
      fix: { do: 'set_value', to: 0n },
    })
    expect(reasonOf(judged({ rules: [payRule({ maxValue: 1n })] }, { ...transfer(1n), value: 1n }))).toBe('allow')
    expect(denied(judged({}, transfer(1n, mallory)))).toMatchObject({
      code: 'recipient_not_allowed',
      rule: { part: 'condition', at: 0 },
      limit: null,
      fix: { do: 'pay_one_of', recipients: [vendor, otherVendor] },
    })
    const conditions = [...payRule().conditions, { op: 'at_most', word: 1, operand: 7n } as const]
    expect(denied(judged({ rules: [payRule({ conditions })] }, transfer(8n)))).toMatchObject({
      code: 'action_maximum_exceeded',
      rule: { part: 'condition', at: 1 },
      limit: 7n,
      requested: 8n,
      remaining: 7n,
      largestAllowed: 7n,
    })
  })

  test('behavior: one call of a batch changed, or the calls before it', () => {
    const terms = { maxExecutions: 3 }
    expect(denied(judged(terms, batch(transfer(1n), transfer(2n, mallory)))).fix).toEqual({
      do: 'in_call',
      call: 1,
      fix: { do: 'pay_one_of', recipients: [vendor, otherVendor] },
    })
    expect(denied(judged(terms, batch(transfer(60n), transfer(50n)))).fix).toEqual({
      do: 'in_call',
      call: 1,
      fix: { do: 'lower_amount', to: 40n },
    })
    expect(denied(judged(terms, batch(transfer(100n), transfer(50n)))).fix).toEqual({ do: 'send_fewer_calls', to: 1 })
  })

  test('behavior: two links are each judged with their own counters, and the link that refuses is named', () => {
    const prepared = grantOf([termsOf({ budgets: [lifetime(50n)] })], [termsOf({ budgets: [lifetime(80n)] })])
    const unused = stateOf(prepared)
    const asked = (amount: bigint, state: State) => evaluate(prepared, act(transfer(amount), subAgent), state)
    expect(asked(50n, unused)).toMatchObject({ verdict: 'allow', remaining: 0n })
    expect(asked(20n, unused)).toMatchObject({ verdict: 'allow', remaining: 30n })
    expect(denied(asked(51n, unused))).toMatchObject({ hop: 0, delegation: hashAt(prepared, 0), largestAllowed: 50n })
    const rootKey = termsAt(prepared, 1).budgets[0]?.key as string
    const rooted = withWords(unused, { [rootKey]: counterWord(60n) })
    expect(asked(20n, rooted)).toMatchObject({ verdict: 'allow', remaining: 0n })
    expect(denied(asked(21n, rooted))).toMatchObject({
      hop: 1,
      delegator: alice,
      delegation: hashAt(prepared, 1),
      used: 60n,
      largestAllowed: 20n,
    })
  })

  test('behavior: a second such caveat in one delegation is a doubt, and says so', () => {
    const prepared = grantOf([termsOf(), termsOf({ group: '0x1111111111111111' })])
    expect(denied(evaluate(prepared, act(transfer(1n)), stateOf(prepared)))).toMatchObject({
      code: 'counter_shared',
      family: 'not_evaluated',
      caveat: { index: 1 },
      fix: { do: 'ask_for_a_new_grant' },
    })
  })

  test('behavior: what a balance decides is not known before, and never shares a batch', () => {
    const measured = payRule({
      charges: [{ budget: 0, source: 'balance', weight: 1n }],
      measured: { asset: usdc, account: alice },
    })
    expect(denied(judged({ rules: [measured] }, transfer(1n)))).toMatchObject({
      code: 'effect_unknown',
      caveat: { kind: 'taskScope' },
    })
    expect(reasonOf(judged({ rules: [measured], maxExecutions: 2 }, batch(transfer(1n), transfer(1n))))).toBe(
      'batch_not_allowed',
    )
    expect(reasonOf(judged({ rules: [measured, payRule({ target: dai })] }, transfer(1n, vendor, dai)))).toBe('allow')
  })
})
