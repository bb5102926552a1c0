import { describe, expect, test } from 'vitest'
import { getEnvironment } from '../src/chain/index.ts'
import { applyFix } from '../src/verdict/applyFix.ts'
import { atTime } from '../src/verdict/atTime.ts'
import { evaluate } from '../src/verdict/evaluate.ts'
import { seeded } from '../test/arbitraries/draw.ts'
import { drawVerdictCase } from '../test/arbitraries/verdictCase.ts'
import { drawFusedSamples } from './fusedSamples.ts'

describe('drawVerdictCase', () => {
  test('default: the same seed is the same case', () => {
    const draw = () => drawVerdictCase(seeded(11), getEnvironment(8453), 8)
    expect(draw()).toEqual(draw())
  })

  test('behavior: what is timed is no run of one answer', () => {
    const draw = seeded(12)
    const codes = new Map<string, number>()
    for (let grants = 0; grants < 150; grants++) {
      const { prepared, state, actions } = drawVerdictCase(draw, getEnvironment(8453), 8)
      for (const action of actions) {
        const verdict = evaluate(prepared, action, state)
        const code = verdict.verdict === 'deny' ? verdict.code : verdict.verdict
        codes.set(code, (codes.get(code) ?? 0) + 1)
      }
    }
    expect(codes.size).toBeGreaterThan(15)
    expect(codes.get('allow') ?? 0).toBeGreaterThan(100)
    expect(Math.max(...codes.values())).toBeLessThan(600)
  })
})

describe('drawFusedSamples', () => {
  test('behavior: whoever follows the fixes ends in no denial, and keeps what was promised on the way', () => {
    const seen = new Map<string, number>()
    let followed = 0
    for (const { prepared, action, state } of drawFusedSamples(seeded(21), getEnvironment(8453), 60, 8)) {
      let [asked, now] = [action, state]
      for (let steps = 0; ; steps++) {
        const verdict = evaluate(prepared, asked, now)
        const code = verdict.verdict === 'deny' ? verdict.code : verdict.verdict
        if (steps === 0) seen.set(code, (seen.get(code) ?? 0) + 1)
        if (verdict.verdict !== 'deny' || verdict.fix.do === 'ask_for_a_new_grant') {
          // What was offered once leads on: nobody is sent away half-way.
          expect(steps === 0 || verdict.verdict !== 'deny').toBe(true)
          if (steps > 0) followed++
          break
        }
        expect(steps).toBeLessThan(8)
        const { fix } = verdict
        // What an account loses only a run on the chain can tell: nothing about the action is to be changed.
        if (fix.do === 'simulate') break
        if (fix.do === 'wait_until') {
          expect(evaluate(prepared, asked, atTime(now, fix.time - 1n)).verdict).toBe('deny')
          now = atTime(now, fix.time)
          expect(evaluate(prepared, asked, now).verdict).toBe('allow')
        } else asked = applyFix(fix, asked)
      }
    }
    expect(followed).toBeGreaterThan(60)
    expect(seen.size).toBeGreaterThan(10)
  })
})
