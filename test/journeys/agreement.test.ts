import { describe, expect, test } from 'vitest'
import type { AgreementReport } from '../../bench/agreement/report.ts'
import { compareEvaluators, type Evaluate, REACHABLE } from '../../bench/agreement.ts'
import { codecByKind } from '../../src/caveats/index.ts'
import { findAnvil } from '../../src/testing/anvil.ts'
import { atTime } from '../../src/verdict/atTime.ts'
import { evaluate } from '../../src/verdict/evaluate.ts'
import type { Deny, ReasonCode, Verdict } from '../../src/verdict/types.ts'

const SEED = 20_261_120

/** Evaluators with one mistake each, and how the comparison has to tell. */
const BROKEN: Readonly<Record<string, { count: 'falseAllow' | 'falseDeny' | 'reasonMismatch'; judge: Evaluate }>> = {
  'a budget of one more than it has': {
    count: 'falseAllow',
    judge: mistaken((verdict) => (isOver(verdict, 'budget_exceeded') ? allowed() : verdict)),
  },
  'a budget of one less than it has': {
    count: 'falseDeny',
    judge: mistaken((verdict) => (verdict.verdict === 'allow' && verdict.remaining === 0n ? refused() : verdict)),
  },
  'the other hop': {
    count: 'reasonMismatch',
    judge: mistaken((verdict) =>
      verdict.verdict === 'deny' && verdict.hop !== null
        ? { ...verdict, hop: 1 - verdict.hop, delegation: null }
        : verdict,
    ),
  },
  'the next caveat': {
    count: 'reasonMismatch',
    judge: mistaken((verdict) =>
      verdict.verdict === 'deny' && verdict.caveat !== null
        ? { ...verdict, caveat: { ...verdict.caveat, index: verdict.caveat.index + 1 } }
        : verdict,
    ),
  },
  'another reason': {
    count: 'reasonMismatch',
    judge: mistaken((verdict) =>
      verdict.verdict === 'deny' && verdict.code === 'calls_exceeded' ? { ...verdict, code: 'expired' } : verdict,
    ),
  },
  'no look at revocations': {
    count: 'falseAllow',
    judge: mistaken((verdict) => blindTo(verdict, 'revoked')),
  },
  'an id that may be used again': { count: 'falseAllow', judge: mistaken((verdict) => blindTo(verdict, 'id_used')) },
  'a stream that has no end': {
    count: 'falseAllow',
    judge: mistaken((verdict) => blindTo(verdict, 'stream_exceeded')),
  },
  'a batch that may differ': {
    count: 'falseAllow',
    judge: mistaken((verdict) => blindTo(verdict, 'execution_not_allowed')),
  },
  'a wrapper that nobody opens': {
    count: 'falseAllow',
    judge: mistaken((verdict) =>
      verdict.verdict === 'deny' && verdict.caveat?.kind === 'logicalOr' ? allowed() : verdict,
    ),
  },
  'an effect taken for certain': {
    count: 'falseAllow',
    judge: mistaken((verdict) => blindTo(verdict, 'effect_unknown')),
  },
  'a clock one second ahead': {
    count: 'falseAllow',
    judge: (prepared, action, state) => evaluate(prepared, action, atTime(state, state.block.timestamp + 1n)),
  },
  'a clock one second behind': {
    count: 'falseDeny',
    judge: (prepared, action, state) => evaluate(prepared, action, atTime(state, state.block.timestamp - 1n)),
  },
}

describe.runIf(findAnvil() !== null)('evaluate', () => {
  test('behavior: says what the real contracts do, with the hop, the caveat and the reason', async () => {
    const cases = 4_000
    const judges = Object.fromEntries(Object.entries(BROKEN).map(([name, { judge }]) => [name, judge]))
    const reports: Record<string, AgreementReport> = await compareEvaluators(
      { ours: evaluate, ...judges },
      { cases, seed: SEED },
    )
    const { ours } = reports
    expect(ours?.faults).toEqual([])
    expect(ours).toMatchObject({ cases, falseAllow: 0, falseDeny: 0, reasonMismatch: 0 })
    expect((ours?.agree ?? 0) + (ours?.conservative ?? 0)).toBe(cases)
    // Not vacuous: everything that can be said was said, of every source of grants, and the chain executed things.
    expect([...REACHABLE, 'escalate'].filter((code) => ours?.byCode[code] === undefined)).toEqual([])
    expect(ours?.byCode['allow'] ?? 0).toBeGreaterThan(cases / 10)
    expect(ours?.execution).toBeGreaterThan(0)
    expect([1, 2, 3, 4].filter((depth) => (ours?.byDepth[depth] ?? 0) < cases / 100)).toEqual([])
    // The chain let every kind of caveat pass and refused every kind.
    const both = (kind: string) => {
      const { executed = 0, refused = 0 } = ours?.byEnforcer[kind] ?? {}
      return executed > 0 && refused > 0
    }
    expect(Object.keys(codecByKind).filter((kind) => !both(kind))).toEqual([])
    expect(ours?.unchained).toBeGreaterThan(20)
    expect(Math.min(...Object.values(ours?.grants ?? {}))).toBeGreaterThan(3)
    // Nor blind: each mistake shows, and shows as what it is.
    const unseen = Object.entries(BROKEN).filter(([name, { count }]) => (reports[name]?.[count] ?? 0) === 0)
    expect(unseen.map(([name]) => name)).toEqual([])
  }, 120_000)
})

function mistaken(change: (verdict: Verdict) => Verdict): Evaluate {
  return (prepared, action, state) => change(evaluate(prepared, action, state))
}

function blindTo(verdict: Verdict, code: ReasonCode): Verdict {
  return verdict.verdict === 'deny' && verdict.code === code ? allowed() : verdict
}

function isOver(verdict: Verdict, code: ReasonCode): boolean {
  return verdict.verdict === 'deny' && verdict.code === code && verdict.requested === (verdict.remaining ?? 0n) + 1n
}

function allowed(): Verdict {
  return { verdict: 'allow', branch: 0, rule: '', remaining: null }
}

function refused(): Deny {
  return {
    verdict: 'deny',
    code: 'budget_exceeded',
    family: 'refused',
    message: '',
    hop: 0,
    delegator: null,
    delegation: null,
    caveat: null,
    limit: null,
    used: null,
    requested: null,
    remaining: null,
    resetsAt: null,
    largestAllowed: null,
    fix: { do: 'ask_for_a_new_grant' },
  }
}
