import { describe, expect, test } from 'vitest'
import {
  APPROVE,
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
  alice,
  dai,
  denied,
  environment,
  grantOf,
  hashAt,
  mallory,
  NOW,
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
import type { Action, Call, State, Verdict } from '../types.ts'

const batch = (...calls: Call[]): Action => ({ ...act(pay(0n)), calls })
const manager = environment.manager
const enforcer = environment.enforcers['TaskScopeEnforcer'] as Hex

/** The verdict under one link with these terms. */
function judged(change: Partial<Terms>, asked: Call | Action, now = NOW, words: Record<string, bigint> = {}): Verdict {
  const prepared = grantOf([termsOf(change)])
  const state = withWords(stateOf(prepared, { now }), words)
  return evaluate(prepared, 'calls' in asked ? asked : act(asked), state)
}

const codeOf = (verdict: Verdict) => (verdict.verdict === 'deny' ? verdict.code : verdict.verdict)

/** The words of the first budget or the calls, by the terms that they are for. */
function spent(change: Partial<Terms>, word: bigint, at = 0): Record<string, bigint> {
  const terms = termsAt(grantOf([termsOf(change)]))
  return { [terms.budgets[at]?.key ?? terms.callsKey ?? '']: word }
}

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
    expect(codeOf(judged({}, transfer(1n), notBefore))).toBe('allow')
    expect(codeOf(judged({}, transfer(1n), expiry - 1n))).toBe('allow')
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
      expect(codeOf(evaluate(prepared, act(transfer(1n)), { ...state, counters }))).toBe('state_missing')
      const wrong = { ...state.counters, [key]: { kind: 'used' as const, used: false } }
      expect(codeOf(evaluate(prepared, act(transfer(1n)), { ...state, counters: wrong }))).toBe('state_missing')
    }
    const calls = termsAt(
      grantOf([termsOf({ budgets: [], rules: [payRule({ charges: [] })], calls: { max: 2n, period: null } })]),
    )
    expect(calls.keys).toEqual([calls.groupKey, calls.callsKey])
  })

  test('behavior: redeemers, where the terms name any', () => {
    expect(codeOf(judged({ redeemers: [mallory, agent] }, transfer(1n)))).toBe('allow')
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
    expect(codeOf(judged({ maxExecutions: 3 }, three))).toBe('allow')
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
    expect(codeOf(judged({ rules: [payRule({ target: agent })] }, transfer(1n, vendor, agent)))).toBe('allow')
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
    expect(codeOf(judged({}, pay(1n, mallory)))).toBe('target_not_allowed')
    expect(codeOf(judged({ rules }, pay(5n)))).toBe('allow')
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
    expect(codeOf(judged(longer, padded(0)))).toBe('allow')
    expect(codeOf(judged(longer, padded(1)))).toBe('allow')
    expect(codeOf(judged(longer, { ...transfer(1n), data: transfer(1n).data.slice(0, -2) as Hex }))).toBe(
      'calldata_not_allowed',
    )
    expect(codeOf(judged(longer, padded(0xffff - 68)))).toBe('allow')
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
    expect(codeOf(judged({ rules: [payRule({ maxValue: 1n })] }, { ...transfer(1n), value: 1n }))).toBe('allow')
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

  test('behavior: charges of one budget add up, weights multiply, and what would overflow is above every cap', () => {
    const rule = (weight: bigint, ...more: bigint[]) => ({
      rules: [
        payRule({
          charges: [weight, ...more].map((own) => ({ budget: 0, source: { word: 1 } as const, weight: own })),
        }),
      ],
    })
    expect(judged(rule(3n), transfer(33n))).toMatchObject({ verdict: 'allow', remaining: 0n })
    expect(denied(judged(rule(3n), transfer(34n)))).toMatchObject({ requested: 102n, largestAllowed: 33n })
    expect(denied(judged(rule(3n, 1n), transfer(26n)))).toMatchObject({ requested: 104n, largestAllowed: 25n })
    expect(denied(judged(rule(2n), transfer(2n ** 127n)))).toMatchObject({ requested: 2n ** 128n - 1n })
    expect(denied(judged(rule(2n), transfer(2n ** 127n - 1n)))).toMatchObject({ requested: 2n ** 128n - 2n })
    // One charge of weight 1 is compared as it stands.
    expect(denied(judged({}, transfer(2n ** 200n)))).toMatchObject({ requested: 2n ** 200n })
    const counted = [payRule({ charges: [{ budget: 0, source: 'count', weight: 60n }] })]
    expect(codeOf(judged({ rules: counted }, transfer(1n)))).toBe('allow')
    expect(denied(judged({ rules: counted, maxExecutions: 2 }, batch(transfer(1n), transfer(1n))))).toMatchObject({
      rule: { call: 1, part: 'budget' },
      used: 60n,
      requested: 60n,
      remaining: 40n,
    })
  })

  test('behavior: a rule that a budget refuses leaves nothing charged for the next rule', () => {
    const budgets = [lifetime(100n), lifetime(10n)]
    const both = payRule({
      charges: [
        { budget: 0, source: { word: 1 }, weight: 1n },
        { budget: 1, source: { word: 1 }, weight: 1n },
      ],
    })
    expect(judged({ budgets, rules: [both, payRule()] }, transfer(100n))).toMatchObject({
      rule: 'rule-1',
      remaining: 0n,
    })
    expect(denied(judged({ budgets, rules: [both] }, transfer(11n)))).toMatchObject({
      rule: { part: 'budget', at: 1 },
      limit: 10n,
      largestAllowed: 10n,
    })
  })

  test('behavior: what was spent counts by the window, and the denial names the second of relief', () => {
    const life = { budgets: [lifetime(100n)] }
    expect(denied(judged(life, transfer(61n), NOW, spent(life, counterWord(40n, 1n))))).toMatchObject({
      code: 'budget_exceeded',
      used: 40n,
      remaining: 60n,
      resetsAt: null,
    })
    const window = { budgets: [fixed(100n, 600n)] }
    const inIt = spent(window, counterWord(40n, NOW))
    expect(denied(judged(window, transfer(61n), NOW, inIt))).toMatchObject({
      code: 'period_budget_exceeded',
      used: 40n,
      resetsAt: NOW + 600n,
      fix: { do: 'wait_until', time: NOW + 600n },
    })
    expect(codeOf(judged(window, transfer(61n), NOW + 599n, inIt))).toBe('period_budget_exceeded')
    expect(codeOf(judged(window, transfer(61n), NOW + 600n, inIt))).toBe('allow')
    const sliding = { budgets: [rolling(100n, 700n)] }
    const before = spent(sliding, counterWord(40n, NOW))
    const refused = denied(judged(sliding, transfer(61n), NOW + 5n, before))
    expect(refused).toMatchObject({ code: 'period_budget_exceeded', used: 40n, remaining: 60n, largestAllowed: 60n })
    const free = refused.resetsAt as bigint
    expect(free).toBeGreaterThanOrEqual(NOW + 700n)
    expect(free).toBeLessThanOrEqual(NOW + 800n)
    expect(codeOf(judged(sliding, transfer(61n), free - 1n, before))).toBe('period_budget_exceeded')
    expect(codeOf(judged(sliding, transfer(61n), free, before))).toBe('allow')
    expect(denied(judged(sliding, transfer(101n), NOW, before)).resetsAt).toBeNull()
  })

  test('behavior: in a batch relief comes when there is room beside the calls before', () => {
    const terms = { budgets: [rolling(100n, 700n)], maxExecutions: 2 }
    const before = spent(terms, counterWord(40n, NOW))
    const refused = denied(judged(terms, batch(transfer(50n), transfer(20n)), NOW, before))
    expect(refused).toMatchObject({
      rule: { call: 1 },
      used: 90n,
      requested: 20n,
      remaining: 10n,
      largestAllowed: null,
    })
    const free = refused.resetsAt as bigint
    expect(codeOf(judged(terms, batch(transfer(50n), transfer(20n)), free - 1n, before))).toBe('period_budget_exceeded')
    expect(codeOf(judged(terms, batch(transfer(50n), transfer(20n)), free, before))).toBe('allow')
    expect(denied(judged(terms, batch(transfer(90n), transfer(20n)), NOW, before)).resetsAt).not.toBeNull()
    expect(denied(judged(terms, batch(transfer(60n), transfer(50n)), NOW, before)).resetsAt).toBeNull()
  })

  test('behavior: calls for life and in windows; three of an allowance are one', () => {
    const life = { calls: { max: 2n, period: null } }
    expect(codeOf(judged(life, transfer(1n), NOW, spent(life, counterWord(0n, 1n, 1n))))).toBe('allow')
    expect(denied(judged(life, transfer(1n), NOW, spent(life, counterWord(0n, 1n, 2n))))).toMatchObject({
      code: 'calls_exceeded',
      limit: 2n,
      used: 2n,
      requested: 1n,
      remaining: 0n,
      resetsAt: null,
      fix: { do: 'ask_for_a_new_grant' },
    })
    const window = { calls: { max: 2n, period: 600n }, maxExecutions: 3 }
    const used = spent(window, counterWord(0n, NOW, 1n))
    expect(denied(judged(window, batch(transfer(1n), transfer(1n)), NOW, used))).toMatchObject({
      code: 'calls_exceeded',
      used: 1n,
      requested: 2n,
      resetsAt: NOW + 600n,
      fix: { do: 'wait_until', time: NOW + 600n },
    })
    expect(codeOf(judged(window, batch(transfer(1n), transfer(1n)), NOW + 600n, used))).toBe('allow')
    expect(denied(judged(window, batch(transfer(1n), transfer(1n), transfer(1n)), NOW, used))).toMatchObject({
      resetsAt: null,
      fix: { do: 'send_fewer_calls', to: 1 },
    })
    expect(codeOf(judged({ ...swap, calls: { max: 1n, period: null } }, batch(...triple(7n))))).toBe('allow')
  })

  describe('an allowance', () => {
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
        code: calls.length === 2 || calls.length === 3 || calls.length === 1 ? 'allowance_not_returned' : '',
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
    expect(codeOf(judged({ rules: [measured], maxExecutions: 2 }, batch(transfer(1n), transfer(1n))))).toBe(
      'batch_not_allowed',
    )
    expect(codeOf(judged({ rules: [measured, payRule({ target: dai })] }, transfer(1n, vendor, dai)))).toBe('allow')
  })
})

const router: Hex = `0x${'77'.repeat(20)}`
const ORDER: Hex = '0x5a5a5a5a'
const swap: Partial<Terms> = {
  maxExecutions: 3,
  rules: [
    payRule({
      target: router,
      selector: ORDER,
      conditions: [],
      charges: [{ budget: 0, source: { word: 1 }, weight: 1n }],
      allowance: { token: usdc, amountWord: 1 },
    }),
    payRule(),
  ],
}

function order(amount: bigint): Call {
  return callOf(router, ORDER, 5n, amount)
}

function triple(amount: bigint): Call[] {
  return [callOf(usdc, APPROVE, router, amount), order(amount), callOf(usdc, APPROVE, router, 0n)]
}
