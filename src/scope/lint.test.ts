import { describe, expect, test } from 'vitest'
import { parseInstant } from '../primitives/time.ts'
import { lintScope, type WarningId } from './lint.ts'
import { parseScope } from './parse.ts'

const account = (n: number) => `0x${n.toString(16).padStart(2, '0').repeat(20)}` as const
const [usdc, vendor, router] = [account(3), account(5), account(6)] as const
const now = parseInstant('2026-12-01T00:00:00Z')

const quiet = {
  version: 1,
  task: { id: 't', purpose: 'p' },
  chainId: 1,
  principal: account(1),
  delegate: account(2),
  rules: [{ id: 'pay', class: 'transfer', asset: usdc, to: [vendor], max: '5', budget: 'b' }],
  budgets: { b: { assets: { [usdc]: '1' }, max: '100', per: 'P1D', window: 'rolling' } },
  expiry: '2026-12-11T00:00:00Z',
  redelegation: { maxDepth: 0 },
  revocation: { group: 'g', guardian: account(7), maxLatencySeconds: 60 },
  evidence: { receipts: ['grant', 'ticket', 'decision', 'outcome', 'escalation', 'revocation'], retain: 'P1D' },
  assets: { [usdc]: { symbol: 'USDC', decimals: 6 } },
}
const pay = quiet.rules[0]
const call = { id: 'c', class: 'call', target: router, function: 'f(address to, uint256 amount)' }
const scope = (edit: Record<string, unknown> = {}) =>
  parseScope({ ...quiet, ...edit }, { confirmed: ['/rules/0/to/0'] })
const found = (edit: Record<string, unknown>) =>
  lintScope(scope(edit), { now }).map(({ id, pointer }) => `${id} ${pointer}`)

describe('lintScope', () => {
  test('default', () => {
    expect(lintScope(scope(), { now })).toEqual([])
  })

  test.each<[WarningId, string, Record<string, unknown>]>([
    ['no_payee', '/rules/0/to', { rules: [{ ...pay, to: 'anyone' }] }],
    ['pays_delegate', '/rules/0/to/1', { rules: [{ ...pay, to: [vendor, account(2)] }] }],
    ['unlimited_uses', '/rules/0', { rules: [{ ...pay, budget: undefined }], budgets: {} }],
    ['maximum_never_reached', '/rules/0/max', { rules: [{ ...pay, max: '100.5' }] }],
    ['uncounted_spend', '/rules/0', { rules: [call], budgets: {} }],
    ['unlimited_uses', '/rules/0', { rules: [call], budgets: {} }],
    ['unpinned_argument', '/rules/0/args/to', { rules: [call], budgets: {} }],
    ['native_value_unbound', '/rules/0/value/lte', { rules: [{ ...call, value: { lte: '1' } }], budgets: {} }],
    [
      'danger_acknowledged',
      '/rules/0/acknowledge/0',
      { rules: [{ ...call, acknowledge: ['selector:x'] }], budgets: {} },
    ],
    ['fixed_window_doubling', '/budgets/b/window', { budgets: { b: { ...quiet.budgets.b, window: 'fixed' } } }],
    ['fixed_window_doubling', '/calls/window', { calls: { max: 1, per: 'P1D', window: 'fixed' } }],
    ['long_life', '/expiry', { expiry: '2027-03-01T00:00:01Z' }],
    ['open_submission', '/request/redeemers', { request: { key: account(2), redeemers: 'anyone' } }],
    ['no_guardian', '/revocation', { revocation: { group: 'g', maxLatencySeconds: 60 } }],
    ['redelegation_depth_not_enforced', '/redelegation/maxDepth', { redelegation: { maxDepth: 1 } }],
    ['agent_sourced', '/rules/0/to/0', { rules: [{ ...pay, to: [{ value: vendor, source: 'agent' }] }] }],
    ['evidence_gap', '/evidence/receipts', { evidence: { receipts: ['grant'], retain: 'P1D' } }],
  ])('behavior: %s at %s', (id, pointer, edit) => {
    expect(found(edit)).toContain(`${id} ${pointer}`)
  })

  test('behavior: ninety days are not yet long, counted from the beginning', () => {
    expect(found({ expiry: '2027-03-01T00:00:00Z' })).toEqual([])
    expect(found({ notBefore: '2026-12-02T00:00:00Z', expiry: '2027-03-02T00:00:00Z' })).toEqual([])
    expect(found({ notBefore: '2026-11-01T00:00:00Z', expiry: '2027-03-01T00:00:00Z' })).toEqual([])
  })

  test('behavior: a maximum that the budget just holds can be reached', () => {
    expect(found({ rules: [{ ...pay, max: '100' }] })).toEqual([])
  })

  test('behavior: arguments without a name are found by their place, and a name of value counts nothing', () => {
    const rules = [{ ...call, function: 'f(address to, uint256)', args: { to: { eq: vendor } } }]
    expect(lintScope(scope({ rules, budgets: {} }), { now })).toContainEqual({
      id: 'unpinned_argument',
      pointer: '/rules/0/args/1',
      message: expect.stringContaining('argument 2 '),
    })
    const native = { ...call, function: 'f(uint256 value)', value: { lte: '1' } }
    const counted = {
      rules: [{ ...native, spends: [{ asset: 'native', amount: 'value', budget: 'b' }] }],
      budgets: { b: { assets: { native: '1' }, max: '1' } },
    }
    expect(found(counted)).toEqual(['unpinned_argument /rules/0/args/value'])
  })

  test('behavior: an argument that a budget counts is not unpinned', () => {
    const rules = [{ ...call, args: { to: { eq: vendor } }, spends: [{ asset: usdc, amount: 'amount', budget: 'b' }] }]
    expect(found({ rules })).toEqual([])
  })

  test('behavior: without a limit in one there is none in the sum', () => {
    const unbound = scope({ rules: [{ ...pay, budget: undefined }], budgets: {} })
    expect(lintScope(scope(), { now, others: [unbound] })[0]?.message).toMatch(/can leave without limit/)
  })

  test('behavior: what leaves through other live scopes adds up', () => {
    const stacked = lintScope(scope(), { now, others: [scope(), scope({ delegate: account(8) })] })
    expect(stacked).toEqual([
      {
        id: 'stacked_exposure',
        pointer: '/rules',
        message: expect.stringMatching(/ 2 other live scopes, .* up to 3000/),
      },
    ])
    const [one] = lintScope(scope(), { now, others: [scope()] })
    expect(one?.message).toMatch(/ 1 other live scope, .* up to 2000/)
    const apart = [
      scope({ chainId: 2 }),
      scope({ principal: account(9) }),
      scope({ notBefore: '2026-12-11T00:00:00Z', expiry: '2026-12-12T00:00:00Z' }),
      scope({ notBefore: '2026-11-01T00:00:00Z', expiry: '2026-12-01T00:00:00Z' }),
    ]
    expect(lintScope(scope(), { now, others: apart })).toEqual([])
    const other = { rules: [{ ...pay, asset: 'native' }], budgets: { b: { assets: { native: '1' }, max: '100' } } }
    expect(lintScope(scope(), { now, others: [scope(other)] })).toEqual([])
    const begins = scope({ notBefore: '2026-12-05T00:00:00Z' })
    const ends = (expiry: string) => lintScope(begins, { now, others: [scope({ expiry })] })
    expect(ends('2026-12-05T00:00:00Z')).toEqual([])
    expect(ends('2026-12-05T00:00:01Z')).toMatchObject([{ id: 'stacked_exposure' }])
  })
})
