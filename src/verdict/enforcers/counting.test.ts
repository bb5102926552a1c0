import { describe, expect, test } from 'vitest'
import {
  act,
  dai,
  denied,
  grantOf,
  hashAt,
  pay,
  stateOf,
  subAgent,
  transfer,
  usdc,
  vendor,
  withCounter,
} from '../../../test/fixtures/verdict.ts'
import type { KnownCaveat } from '../../caveats/codec.ts'
import type { Hex } from '../../primitives/hex.ts'
import { evaluate } from '../evaluate.ts'
import { MAX_UINT256 } from '../facts.ts'
import type { PreparedGrant } from '../prepared.ts'
import type { Counter } from '../types.ts'

const cap: KnownCaveat = { kind: 'erc20TransferAmount', token: usdc, limit: 100n }
const spent = (amount: bigint): Counter => ({ kind: 'spent', spent: amount })
const calls = (count: bigint): Counter => ({ kind: 'calls', count })

function used(prepared: PreparedGrant, counter: Counter, hop = 0, index = 0) {
  return withCounter(prepared, stateOf(prepared), hop, index, counter)
}

describe('erc20TransferAmount', () => {
  const prepared = grantOf([cap])

  test('default: up to the limit, inclusive, over the life of the grant', () => {
    const state = used(prepared, spent(60n))
    expect(evaluate(prepared, act(transfer(39n)), state)).toMatchObject({ verdict: 'allow', remaining: 1n })
    expect(evaluate(prepared, act(transfer(40n)), state)).toMatchObject({ verdict: 'allow', remaining: 0n })
    expect(denied(evaluate(prepared, act(transfer(41n)), state))).toMatchObject({
      code: 'budget_exceeded',
      family: 'refused',
      hop: 0,
      delegation: hashAt(prepared, 0),
      caveat: { index: 0, kind: 'erc20TransferAmount' },
      limit: 100n,
      used: 60n,
      requested: 41n,
      remaining: 40n,
      resetsAt: null,
      largestAllowed: 40n,
      fix: { do: 'lower_amount', to: 40n },
    })
  })

  test('error: nothing left is not waited for', () => {
    const verdict = denied(evaluate(prepared, act(transfer(1n)), used(prepared, spent(100n))))
    expect(verdict).toMatchObject({ largestAllowed: 0n, remaining: 0n, fix: { do: 'ask_for_a_new_grant' } })
  })

  test('error: an amount that overflows the counter to a small sum', () => {
    const state = used(prepared, spent(60n))
    expect(denied(evaluate(prepared, act(transfer(MAX_UINT256)), state)).code).toBe('budget_exceeded')
    const open = grantOf([{ kind: 'erc20TransferAmount', token: usdc, limit: MAX_UINT256 }])
    const full = used(open, spent(MAX_UINT256 - 1n))
    expect(evaluate(open, act(transfer(1n)), full).verdict).toBe('allow')
    expect(denied(evaluate(open, act(transfer(2n)), full)).largestAllowed).toBe(1n)
  })

  test('error: another token, transferFrom, a tail behind the amount', () => {
    const state = stateOf(prepared)
    const { data } = transfer(1n)
    const codes = [
      transfer(1n, vendor, dai),
      { ...transfer(1n), data: `0x23b872dd${data.slice(10)}` as Hex },
      { ...transfer(1n), data: `${data}00` as Hex },
      { ...transfer(1n), data: data.slice(0, -2) as Hex },
    ].map((call) => denied(evaluate(prepared, act(call), state)).code)
    expect(codes).toEqual(['target_not_allowed', 'method_not_allowed', 'calldata_not_allowed', 'calldata_not_allowed'])
  })

  test('behavior: two caps of one enforcer share a counter that each action moves twice (FACTS C2)', () => {
    const twice = grantOf([{ ...cap, limit: 100n }, cap])
    expect(evaluate(twice, act(transfer(50n)), stateOf(twice)).verdict).toBe('allow')
    expect(denied(evaluate(twice, act(transfer(51n)), stateOf(twice)))).toMatchObject({
      caveat: { index: 1 },
      used: 51n,
      largestAllowed: 50n,
    })
  })

  test('behavior: two causes at two hops are two answers', () => {
    const chain = grantOf([{ ...cap, limit: 30n }], [cap])
    const own = denied(evaluate(chain, act(transfer(31n), subAgent), stateOf(chain)))
    const parents = denied(evaluate(chain, act(transfer(20n), subAgent), used(chain, spent(95n), 1)))
    expect(own).toMatchObject({ hop: 0, delegation: hashAt(chain, 0), limit: 30n, largestAllowed: 30n })
    expect(parents).toMatchObject({ hop: 1, delegation: hashAt(chain, 1), limit: 100n, largestAllowed: 5n })
    expect(own.delegator).not.toBe(parents.delegator)
  })
})

describe('nativeTransferAmount', () => {
  const prepared = grantOf([
    { kind: 'exactCalldata', data: '0x' },
    { kind: 'nativeTransferAmount', limit: 10n },
  ])

  test('default: wei, inclusive', () => {
    const state = used(prepared, spent(4n), 0, 1)
    expect(evaluate(prepared, act(pay(6n)), state)).toMatchObject({ verdict: 'allow', remaining: 0n })
    expect(denied(evaluate(prepared, act(pay(7n)), state))).toMatchObject({
      code: 'budget_exceeded',
      largestAllowed: 6n,
      fix: { do: 'lower_amount', to: 6n },
    })
  })

  test('behavior: native value on a token transfer is no amount: the fix names the value', () => {
    const open = grantOf([{ kind: 'nativeTransferAmount', limit: 10n }])
    expect(denied(evaluate(open, act({ ...transfer(5n), value: 11n }), stateOf(open)))).toMatchObject({
      requested: 11n,
      fix: { do: 'set_value', to: 10n },
    })
  })
})

describe('limitedCalls', () => {
  const prepared = grantOf([{ kind: 'limitedCalls', limit: 3n }])

  test('default: call n passes, call n + 1 does not', () => {
    expect(evaluate(prepared, act(transfer(1n)), used(prepared, calls(2n))).verdict).toBe('allow')
    expect(denied(evaluate(prepared, act(transfer(1n)), used(prepared, calls(3n))))).toMatchObject({
      code: 'calls_exceeded',
      limit: 3n,
      used: 3n,
      requested: 1n,
      remaining: 0n,
      largestAllowed: null,
      fix: { do: 'ask_for_a_new_grant' },
    })
  })

  test('error: a counter at the top of its word', () => {
    const open = grantOf([{ kind: 'limitedCalls', limit: MAX_UINT256 }])
    expect(evaluate(open, act(transfer(1n)), used(open, calls(MAX_UINT256 - 1n))).verdict).toBe('allow')
    expect(denied(evaluate(open, act(transfer(1n)), used(open, calls(MAX_UINT256)))).code).toBe('calls_exceeded')
  })
})
