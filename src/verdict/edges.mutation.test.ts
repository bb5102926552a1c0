import { describe, expect, test } from 'vitest'
import {
  act,
  agent,
  branchesOf,
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
import { evaluate } from './evaluate.ts'
import { readMeters } from './meters.ts'

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
