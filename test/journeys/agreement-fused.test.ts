import { describe, expect, test } from 'vitest'
import { FUSED_CODES } from '../../bench/agreement/fused/report.ts'
import { type Evaluate, runFusedAgreement } from '../../bench/agreement/fused/run.ts'
import { findAnvil } from '../../src/testing/anvil.ts'
import { atTime } from '../../src/verdict/atTime.ts'
import { evaluate } from '../../src/verdict/evaluate.ts'
import type { Deny, RefusedRule, Verdict } from '../../src/verdict/types.ts'

/** Evaluators with one mistake each, and how the comparison has to tell. */
const MISTAKEN: Readonly<Record<string, { as: 'falseAllow' | 'falseDeny' | 'reasonMismatch'; judge: Evaluate }>> = {
  'a budget of one more than it has': {
    as: 'falseAllow',
    judge: changed((denied) => (denied.requested === (denied.remaining ?? 0n) + 1n ? allowed : denied)),
  },
  'the next rule': { as: 'reasonMismatch', judge: renamed(({ index }) => ({ index: (index ?? 0) + 1 })) },
  'the next condition or budget': { as: 'reasonMismatch', judge: renamed(({ at }) => ({ at: at + 1 })) },
  'the next call of the batch': { as: 'reasonMismatch', judge: renamed(({ call }) => ({ call: call + 1 })) },
  'another number': {
    as: 'reasonMismatch',
    judge: changed((denied) => ({ ...denied, requested: (denied.requested ?? 0n) + 1n })),
  },
  'the other hop': {
    as: 'reasonMismatch',
    judge: changed((denied) => (denied.hop === null ? denied : { ...denied, hop: 1 - denied.hop, delegation: null })),
  },
  'a request that anybody signs': { as: 'falseAllow', judge: blindTo('request_refused') },
  'a request that passes twice': { as: 'falseAllow', judge: blindTo('request_used') },
  'a request that never ends': { as: 'falseAllow', judge: blindTo('request_expired') },
  'a group that goes on': { as: 'falseAllow', judge: blindTo('group_revoked') },
  'an allowance that stays': { as: 'falseAllow', judge: blindTo('allowance_not_returned') },
  'a window that never fills': { as: 'falseAllow', judge: blindTo('period_budget_exceeded') },
  'an effect taken for an end': { as: 'falseDeny', judge: renamedCode('effect_unknown', 'expired') },
  'a clock one second ahead': {
    as: 'falseAllow',
    judge: (prepared, action, state) => evaluate(prepared, action, atTime(state, state.block.timestamp + 1n)),
  },
  'a clock one second behind': {
    as: 'falseDeny',
    judge: (prepared, action, state) => evaluate(prepared, action, atTime(state, state.block.timestamp - 1n)),
  },
}

describe.runIf(findAnvil() !== null)('evaluate under whole scopes', () => {
  test('behavior: says what the real enforcer does, with the link, the rule, the part of it and the numbers', async () => {
    const cases = 900
    const judges = Object.fromEntries(Object.entries(MISTAKEN).map(([name, { judge }]) => [name, judge]))
    const report = await runFusedAgreement({ cases, seed: 20_261_121 }, judges)
    expect(report.faults).toEqual([])
    expect(report).toMatchObject({ cases, falseAllow: 0, falseDeny: 0, reasonMismatch: 0 })
    expect(report.agree + report.conservative).toBe(cases)
    // Not vacuous: everything that can be said was said, and what was escalated was confirmed and run.
    expect([...FUSED_CODES, 'allow', 'escalate'].filter((code) => report.byCode[code] === undefined)).toEqual([])
    expect(report.byCode['allow']).toBeGreaterThan(cases / 12)
    expect(report.confirmed).toBeGreaterThan(3)
    expect(report.resets).toBeGreaterThan(3)
    expect(report.waits).toBeGreaterThan(3)
    expect(report.byDepth[2]).toBeGreaterThan(cases / 6)
    // Nor blind: each mistake shows, and shows as what it is.
    const unseen = Object.entries(MISTAKEN).filter(([name, { as }]) => (report.caught[name]?.[as] ?? 0) === 0)
    expect(unseen.map(([name]) => name)).toEqual([])
  }, 150_000)
})

const allowed: Verdict = { verdict: 'allow', branch: 0, rule: '', remaining: null }

function changed(change: (denied: Deny) => Verdict): Evaluate {
  return (prepared, action, state) => {
    const verdict = evaluate(prepared, action, state)
    return verdict.verdict === 'deny' ? change(verdict) : verdict
  }
}

function renamed(change: (rule: RefusedRule) => Partial<RefusedRule>): Evaluate {
  return changed((denied) => {
    const { rule } = denied
    return rule === undefined ? denied : { ...denied, rule: { ...rule, ...change(rule) } }
  })
}

function blindTo(code: Deny['code']): Evaluate {
  return changed((denied) => (denied.code === code ? allowed : denied))
}

function renamedCode(from: Deny['code'], code: Deny['code']): Evaluate {
  return changed((denied) => (denied.code === from ? { ...denied, code } : denied))
}
