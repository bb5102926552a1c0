import { describe, expect, test } from 'vitest'
import { act, branchesOf, denied, grantOf, NOW, stateOf, transfer, usdc, word } from '../../test/fixtures/verdict.ts'
import type { Address } from '../primitives/hex.ts'
import { evaluate } from './evaluate.ts'
import type { State } from './types.ts'

const payee = (at: number): Address => `0x${at.toString(16).padStart(40, '0')}`

/** Sixteen payees, of which only one may be paid at all. */
function oneOf16(working: number) {
  return branchesOf(
    ...Array.from({ length: 16 }, (_, at) => [
      [
        { kind: 'erc20TransferAmount', token: usdc, limit: at + 1 === working ? 9n : 0n } as const,
        { kind: 'allowedCalldata', start: 4n, value: `0x${word(payee(at + 1))}` } as const,
      ],
    ]),
  )
}

/** The state, and how often somebody asked whether the manager is paused: each judgement asks. */
function counted(state: State): { state: State; judgements: () => number } {
  let asked = 0
  const counting = Object.defineProperty({ ...state }, 'paused', {
    enumerable: true,
    get: () => {
      asked++
      return false
    },
  })
  return { state: counting, judgements: () => asked }
}

describe('fixFor', () => {
  // Of a batch, one try tells that a single call alone is not enough, and one more leads on from there to the payees.
  test.each([
    [2, 30, 16],
    [3, 20, 16],
    [4, 15, 13],
    [5, 12, 10],
    [6, 12, 10],
    [60, 12, 10],
  ])('behavior: a batch of %d calls has %d tries, which reach %d payees', (size, _, reached) => {
    const fixOf = (working: number) => {
      const prepared = oneOf16(working)
      const call = transfer(5n, payee(99))
      return denied(evaluate(prepared, { ...act(call), calls: Array(size).fill(call) }, stateOf(prepared))).fix.do
    }
    expect(fixOf(reached)).toBe('send_one_call')
    if (reached < 16) expect(fixOf(reached + 1)).toBe('ask_for_a_new_grant')
  })

  test('behavior: where no change leads on, the search ends with its first round', () => {
    const prepared = grantOf([{ kind: 'timestamp', after: NOW + 400_000_000n, before: 0n }])
    const { state, judgements } = counted(stateOf(prepared))
    expect(denied(evaluate(prepared, act(transfer(5n)), state)).fix.do).toBe('ask_for_a_new_grant')
    expect(judgements()).toBe(5)
  })
})
