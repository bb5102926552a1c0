import { keccak256 } from 'viem'
import { describe, expect, test } from 'vitest'
import { codeOf } from '../../test/codes.ts'
import {
  act,
  agent,
  alice,
  denied,
  environment,
  grantOf,
  mallory,
  otherVendor,
  pay,
  stateOf,
  transfer,
  usdc,
  vendor,
  word,
} from '../../test/fixtures/verdict.ts'
import type { KnownCaveat } from '../caveats/codec.ts'
import type { Hex } from '../primitives/hex.ts'
import { parseScope } from '../scope/parse.ts'
import type { ScopeDocument } from '../scope/schema.ts'
import type { Scope } from '../scope/types.ts'
import { heldBy } from './constraints.ts'
import { evaluate } from './evaluate.ts'
import type { Action, Call } from './types.ts'

const target: Hex = `0x${'77'.repeat(20)}`
const SIGNATURE = 'function act(address to, uint256 amount, int64 tick, bytes note)'
const SELECTOR = '0x5f3b7a11'

function scopeOf(more: Partial<ScopeDocument> = {}): Scope {
  return parseScope({
    version: 1,
    task: { id: 'held', purpose: 'Hold what the chain cannot' },
    chainId: environment.chainId,
    principal: alice,
    delegate: agent,
    rules: [{ id: 'rule-0', class: 'transfer', asset: usdc, to: [vendor], max: '40', budget: 'stables' }],
    budgets: { stables: { assets: { [usdc]: '0.5' }, max: '100' } },
    expiry: '2030-01-01T00:00:00Z',
    redelegation: { maxDepth: 0 },
    revocation: { group: 'g', maxLatencySeconds: 60 },
    evidence: { receipts: ['decision'], retain: 'P1Y' },
    assets: { [usdc]: { symbol: 'USDC', decimals: 0 } },
    ...more,
  })
}

const callRule = (args: object): ScopeDocument['rules'] => [
  { id: 'rule-0', class: 'call', target, function: SIGNATURE, args: args as never },
]

/** One branch that the chain leaves wide open, so that only what is held of these scopes refuses. */
function wideOpen(scopes: readonly Scope[], accepted: readonly (readonly string[])[], caveats: KnownCaveat[] = []) {
  const prepared = grantOf(caveats)
  const held = heldBy(
    scopes,
    accepted,
    scopes.map(({ rules }) => [rules[0]?.id ?? '']),
  )
  return { ...prepared, branches: prepared.branches.map((branch) => ({ ...branch, held })) }
}

function holding(accepted: readonly string[], scope: Scope = scopeOf(), caveats: KnownCaveat[] = []) {
  const prepared = wideOpen([scope], [accepted], caveats)
  const state = stateOf(prepared)
  return (call: Call | Action) => evaluate(prepared, 'calls' in call ? call : act(call), state)
}

const call = (to: Hex, amount: bigint, tick = 0n, note: Hex = '0x01'): Call => {
  const bytes = note.slice(2)
  const padded = bytes.padEnd(Math.ceil(bytes.length / 64) * 64, '0')
  const head = `${word(to)}${word(amount)}${word(BigInt.asUintN(256, tick))}${word(128n)}`
  return { to: target, value: 0n, data: `${SELECTOR}${head}${word(BigInt(bytes.length / 2))}${padded}` }
}

