import { describe, expect, test } from 'vitest'
import { firstBranch } from '../../test/fixtures/facts.ts'
import {
  act,
  agent,
  alice,
  grantOf,
  hashAt,
  pay,
  stateOf,
  transfer,
  usdc,
  vendor,
} from '../../test/fixtures/verdict.ts'
import { denial, denyFor } from './denial.ts'
import { evaluate, evaluateBranch } from './evaluate.ts'
import { type Finding, finding } from './finding.ts'
import { REASONS } from './reasons.ts'
import type { Fix, RefusedRule } from './types.ts'

const prepared = grantOf(
  [{ kind: 'valueLte', max: 0n }],
  [
    { kind: 'erc20TransferAmount', token: usdc, limit: 5n },
    { kind: 'valueLte', max: 0n },
  ],
)
const branch = firstBranch(prepared)
const fix: Fix = { do: 'retry_later' }
const denied = (parts: Partial<Finding>, of: typeof branch | null = branch) =>
  denial({ branch: of, finding: finding('budget_exceeded', parts) }, null, fix)

describe('denial', () => {
  const { sentence } = REASONS.budget_exceeded
  test.each<[Partial<Finding>, string]>([
    [{}, sentence],
    [{ requested: 3n }, `${sentence} (asked 3)`],
    [{ limit: 5n }, `${sentence} (bound 5)`],
    [{ limit: 5n, remaining: 2n }, `${sentence} (left 2 of 5)`],
    [{ remaining: 2n }, sentence],
    [{ used: 4n }, `${sentence} (used 4)`],
    [{ resetsAt: 9n }, `${sentence} (resets at 9)`],
    [{ hop: 0 }, `${sentence} (at the leaf (hop 0))`],
    [{ hop: 1 }, `${sentence} (at hop 1)`],
    [{ hop: 2 }, `${sentence} (at hop 2)`],
    [
      { requested: 0n, limit: 0n, remaining: 0n, used: 0n, resetsAt: 0n, hop: 1 },
      `${sentence} (asked 0, left 0 of 0, used 0, resets at 0, at hop 1)`,
    ],
  ])('behavior: our sentence, and the numbers that there are: %o', (parts, expected) => {
    expect(denied(parts).message).toBe(expected)
  })

  const at = { call: 0, index: 0, id: null, part: 'shape', at: 0 } as const
  test.each<[RefusedRule, string]>([
    [at, 'rule 1'],
    [{ ...at, index: 1 }, 'rule 2'],
    [{ ...at, index: 1, id: 'pay' }, 'rule pay'],
    [{ ...at, index: null }, 'no rule'],
    [{ ...at, index: null, id: 'pay' }, 'no rule'],
    [{ ...at, part: 'value', at: 1 }, 'rule 1'],
    [{ ...at, at: 1 }, 'rule 1'],
    [{ ...at, part: 'condition' }, 'rule 1, condition 1'],
    [{ ...at, part: 'condition', at: 2 }, 'rule 1, condition 3'],
    [{ ...at, part: 'allowance', at: 1 }, 'rule 1, allowance call 2'],
    [{ ...at, part: 'budget', at: 1 }, 'rule 1, budget 2'],
    [{ ...at, call: 1 }, 'rule 1 for call 2'],
    [{ ...at, call: 2, index: 2, part: 'budget' }, 'rule 3, budget 1 for call 3'],
  ])('behavior: which rule refused what, counted from one: %o', (rule, expected) => {
    expect(denied({ rule })).toMatchObject({ rule, message: `${sentence} (${expected})` })
    expect(denied({ rule, resetsAt: 9n, hop: 0 }).message).toBe(
      `${sentence} (resets at 9, ${expected}, at the leaf (hop 0))`,
    )
    expect('rule' in denied({})).toBe(false)
  })

  test('behavior: the link and the caveat that refused, where one did', () => {
    const at = (parts: Partial<Finding>, of: typeof branch | null = branch) => {
      const { hop, delegator, delegation, caveat } = denied(parts, of)
      return { hop, delegator, delegation, caveat }
    }
    expect(at({})).toEqual({ hop: null, delegator: null, delegation: null, caveat: null })
    expect(at({ hop: 0 })).toEqual({ hop: 0, delegator: agent, delegation: hashAt(prepared, 0), caveat: null })
    expect(at({ hop: 1, caveat: 0 })).toEqual({
      hop: 1,
      delegator: alice,
      delegation: hashAt(prepared, 1),
      caveat: { index: 0, kind: 'erc20TransferAmount' },
    })
    expect(at({ hop: 1, caveat: 1 }).caveat).toEqual({ index: 1, kind: 'valueLte' })
    expect(at({ hop: 0, caveat: 1 }).caveat).toBeNull()
    expect(at({ caveat: 0 }).caveat).toBeNull()
    expect(at({ hop: 1, caveat: 0 }, null)).toEqual({ hop: 1, delegator: null, delegation: null, caveat: null })
  })
})

describe('denyFor', () => {
  test('behavior: what helps by the code alone, or what is said to', () => {
    const codes = ['stopped', 'signature_refused', 'execution_failed', 'disagreement', 'state_missing'] as const
    expect(codes.map((code) => denyFor(code).fix.do)).toEqual([
      'ask_for_a_new_grant',
      'ask_for_a_new_grant',
      'retry_later',
      'report_a_fault',
      'retry_later',
    ])
    expect(denyFor('execution_failed', { do: 'ask_for_a_new_grant' })).toEqual({
      ...denyFor('execution_failed'),
      fix: { do: 'ask_for_a_new_grant' },
    })
    expect(denyFor('stopped')).toMatchObject({
      verdict: 'deny',
      family: 'ended',
      hop: null,
      caveat: null,
      message: REASONS.stopped.sentence,
    })
  })
})

describe('evaluate', () => {
  test('error: what is no action at all is malformed', () => {
    const single = grantOf([])
    for (const nothing of [null, undefined, 7, 'action', true]) {
      expect(evaluate(single, nothing as never, stateOf(single))).toMatchObject({
        verdict: 'deny',
        code: 'malformed_action',
      })
    }
    expect(evaluate(single, act(pay(1n)), stateOf(single)).verdict).toBe('allow')
  })

  test('behavior: of one branch alone', () => {
    const one = grantOf([{ kind: 'allowedTargets', targets: [vendor] }])
    expect(evaluateBranch(one, 0, act(pay(1n)), stateOf(one)).verdict).toBe('allow')
    expect(evaluateBranch(one, 1, act(pay(1n)), stateOf(one))).toMatchObject({ verdict: 'deny', hop: null })
  })

  test('behavior: the largest amount is of what was measured, and where nothing was of what the action is about', () => {
    const capped = grantOf([
      { kind: 'erc20TransferAmount', token: usdc, limit: 5n },
      { kind: 'valueLte', max: 3n },
    ])
    const most = (call: ReturnType<typeof transfer>) => evaluate(capped, act(call), stateOf(capped))
    expect(most(transfer(6n))).toMatchObject({ code: 'budget_exceeded', largestAllowed: 5n })
    expect(most({ ...transfer(1n), value: 4n })).toMatchObject({ code: 'value_not_allowed', largestAllowed: 3n })
    expect(most(transfer(6n, vendor, vendor))).toMatchObject({ code: 'target_not_allowed', largestAllowed: null })
    const late = grantOf([{ kind: 'timestamp', after: 0n, before: 5n }])
    expect(evaluate(late, act(transfer(6n)), stateOf(late))).toMatchObject({ code: 'expired', largestAllowed: null })
  })
})
