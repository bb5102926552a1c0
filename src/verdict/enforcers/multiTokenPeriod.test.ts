import { describe, expect, test } from 'vitest'
import { act, dai, denied, grantOf, NOW, pay, stateOf, transfer, usdc, vendor } from '../../../test/fixtures/verdict.ts'
import type { KnownCaveat } from '../../caveats/codec.ts'
import type { TokenPeriod } from '../../caveats/types.ts'
import type { Address, Hex } from '../../primitives/hex.ts'
import { evaluate } from '../evaluate.ts'
import type { Call, Counter } from '../types.ts'

const NATIVE: Address = `0x${'00'.repeat(20)}`
const index = (at: number): Hex => `0x${at.toString(16).padStart(64, '0')}`
const window = { duration: 60n, start: NOW - 10n }
const periods: TokenPeriod[] = [
  { token: usdc, amount: 50n, ...window },
  { token: NATIVE, amount: 20n, ...window },
  { token: usdc, amount: 5n, duration: 60n, start: NOW + 30n },
]
const chosen = (added: Hex): KnownCaveat & { added: Hex } => ({ kind: 'multiTokenPeriod', periods, added })

function verdict(added: Hex, call: Call, counter?: Counter) {
  const prepared = grantOf([chosen(added)])
  const key = prepared.branches[0]?.links[0]?.caveats[0]?.counter ?? ''
  const state = stateOf(prepared)
  const counters = counter === undefined ? state.counters : { [key]: counter }
  return evaluate(prepared, act(call), { ...state, counters })
}

describe('multiTokenPeriod', () => {
  test('default: the period that the redeemer names, for that token', () => {
    expect(verdict(index(0), transfer(50n))).toMatchObject({ verdict: 'allow', remaining: 0n })
    expect(verdict(index(1), pay(20n))).toMatchObject({ verdict: 'allow', remaining: 0n })
    // What stands behind the word is not looked at.
    expect(verdict(`${index(0)}ff`, transfer(1n)).verdict).toBe('allow')
  })

  test('error: more than is left, with what would pass', () => {
    const transferred: Counter = { kind: 'period', amount: 50n, ...window, lastPeriod: 1n, transferred: 45n }
    expect(denied(verdict(index(0), transfer(6n), transferred))).toMatchObject({
      code: 'period_budget_exceeded',
      limit: 50n,
      used: 45n,
      remaining: 5n,
      largestAllowed: 5n,
      resetsAt: NOW + 50n,
      fix: { do: 'wait_until', time: NOW + 50n },
    })
    expect(denied(verdict(index(1), pay(21n)))).toMatchObject({
      largestAllowed: 20n,
      fix: { do: 'lower_amount', to: 20n },
    })
    expect(denied(verdict(index(2), transfer(1n)))).toMatchObject({
      code: 'period_not_started',
      fix: { do: 'wait_until', time: NOW + 30n },
    })
  })

  test.each([
    ['an entry that there is not', index(3), transfer(1n), 'args_not_allowed'],
    ['no entry', '0x' as const, transfer(1n), 'args_not_allowed'],
    ['half a word', index(0).slice(0, 34) as Hex, transfer(1n), 'args_not_allowed'],
    ['another token than the entry’s', index(0), transfer(1n, vendor, dai), 'target_not_allowed'],
    ['coins under a token’s entry', index(0), pay(1n), 'target_not_allowed'],
    ['a token under the coin’s entry', index(1), transfer(1n), 'target_not_allowed'],
    ['value with a transfer', index(0), { ...transfer(1n), value: 1n }, 'value_not_allowed'],
    ['a payment of nothing', index(1), pay(0n), 'value_not_allowed'],
    [
      'another function',
      index(0),
      { ...transfer(1n), data: `0x095ea7b3${transfer(1n).data.slice(10)}` as Hex },
      'method_not_allowed',
    ],
    ['a tail', index(0), { ...transfer(1n), data: `${transfer(1n).data}00` as Hex }, 'calldata_not_allowed'],
  ])('error: %s', (_, added, call, reason) => {
    expect(denied(verdict(added, call)).code).toBe(reason)
  })

  test('behavior: value with a transfer is set to none', () => {
    expect(denied(verdict(index(0), { ...transfer(1n), value: 1n }))).toMatchObject({
      largestAllowed: 0n,
      fix: { do: 'set_value', to: 0n },
    })
  })

  test('behavior: entries have storage of their own, and two caveats that name one share it', () => {
    const [first, second] = grantOf([chosen(index(0)), chosen(index(1))]).branches[0]?.links[0]?.caveats ?? []
    expect(first?.counter).not.toBe(second?.counter)
    const twice = grantOf([chosen(index(0)), chosen(index(0))])
    expect(denied(evaluate(twice, act(transfer(26n)), stateOf(twice)))).toMatchObject({
      caveat: { index: 1 },
      largestAllowed: 25n,
    })
  })
})
