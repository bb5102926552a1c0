import { describe, expect, test } from 'vitest'
import { PAYEES, USDC } from '../../test/arbitraries/scope.ts'
import { addressOf, richDocument, stranger } from '../../test/arbitraries/signedGrant.ts'
import { codeOf } from '../../test/codes.ts'
import { parseAmount } from '../primitives/amount.ts'
import { parseInstant } from '../primitives/time.ts'
import { parseScope } from '../scope/parse.ts'
import type { ScopeDocument } from '../scope/schema.ts'
import { isSubset } from '../scope/subset.ts'
import { replacementScope, type Start, staysWithin, type Used } from './replacement.ts'

const rules: ScopeDocument['rules'] = [
  { id: 'pay', class: 'transfer', asset: USDC, to: [PAYEES[0]], budget: 'life' },
  { id: 'daily', class: 'transfer', asset: USDC, to: [PAYEES[1]], budget: 'day' },
]
const budgets = {
  life: { assets: { [USDC]: '1' }, max: '200' },
  day: { assets: { [USDC]: '1' }, max: '10', per: 'P1D', window: 'fixed' as const },
}
const old = parseScope(
  richDocument({
    rules,
    budgets,
    calls: { max: 20 },
    notBefore: '2026-11-01T06:00:00Z',
    expiry: '2026-12-20T00:00:00Z',
    redelegation: { maxDepth: 0 },
  }),
)
const now = parseInstant('2026-11-20T12:00:00Z')
const units = (amount: string) => parseAmount(amount, 6)
const usedBy = (life: string, day: string, calls = 0n): Used => ({
  now,
  budgets: { life: [{ asset: USDC, amount: units(life) }], day: [{ asset: USDC, amount: units(day) }] },
  calls,
})
const replaced = (used: Used, more: { patch?: unknown; start?: Start; delegate?: `0x${string}` } = {}) =>
  replacementScope(old, { used, ...more })

describe('replacementScope', () => {
  test('default: another delegate gets what is left over the life', () => {
    const scope = replaced(usedBy('150', '0', 3n), { delegate: addressOf(stranger) })
    expect(scope.delegate).toBe(addressOf(stranger))
    expect(scope.budgets['life']?.max).toBe('50')
    expect(scope.budgets['day']?.max).toBe('10')
    expect(scope.calls?.max).toBe(17)
    expect(isSubset(scope, old).subset).toBe(true)
  })

  test('default: what was asked for counts where it is less than what is left', () => {
    const less = { budgets: { life: { max: '20' } }, expiry: '2026-12-01T00:00:00Z' }
    expect(replaced(usedBy('150', '0'), { patch: less }).budgets['life']?.max).toBe('20')
    expect(replaced(usedBy('190', '0'), { patch: less }).budgets['life']?.max).toBe('10')
    expect(replaced(usedBy('190', '0'), { patch: less }).expiry).toBe('2026-12-01T00:00:00Z')
  })

  test('behavior: nothing was used: the same limits, in the same windows', () => {
    const { delegate: _a, ...scope } = replaced(usedBy('0', '0'), { delegate: addressOf(stranger) })
    const { delegate: _b, ...before } = old
    expect(scope).toEqual(before)
  })

  test('behavior: a window in use goes on as somebody says, and only so', () => {
    const used = usedBy('0', '4')
    expect(codeOf(() => replaced(used))).toMatchObject({
      code: 'grant.window_in_use',
      details: { budgets: ['day'] },
    })
    expect(replaced(used, { start: 'now' }).budgets['day']?.max).toBe('6')
    expect(replaced(used, { start: 'now' }).notBefore).toBe(old.notBefore)
    const next = replaced(used, { start: 'next' })
    expect([next.budgets['day']?.max, next.notBefore]).toEqual(['10', '2026-11-21T06:00:00Z'])
  })

  test('behavior: a smaller window that fits beside what was used needs no word', () => {
    const scope = replaced(usedBy('0', '4'), { patch: { budgets: { day: { max: '6' } } } })
    expect([scope.budgets['day']?.max, scope.notBefore]).toEqual(['6', old.notBefore])
    const over = { patch: { budgets: { day: { max: '6.000001' } } } }
    expect(codeOf(() => replaced(usedBy('0', '4'), over)).code).toBe('grant.window_in_use')
  })

  test('behavior: the next window is one in which all windows begin anew', () => {
    const week = { assets: { [USDC]: '1' }, max: '30', per: 'P7D', window: 'fixed' as const }
    const both = parseScope({ ...old, budgets: { day: budgets.day, life: week } })
    const used: Used = { ...usedBy('0', '4'), budgets: { day: [{ asset: USDC, amount: 1n }] } }
    expect(replacementScope(both, { used, start: 'next' }).notBefore).toBe('2026-11-22T06:00:00Z')
  })

  test('behavior: a rule whose budget is used up is left out', () => {
    const scope = replaced(usedBy('200', '0'))
    expect(scope.rules.map(({ id }) => id)).toEqual(['daily'])
    expect(Object.keys(scope.budgets)).toEqual(['day'])
  })

  test('behavior: a unit that was used in part counts whole', () => {
    const weighted = parseScope({ ...old, budgets: { ...old.budgets, life: { assets: { [USDC]: '0.3' }, max: '60' } } })
    const used: Used = { now, calls: 0n, budgets: { life: [{ asset: USDC, amount: 1n }] } }
    expect(replacementScope(weighted, { used }).budgets['life']?.max).toBe('59.999999')
  })

  test('error: nothing is left', () => {
    for (const used of [usedBy('0', '0', 20n), { ...usedBy('200', '10') }, usedBy('201', '11')]) {
      expect(codeOf(() => replaced(used, { start: 'now' })).code).toBe('grant.nothing_left')
    }
  })

  test('error: no window begins before the end', () => {
    const late = { ...usedBy('0', '4'), now: parseInstant('2026-12-19T12:00:00Z') }
    expect(codeOf(() => replaced(late, { start: 'next' })).code).toBe('grant.no_window_left')
  })

  test('error: wider than the old one, or not comparable with what is left', () => {
    const wider = { patch: { budgets: { life: { max: '201' } } } }
    expect(codeOf(() => replaced(usedBy('0', '0'), wider)).code).toBe('scope.not_narrower')
    const renamed = {
      patch: {
        budgets: { life: null, other: { assets: { [USDC]: '1' }, max: '100' } },
        rules: [{ ...rules[0], budget: 'other' }, rules[1]],
      },
    }
    expect(replaced(usedBy('0', '0')).budgets['life']?.max).toBe('200')
    expect(replaced(usedBy('100', '0'), renamed).budgets['other']?.max).toBe('100')
    expect(codeOf(() => replaced(usedBy('100.000001', '0'), renamed)).code).toBe('grant.use_exceeds')
    expect(codeOf(() => replaced(usedBy('0', '0'), { patch: [1] })).code).toBe('grant.bad_patch')
  })
})

