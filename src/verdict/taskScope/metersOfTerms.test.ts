import { describe, expect, test } from 'vitest'
import {
  counterWord,
  fixed,
  lifetime,
  payRule,
  rolling,
  termsAt,
  termsOf,
  withWords,
} from '../../../test/fixtures/taskScope.ts'
import { grantOf, hashAt, NOW, stateOf } from '../../../test/fixtures/verdict.ts'
import { readMeters } from '../meters.ts'
import type { State } from '../types.ts'

const prepared = grantOf([
  termsOf({
    budgets: [lifetime(100n), fixed(60n, 600n), rolling(2n ** 26n, 700n)],
    calls: { max: 5n, period: 600n },
    rules: [payRule()],
  }),
])
const terms = termsAt(prepared)
const keys = terms.budgets.map(({ key }) => key)
const unused = stateOf(prepared)
const own = (state: State) => readMeters(prepared, state)[0]?.own
const endedBy = (state: State) => readMeters(prepared, state)[0]?.ended

describe('readMeters of a whole scope', () => {
  test('default: every budget and the calls: spent, left, and when they are whole again', () => {
    const state = withWords(unused, {
      [keys[0] ?? '']: counterWord(30n, NOW, 2n),
      [keys[1] ?? '']: counterWord(60n),
      [keys[2] ?? '']: counterWord(4n),
    })
    expect(own(state)).toMatchObject([
      { counts: 'budget:0', budget: '0', limit: 100n, used: 30n, left: 70n, resetsAt: null },
      { counts: 'budget:1', limit: 60n, used: 60n, left: 0n, resetsAt: NOW + 600n },
      { counts: 'budget:2', limit: 2n ** 26n, used: 32n, left: 2n ** 26n - 32n },
      { counts: 'calls', limit: 5n, used: 2n, left: 3n, resetsAt: NOW + 600n },
    ])
    const whole = own(state)?.[2]?.resetsAt as bigint
    const later = (now: bigint) => own({ ...state, block: { ...state.block, timestamp: now } })?.[2]
    expect(later(whole - 1n)).toMatchObject({ used: 32n, resetsAt: whole })
    expect(later(whole)).toMatchObject({ used: 0n, resetsAt: null })
    expect(own({ ...state, block: { ...state.block, timestamp: NOW + 600n } })).toMatchObject([
      { used: 30n },
      { used: 0n, left: 60n, resetsAt: NOW + 1_200n },
      { used: 32n },
      { used: 0n, left: 5n },
    ])
  })

  test('behavior: two budgets of one asset are two, each by its own', () => {
    const [node] = readMeters(prepared, unused)
    expect(node?.remaining.map(({ counts, left, by }) => [counts, left, by])).toEqual([
      ['budget:0', 100n, hashAt(prepared, 0)],
      ['budget:1', 60n, hashAt(prepared, 0)],
      ['budget:2', 2n ** 26n, hashAt(prepared, 0)],
      ['calls', 5n, hashAt(prepared, 0)],
    ])
  })

  test('behavior: more than the cap, which only other terms could have counted, leaves nothing', () => {
    const state = withWords(unused, { [keys[0] ?? '']: counterWord(130n, NOW, 9n) })
    expect(own(state)).toMatchObject([{ used: 100n, left: 0n }, {}, {}, { used: 9n, left: 0n }])
  })

  test('behavior: what was not read is not zero', () => {
    const { [keys[1] ?? '']: _, ...counters } = unused.counters
    const unread = { ...unused, counters }
    expect(own(unread)?.map(({ used, left }) => [used, left])).toEqual(Array(4).fill([null, null]))
    expect(endedBy(unread)).toMatchObject({ code: 'state_missing' })
  })

  test('behavior: not yet valid, expired, ended with its group, and shared counters', () => {
    const at = (timestamp: bigint) => ({ ...unused, block: { ...unused.block, timestamp } })
    const { notBefore, expiry } = terms.terms
    expect(endedBy(at(notBefore - 1n))).toMatchObject({ code: 'not_yet_valid' })
    expect(own(at(notBefore - 1n))?.map(({ resetsAt }) => resetsAt)).toEqual([null, null, null, null])
    expect(endedBy(at(notBefore))).toBeNull()
    expect(endedBy(at(expiry - 1n))).toBeNull()
    expect(endedBy(at(expiry))).toMatchObject({ code: 'expired', inherited: false })
    expect(endedBy(withWords(unused, { [terms.groupKey]: 1n }))).toMatchObject({ code: 'group_revoked' })
    const twice = grantOf([termsOf(), termsOf({ group: '0x9999999999999999' })])
    expect(readMeters(twice, stateOf(twice))[0]?.ended).toMatchObject({ code: 'counter_shared' })
  })
})