describe('maximum held by the redeemer', () => {
  const judge = holding(['/rules/0/max'])

  test('default: inclusive, and lowered to', () => {
    expect(judge(transfer(40n)).verdict).toBe('allow')
    expect(denied(judge(transfer(41n)))).toMatchObject({
      code: 'action_maximum_exceeded',
      family: 'refused',
      hop: null,
      caveat: null,
      limit: 40n,
      requested: 41n,
      largestAllowed: 40n,
      fix: { do: 'lower_amount', to: 40n },
    })
  })

  test('behavior: the least of it and what the chain holds', () => {
    const capped = holding(['/rules/0/max'], scopeOf(), [{ kind: 'erc20TransferAmount', token: usdc, limit: 30n }])
    expect(denied(capped(transfer(41n))).largestAllowed).toBe(30n)
    const loose = holding(['/rules/0/max'], scopeOf(), [{ kind: 'erc20TransferAmount', token: usdc, limit: 50n }])
    expect(denied(loose(transfer(51n)))).toMatchObject({ code: 'budget_exceeded', largestAllowed: 40n })
  })

  test('error: an action that is not about the rule’s asset, though the chain would run it', () => {
    expect(denied(judge(transfer(1n, vendor, target))).code).toBe('target_not_allowed')
    expect(denied(judge({ ...transfer(1n), data: '0x' })).code).toBe('calldata_not_allowed')
  })

  test('behavior: of native coin it is wei, whoever is paid', () => {
    const scope = scopeOf({
      rules: [
        {
          id: 'rule-0',
          class: 'transfer',
          asset: 'native',
          to: [vendor],
          max: '0.000000000000000005',
          budget: 'coins',
        },
      ],
      budgets: { coins: { assets: { native: '1' }, max: '1' } },
      assets: {},
    })
    const native = holding(['/rules/0/max'], scope, [{ kind: 'exactCalldata', data: '0x' }])
    expect(native(pay(5n)).verdict).toBe('allow')
    expect(denied(native(pay(6n))).fix).toEqual({ do: 'lower_amount', to: 5n })
  })
})

describe('threshold held by the redeemer', () => {
  const escalation = { above: { stables: '10' }, confirmer: 'principal', timeout: 'PT15M', onTimeout: 'deny' } as const
  const judge = holding(['/escalation'], scopeOf({ escalation }))

  test('default: above it somebody confirms; the weight of the asset counts', () => {
    // Half a unit of budget each: ten units are twenty tokens.
    expect(judge(transfer(20n)).verdict).toBe('allow')
    expect(judge(transfer(21n))).toMatchObject({
      verdict: 'escalate',
      code: 'above_threshold',
      branch: 0,
      rule: 'rule-0',
      threshold: 20n,
      requested: 21n,
      confirmer: alice,
      timeout: 900n,
    })
  })

  test('behavior: what lies outside the bounds is never confirmed away', () => {
    const bounded = holding(['/escalation', '/rules/0/max'], scopeOf({ escalation }))
    expect(bounded(transfer(40n)).verdict).toBe('escalate')
    expect(denied(bounded(transfer(41n)))).toMatchObject({
      code: 'action_maximum_exceeded',
      // The most that passes without asking anybody.
      largestAllowed: 20n,
      fix: { do: 'lower_amount', to: 20n },
    })
  })

  test('behavior: a threshold of nothing still leaves a way: to somebody who confirms', () => {
    const all = holding(
      ['/escalation', '/rules/0/max'],
      scopeOf({ escalation: { ...escalation, above: { stables: '0' } } }),
    )
    expect(denied(all(transfer(41n)))).toMatchObject({ largestAllowed: 0n, fix: { do: 'lower_amount', to: 40n } })
  })

  test('behavior: of two thresholds that are crossed the first one asks, of two scopes that of the parent', () => {
    const named = { id: 'rule-0', class: 'call', target, function: SIGNATURE, args: {} } as const
    const two = (above: Record<string, string>) =>
      scopeOf({
        escalation: { ...escalation, above },
        rules: [{ ...named, spends: ['a', 'b'].map((budget) => ({ asset: usdc, amount: 'amount', budget })) }],
        budgets: Object.fromEntries(['a', 'b'].map((budget) => [budget, { assets: { [usdc]: '1' }, max: '100' }])),
      })
    expect(holding(['/escalation'], two({ a: '10', b: '7' }))(call(vendor, 11n))).toMatchObject({ threshold: 10n })
    const both = wideOpen([two({ a: '9' }), two({ a: '8' })], [['/escalation'], ['/escalation']])
    expect(evaluate(both, act(call(vendor, 11n)), stateOf(both))).toMatchObject({ threshold: 9n })
  })

  test('behavior: a threshold in tokens says nothing about the largest value of a call', () => {
    const spends = [{ asset: usdc, amount: 'amount', budget: 'stables' }]
    const named = { id: 'rule-0', class: 'call', target, function: SIGNATURE, args: {}, spends } as const
    const capped = holding(['/escalation'], scopeOf({ escalation, rules: [named] }), [{ kind: 'valueLte', max: 3n }])
    expect(denied(capped({ ...call(vendor, 1n), value: 4n }))).toMatchObject({ largestAllowed: 3n })
  })

  test('error: native coin that leaves beside an argument of the name of its value', () => {
    const spends = [{ asset: 'native', amount: 'value', budget: 'stables' }]
    const named = { id: 'rule-0', class: 'call', target, args: {}, spends, value: { lte: '100' } } as const
    const scope = scopeOf({
      escalation: { ...escalation, above: { stables: '0.00000000000000001' } },
      rules: [{ ...named, function: 'function deposit(uint256 value)' }],
      budgets: { stables: { assets: { native: '1' }, max: '1' } },
      assets: {},
    })
    const native = holding(['/escalation'], scope)
    const deposit = (value: bigint, argument: bigint): Call => ({
      to: target,
      value,
      data: `0xb6b55f25${word(argument)}`,
    })
    expect(native(deposit(10n, 99n)).verdict).toBe('allow')
    expect(native(deposit(11n, 0n))).toMatchObject({ verdict: 'escalate', threshold: 10n, requested: 11n })
  })

  test('behavior: a call that is a token transfer is measured as one', () => {
    const spends = [{ asset: usdc, amount: 'amount', budget: 'stables' }]
    const named = { id: 'rule-0', class: 'call', target: usdc, args: {}, spends } as const
    const scope = scopeOf({
      escalation,
      rules: [{ ...named, function: 'function transfer(address to, uint256 amount)' }],
    })
    const capped = holding(['/escalation'], scope, [{ kind: 'erc20TransferAmount', token: usdc, limit: 50n }])
    expect(capped(transfer(50n))).toMatchObject({ verdict: 'escalate', threshold: 20n })
    expect(denied(capped(transfer(51n)))).toMatchObject({ code: 'budget_exceeded', largestAllowed: 20n })
  })
})

