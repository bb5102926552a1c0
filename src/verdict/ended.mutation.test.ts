import { encodeAbiParameters, parseAbiParameters } from 'viem'
import { describe, expect, test } from 'vitest'
import { agent, alice, grantOf, hashAt, NOW, stateOf, usdc, vendor } from '../../test/fixtures/verdict.ts'
import type { KnownCaveat } from '../caveats/codec.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { readMeters } from './meters.ts'
import type { Counter, State } from './types.ts'

type Given = KnownCaveat & { added?: Hex }

describe('readMeters', () => {
  const endOf = (
    caveats: readonly Given[],
    change: (state: State) => Partial<State> = () => ({}),
    counter?: Counter,
  ) => {
    const prepared = grantOf(caveats)
    const state = stateOf(prepared)
    const counters =
      counter === undefined ? {} : Object.fromEntries(Object.keys(state.counters).map((key) => [key, counter]))
    const given = { ...state, counters: { ...state.counters, ...counters } }
    return readMeters(prepared, { ...given, ...change(given) })[0]?.ended?.code ?? null
  }
  const at =
    (timestamp: bigint, number = 1n) =>
    (state: State) => ({ block: { ...state.block, timestamp, number } })

  test('error: paused and revoked, and that neither was read', () => {
    expect(endOf([])).toBeNull()
    expect(endOf([], () => ({ paused: true }))).toBe('paused')
    expect(endOf([], () => ({ paused: undefined as never }))).toBe('state_missing')
    const disabled = (value: unknown) =>
      endOf([], (state) => ({
        disabled: Object.fromEntries(Object.keys(state.disabled).map((key) => [key, value])) as never,
      }))
    expect([disabled(false), disabled(true), disabled(undefined), disabled(1)]).toEqual([
      null,
      'revoked',
      'state_missing',
      'state_missing',
    ])
  })

  test('error: both bounds of a time are exclusive, and zero is none', () => {
    const ended = (after: bigint, before: bigint, now: bigint) => endOf([{ kind: 'timestamp', after, before }], at(now))
    expect([8n, 9n, 10n].map((now) => ended(9n, 0n, now))).toEqual(['not_yet_valid', 'not_yet_valid', null])
    expect([8n, 9n, 10n].map((now) => ended(0n, 9n, now))).toEqual([null, 'expired', 'expired'])
    expect([0n, 1n, 2n].map((now) => ended(1n, 0n, now))).toEqual(['not_yet_valid', 'not_yet_valid', null])
    expect([0n, 1n].map((now) => ended(0n, 0n, now))).toEqual([null, null])
  })

  test('error: a group of another number, or of one that was not read', () => {
    const ended = (nonces: Record<Address, bigint>) => endOf([{ kind: 'nonce', nonce: 4n }], () => ({ nonces }))
    expect([ended({ [alice]: 4n }), ended({ [alice]: 3n }), ended({ [alice]: 5n }), ended({ [agent]: 4n })]).toEqual([
      null,
      'group_revoked',
      'group_revoked',
      'state_missing',
    ])
  })

  test('error: what works once and was used, or was not read', () => {
    const first = { target: usdc, value: 0n, data: '0x' } as const
    const batch: Given = { kind: 'specificActionBatch', token: usdc, recipient: vendor, amount: 5n, first }
    for (const [caveat, code] of [
      [{ kind: 'id', id: 7n }, 'id_used'],
      [batch, 'delegation_used'],
    ] as const) {
      expect(endOf([caveat as Given])).toBeNull()
      expect(endOf([caveat as Given], undefined, { kind: 'used', used: true })).toBe(code)
      expect(endOf([caveat as Given], () => ({ counters: {} }))).toBe('state_missing')
    }
  })

  test('error: what no action passes', () => {
    const selects = (group: bigint, ...args: Hex[]): Hex =>
      encodeAbiParameters(parseAbiParameters('(uint256 group, bytes[] args)'), [{ group, args }])
    const either = (added: Hex): Given => ({ kind: 'logicalOr', groups: [[]], added })
    expect([selects(0n), selects(1n), '0x' as const].map((added) => endOf([either(added)]))).toEqual([
      null,
      'args_not_allowed',
      'choice_unknown',
    ])
    const equal = (added: Hex) => endOf([{ kind: 'argsEqualityCheck', args: '0x01', added }])
    expect([equal('0x01'), equal('0x02')]).toEqual([null, 'args_not_allowed'])
    const block = (passes: boolean, number: bigint) =>
      endOf([{ kind: 'blockNumber', after: 2n, before: 5n }], at(NOW, number), { kind: 'hook', passes })
    expect([block(true, 9n), block(false, 4n), block(false, 5n)]).toEqual([null, 'block_not_reached', 'block_passed'])
    const rises = { direction: 'increase', recipient: vendor, amount: 1n } as const
    const guards: Given[] = [
      { kind: 'nativeBalanceChange', ...rises },
      { kind: 'erc20BalanceChange', token: usdc, ...rises },
      { kind: 'erc721BalanceChange', token: usdc, ...rises },
      { kind: 'erc1155BalanceChange', token: usdc, tokenId: 1n, ...rises },
    ]
    expect(guards.map((guard) => endOf([guard]))).toEqual(Array(4).fill('effect_unknown'))
    expect(endOf([{ kind: 'nativePayment', recipient: vendor, amount: 1n }])).toBe('payment_unknown')
  })

  test('error: the first end from the delegation up is the one that is told', () => {
    const over: Given = { kind: 'timestamp', after: 0n, before: NOW }
    const early: Given = { kind: 'timestamp', after: NOW, before: 0n }
    const prepared = grantOf([early], [over], [])
    const ended = readMeters(prepared, stateOf(prepared)).map((node) => node.ended)
    expect(ended).toEqual([
      { code: 'not_yet_valid', by: hashAt(prepared, 0), inherited: false },
      { code: 'expired', by: hashAt(prepared, 1), inherited: false },
      null,
    ])
    const under = grantOf([], [over])
    expect(readMeters(under, stateOf(under))[0]?.ended).toEqual({
      code: 'expired',
      by: hashAt(under, 1),
      inherited: true,
    })
    expect(endOf([{ kind: 'nonce', nonce: 0n }, over, early])).toBe('expired')
  })
})
