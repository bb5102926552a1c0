import { describe, expect, test } from 'vitest'
import { parseInstant } from '../primitives/time.ts'
import { lintScope } from './lint.ts'
import { parseScope } from './parse.ts'

/** Which warnings a scope gets, all of them: one too many is as wrong as one that is missing. */

const account = (n: number) => `0x${n.toString(16).padStart(2, '0').repeat(20)}` as const
const [usdc, dai, vendor, router, key] = [account(3), account(4), account(5), account(6), account(9)] as const
const now = parseInstant('2026-12-01T00:00:00Z')

const pay = { id: 'pay', class: 'transfer', asset: usdc, to: [vendor], max: '5', budget: 'b' }
const call = { id: 'c', class: 'call', target: router, function: 'f(address to, uint256 amount)' }
const pinned = { to: { eq: vendor }, amount: { lte: '5' } }
const quiet = {
  version: 1,
  task: { id: 't', purpose: 'p' },
  chainId: 1,
  principal: account(1),
  delegate: account(2),
  rules: [pay],
  budgets: { b: { assets: { [usdc]: '1' }, max: '100', per: 'P1D', window: 'rolling' } },
  expiry: '2026-12-11T00:00:00Z',
  redelegation: { maxDepth: 0 },
  revocation: { group: 'g', guardian: account(7), maxLatencySeconds: 60 },
  evidence: { receipts: ['grant', 'decision', 'outcome', 'revocation'], retain: 'P1D' },
  assets: { [usdc]: { symbol: 'USDC', decimals: 6 }, [dai]: { symbol: 'DAI', decimals: 18 } },
}
const scope = (edit: object = {}, confirmed: readonly string[] = []) => parseScope({ ...quiet, ...edit }, { confirmed })
const found = (edit: object, confirmed?: readonly string[]) =>
  lintScope(scope(edit, confirmed), { now }).map(({ id, pointer }) => `${id} ${pointer}`)
const one = (rule: object, budgets: object = {}) => ({ rules: [rule], budgets })
const native = { b: { assets: { native: '1' }, max: '1' } }
const both = { b: { assets: { native: '1', [usdc]: '1' }, max: '1' } }

