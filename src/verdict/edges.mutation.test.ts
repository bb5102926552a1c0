import { describe, expect, test } from 'vitest'
import {
  act,
  agent,
  alice,
  branchesOf,
  dai,
  denied,
  grantOf,
  hashAt,
  mallory,
  NOW,
  otherVendor,
  stateOf,
  transfer,
  usdc,
  vendor,
  withCounter,
  word,
} from '../../test/fixtures/verdict.ts'
import type { KnownCaveat } from '../caveats/codec.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { evaluate } from './evaluate.ts'
import { readMeters } from './meters.ts'
import { approvalKey } from './storage.ts'
import type { Action } from './types.ts'

/** What changed code got away with before: each of these stands against one change that no other test noticed. */

const payee = (to: typeof vendor): KnownCaveat => ({ kind: 'allowedCalldata', start: 4n, value: `0x${word(to)}` })

describe('evaluate', () => {
  test('behavior: bytes pinned from the payee into the amount bound the largest amount', () => {
    const pinned: KnownCaveat = { kind: 'allowedCalldata', start: 4n, value: `0x${word(vendor)}${'00'.repeat(16)}` }
    const limit = 2n ** 200n
    const prepared = grantOf([pinned, { kind: 'erc20TransferAmount', token: usdc, limit }])
    const verdict = evaluate(prepared, act(transfer(limit + 1n)), stateOf(prepared))
    expect(denied(verdict).largestAllowed).toBe(2n ** 128n - 1n)
  })

  test('behavior: of such bytes only those of the amount count', () => {
    const pinned: KnownCaveat = { kind: 'allowedCalldata', start: 4n, value: `0x${word(vendor)}${'00'.repeat(15)}01` }
    const most = (limit: bigint) => {
      const prepared = grantOf([pinned, { kind: 'erc20TransferAmount', token: usdc, limit }])
      return denied(evaluate(prepared, act(transfer(limit + 1n)), stateOf(prepared))).largestAllowed
    }
    expect(most(2n ** 200n)).toBe(2n ** 129n - 1n)
    expect(most(2n ** 128n + 7n)).toBe(2n ** 128n + 7n)
  })

  test('behavior: a batch has no largest amount, though another amount of its first call would pass', () => {
    const most = transfer(2n ** 256n - 1n)
    const executions = [most, transfer(1n)].map(({ to, value, data }) => ({ target: to, value, data }))
    const prepared = grantOf([{ kind: 'exactCalldataBatch', executions }])
    const judge = (first: typeof most) => {
      const action = { chainId: prepared.chainId, redeemer: agent, calls: [first, transfer(1n)] }
      return evaluate(prepared, action, stateOf(prepared))
    }
    expect(judge(most).verdict).toBe('allow')
    expect(denied(judge(transfer(5n)))).toMatchObject({ code: 'calldata_not_allowed', largestAllowed: null })
  })

  test('behavior: a branch of another delegate is no nearer than one that refuses the call', () => {
    const prepared = branchesOf([[{ kind: 'allowedTargets', targets: [dai] }]], [[], []])
    const verdict = evaluate(prepared, act(transfer(1n)), stateOf(prepared))
    expect(denied(verdict)).toMatchObject({ code: 'target_not_allowed', delegation: hashAt(prepared, 0, 0) })
  })

  test('behavior: a pinned last byte bounds the largest amount down to the last bit', () => {
    const pinned: KnownCaveat = { kind: 'allowedCalldata', start: 67n, value: '0x00' }
    const prepared = grantOf([pinned, { kind: 'erc20TransferAmount', token: usdc, limit: 257n }])
    const verdict = evaluate(prepared, act(transfer(512n)), stateOf(prepared))
    expect(denied(verdict).largestAllowed).toBe(256n)
  })

  test('behavior: to a stranger the first branch answers, whatever the others would make of the action', () => {
    const prepared = branchesOf([[payee(vendor)]], [[payee(otherVendor)]])
    const verdict = evaluate(prepared, act(transfer(1n, otherVendor), mallory), stateOf(prepared))
    expect(denied(verdict)).toMatchObject({ code: 'redeemer_not_allowed', delegation: hashAt(prepared, 0, 0) })
  })
})

