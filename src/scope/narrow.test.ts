import { describe, expect, test } from 'vitest'
import { diffScopes } from './diff.ts'
import { ScopeError } from './errors.ts'
import { narrowScope, same } from './narrow.ts'
import { parseScope } from './parse.ts'
import type { SubsetOptions } from './subset.ts'

const account = (n: number) => `0x${n.toString(16).padStart(2, '0').repeat(20)}` as const
const [usdc, vendor, other, router] = [account(3), account(5), account(0x15), account(6)] as const

const parent = parseScope({
  version: 1,
  task: { id: 't', purpose: 'p' },
  chainId: 1,
  principal: account(1),
  delegate: account(2),
  rules: [
    {
      id: 'pay',
      class: 'transfer',
      asset: usdc,
      to: [{ value: vendor, source: 'ledger' }, other],
      max: '50',
      budget: 'b',
    },
    { id: 'c', class: 'call', target: router, function: 'f(uint256 n, bytes data)', args: { n: { lte: '9' } } },
  ],
  budgets: { b: { assets: { [usdc]: '1' }, max: '100', per: 'P1D', window: 'rolling' } },
  calls: { max: 9 },
  expiry: '2026-12-11T00:00:00Z',
  redelegation: { maxDepth: 1 },
  revocation: { group: 'g', maxLatencySeconds: 60 },
  evidence: { receipts: ['grant'], retain: 'P1D' },
  assets: { [usdc]: { symbol: 'USDC', decimals: 6 } },
})

const failure = (patch: unknown, options?: SubsetOptions) => {
  try {
    narrowScope(parent, patch, options)
  } catch (error) {
    if (error instanceof ScopeError) return error
    throw error
  }
  return undefined
}

describe('narrowScope', () => {
  test('default', () => {
    const child = narrowScope(
      parent,
      {
        delegate: account(8),
        budgets: { b: { max: '10' } },
        expiry: '2026-12-02T00:00:00Z',
        redelegation: { maxDepth: 0 },
      },
      { redelegated: true },
    )
    expect(child.budgets['b']?.max).toBe('10')
    expect(child.delegate).toBe(account(8))
    expect(child.provenance).toEqual({ '/rules/0/to/0': 'ledger' })
    expect(parseScope(child)).toEqual(child)
  })

  test('behavior: the source of a value that moved is dropped', () => {
    const child = narrowScope(parent, { rules: [{ ...parent.rules[0], to: [other] }] })
    expect(child.provenance).toEqual({})
  })

  test('behavior: an empty patch is the parent', () => {
    expect(narrowScope(parent, {})).toEqual(parent)
  })

  test.each<[string, unknown]>([
    ['lifetime', { expiry: '2026-12-12T00:00:00Z' }],
    ['calls', { calls: null }],
    ['budgets', { budgets: { b: { max: '101' } } }],
    ['payees', { rules: [{ ...parent.rules[0], to: 'anyone' }] }],
  ])('error: a wider %s', (dimension, patch) => {
    const error = failure(patch)
    expect(error?.code).toBe('scope.not_narrower')
    expect(error?.details['value']).toMatch(new RegExp(`^${dimension}: `))
  })

  test('error: a sub-agent without a level less', () => {
    expect(failure({ delegate: account(8) }, { redelegated: true })?.code).toBe('scope.not_narrower')
  })

  test('error: what is no patch, or leads to no scope', () => {
    expect(failure([])?.code).toBe('scope.invalid_patch')
    expect(failure('{}')?.code).toBe('scope.invalid_patch')
    expect(failure(JSON.parse('{"__proto__":{"expiry":"x"}}'))?.code).toBe('scope.prototype_key')
    expect(failure({ expiry: null })?.code).toBe('scope.missing_expiry')
    expect(failure({ limit: 5 })?.code).toBe('scope.unknown_field')
    expect(failure({ rules: [{ ...parent.rules[0], to: [{ value: vendor, source: 'agent' }] }] })?.code).toBe(
      'scope.agent_sourced',
    )
  })
})

describe('same', () => {
  test('behavior: a list is no object of the same members', () => {
    expect(same(['a'], { 0: 'a' })).toBe(false)
    expect(same([], {})).toBe(false)
    expect(same(['a', { b: [] }], ['a', { b: [] }])).toBe(true)
  })
})

