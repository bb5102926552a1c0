import { describe, expect, test } from 'vitest'
import {
  batch,
  counterWord,
  fixed,
  judged,
  lifetime,
  payRule,
  reasonOf,
  rolling,
  spent,
  swap,
  triple,
} from '../../../test/fixtures/taskScope.ts'
import { denied, NOW, transfer } from '../../../test/fixtures/verdict.ts'

describe('what calls charge under a whole scope', () => {
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
    expect(reasonOf(judged({ rules: counted }, transfer(1n)))).toBe('allow')
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
    expect(reasonOf(judged(window, transfer(61n), NOW + 599n, inIt))).toBe('period_budget_exceeded')
    expect(reasonOf(judged(window, transfer(61n), NOW + 600n, inIt))).toBe('allow')
    const sliding = { budgets: [rolling(100n, 700n)] }
    const before = spent(sliding, counterWord(40n, NOW))
    const refused = denied(judged(sliding, transfer(61n), NOW + 5n, before))
    expect(refused).toMatchObject({ code: 'period_budget_exceeded', used: 40n, remaining: 60n, largestAllowed: 60n })
    const free = refused.resetsAt as bigint
    expect(free).toBeGreaterThanOrEqual(NOW + 700n)
    expect(free).toBeLessThanOrEqual(NOW + 800n)
    expect(reasonOf(judged(sliding, transfer(61n), free - 1n, before))).toBe('period_budget_exceeded')
    expect(reasonOf(judged(sliding, transfer(61n), free, before))).toBe('allow')
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
    expect(reasonOf(judged(terms, batch(transfer(50n), transfer(20n)), free - 1n, before))).toBe(
      'period_budget_exceeded',
    )
    expect(reasonOf(judged(terms, batch(transfer(50n), transfer(20n)), free, before))).toBe('allow')
    expect(denied(judged(terms, batch(transfer(90n), transfer(20n)), NOW, before)).resetsAt).not.toBeNull()
    expect(denied(judged(terms, batch(transfer(60n), transfer(50n)), NOW, before)).resetsAt).toBeNull()
  })

  test('behavior: calls for life and in windows; three of an allowance are one', () => {
    const life = { calls: { max: 2n, period: null } }
    expect(reasonOf(judged(life, transfer(1n), NOW, spent(life, counterWord(0n, 1n, 1n))))).toBe('allow')
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
    expect(reasonOf(judged(window, batch(transfer(1n), transfer(1n)), NOW + 600n, used))).toBe('allow')
    expect(denied(judged(window, batch(transfer(1n), transfer(1n), transfer(1n)), NOW, used))).toMatchObject({
      resetsAt: null,
      fix: { do: 'send_fewer_calls', to: 1 },
    })
    expect(reasonOf(judged({ ...swap, calls: { max: 1n, period: null } }, batch(...triple(7n))))).toBe('allow')
  })
})
