import { describe, expect, test } from 'vitest'
import { evaluate } from '../../src/verdict/evaluate.ts'
import type { PreparedBranch } from '../../src/verdict/prepared.ts'
import type { Verdict } from '../../src/verdict/types.ts'
import {
  act,
  environment,
  grantOf,
  hashAt,
  stateOf,
  subAgent,
  transfer,
  usdc,
  withCounter,
} from '../../test/fixtures/verdict.ts'
import type { ChainAnswer } from './chainAnswer.ts'
import { compare } from './compare.ts'

const prepared = grantOf(
  [
    { kind: 'limitedCalls', limit: 5n },
    { kind: 'erc20TransferAmount', token: usdc, limit: 10n },
  ],
  [{ kind: 'erc20TransferAmount', token: usdc, limit: 20n }],
)
const branch = prepared.branches[0] as PreparedBranch
const state = stateOf(prepared)
const allow = evaluate(prepared, act(transfer(10n), subAgent), state)
const own = evaluate(prepared, act(transfer(11n), subAgent), state)
const spent = withCounter(prepared, state, 1, 0, { kind: 'spent', spent: 15n })
const parents = evaluate(prepared, act(transfer(6n), subAgent), spent)

const text = 'ERC20TransferAmountEnforcer:allowance-exceeded'
const enforcer = environment.enforcers['ERC20TransferAmountEnforcer'] ?? '0x'
const hook = (position: number, hop: number, error = text): ChainAnswer => ({
  status: 'refused',
  by: 'hook',
  position,
  delegation: hashAt(prepared, hop),
  enforcer,
  error,
})
const manager = (error: string): ChainAnswer => ({ status: 'refused', by: 'manager', error })
const none = new Set<never>()
const to = (verdict: Verdict, answer: ChainAnswer) => compare(branch, verdict, answer, none)

describe('compare', () => {
  test('default: the same hop, caveat and reason agree', () => {
    expect(to(allow, { status: 'executed' })).toBe('agree')
    expect(to(allow, { status: 'execution_failed' })).toBe('execution')
    expect(to(own, hook(1, 0))).toBe('agree')
    expect(to(parents, hook(2, 1))).toBe('agree')
  })

  test('error: what we allow and the chain refuses', () => {
    expect(to(allow, hook(1, 0))).toBe('falseAllow')
    expect(to(allow, manager('0xd93c0665'))).toBe('falseAllow')
  })

  test('error: what we refuse and the chain runs, also where the call itself fails', () => {
    expect(to(own, { status: 'executed' })).toBe('falseDeny')
    expect(to(own, { status: 'execution_failed' })).toBe('falseDeny')
  })

  test('error: right to refuse, for the wrong hop, caveat, reason or body', () => {
    expect(to(own, hook(2, 1))).toBe('reasonMismatch')
    expect(to(own, hook(0, 0))).toBe('reasonMismatch')
    expect(to(own, hook(1, 0, 'LimitedCallsEnforcer:limit-exceeded'))).toBe('reasonMismatch')
    expect(to(own, hook(1, 0, 'SomethingNew:not-in-the-table'))).toBe('reasonMismatch')
    expect(to(own, manager('0x05baa052'))).toBe('reasonMismatch')
  })

  test('behavior: a revoked link is known from our own books, for the manager names none', () => {
    const disabled = { ...state.disabled, [hashAt(prepared, 1)]: true }
    const revoked = evaluate(prepared, act(transfer(1n), subAgent), { ...state, disabled })
    const answer = manager('0x05baa052')
    expect(compare(branch, revoked, answer, new Set([hashAt(prepared, 1)]))).toBe('agree')
    expect(compare(branch, revoked, answer, new Set([hashAt(prepared, 0)]))).toBe('reasonMismatch')
  })

  test('behavior: only documented bounds are conservative', () => {
    const unread = grantOf([{ enforcer: usdc, terms: '0x', args: '0x' }])
    const verdict = evaluate(unread, act(transfer(1n)), stateOf(unread))
    const only = unread.branches[0] as PreparedBranch
    expect(compare(only, verdict, { status: 'executed' }, none)).toBe('conservative')
    // Something before it refuses on chain: then we should have said that.
    expect(compare(only, verdict, manager('0xb5863604'), none)).toBe('reasonMismatch')
  })

  test('behavior: what is known only afterwards may be refused there, and nowhere before', () => {
    const guard = { kind: 'nativeBalanceChange', direction: 'increase', recipient: usdc, amount: 1n } as const
    const guarded = grantOf([{ kind: 'limitedCalls', limit: 5n }, guard])
    const verdict = evaluate(guarded, act(transfer(1n)), stateOf(guarded))
    const only = guarded.branches[0] as PreparedBranch
    const outer = (when: 'before' | 'after'): ChainAnswer => ({
      status: 'refused',
      by: 'outer',
      when,
      delegation: hashAt(guarded, 0),
      enforcer,
      error: 'NativeBalanceChangeEnforcer:insufficient-balance-increase',
    })
    const said = (answer: ChainAnswer) => compare(only, verdict, answer, none)
    expect(said({ status: 'executed' })).toBe('conservative')
    expect(said({ status: 'execution_failed' })).toBe('conservative')
    expect(said(outer('after'))).toBe('conservative')
    expect(said(outer('before'))).toBe('reasonMismatch')
    expect(said(hook(0, 0))).toBe('reasonMismatch')
    expect(said(manager('0x05baa052'))).toBe('reasonMismatch')
    // A certain refusal is never excused by what comes after the execution.
    expect(to(own, outer('after'))).toBe('reasonMismatch')
  })

  test('behavior: nothing is asked before a wrapper, so whatever refuses is behind it', () => {
    const wrapped = grantOf([
      { kind: 'limitedCalls', limit: 5n },
      { kind: 'logicalOr', groups: [[]] },
    ])
    const verdict = evaluate(wrapped, act(transfer(1n)), stateOf(wrapped))
    const only = wrapped.branches[0] as PreparedBranch
    expect(compare(only, verdict, hook(0, 0), none)).toBe('conservative')
    expect(compare(only, verdict, manager('0xd93c0665'), none)).toBe('reasonMismatch')
  })
})