describe('diffScopes', () => {
  const changed = (patch: Record<string, unknown>) => {
    const after = parseScope({ ...JSON.parse(JSON.stringify(parent)), provenance: {}, ...patch })
    return diffScopes({ ...parent, provenance: {} }, after).map(({ pointer, direction }) => `${direction} ${pointer}`)
  }
  const [pay, call] = parent.rules

  test('default', () => {
    expect(changed({})).toEqual([])
    expect(diffScopes(parent, { ...parent, expiry: '2026-12-12T00:00:00Z' })).toEqual([
      { pointer: '/expiry', before: '2026-12-11T00:00:00Z', after: '2026-12-12T00:00:00Z', direction: 'wider' },
    ])
  })

  test.each<[string, Record<string, unknown>]>([
    ['narrower /expiry', { expiry: '2026-12-10T00:00:00Z' }],
    ['narrower /notBefore', { notBefore: '2026-12-10T00:00:00Z' }],
    ['narrower /calls/max', { calls: { max: 8 } }],
    ['wider /calls', { calls: undefined }],
    ['wider /calls/per', { calls: { max: 9, per: 'P1D', window: 'rolling' } }],
    ['changed /delegate', { delegate: account(9) }],
    ['narrower /redelegation/maxDepth', { redelegation: { maxDepth: 0 } }],
    ['narrower /revocation/guardian', { revocation: { ...parent.revocation, guardian: account(7) } }],
    ['narrower /evidence/receipts', { evidence: { receipts: ['grant', 'outcome'], retain: 'P1D' } }],
    ['wider /evidence/retain', { evidence: { receipts: ['grant'], retain: 'PT23H' } }],
    ['changed /evidence/retain', { evidence: { receipts: ['grant'], retain: 'PT24H' } }],
    ['narrower /evidence/retain', { evidence: { receipts: ['grant'], retain: 'P2D' } }],
    ['wider /budgets/b/max', { budgets: { b: { ...parent.budgets['b'], max: '100.5' } } }],
    ['wider /budgets/b/per', { budgets: { b: { ...parent.budgets['b'], per: 'PT23H' } } }],
    ['changed /budgets/b/per', { budgets: { b: { ...parent.budgets['b'], per: 'PT24H' } } }],
    ['narrower /budgets/b/per', { budgets: { b: { ...parent.budgets['b'], per: 'P2D' } } }],
    ['wider /budgets/b/window', { budgets: { b: { ...parent.budgets['b'], window: 'fixed' } } }],
    [`narrower /budgets/b/assets/${usdc}`, { budgets: { b: { ...parent.budgets['b'], assets: { [usdc]: '2' } } } }],
    ['narrower /rules/0/to', { rules: [{ ...pay, to: [other] }, call] }],
    ['wider /rules/0/to', { rules: [{ ...pay, to: 'anyone' }, call] }],
    ['changed /rules/0/to', { rules: [{ ...pay, to: [vendor, account(9)] }, call] }],
    ['wider /rules/0/max', { rules: [{ ...pay, max: undefined }, call] }],
    ['narrower /rules/1', { rules: [pay] }],
    ['wider /rules/2', { rules: [pay, call, { ...pay, id: 'more' }] }],
    ['narrower /rules/1/args/n', { rules: [pay, { ...call, args: { n: { eq: '9' } } }] }],
    ['wider /rules/1/args/n', { rules: [pay, { ...call, args: {} }] }],
    ['changed /rules/1/args/n', { rules: [pay, { ...call, args: { n: { gte: '9' } } }] }],
    ['narrower /rules/1/args/data', { rules: [pay, { ...call, args: { n: { lte: '9' }, data: { eq: '0x' } } }] }],
    ['wider /rules/1/value/lte', { rules: [pay, { ...call, value: { lte: '1' } }] }],
    ['changed /rules/1/target', { rules: [pay, { ...call, target: account(9) }] }],
    ['changed /task/purpose', { task: { id: 't', purpose: 'q' } }],
  ])('behavior: %s', (line, patch) => {
    expect(changed(patch)).toContain(line)
  })

  test('behavior: rules are matched by id, their order says nothing', () => {
    expect(changed({ rules: [call, pay] })).toEqual([])
    expect(changed({ rules: [call, { ...pay, max: '4' }] })).toEqual(['narrower /rules/1/max'])
  })
})
