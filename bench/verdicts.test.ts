import { describe, expect, test } from 'vitest'
import { getEnvironment } from '../src/chain/index.ts'
import { evaluate } from '../src/verdict/evaluate.ts'
import { seeded } from '../test/arbitraries/draw.ts'
import { drawVerdictCase } from '../test/arbitraries/verdictCase.ts'

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
