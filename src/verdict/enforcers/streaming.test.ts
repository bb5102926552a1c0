import { describe, expect, test } from 'vitest'
import {
  act,
  agent,
  alice,
  dai,
  denied,
  grantOf,
  NOW,
  pay,
  stateOf,
  subAgent,
  transfer,
  usdc,
  vendor,
  withCounter,
} from '../../../test/fixtures/verdict.ts'
import type { KnownCaveat } from '../../caveats/codec.ts'
import { evaluate } from '../evaluate.ts'
import { MAX_UINT256 } from '../facts.ts'
import type { Counter } from '../types.ts'
import { streamedAt } from './streaming.ts'

/** 10 at once, then 2 a second, 100 at most; begun 20 seconds ago: 50 so far. */
const terms = { initial: 10n, max: 100n, perSecond: 2n, start: NOW - 20n }
const stream: KnownCaveat = { kind: 'erc20Streaming', token: usdc, ...terms }
const stored = (spent: bigint, change: Partial<typeof terms> = {}): Counter => ({
  kind: 'stream',
  ...terms,
  ...change,
  spent,
})

describe('erc20Streaming', () => {
  const prepared = grantOf([stream])
  const at = (counter: Counter, now = NOW) => withCounter(prepared, stateOf(prepared, { now }), 0, 0, counter)

  test('default: what has been streamed and not been spent, inclusive', () => {
    expect(evaluate(prepared, act(transfer(50n)), stateOf(prepared))).toMatchObject({ verdict: 'allow', remaining: 0n })
    expect(evaluate(prepared, act(transfer(20n)), at(stored(30n)))).toMatchObject({ verdict: 'allow', remaining: 0n })
    expect(denied(evaluate(prepared, act(transfer(24n)), at(stored(30n))))).toMatchObject({
      code: 'stream_exceeded',
      family: 'refused',
      hop: 0,
      caveat: { index: 0, kind: 'erc20Streaming' },
      limit: 50n,
      used: 30n,
      requested: 24n,
      remaining: 20n,
      largestAllowed: 20n,
      // Two seconds later four more have come.
      fix: { do: 'wait_until', time: NOW + 2n },
    })
  })

  test('behavior: it ends at the maximum, and waiting for more is not offered', () => {
    const late = NOW + 1_000_000n
    expect(evaluate(prepared, act(transfer(70n)), at(stored(30n), late))).toMatchObject({ verdict: 'allow' })
    expect(denied(evaluate(prepared, act(transfer(71n)), at(stored(30n), late)))).toMatchObject({
      code: 'stream_exceeded',
      limit: 100n,
      largestAllowed: 70n,
      fix: { do: 'lower_amount', to: 70n },
    })
  })

  test('behavior: before the start nothing passes but nothing; the first second counts', () => {
    const early = { now: terms.start - 1n }
    expect(denied(evaluate(prepared, act(transfer(1n)), stateOf(prepared, early)))).toMatchObject({
      code: 'stream_not_started',
      remaining: 0n,
      fix: { do: 'wait_until', time: terms.start },
    })
    expect(evaluate(prepared, act(transfer(0n)), stateOf(prepared, early)).verdict).toBe('allow')
    expect(evaluate(prepared, act(transfer(10n)), stateOf(prepared, { now: terms.start })).verdict).toBe('allow')
  })

  test('behavior: stored terms count once something is spent, and the signed ones before', () => {
    // Unspent storage is written over at the next use, whatever it holds.
    expect(evaluate(prepared, act(transfer(50n)), at(stored(0n, { max: 1n }))).verdict).toBe('allow')
    expect(evaluate(prepared, act(transfer(50n)), at(stored(1n, { max: 1n }))).verdict).toBe('deny')
  })

  test('behavior: two of one storage count each amount twice, by the terms of the first', () => {
    const twice = grantOf([stream, { ...stream, initial: 90n, max: 200n }])
    const verdict = (amount: bigint) => evaluate(twice, act(transfer(amount)), stateOf(twice))
    expect(verdict(25n).verdict).toBe('allow')
    expect(denied(verdict(26n))).toMatchObject({ caveat: { index: 1 }, used: 26n, remaining: 24n, largestAllowed: 25n })
  })

  test('behavior: the own stream and the parent’s give two answers, where the contract’s reverts are the same', () => {
    const chain = grantOf([stream], [{ ...stream, max: 40n }])
    const verdict = (amount: bigint, state = stateOf(chain)) =>
      denied(evaluate(chain, act(transfer(amount), subAgent), state))
    expect(verdict(51n)).toMatchObject({ hop: 0, delegator: agent, remaining: 50n, largestAllowed: 40n })
    expect(verdict(41n)).toMatchObject({ hop: 1, delegator: alice, remaining: 40n, largestAllowed: 40n })
    const own = withCounter(chain, stateOf(chain), 0, 0, stored(45n))
    expect(verdict(6n, own)).toMatchObject({ hop: 0, remaining: 5n, largestAllowed: 5n })
  })

  test('error: another token, function or length', () => {
    const code = (call: Parameters<typeof act>[0]) => denied(evaluate(prepared, act(call), stateOf(prepared))).code
    expect(code(transfer(1n, vendor, dai))).toBe('target_not_allowed')
    expect(code({ ...transfer(1n), data: `0x095ea7b3${transfer(1n).data.slice(10)}` })).toBe('method_not_allowed')
    expect(code({ ...transfer(1n), data: `${transfer(1n).data}00` })).toBe('calldata_not_allowed')
  })

  test('error: a rate under which the contract’s arithmetic overflows refuses even nothing', () => {
    const fast = grantOf([{ ...stream, perSecond: MAX_UINT256 / 19n }])
    expect(denied(evaluate(fast, act(transfer(0n)), stateOf(fast))).code).toBe('caveat_unsatisfiable')
    expect(evaluate(fast, act(transfer(5n)), stateOf(fast, { now: terms.start + 1n })).verdict).toBe('allow')
  })

  test('error: storage that was not read, or cannot be', () => {
    for (const counter of [undefined, { kind: 'spent', spent: 0n }, stored(-1n)]) {
      const state = at(counter as Counter)
      expect(denied(evaluate(prepared, act(transfer(1n)), state))).toMatchObject({ code: 'state_missing', hop: 0 })
    }
  })
})

describe('nativeStreaming', () => {
  test('default: the same for wei, whatever the call data does', () => {
    const prepared = grantOf([{ kind: 'nativeStreaming', ...terms }])
    const verdict = (value: bigint) => evaluate(prepared, act({ ...pay(value), data: '0x12345678' }), stateOf(prepared))
    expect(verdict(50n).verdict).toBe('allow')
    expect(denied(verdict(51n))).toMatchObject({ code: 'stream_exceeded', remaining: 50n, largestAllowed: 50n })
  })
})

describe('streamedAt', () => {
  test('default: initial at the start, a rate, a maximum', () => {
    expect([-1n, 0n, 1n, 45n, 46n].map((after) => streamedAt(terms, terms.start + after))).toEqual([
      0n,
      10n,
      12n,
      100n,
      100n,
    ])
  })
})