describe('staysWithin', () => {
  test('default: what was signed for a use stays within it, and not within a larger one', () => {
    for (const [used, start] of [
      [usedBy('150', '0'), undefined],
      [usedBy('150', '4'), 'now'],
      [usedBy('150', '4'), 'next'],
    ] as const) {
      const scope = replacementScope(old, { used, start })
      expect(staysWithin(scope, old, used)).toBe(true)
      expect(staysWithin(scope, old, usedBy('150', '4', 1n))).toBe(false)
      expect(staysWithin(scope, old, usedBy('151', '4'))).toBe(false)
      expect(staysWithin(scope, old, usedBy('149', start === undefined ? '0' : '4'))).toBe(true)
    }
  })

  test('behavior: what was to begin with the next window does not fit once that window is in use', () => {
    const scope = replaced(usedBy('0', '4'), { start: 'next' })
    const tomorrow = { ...usedBy('0', '4'), now: now + 86_400n }
    expect(staysWithin(scope, old, tomorrow)).toBe(false)
    expect(staysWithin(scope, old, { ...tomorrow, budgets: {} })).toBe(true)
  })
})

test('default: in no use do the old and the new together exceed the old', () => {
  let seen = 0
  for (const life of ['0', '1', '100', '199', '200']) {
    for (const day of ['0', '1', '5', '10']) {
      for (const start of [undefined, 'now', 'next'] as const) {
        const used = usedBy(life, day)
        let scope: ReturnType<typeof replacementScope>
        try {
          scope = replacementScope(old, { used, start })
        } catch {
          continue
        }
        seen++
        expect(Number(scope.budgets['life']?.max ?? 0) + Number(life)).toBeLessThanOrEqual(200)
        const thisWindow = scope.notBefore === old.notBefore ? Number(scope.budgets['day']?.max ?? 0) : 0
        expect(thisWindow + Number(day)).toBeLessThanOrEqual(10)
      }
    }
  }
  expect(seen).toBeGreaterThan(30)
})