describe('arguments held by the redeemer', () => {
  const judge = (args: object, accepted: string) => holding([accepted], scopeOf({ rules: callRule(args), budgets: {} }))

  test('default: bounds, inclusive, signed where the type is', () => {
    const most = judge({ amount: { lte: '9' } }, '/rules/0/args/amount')
    expect(most(call(vendor, 9n)).verdict).toBe('allow')
    expect(denied(most(call(vendor, 10n)))).toMatchObject({
      code: 'argument_not_allowed',
      hop: null,
      limit: 9n,
      requested: 10n,
      fix: { do: 'set_bytes', at: 36n, bytes: `0x${word(9n)}` },
    })
    const tick = judge({ tick: { gte: '-3' } }, '/rules/0/args/tick')
    expect(tick(call(vendor, 1n, -3n)).verdict).toBe('allow')
    expect(denied(tick(call(vendor, 1n, -4n))).code).toBe('argument_not_allowed')
  })

  test('error: a payee outside the list, or one with dirty upper bytes', () => {
    const payees = judge({ to: { in: [vendor, otherVendor] } }, '/rules/0/args/to')
    expect(payees(call(otherVendor, 1n)).verdict).toBe('allow')
    expect(denied(payees(call(mallory, 1n))).code).toBe('argument_not_allowed')
    const dirty = call(vendor, 1n)
    const data: Hex = `${dirty.data.slice(0, 10)}ff${dirty.data.slice(12)}` as Hex
    expect(denied(payees({ ...dirty, data })).code).toBe('argument_not_allowed')
    expect(denied(judge({ to: { neq: vendor } }, '/rules/0/args/to')(call(vendor, 1n))).code).toBe(
      'argument_not_allowed',
    )
    expect(judge({ to: { eq: 'principal' } }, '/rules/0/args/to')(call(alice, 1n)).verdict).toBe('allow')
  })

  test('error: call data that ends before the argument, or hides its tail', () => {
    const hash = judge({ note: { hash: keccak256('0xabcd') } }, '/rules/0/args/note')
    expect(hash(call(vendor, 1n, 0n, '0xabcd')).verdict).toBe('allow')
    expect(denied(hash(call(vendor, 1n, 0n, '0xabce'))).code).toBe('argument_not_allowed')
    expect(denied(hash({ ...call(vendor, 1n), data: call(vendor, 1n).data.slice(0, 200) as Hex })).code).toBe(
      'calldata_not_allowed',
    )
    const far = call(vendor, 1n).data
    const away = `${far.slice(0, 10 + 3 * 64)}${'f'.repeat(64)}${far.slice(10 + 4 * 64)}` as Hex
    expect(denied(hash({ ...call(vendor, 1n), data: away })).code).toBe('calldata_not_allowed')
    const whole = call(vendor, 1n, 0n, `0x${'ab'.repeat(32)}`)
    const long = judge({ note: { length: { lte: '40' } } }, '/rules/0/args/note')
    expect(long(whole).verdict).toBe('allow')
    // A length that says one byte more than there is.
    const torn = whole.data.replace(word(32n) + 'ab'.repeat(32), word(33n) + 'ab'.repeat(32)) as Hex
    expect(torn).not.toBe(whole.data)
    expect(denied(long({ ...whole, data: torn })).code).toBe('calldata_not_allowed')
    const length = judge({ note: { length: { lte: '2' } } }, '/rules/0/args/note')
    expect(length(call(vendor, 1n, 0n, '0xabcd')).verdict).toBe('allow')
    expect(denied(length(call(vendor, 1n, 0n, '0xabcdef')))).toMatchObject({ limit: 2n, requested: 3n })
  })

  test('default: masks', () => {
    const odd = judge({ amount: { mask: '1', equals: '1' } }, '/rules/0/args/amount')
    expect(odd(call(vendor, 7n)).verdict).toBe('allow')
    expect(denied(odd(call(vendor, 8n))).code).toBe('argument_not_allowed')
  })
})

