import { describe, expect, test } from 'vitest'
import {
  act,
  agent,
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
import { evaluate } from '../evaluate.ts'
import type { State } from '../types.ts'

const cap: KnownCaveat = { kind: 'erc20TransferAmount', token: usdc, limit: 100n }
const rises = { direction: 'increase', recipient: vendor, amount: 1n } as const
const guards: KnownCaveat[] = [
  { kind: 'nativeBalanceChange', ...rises },
  { kind: 'erc20BalanceChange', token: usdc, ...rises },
  { kind: 'erc721BalanceChange', token: usdc, ...rises },
  { kind: 'erc1155BalanceChange', token: usdc, tokenId: 1n, ...rises },
]
const given = (prepared: ReturnType<typeof grantOf>, state: State = stateOf(prepared)) =>
  denied(evaluate(prepared, act(transfer(1n), prepared.branches[0]?.links.length === 2 ? subAgent : agent), state))

describe('argsEqualityCheck', () => {
  test('default: what the redeemer adds equals the terms', () => {
    const prepared = grantOf([{ kind: 'argsEqualityCheck', args: '0x01', added: '0x01' }])
    expect(evaluate(prepared, act(transfer(1n)), stateOf(prepared)).verdict).toBe('allow')
  })

  test.each(['0x', '0x02', '0x0100'] as const)('error: %s', (added) => {
    const prepared = grantOf([{ kind: 'argsEqualityCheck', args: '0x01', added }])
    expect(given(prepared)).toMatchObject({ code: 'args_not_allowed', fix: { do: 'ask_for_a_new_grant' } })
  })
})

describe('deployed', () => {
  const prepared = grantOf([{ kind: 'deployed', address: usdc, salt: `0x${'01'.repeat(32)}`, bytecode: '0x00' }])

  test('default: as the enforcer itself said at the block', () => {
    expect(evaluate(prepared, act(transfer(1n)), stateOf(prepared)).verdict).toBe('allow')
  })

  test('error: it said no, or was not asked', () => {
    const no = withCounter(prepared, stateOf(prepared), 0, 0, { kind: 'hook', passes: false })
    expect(given(prepared, no)).toMatchObject({ code: 'not_deployed', family: 'refused' })
    expect(given(prepared, { ...stateOf(prepared), counters: {} }).code).toBe('state_missing')
    const odd = withCounter(prepared, stateOf(prepared), 0, 0, { kind: 'hook', passes: 'yes' as never })
    expect(given(prepared, odd).code).toBe('state_missing')
  })
})

describe('balanceBefore', () => {
  test.each(guards)('error: $kind cannot be known before the execution', (guard) => {
    const prepared = grantOf([cap, guard])
    expect(given(prepared)).toMatchObject({
      code: 'effect_unknown',
      family: 'not_evaluated',
      hop: 0,
      caveat: { index: 1, kind: guard.kind },
      largestAllowed: null,
      fix: { do: 'ask_for_a_new_grant' },
    })
  })

  test.each(guards)('error: two of $kind in one delegation lock each other, whatever their amounts', (guard) => {
    const prepared = grantOf([guard, { ...guard, amount: 5n } as KnownCaveat])
    expect(given(prepared)).toMatchObject({ code: 'caveat_unsatisfiable', caveat: { index: 1 } })
    expect(given(grantOf([guard], [guard])).code).toBe('effect_unknown')
  })

  test('behavior: recipients are part of some locks', () => {
    const other = guards.map((guard) => ({ ...guard, recipient: agent }) as KnownCaveat)
    const codes = guards.map((guard, at) => given(grantOf([guard, other[at] as KnownCaveat])).code)
    expect(codes).toEqual(['caveat_unsatisfiable', 'caveat_unsatisfiable', 'effect_unknown', 'effect_unknown'])
  })

  test('error: a balance that the enforcer could not read', () => {
    for (const guard of guards.slice(1)) {
      const prepared = grantOf([guard, cap])
      const state = withCounter(prepared, stateOf(prepared), 0, 0, { kind: 'hook', passes: false })
      expect(given(prepared, state)).toMatchObject({ code: 'balance_unreadable', caveat: { index: 0 } })
    }
  })

  test('behavior: doubts come last, in the chain’s order: what is certain is said first', () => {
    const [native, erc20] = guards as [KnownCaveat, KnownCaveat]
    const prepared = grantOf([native, cap, erc20], [erc20, native, { kind: 'valueLte', max: 0n }])
    expect(given(prepared)).toMatchObject({ hop: 1, caveat: { index: 1, kind: 'nativeBalanceChange' } })
    const paid = denied(evaluate(prepared, act({ ...transfer(1n), value: 1n }, subAgent), stateOf(prepared)))
    expect(paid).toMatchObject({ code: 'value_not_allowed', hop: 1, caveat: { index: 2 } })
  })
})

describe('nativePayment', () => {
  const payment: KnownCaveat = { kind: 'nativePayment', recipient: vendor, amount: 1n }

  test('error: only the manager can judge the other delegation; balances are compared before it', () => {
    expect(given(grantOf([payment, cap]))).toMatchObject({ code: 'payment_unknown', caveat: { index: 0 } })
    const [native] = guards as [KnownCaveat]
    expect(given(grantOf([native], [payment]))).toMatchObject({ code: 'effect_unknown', hop: 0 })
    expect(given(grantOf([payment], [payment]))).toMatchObject({ code: 'payment_unknown', hop: 1 })
  })
})

describe('logicalOr', () => {
  test('error: a choice of the redeemer is not judged, and comes before everything else', () => {
    const choice: KnownCaveat = { kind: 'logicalOr', groups: [[]] }
    const prepared = grantOf([cap], [cap, choice])
    const refused = denied(evaluate(prepared, act(pay(1n), subAgent), stateOf(prepared)))
    expect(refused).toMatchObject({ code: 'choice_unknown', hop: 1, caveat: { index: 1 } })
  })
})

describe('blockNumber', () => {
  const prepared = grantOf([{ kind: 'blockNumber', after: 5n, before: 9n }])
  const at = (number: bigint, passes: boolean) => {
    const state = withCounter(prepared, stateOf(prepared), 0, 0, { kind: 'hook', passes })
    return { ...state, block: { ...state.block, number } }
  }

  test('default: what the enforcer says, whatever numbers the chain gives its blocks', () => {
    expect(evaluate(prepared, act(transfer(1n)), at(7n, true)).verdict).toBe('allow')
    expect(evaluate(prepared, act(transfer(1n)), at(10_000n, true)).verdict).toBe('allow')
  })

  test('error: too early, too late, not asked', () => {
    expect(given(prepared, at(5n, false))).toMatchObject({
      code: 'block_not_reached',
      limit: 5n,
      requested: 5n,
      fix: { do: 'retry_later' },
    })
    expect(given(prepared, at(9n, false))).toMatchObject({
      code: 'block_passed',
      limit: 9n,
      fix: { do: 'ask_for_a_new_grant' },
    })
    expect(given(prepared, { ...stateOf(prepared), counters: {} }).code).toBe('state_missing')
  })
})

describe('id', () => {
  const once: KnownCaveat = { kind: 'id', id: 7n }

  test('error: used by this or any other delegation of the delegator', () => {
    const prepared = grantOf([once])
    const used = withCounter(prepared, stateOf(prepared), 0, 0, { kind: 'used', used: true })
    expect(evaluate(prepared, act(transfer(1n)), stateOf(prepared)).verdict).toBe('allow')
    expect(given(prepared, used)).toMatchObject({ code: 'id_used', fix: { do: 'ask_for_a_new_grant' } })
  })

  test('behavior: one id twice in a link never passes; in links of two delegators it does', () => {
    expect(given(grantOf([once, once]))).toMatchObject({ code: 'id_used', caveat: { index: 1 } })
    expect(given(grantOf([once, { kind: 'valueLte', max: 0n }, once])).caveat?.index).toBe(2)
    const chain = grantOf([once], [once])
    expect(evaluate(chain, act(transfer(1n), subAgent), stateOf(chain)).verdict).toBe('allow')
    // Two keys in the state: the id belongs to who delegates.
    expect(new Set(chain.branches[0]?.links.map(({ caveats }) => caveats[0]?.counter)).size).toBe(2)
    expect(hashAt(chain, 0)).not.toBe(hashAt(chain, 1))
  })
})