describe('lintScope', () => {
  test.each<[string, object, string[]]>([
    ['nothing, where all is kept and bounded', {}, []],
    [
      'the agent by its request key',
      { rules: [{ ...pay, to: [vendor, key] }], request: { key, redeemers: [vendor] } },
      ['pays_delegate /rules/0/to/1'],
    ],
    [
      'both of its accounts',
      { rules: [{ ...pay, to: [account(2), vendor, key] }], request: { key, redeemers: [vendor] } },
      ['pays_delegate /rules/0/to/0', 'pays_delegate /rules/0/to/2'],
    ],
    ['anyone, and nobody by name', { rules: [{ ...pay, to: 'anyone' }] }, ['no_payee /rules/0/to']],
    ['a payment without a budget', one({ ...pay, budget: undefined }), ['unlimited_uses /rules/0']],
    ['the same, where calls are counted', { ...one({ ...pay, budget: undefined }), calls: { max: 3 } }, []],
    ['a budget without a maximum for one', { rules: [{ ...pay, max: undefined }] }, []],
    [
      'a maximum of a base unit more than the budget holds',
      { rules: [{ ...pay, max: '100.000001' }] },
      ['maximum_never_reached /rules/0/max'],
    ],
    [
      'a call that moves what nobody counts',
      one({ ...call, args: pinned }),
      ['uncounted_spend /rules/0', 'unlimited_uses /rules/0'],
    ],
    [
      'the same, where calls are counted',
      { ...one({ ...call, args: pinned }), calls: { max: 3 } },
      ['uncounted_spend /rules/0'],
    ],
    [
      'a call that is counted',
      {
        rules: [{ ...call, args: pinned, spends: [{ asset: usdc, amount: 'amount', budget: 'b' }] }],
      },
      [],
    ],
    [
      'value that is not counted',
      {
        rules: [
          { ...call, args: pinned, spends: [{ asset: usdc, amount: 'amount', budget: 'b' }], value: { lte: '1' } },
        ],
      },
      ['native_value_unbound /rules/0/value/lte'],
    ],
    [
      'value that is counted beside a token',
      one(
        {
          ...call,
          args: pinned,
          spends: [
            { asset: usdc, amount: 'amount', budget: 'b' },
            { asset: 'native', amount: 'value', budget: 'b' },
          ],
          value: { lte: '1' },
        },
        both,
      ),
      [],
    ],
    [
      'value that is counted alone',
      one(
        {
          ...call,
          args: pinned,
          spends: [{ asset: 'native', amount: 'value', budget: 'b' }],
          value: { lte: '1' },
        },
        native,
      ),
      [],
    ],
    [
      'each argument without a condition',
      { ...one({ ...call, function: 'f(address to, uint256 amount, bool)' }), calls: { max: 3 } },
      [
        'uncounted_spend /rules/0',
        'unpinned_argument /rules/0/args/to',
        'unpinned_argument /rules/0/args/amount',
        'unpinned_argument /rules/0/args/2',
      ],
    ],
    [
      'an argument that a budget counts, and its neighbour',
      one(
        {
          ...call,
          function: 'f(uint256 amount, uint256 other)',
          spends: [{ asset: usdc, amount: 'amount', budget: 'b' }],
        },
        quiet.budgets,
      ),
      ['unpinned_argument /rules/0/args/other'],
    ],
    [
      'each danger',
      { ...one({ ...call, args: pinned, acknowledge: ['selector:x', 'target:y'] }), calls: { max: 3 } },
      [
        'uncounted_spend /rules/0',
        'danger_acknowledged /rules/0/acknowledge/0',
        'danger_acknowledged /rules/0/acknowledge/1',
      ],
    ],
    ['windows that roll', { calls: { max: 3, per: 'P1D', window: 'rolling' } }, []],
    ['a limit for life', { calls: { max: 3 } }, []],
    [
      'fixed windows of money and of calls',
      {
        calls: { max: 3, per: 'P1D', window: 'fixed' },
        budgets: { b: { ...quiet.budgets.b, window: 'fixed' } },
      },
      ['fixed_window_doubling /budgets/b/window', 'fixed_window_doubling /calls/window'],
    ],
    ['redeemers by name', { request: { key, redeemers: [vendor] } }, []],
    ['any redeemer', { request: { key, redeemers: 'anyone' } }, ['open_submission /request/redeemers']],
    [
      'one kind of receipt less',
      { evidence: { receipts: ['grant', 'decision', 'outcome'], retain: 'P1D' } },
      ['evidence_gap /evidence/receipts'],
    ],
    ['a source that is no confirmation', { expiry: { value: quiet.expiry, source: 'ledger' } }, []],
  ])('behavior: %s', (_, edit, warnings) => {
    expect(found(edit)).toEqual(warnings)
  })

  test('behavior: every value of the agent that was confirmed, and only those', () => {
    const edit = {
      expiry: { value: quiet.expiry, source: 'agent' },
      delegate: { value: account(2), source: 'principal' },
      chainId: { value: 1, source: 'agent' },
    }
    const warnings = found(edit, ['/expiry', '/chainId']).sort()
    expect(warnings).toEqual(['agent_sourced /chainId', 'agent_sourced /expiry'])
  })

  test.each<[string, object, RegExp]>([
    [
      'evidence_gap',
      { evidence: { receipts: ['ticket', 'outcome'], retain: 'P1D' } },
      /of: grant, decision, revocation\.$/,
    ],
    ['long_life', { expiry: '2027-03-02T00:00:00Z' }, /for 91 days; more than 90 days /],
    ['long_life', { notBefore: '2026-12-02T00:00:00Z', expiry: '2027-03-04T00:00:00Z' }, /for 92 days;/],
    ['fixed_window_doubling', { calls: { max: 7, per: 'P1D', window: 'fixed' } }, /twice 7 can/],
    ['unpinned_argument', one({ ...call, function: 'f(bool)' }), /the argument 1 \(bool\)/],
    ['unpinned_argument', one({ ...call, function: 'f(bool yes)' }), /the argument yes \(bool\)/],
  ])('behavior: %s says how much', (id, edit, sentence) => {
    const warning = lintScope(scope(edit), { now }).find((each) => each.id === id)
    expect(warning?.message).toMatch(sentence)
  })

  test('behavior: only what both can spend is added up, asset by asset', () => {
    const two = scope({
      rules: [pay, { ...pay, id: 'two', asset: dai, budget: 'c' }],
      budgets: { ...quiet.budgets, c: { assets: { [dai]: '1' }, max: '7' } },
    })
    const stacked = (own: typeof two, ...others: (typeof two)[]) =>
      lintScope(own, { now, others }).map(({ id, message }) => `${id} ${message}`)
    expect(stacked(two, scope())).toEqual([`stacked_exposure With 1 other live scope, ${usdc} can leave up to 2000.`])
    expect(stacked(two, two, two).sort()).toEqual([
      `stacked_exposure With 2 other live scopes, ${usdc} can leave up to 3000.`,
      `stacked_exposure With 2 other live scopes, ${dai} can leave up to 21.`,
    ])
    const unbound = scope({ rules: [{ ...pay, budget: undefined }], budgets: {} })
    expect(stacked(scope(), scope(), unbound)).toEqual([
      `stacked_exposure With 2 other live scopes, ${usdc} can leave without limit.`,
    ])
  })

  test('behavior: scopes add up while both are alive, to the second', () => {
    const lives = (notBefore: string, expiry: string) => scope({ notBefore, expiry })
    const own = lives('2026-12-03T00:00:00Z', '2026-12-05T00:00:00Z')
    const stacks = (notBefore: string, expiry: string) =>
      lintScope(own, { now, others: [lives(notBefore, expiry)] }).length > 0
    expect(stacks('2026-12-01T00:00:00Z', '2026-12-03T00:00:00Z')).toBe(false)
    expect(stacks('2026-12-01T00:00:00Z', '2026-12-03T00:00:01Z')).toBe(true)
    expect(stacks('2026-12-05T00:00:00Z', '2026-12-07T00:00:00Z')).toBe(false)
    expect(stacks('2026-12-04T23:59:59Z', '2026-12-07T00:00:00Z')).toBe(true)
    const open = scope()
    const since = (expiry: string) =>
      lintScope(open, { now, others: [lives('2026-11-01T00:00:00Z', expiry)] }).length > 0
    expect([since('2026-12-01T00:00:00Z'), since('2026-12-01T00:00:01Z')]).toEqual([false, true])
  })
})