describe('scopes above the effective one', () => {
  test('behavior: what a parent left to the redeemer binds the child too', () => {
    const parent = scopeOf({
      rules: [{ id: 'parents', class: 'transfer', asset: usdc, to: [vendor], max: '5', budget: 'stables' }],
    })
    const prepared = wideOpen([parent, scopeOf()], [['/rules/0/max'], []])
    expect(evaluate(prepared, act(transfer(5n)), stateOf(prepared)).verdict).toBe('allow')
    expect(denied(evaluate(prepared, act(transfer(6n)), stateOf(prepared)))).toMatchObject({
      code: 'action_maximum_exceeded',
      limit: 5n,
    })
  })
})

describe('what nobody could hold', () => {
  test.each([
    ['/calls', 'a rate needs a history'],
    ['/budgets/stables/window', 'so does a rolling window'],
    ['/budgets/stables/assets', 'and a budget over assets'],
    ['/request', 'a signature is not part of an action'],
    ['/rules/0/spends/0', 'spending by calls'],
    ['/rules/0/budget', 'a budget'],
    ['/rules/9/max', 'no such rule'],
    ['/rules/0/args/amount', 'no such argument'],
    ['/escalation', 'no escalation in the scope'],
    ['', 'nothing'],
    ['/__proto__', 'nothing known'],
  ])('error: %s is refused by name: %s', (pointer) => {
    const error = codeOf(() => holding([pointer]))
    expect(error.code).toBe('verdict.unsupported_constraint')
    expect(error.details['constraint']).toBe(pointer)
  })

  const given = (type: string, more: object) => {
    const rule = { id: 'rule-0', class: 'call', target, function: `function act(${type} given)`, args: {}, spends: [] }
    const escalation = { above: { stables: '10' }, confirmer: 'principal', timeout: 'PT15M', onTimeout: 'deny' }
    return { ...scopeOf(), escalation, rules: [{ ...rule, ...more }] } as unknown as Scope
  }

  test.each(['bytes', 'uint256[]', 'uint256[65]', '(uint256,bytes)'])(
    'error: one word of an argument that is %s',
    (type) => {
      const scope = given(type, { args: { given: { eq: '5' } } })
      const error = codeOf(() => holding(['/rules/0/args/given'], scope))
      expect(error.code).toBe('verdict.unsupported_constraint')
      expect(error.details['why']).toBe(`it is about a ${type}`)
    },
  )

  test.each(['int256', 'address', 'uint256[]', 'uint256[65]', 'bytes'])('error: a threshold of what is %s', (type) => {
    const spends = [{ asset: usdc, amount: 'given', budget: 'stables' }]
    const error = codeOf(() => holding(['/escalation'], given(type, { spends })))
    expect(error.code).toBe('verdict.unsupported_constraint')
    const judge = holding(['/escalation'], given('uint64', { spends }))
    expect(judge({ to: target, value: 0n, data: `0x12345678${word(20n)}` }).verdict).toBe('allow')
  })

  test('behavior: what says nothing about one action passes', () => {
    expect(
      holding(['/redelegation/maxDepth', '/evidence', '/revocation/maxLatencySeconds'])(transfer(999n)).verdict,
    ).toBe('allow')
  })
})
