import { describe, expect, test } from 'vitest'
import { denial } from '../../../src/verdict/denial.ts'
import { finding } from '../../../src/verdict/finding.ts'
import type { Deny, Fix, Verdict } from '../../../src/verdict/types.ts'
import { keepsPromises } from './resets.ts'

const ALLOW: Verdict = { verdict: 'allow', branch: 0, rule: '', remaining: null }
const NEW: Fix = { do: 'ask_for_a_new_grant' }

function deny(resetsAt: bigint | null, fix: Fix, part: 'budget' | 'condition' = 'budget'): Deny {
  const code = part === 'budget' ? 'period_budget_exceeded' : 'argument_not_allowed'
  const rule = { call: 0, index: 0, id: null, part, at: 0 }
  return denial({ branch: null, finding: finding(code, { resetsAt, rule }) }, null, fix)
}

const wait = (time: bigint): Fix => ({ do: 'wait_until', time })

describe('keepsPromises', () => {
  test('default: denied before the time to wait for, by the same check before its own, and then no more', () => {
    const same = deny(10n, wait(10n))
    expect(keepsPromises(same, same, 9n)).toBe(true)
    expect(keepsPromises(same, ALLOW, 10n)).toBe(true)
    expect(keepsPromises(same, ALLOW, 9n)).toBe(false)
    expect(keepsPromises(same, same, 10n)).toBe(false)
  })

  test('behavior: another rule may admit before the named one has room, from the time to wait for on and not before', () => {
    const early = deny(10n, wait(7n))
    expect(keepsPromises(early, ALLOW, 9n)).toBe(true)
    expect(keepsPromises(early, ALLOW, 7n)).toBe(true)
    expect(keepsPromises(early, ALLOW, 6n)).toBe(false)
    expect(keepsPromises(early, early, 7n)).toBe(false)
    expect(keepsPromises(deny(null, wait(7n), 'condition'), deny(null, wait(7n), 'condition'), 7n)).toBe(false)
  })

  test('behavior: where no wait was offered nothing admits, and another check may take over', () => {
    const never = deny(10n, NEW)
    expect(keepsPromises(never, ALLOW, 9n)).toBe(false)
    expect(keepsPromises(never, ALLOW, 10n)).toBe(false)
    expect(keepsPromises(never, deny(null, NEW, 'condition'), 10n)).toBe(true)
    expect(keepsPromises(never, never, 10n)).toBe(false)
    // Before its time only what has no time of its own comes first: an end.
    expect(keepsPromises(never, deny(null, NEW, 'condition'), 9n)).toBe(true)
    expect(keepsPromises(never, deny(12n, NEW, 'condition'), 9n)).toBe(false)
  })
})
