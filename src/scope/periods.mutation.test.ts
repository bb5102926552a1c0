import { describe, expect, test } from 'vitest'
import { codeOf } from '../../test/codes.ts'
import type { ScopeError } from './errors.ts'
import { parseScope } from './parse.ts'
import { LAST_EXPIRY, readDuration, readInstant, readPeriod } from './periods.ts'
import { Report } from './report.ts'

/** Periods and lifetimes, a second before and after each bound. */

const account = (n: number) => `0x${n.toString(16).padStart(2, '0').repeat(20)}` as const
const USDC = account(3)
const document = (more: object = {}) => ({
  version: 1,
  task: { id: 't', purpose: 'p' },
  chainId: 1,
  principal: account(1),
  delegate: account(2),
  rules: [
    { id: 'a', class: 'transfer', asset: USDC, to: [account(5), account(6)], max: '5', budget: 'b' },
    { id: 'b', class: 'transfer', asset: USDC, to: [account(5)], max: '4', budget: 'b' },
  ],
  budgets: { b: { assets: { [USDC]: '1' }, max: '100' } },
  expiry: '2026-12-11T00:00:00Z',
  redelegation: { maxDepth: 0 },
  revocation: { group: 'g', guardian: account(8), maxLatencySeconds: 60 },
  evidence: { receipts: ['grant'], retain: 'P1D' },
  assets: { [USDC]: { symbol: 'USDC', decimals: 6 } },
  ...more,
})
const issuesOf = (read: () => unknown) => {
  const { issues } = codeOf(read) as ScopeError
  return issues.map(({ code, pointer }) => `${code} ${pointer}`)
}
const reported = (read: (report: Report) => unknown) => {
  const report = new Report()
  const value = read(report)
  return [value, ...report.issues.map(({ code, pointer }) => `${code} ${pointer}`)]
}

describe('readPeriod', () => {
  test.each<[object, unknown[]]>([
    [{}, [{}]],
    [{ per: 'PT1S', window: 'fixed' }, [{ per: 'PT1S', window: 'fixed' }]],
    [{ per: 'PT1S' }, [{ per: 'PT1S' }, 'scope.period_without_window /at/per']],
    [{ window: 'fixed' }, [{}, 'scope.window_without_period /at/window']],
    [{ per: 'PT0S', window: 'rolling' }, [{ per: 'PT0S', window: 'rolling' }, 'scope.zero_period /at/per']],
    [{ per: 'P51Y', window: 'rolling' }, [{ per: 'P51Y', window: 'rolling' }, 'scope.period_out_of_range /at/per']],
  ])('default: %j', (period, found) => {
    expect(reported((report) => readPeriod(report, '/at', period))).toEqual(found)
  })
})

describe('readDuration', () => {
  test.each<[string, bigint | undefined, string[]]>([
    ['PT5S', undefined, []],
    ['PT5S', 5n, []],
    ['PT5S', 4n, ['scope.period_out_of_range /at']],
    ['PT0S', undefined, ['scope.zero_period /at']],
    ['P1M', undefined, ['scope.malformed_value /at']],
    ['5', 1n, ['scope.malformed_value /at']],
  ])('default: %s within %s', (text, bound, issues) => {
    expect(reported((report) => readDuration(report, '/at', text, bound)).slice(1)).toEqual(issues)
  })
})

describe('readInstant', () => {
  test.each<[string, unknown[]]>([
    ['1970-01-01T00:00:01Z', [1n]],
    ['2026-02-30T00:00:00Z', [undefined, 'scope.no_such_date /at']],
    ['yesterday', [undefined, 'scope.no_such_date /at']],
  ])('default: %s', (text, found) => {
    expect(reported((report) => readInstant(report, '/at', text))).toEqual(found)
  })
})

describe('parseScope, lifetimes', () => {
  const END = '2026-12-11T00:00:00Z'
  const lives = (edit: object, now?: bigint) => {
    try {
      parseScope(document(edit), now === undefined ? {} : { now })
      return []
    } catch {
      return issuesOf(() => parseScope(document(edit), now === undefined ? {} : { now }))
    }
  }

  test.each<[string, object, bigint | undefined, string[]]>([
    ['a second before its end', {}, 1_796_947_199n, []],
    ['at its end', {}, 1_796_947_200n, ['scope.expired /expiry']],
    ['after its end', {}, 1_796_947_201n, ['scope.expired /expiry']],
    ['long after, where nobody looks', {}, undefined, []],
    ['of one second', { notBefore: '2026-12-10T23:59:59Z' }, undefined, []],
    ['of none', { notBefore: END }, undefined, ['scope.empty_lifetime /notBefore']],
    ['turned round', { notBefore: '2026-12-11T00:00:01Z' }, undefined, ['scope.empty_lifetime /notBefore']],
    ['from no date', { notBefore: '2026-13-01T00:00:00Z' }, undefined, ['scope.no_such_date /notBefore']],
    ['until no date', { expiry: '2026-13-01T00:00:00Z' }, 0n, ['scope.no_such_date /expiry']],
    ['of the first second of all', { expiry: '1970-01-01T00:00:01Z' }, undefined, []],
    ['that ended at the first', { expiry: '1970-01-01T00:00:00Z' }, undefined, ['scope.empty_lifetime /notBefore']],
  ])('behavior: a scope %s', (_, edit, now, issues) => {
    expect(lives(edit, now)).toEqual(issues)
  })

  test('default: the last second that four bytes can say', () => {
    expect(LAST_EXPIRY).toBe(2n ** 32n - 1n)
  })
})
