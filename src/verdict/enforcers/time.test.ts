import { describe, expect, test } from 'vitest'
import {
  act,
  agent,
  alice,
  denied,
  grantOf,
  NOW,
  pay,
  stateOf,
  subAgent,
  transfer,
  usdc,
  withCounter,
} from '../../../test/fixtures/verdict.ts'
import type { KnownCaveat } from '../../caveats/codec.ts'
import { evaluate } from '../evaluate.ts'
import type { Counter } from '../types.ts'

describe('timestamp', () => {
  const prepared = grantOf([{ kind: 'timestamp', after: NOW, before: NOW + 10n }])
  const at = (now: bigint) => evaluate(prepared, act(transfer(1n)), stateOf(prepared, { now }))

  test('default: both bounds are exclusive', () => {
    expect(denied(at(NOW))).toMatchObject({ code: 'not_yet_valid', fix: { do: 'wait_until', time: NOW + 1n } })
    expect(at(NOW + 1n).verdict).toBe('allow')
    expect(at(NOW + 9n).verdict).toBe('allow')
    expect(denied(at(NOW + 10n))).toMatchObject({
      code: 'expired',
      family: 'refused',
      fix: { do: 'ask_for_a_new_grant' },
    })
  })

  test('behavior: zero is no bound', () => {
    const open = grantOf([{ kind: 'timestamp', after: 0n, before: 0n }])
    expect(evaluate(open, act(transfer(1n)), stateOf(open, { now: 1n << 60n })).verdict).toBe('allow')
  })

  test('error: a parent that has expired under a child that has not', () => {
    const chain = grantOf(
      [{ kind: 'timestamp', after: 0n, before: NOW + 99n }],
      [{ kind: 'timestamp', after: 0n, before: NOW }],
    )
    expect(denied(evaluate(chain, act(transfer(1n), subAgent), stateOf(chain)))).toMatchObject({
      code: 'expired',
      hop: 1,
      delegator: alice,
    })
  })
})

describe('nonce', () => {
  const prepared = grantOf([{ kind: 'nonce', nonce: 4n }])
  const at = (nonce: bigint) => evaluate(prepared, act(transfer(1n)), stateOf(prepared, { nonces: { [alice]: nonce } }))

  test('error: any other nonce, before it or after it', () => {
    expect(at(4n).verdict).toBe('allow')
    expect(denied(at(5n))).toMatchObject({
      code: 'group_revoked',
      family: 'ended',
      caveat: { kind: 'nonce' },
      fix: { do: 'ask_for_a_new_grant' },
    })
    expect(denied(at(3n)).code).toBe('group_revoked')
  })

  test('behavior: the nonce is the delegator’s, hop by hop', () => {
    const chain = grantOf([{ kind: 'nonce', nonce: 0n }], [{ kind: 'nonce', nonce: 0n }])
    const ended = stateOf(chain, { nonces: { [agent]: 1n, [alice]: 0n } })
    expect(denied(evaluate(chain, act(transfer(1n), subAgent), ended))).toMatchObject({ hop: 0, delegator: agent })
  })
})

describe('erc20PeriodTransfer', () => {
  const start = NOW - 250n
  const caveat: KnownCaveat = { kind: 'erc20PeriodTransfer', token: usdc, amount: 100n, duration: 100n, start }
  const prepared = grantOf([caveat])
  const stored = (transferred: bigint, lastPeriod: bigint): Counter => ({
    kind: 'period',
    amount: 100n,
    duration: 100n,
    start,
    lastPeriod,
    transferred,
  })
  const at = (amount: bigint, counter: Counter | null, now = NOW) => {
    const state = stateOf(prepared, { now })
    return evaluate(prepared, act(transfer(amount)), counter ? withCounter(prepared, state, 0, 0, counter) : state)
  }

  test('default: up to the amount in the window, inclusive, first use included', () => {
    expect(at(100n, null)).toMatchObject({ verdict: 'allow', remaining: 0n })
    expect(denied(at(101n, null))).toMatchObject({ code: 'period_budget_exceeded', used: 0n, largestAllowed: 100n })
    expect(at(40n, stored(60n, 3n)).verdict).toBe('allow')
    expect(denied(at(41n, stored(60n, 3n)))).toMatchObject({
      limit: 100n,
      used: 60n,
      requested: 41n,
      remaining: 40n,
      resetsAt: start + 300n,
      largestAllowed: 40n,
      fix: { do: 'wait_until', time: start + 300n },
    })
  })

  test('behavior: a window begins at its first second', () => {
    expect(denied(at(1n, stored(100n, 3n), start + 299n)).fix).toEqual({ do: 'wait_until', time: start + 300n })
    expect(at(100n, stored(100n, 3n), start + 300n).verdict).toBe('allow')
  })

  test('behavior: what a window leaves is lost', () => {
    expect(denied(at(101n, stored(0n, 1n))).largestAllowed).toBe(100n)
  })

  test('error: more than any window holds is lowered, not waited for', () => {
    expect(denied(at(150n, stored(100n, 3n)))).toMatchObject({
      largestAllowed: 0n,
      fix: { do: 'lower_amount', to: 100n },
    })
  })

  test('behavior: the storage of first use decides, not the terms', () => {
    const counter: Counter = { kind: 'period', amount: 5n, duration: 1_000n, start, lastPeriod: 1n, transferred: 3n }
    expect(denied(at(3n, counter))).toMatchObject({ limit: 5n, used: 3n, resetsAt: start + 1_000n })
  })

  test('behavior: two windows of one enforcer share the storage of the first (FACTS C1)', () => {
    const weekly: KnownCaveat = { ...caveat, amount: 1_000n, duration: 700n }
    const both = grantOf([caveat, weekly])
    expect(evaluate(both, act(transfer(50n)), stateOf(both)).verdict).toBe('allow')
    expect(denied(evaluate(both, act(transfer(51n)), stateOf(both)))).toMatchObject({
      caveat: { index: 1 },
      limit: 100n,
      largestAllowed: 50n,
    })
  })

  test('error: before the first window nothing passes, not even nothing', () => {
    expect(denied(at(0n, null, start - 1n))).toMatchObject({
      code: 'period_not_started',
      resetsAt: null,
      largestAllowed: null,
      fix: { do: 'wait_until', time: start },
    })
    expect(at(0n, null, start).verdict).toBe('allow')
  })

  test('error: storage that no history makes is not divided by', () => {
    const counter: Counter = { kind: 'period', amount: 5n, duration: 0n, start, lastPeriod: 1n, transferred: 0n }
    expect(denied(at(1n, counter)).code).toBe('caveat_unsatisfiable')
  })
})

describe('nativePeriodTransfer', () => {
  test('default: the same for wei', () => {
    const prepared = grantOf([
      { kind: 'exactCalldata', data: '0x' },
      { kind: 'nativePeriodTransfer', amount: 10n, duration: 60n, start: NOW },
    ])
    expect(evaluate(prepared, act(pay(10n)), stateOf(prepared)).verdict).toBe('allow')
    expect(denied(evaluate(prepared, act(pay(11n)), stateOf(prepared)))).toMatchObject({
      code: 'period_budget_exceeded',
      resetsAt: NOW + 60n,
      fix: { do: 'lower_amount', to: 10n },
    })
  })
})
