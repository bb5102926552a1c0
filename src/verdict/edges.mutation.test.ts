import { describe, expect, test } from 'vitest'
import {
  act,
  branchesOf,
  denied,
  grantOf,
  hashAt,
  mallory,
  otherVendor,
  stateOf,
  transfer,
  usdc,
  vendor,
  word,
} from '../../test/fixtures/verdict.ts'
import type { KnownCaveat } from '../caveats/codec.ts'
import { evaluate } from './evaluate.ts'

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

  test('behavior: to a stranger the first branch answers, whatever the others would make of the action', () => {
    const prepared = branchesOf([[payee(vendor)]], [[payee(otherVendor)]])
    const verdict = evaluate(prepared, act(transfer(1n, otherVendor), mallory), stateOf(prepared))
    expect(denied(verdict)).toMatchObject({ code: 'redeemer_not_allowed', delegation: hashAt(prepared, 0, 0) })
  })
})
