import { describe, expect, test } from 'vitest'
import { either, factsOf, firstBranch, type Given, selects } from '../../test/fixtures/facts.ts'
import {
  dai,
  environment,
  grantOf,
  mallory,
  pay,
  plainGrant,
  stateOf,
  subAgent,
  transfer,
  usdc,
  vendor,
} from '../../test/fixtures/verdict.ts'
import { ANY_DELEGATE } from '../delegation/types.ts'
import type { Facts } from './facts.ts'
import type { Held } from './held.ts'
import { walk } from './order.ts'
import { prepareGrant } from './prepare.ts'
import type { PreparedBranch, PreparedGrant } from './prepared.ts'
import type { Call, State } from './types.ts'

const place = (prepared: PreparedGrant, facts: Facts, state: State = stateOf(prepared)) => {
  const found = walk(firstBranch(prepared), facts, state)
  return found === null ? null : [found.code, found.hop, found.caveat, found.passed]
}
const none: Given = { kind: 'valueLte', max: 0n }
const fine: Given = { kind: 'valueLte', max: 99n }
const once = { target: dai, value: 0n, data: '0x' } as const
const batch: Given = { kind: 'specificActionBatch', token: usdc, recipient: vendor, amount: 5n, first: once }
const rises = { direction: 'increase', recipient: vendor, amount: 1n } as const

describe('walk', () => {
  test('behavior: the order of the checks, with how many passed before', () => {
    const prepared = grantOf([fine, none], [fine], [none])
    const state = stateOf(prepared)
    const paid = factsOf(pay(1n), vendor)
    const hashes = firstBranch(prepared).links.map(({ hash }) => hash)
    const disabled = (at: number, value: unknown): State => {
      return { ...state, disabled: { ...state.disabled, [hashes[at] ?? '']: value as boolean } }
    }
    expect(place(prepared, paid, { ...disabled(0, true), paused: true })).toEqual(['paused', null, null, 0])
    expect(place(prepared, paid, { ...state, paused: undefined as never })).toEqual(['state_missing', null, null, 0])
    expect(place(prepared, { ...paid, redeemer: mallory }, disabled(0, true))).toEqual([
      'redeemer_not_allowed',
      0,
      null,
      1,
    ])
    for (const at of [0, 1, 2]) {
      expect(place(prepared, paid, disabled(at, true))).toEqual(['revoked', at, null, 2 + at])
      expect(place(prepared, paid, disabled(at, undefined))).toEqual(['state_missing', at, null, 2 + at])
    }
    expect(place(prepared, paid, state)).toEqual(['value_not_allowed', 0, 1, 6])
    const top = grantOf([fine, fine], [fine], [none])
    expect(place(top, paid)).toEqual(['value_not_allowed', 2, 0, 8])
    expect(place(grantOf([fine, fine], [fine], [fine]), paid)).toBeNull()
  })

  test('behavior: whoever may redeem: its delegate, or anybody where it says so', () => {
    const plain = plainGrant([[[]]])
    const [delegation] = plain.delegations
    if (delegation === undefined) throw new TypeError('no delegation')
    const open = prepareGrant({ ...plain, delegations: [{ ...delegation, delegate: ANY_DELEGATE }] }, environment)
    expect(place(open, factsOf(pay(0n), mallory))).toBeNull()
    expect(place(grantOf([]), factsOf(pay(0n), mallory))?.[0]).toBe('redeemer_not_allowed')
  })

  test('behavior: choices are asked for before all caveats, from the leaf up', () => {
    const both = grantOf([none, either([[]], '0x')], [either([[]], selects(9n))])
    expect(place(both, factsOf(pay(1n), subAgent))).toEqual(['choice_unknown', 0, 1, 4])
    const top = grantOf([none, either([[]], selects(0n))], [fine, either([[]], selects(9n))])
    expect(place(top, factsOf(pay(1n), subAgent))).toEqual(['args_not_allowed', 1, 1, 4])
    const group = grantOf([either([[fine, none], [none]], selects(0n, '0x', '0x'))])
    expect(place(group, factsOf(pay(1n)))).toEqual(['value_not_allowed', 0, 0, 3])
    expect(place(group, factsOf(pay(0n)))).toBeNull()
  })

  test('behavior: a batch passes where a caveat asks for one and the redeemer holds nothing', () => {
    const calls = [pay(0n, dai), transfer(5n)]
    const prepared = grantOf([batch])
    const holding: Held = { rule: 'r', target: null, constraints: [] }
    const branch = firstBranch(prepared)
    const verdict = (change: Partial<PreparedBranch>, given: readonly Call[] = calls) =>
      walk({ ...branch, ...change }, factsOf(given), stateOf(prepared))
    expect(verdict({})).toBeNull()
    expect(verdict({ held: [holding] })).toMatchObject({ code: 'batch_not_allowed', hop: null, passed: 4 })
    const free = grantOf([{ kind: 'nonce', nonce: 0n }])
    expect(place(free, factsOf(calls))).toEqual(['batch_not_allowed', null, null, 4])
    expect(place(free, factsOf(pay(0n)))).toBeNull()
  })

  test('behavior: what nobody knows beforehand comes last: balances from the root down and from the last caveat on, then payments', () => {
    const native: Given = { kind: 'nativeBalanceChange', ...rises }
    const payment: Given = { kind: 'nativePayment', recipient: vendor, amount: 1n }
    expect(place(grantOf([native, fine, native], [fine]), factsOf(pay(0n), subAgent))).toEqual([
      'caveat_unsatisfiable',
      0,
      2,
      6,
    ])
    const erc20: Given = { kind: 'erc20BalanceChange', token: usdc, ...rises }
    expect(place(grantOf([native, erc20, fine], [fine]), factsOf(pay(0n), subAgent))).toEqual([
      'effect_unknown',
      0,
      1,
      8,
    ])
    expect(place(grantOf([native, erc20], [native, fine]), factsOf(pay(0n), subAgent))).toEqual([
      'effect_unknown',
      1,
      0,
      8,
    ])
    expect(place(grantOf([payment, fine], [fine, payment]), factsOf(pay(0n), subAgent))).toEqual([
      'payment_unknown',
      1,
      1,
      8,
    ])
    expect(place(grantOf([native], [payment]), factsOf(pay(0n), subAgent))).toEqual(['effect_unknown', 0, 0, 6])
  })

  test('error: single calls and batches, by what each enforcer asks for', () => {
    const singles: Given[] = [
      { kind: 'approvalRevocation', methods: ['erc20Approve'] },
      { kind: 'allowedTargets', targets: [dai] },
      none,
      { kind: 'exactCalldata', data: '0x' },
      { kind: 'ownershipTransfer', target: dai },
    ]
    for (const caveat of singles)
      expect(place(grantOf([caveat]), factsOf([pay(0n), pay(0n)]))?.[0]).toBe('batch_not_allowed')
    const executions = [pay(0n, dai), transfer(5n)].map(({ to, value, data }) => ({ target: to, value, data }))
    const batches: Given[] = [
      batch,
      { kind: 'exactExecutionBatch', executions },
      { kind: 'exactCalldataBatch', executions },
    ]
    for (const caveat of batches) {
      expect(place(grantOf([caveat]), factsOf(pay(0n, dai)))?.[0]).toBe('batch_required')
      expect(place(grantOf([caveat]), factsOf([pay(0n, dai), transfer(5n)]))).toBeNull()
    }
  })
})
