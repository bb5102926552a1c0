import { describe, expect, test } from 'vitest'
import { evaluate } from '../../src/verdict/evaluate.ts'
import { seeded } from '../../test/arbitraries/draw.ts'
import { act, grantOf, stateOf, transfer, usdc } from '../../test/fixtures/verdict.ts'
import { isExpected, spoil } from './unchained.ts'

const prepared = grantOf([
  { kind: 'limitedCalls', limit: 5n },
  { kind: 'erc20TransferAmount', token: usdc, limit: 10n },
])
const action = act(transfer(1n))

describe('spoil', () => {
  test('default: each way of spoiling an allowed case has one right answer, and the evaluator gives it', () => {
    const draw = seeded(3)
    const seen = new Map<string, number>()
    for (let count = 0; count < 200; count++) {
      const spoiled = spoil(draw, prepared, action, stateOf(prepared))
      if (spoiled === null) throw new TypeError('one branch with counters')
      const verdict = evaluate(prepared, spoiled.action, spoiled.state)
      expect(isExpected(verdict, spoiled.expected), JSON.stringify(spoiled.expected)).toBe(true)
      const key = `${spoiled.expected.code} ${spoiled.expected.hop} ${spoiled.expected.caveat}`
      seen.set(key, (seen.get(key) ?? 0) + 1)
    }
    expect([...seen.keys()].sort()).toEqual([
      'malformed_action null undefined',
      'state_mismatch null undefined',
      'state_missing 0 0',
      'state_missing 0 1',
      'state_missing 0 null',
    ])
  })

  test('error: another place or an allowance is not what is expected', () => {
    const verdict = evaluate(prepared, action, { ...stateOf(prepared), counters: {} })
    expect(isExpected(verdict, { code: 'state_missing', hop: 0, caveat: 0 })).toBe(true)
    expect(isExpected(verdict, { code: 'state_missing', hop: 0, caveat: 1 })).toBe(false)
    expect(isExpected(verdict, { code: 'state_missing', hop: 1 })).toBe(false)
    expect(isExpected(verdict, { code: 'malformed_action' })).toBe(false)
    expect(isExpected(evaluate(prepared, action, stateOf(prepared)), { code: 'state_missing' })).toBe(false)
  })

  test('behavior: several branches would leave several right answers: such a grant is not spoiled', () => {
    const [branch] = prepared.branches
    const two = { ...prepared, branches: branch === undefined ? [] : [branch, branch] }
    expect(spoil(seeded(1), two, action, stateOf(prepared))).toBeNull()
  })
})