describe('fix', () => {
  const fixOf = (prepared: ReturnType<typeof grantOf>, action: Action, state = stateOf(prepared)) =>
    denied(evaluate(prepared, action, state)).fix

  test('behavior: the sixty-first judgement is not spent', () => {
    const from = (seconds: bigint): KnownCaveat[][] => [[{ kind: 'timestamp', after: NOW + seconds, before: 0n }]]
    // One for the branch of another target, two for each that begins later: now, and when it begins.
    const other: KnownCaveat[][] = [[{ kind: 'allowedTargets', targets: [dai] }]]
    const soonest = (before: number, others = 1) =>
      branchesOf(...Array(others).fill(other), ...Array(before).fill(from(99n)), from(9n))
    expect(fixOf(soonest(28), act(transfer(1n)))).toEqual({ do: 'wait_until', time: NOW + 10n })
    expect(fixOf(soonest(28, 2), act(transfer(1n)))).toEqual({ do: 'wait_until', time: NOW + 10n })
    for (const late of [soonest(29), soonest(28, 3)])
      expect(fixOf(late, act(transfer(1n)))).toEqual({ do: 'wait_until', time: NOW + 100n })
  })

  test('behavior: nobody is sent to wait more than ten years', () => {
    const years = 315_360_000n
    const from = (after: bigint) => grantOf([{ kind: 'timestamp', after, before: 0n }])
    const time = NOW + years
    expect(fixOf(from(time - 1n), act(transfer(1n)))).toEqual({ do: 'wait_until', time })
    expect(fixOf(from(time), act(transfer(1n)))).toEqual({ do: 'ask_for_a_new_grant' })
  })

  test('behavior: five steps lead on, six do not', () => {
    const most: KnownCaveat = { kind: 'erc20TransferAmount', token: usdc, limit: 5n }
    const caveats: KnownCaveat[] = [{ kind: 'allowedTargets', targets: [usdc] }, payee(vendor), most]
    const wrong = { ...act({ ...transfer(6n, mallory, dai), value: 1n }, mallory), chainId: 1 }
    expect(fixOf(grantOf(caveats), wrong)).toMatchObject({ do: 'use_chain' })
    expect(fixOf(grantOf([{ kind: 'valueLte', max: 0n }, ...caveats]), wrong)).toEqual({ do: 'ask_for_a_new_grant' })
  })

  test('behavior: of a longer list the first sixteen', () => {
    const all = Array.from({ length: 17 }, (_, at): Address => `0x${(at + 1).toString(16).padStart(40, '0')}`)
    const targets = all.map((target) => ({ target }))
    const calls = fixOf(grantOf([{ kind: 'allowedTargets', targets: all }]), act(transfer(1n)))
    expect(calls).toEqual({ do: 'call_one_of', targets: targets.slice(0, 16) })
    const payees = fixOf(branchesOf(...all.map((to) => [[payee(to)]])), act(transfer(1n)))
    expect(payees).toEqual({ do: 'pay_one_of', recipients: all.slice(0, 16) })
  })

  test('behavior: what another function has too much is not cut as if it were a transfer', () => {
    const prepared = grantOf([{ kind: 'approvalRevocation', methods: ['erc20Approve'] }])
    const call = { to: usdc, value: 0n, data: `0x095ea7b3${word(vendor)}${word(0n)}` } as const
    const { enforcer = mallory } = prepared.branches[0]?.links[0]?.caveats[0] ?? {}
    const live = { [approvalKey(enforcer, alice, call)]: { kind: 'hook', passes: true } as const }
    const state = { ...stateOf(prepared), counters: live }
    expect(evaluate(prepared, act(call), state).verdict).toBe('allow')
    const more = { ...call, data: `${call.data}0000` } as const
    expect(denied(evaluate(prepared, act(more), state))).toMatchObject({
      code: 'calldata_not_allowed',
      fix: { do: 'ask_for_a_new_grant' },
    })
  })

  test('behavior: a transfer that is too long or too short becomes one', () => {
    const prepared = grantOf([{ kind: 'erc20TransferAmount', token: usdc, limit: 5n }])
    const call = transfer(0n)
    for (const data of [`${call.data}00`, call.data.slice(0, -2)] as const)
      expect(fixOf(prepared, act({ ...call, data: data as Hex }))).toEqual({ do: 'set_calldata', data: call.data })
  })
})

describe('readMeters', () => {
  test('behavior: windows of a single second, and one that is used up', () => {
    const terms = { amount: 5n, duration: 1n, start: NOW - 10n }
    const prepared = grantOf([{ kind: 'erc20PeriodTransfer', token: usdc, ...terms }])
    const left = (transferred: bigint) => {
      const counter = { kind: 'period' as const, ...terms, lastPeriod: 11n, transferred }
      const [meter] = readMeters(prepared, withCounter(prepared, stateOf(prepared), 0, 0, counter))
      return meter?.own[0]
    }
    expect(left(2n)).toMatchObject({ limit: 5n, used: 2n, left: 3n })
    expect(left(5n)).toMatchObject({ used: 5n, left: 0n })
  })
})

describe('specificActionBatch', () => {
  test('error: an amount that differs in its first digit only', () => {
    const first = { target: otherVendor, value: 0n, data: '0x12345678' } as const
    const terms = { token: usdc, recipient: vendor, amount: 1n }
    const prepared = grantOf([{ kind: 'specificActionBatch', ...terms, first }])
    const call = { to: first.target, value: first.value, data: first.data }
    const judge = (amount: bigint) => {
      const action = { chainId: prepared.chainId, redeemer: agent, calls: [call, transfer(amount)] }
      return evaluate(prepared, action, stateOf(prepared))
    }
    expect(judge(1n).verdict).toBe('allow')
    expect(denied(judge(1n + 2n ** 255n)).code).toBe('execution_not_allowed')
  })
})
