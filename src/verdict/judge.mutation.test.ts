import { describe, expect, test } from 'vitest'
import { factsOf, type Given } from '../../test/fixtures/facts.ts'
import {
  alice,
  branchesOf,
  grantOf,
  mallory,
  otherVendor,
  pay,
  stateOf,
  transfer,
  usdc,
  vendor,
} from '../../test/fixtures/verdict.ts'
import type { Address } from '../primitives/hex.ts'
import type { Facts } from './facts.ts'
import { finding } from './finding.ts'
import type { Held } from './held.ts'
import { checkFrame, judge } from './judge.ts'
import type { PreparedGrant } from './prepared.ts'
import type { State } from './types.ts'

const fine: Given = { kind: 'valueLte', max: 99n }

describe('judge', () => {
  const payee = (to: Address): Given => ({
    kind: 'allowedCalldata',
    start: 4n,
    value: `0x${to.slice(2).padStart(64, '0')}`,
  })
  const answer = (prepared: PreparedGrant, facts: Facts, state = stateOf(prepared)) => {
    const judged = judge(prepared, facts, state)
    return [judged.verdict, judged.branch?.index ?? null, 'finding' in judged ? judged.finding.code : null]
  }

  test('error: an action that could not be read is refused with what was found', () => {
    const found = finding('malformed_action', { passed: 3 })
    const prepared = grantOf([])
    expect(judge(prepared, found, stateOf(prepared))).toEqual({ verdict: 'deny', branch: null, finding: found })
  })

  test('behavior: the first branch that admits it', () => {
    const prepared = branchesOf([[payee(vendor)]], [[payee(otherVendor)]], [[]])
    expect(answer(prepared, factsOf(transfer(1n)))).toEqual(['allow', 0, null])
    expect(answer(prepared, factsOf(transfer(1n, otherVendor)))).toEqual(['allow', 1, null])
    expect(answer(prepared, factsOf(transfer(1n, mallory)))).toEqual(['allow', 2, null])
  })

  test('behavior: a refusal of the branch that came nearest: its form first, then the checks that passed, then the first', () => {
    const cap: Given = { kind: 'erc20TransferAmount', token: usdc, limit: 1n }
    const formed = branchesOf([[fine, fine, fine, payee(otherVendor)]], [[cap]], [[cap, fine]])
    expect(answer(formed, factsOf(transfer(2n)))).toEqual(['deny', 1, 'budget_exceeded'])
    const further = branchesOf([[cap]], [[fine, fine, cap]], [[fine, cap]], [[fine, fine, fine, payee(otherVendor)]])
    expect(answer(further, factsOf(transfer(2n)))).toEqual(['deny', 1, 'budget_exceeded'])
    const nearer = branchesOf([[payee(otherVendor)]], [[fine, payee(otherVendor)]], [[fine, payee(mallory)]])
    expect(answer(nearer, factsOf(transfer(2n)))).toEqual(['deny', 1, 'recipient_not_allowed'])
    expect(answer({ ...formed, branches: [] }, factsOf(transfer(2n)))).toEqual(['deny', null, 'target_not_allowed'])
  })

  test('behavior: of two that would ask somebody the first asks; a branch that admits it needs nobody', () => {
    const crossing = (limit: bigint): Held => ({
      rule: 'r',
      target: null,
      constraints: [
        {
          kind: 'threshold',
          pointer: '/t',
          terms: [{ reads: 'token', weight: 1n }],
          limit,
          confirmer: alice,
          timeout: 60n,
        },
      ],
    })
    const prepared = branchesOf([[payee(mallory)]], [[]], [[fine]], [[]])
    const held = [[], [crossing(1n)], [crossing(2n)], []]
    const given = {
      ...prepared,
      branches: prepared.branches.map((branch, at) => ({ ...branch, held: held[at] ?? [] })),
    }
    expect(answer(given, factsOf(transfer(5n)))).toEqual(['allow', 3, null])
    expect(answer({ ...given, branches: given.branches.slice(0, 3) }, factsOf(transfer(5n)))).toEqual([
      'escalate',
      1,
      null,
    ])
    expect(answer({ ...given, branches: given.branches.slice(1, 3).reverse() }, factsOf(transfer(5n)))).toEqual([
      'escalate',
      2,
      null,
    ])
    expect(answer({ ...given, branches: given.branches.slice(0, 2) }, factsOf(transfer(1n)))).toEqual([
      'allow',
      1,
      null,
    ])
  })
})

describe('checkFrame', () => {
  test('error: another chain, a state that cannot be read, and one of another chain or manager, in this order', () => {
    const prepared = grantOf([])
    const state = stateOf(prepared)
    const facts = factsOf(pay(0n))
    const code = (given: unknown, from = facts) => checkFrame(prepared, from, given as State)?.code ?? null
    expect(code(state)).toBeNull()
    expect(code({ ...state, block: null }, { ...facts, chainId: 1 })).toBe('wrong_chain')
    for (const part of ['block', 'disabled', 'nonces', 'counters'] as const) {
      for (const value of [null, undefined, 7])
        expect(code({ ...state, [part]: value, chainId: 1 })).toBe('state_missing')
    }
    expect(code({ ...state, block: { ...state.block, timestamp: -1n } })).toBe('state_missing')
    expect([code(null), code(undefined)]).toEqual(['state_missing', 'state_missing'])
    expect(code({ ...state, chainId: 1 })).toBe('state_mismatch')
    expect(code({ ...state, manager: mallory })).toBe('state_mismatch')
    expect(judge(prepared, facts, { ...state, manager: mallory })).toMatchObject({ verdict: 'deny', branch: null })
  })
})
