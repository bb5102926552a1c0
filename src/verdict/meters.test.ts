import { describe, expect, test } from 'vitest'
import {
  act,
  agent,
  alice,
  environment,
  grantOf,
  hashAt,
  NOW,
  plainGrant,
  stateOf,
  transfer,
  usdc,
  withCounter,
} from '../../test/fixtures/verdict.ts'
import type { KnownCaveat } from '../caveats/codec.ts'
import { evaluate } from './evaluate.ts'
import { readMeters } from './meters.ts'
import { prepareGrant } from './prepare.ts'

const ZERO = `0x${'00'.repeat(20)}` as const
const cap = (limit: bigint): KnownCaveat => ({ kind: 'erc20TransferAmount', token: usdc, limit })
const day = (amount: bigint): KnownCaveat => ({
  kind: 'erc20PeriodTransfer',
  token: usdc,
  amount,
  duration: 86_400n,
  start: 1_794_960_000n,
})
/** Leaf first: 30 in all under 100 a day, and three calls under the day. */
const prepared = grantOf([cap(30n), { kind: 'limitedCalls', limit: 3n }], [day(100n), { kind: 'nonce', nonce: 0n }])
const unused = stateOf(prepared)
const [leaf, root] = [hashAt(prepared, 0), hashAt(prepared, 1)]
const spend = (hop: number, index: number, spent: bigint, from = unused) =>
  withCounter(prepared, from, hop, index, hop === 0 ? { kind: 'spent', spent } : window(spent))
const window = (transferred: bigint) => ({
  kind: 'period' as const,
  amount: 100n,
  duration: 86_400n,
  start: 1_794_960_000n,
  lastPeriod: 1n,
  transferred,
})

describe('readMeters', () => {
  test('default: own counters apart from what a parent leaves', () => {
    const [narrow, wide] = readMeters(prepared, spend(1, 0, 80n, spend(0, 0, 4n)))
    expect(wide).toMatchObject({
      delegation: root,
      own: [{ counts: usdc, limit: 100n, used: 80n, left: 20n, resetsAt: 1_795_046_400n }],
      remaining: [{ counts: usdc, left: 20n, by: root, inherited: false }],
      ended: null,
    })
    expect(narrow?.own).toMatchObject([
      { counts: usdc, limit: 30n, used: 4n, left: 26n, resetsAt: null },
      { counts: 'calls', limit: 3n, used: 0n, left: 3n },
    ])
    // 26 by itself, but its parent has 20 left.
    expect(narrow?.remaining).toEqual([
      { counts: usdc, left: 20n, by: root, inherited: true },
      { counts: 'calls', left: 3n, by: leaf, inherited: false },
    ])
  })

  test('default: streams, chosen periods and what works once', () => {
    const terms = { initial: 10n, max: 100n, perSecond: 2n, start: NOW - 20n }
    const window = { amount: 40n, duration: 60n, start: NOW - 10n }
    const periods = [
      { token: usdc, ...window },
      { token: ZERO, ...window },
    ]
    const chosen = `0x${'01'.padStart(64, '0')}` as const
    const all = grantOf([
      { kind: 'erc20Streaming', token: usdc, ...terms },
      { kind: 'multiTokenPeriod', periods, added: chosen },
      { kind: 'id', id: 7n },
    ])
    const spent = withCounter(all, stateOf(all), 0, 0, { kind: 'stream', ...terms, spent: 30n })
    expect(readMeters(all, spent)[0]).toMatchObject({
      own: [
        { counts: usdc, limit: 100n, used: 30n, left: 20n, resetsAt: null },
        { counts: 'native', limit: 40n, used: 0n, left: 40n, resetsAt: NOW + 50n },
        { counts: 'calls', limit: 1n, used: 0n, left: 1n },
      ],
      ended: null,
    })
    const used = withCounter(all, spent, 0, 2, { kind: 'used', used: true })
    expect(readMeters(all, used)[0]).toMatchObject({ own: [{}, {}, { left: 0n }], ended: { code: 'id_used' } })
    const unread = readMeters(all, { ...spent, counters: {} })[0]
    expect(unread?.own.map(({ left }) => left)).toEqual([null, null, null])
    expect(unread?.ended?.code).toBe('state_missing')
  })

  test('behavior: what no action passes is an end, as the verdict says it', () => {
    const guard = { direction: 'increase', recipient: agent, amount: 1n } as const
    const never: [KnownCaveat, string][] = [
      [{ kind: 'logicalOr', groups: [[]] }, 'choice_unknown'],
      [{ kind: 'argsEqualityCheck', args: '0x01' }, 'args_not_allowed'],
      [{ kind: 'nativeBalanceChange', ...guard }, 'effect_unknown'],
      [{ kind: 'nativePayment', recipient: agent, amount: 1n }, 'payment_unknown'],
    ]
    for (const [caveat, code] of never) {
      const ended = grantOf([cap(1n), caveat])
      expect(readMeters(ended, stateOf(ended))[0]?.ended).toMatchObject({ code, inherited: false })
      expect(evaluate(ended, act(transfer(1n)), stateOf(ended))).toMatchObject({ verdict: 'deny', code })
    }
    const late = grantOf([{ kind: 'blockNumber', after: 0n, before: 5n }])
    const passed = withCounter(late, stateOf(late), 0, 0, { kind: 'hook', passes: false })
    const at = { ...passed, block: { ...passed.block, number: 5n } }
    expect(readMeters(late, at)[0]?.ended?.code).toBe('block_passed')
  })

  test('behavior: own where it is the least, and nothing below nothing', () => {
    const [narrow] = readMeters(prepared, spend(1, 0, 10n, spend(0, 0, 31n)))
    expect(narrow?.remaining[0]).toEqual({ counts: usdc, left: 0n, by: leaf, inherited: false })
  })

  test('behavior: a window that is over leaves the whole again', () => {
    const later = { ...spend(1, 0, 80n), block: { ...unused.block, timestamp: 1_795_046_400n } }
    expect(readMeters(prepared, later)[1]?.own).toMatchObject([{ used: 0n, left: 100n, resetsAt: 1_795_132_800n }])
  })

  test('behavior: what ends a parent ends what is under it, and says where', () => {
    const revoked = { ...unused, disabled: { ...unused.disabled, [root]: true } }
    const [narrow, wide] = readMeters(prepared, revoked)
    expect(wide?.ended).toEqual({ code: 'revoked', by: root, inherited: false })
    expect(narrow?.ended).toEqual({ code: 'revoked', by: root, inherited: true })
    const group = { ...unused, nonces: { ...unused.nonces, [alice]: 1n } }
    expect(readMeters(prepared, group)[0]?.ended).toEqual({ code: 'group_revoked', by: root, inherited: true })
    expect(readMeters(prepared, { ...unused, paused: true })[0]?.ended?.code).toBe('paused')
  })

  test.each<[string, KnownCaveat, string]>([
    ['is over', { kind: 'timestamp', after: 0n, before: 1_795_000_000n }, 'expired'],
    ['has not begun', { kind: 'timestamp', after: 1_795_000_000n, before: 0n }, 'not_yet_valid'],
  ])('behavior: a delegation whose time %s', (_name, caveat, code) => {
    const timed = grantOf([caveat])
    expect(readMeters(timed, stateOf(timed))[0]?.ended?.code).toBe(code)
    const inside = stateOf(timed, { now: code === 'expired' ? 1_794_999_999n : 1_795_000_001n })
    expect(readMeters(timed, inside)[0]?.ended).toBeNull()
  })

  test('error: what was not read is not taken for plenty', () => {
    const { [leaf]: _, ...disabled } = unused.disabled
    expect(readMeters(prepared, { ...unused, disabled })[0]?.ended).toEqual({
      code: 'state_missing',
      by: leaf,
      inherited: false,
    })
    const [narrow, wide] = readMeters(prepared, { ...unused, counters: {}, nonces: {} })
    expect(wide).toMatchObject({ own: [{ left: null, used: null }], ended: { code: 'state_missing' } })
    expect(narrow?.remaining.map(({ left }) => left)).toEqual([null, null])
  })

  test('error: a caveat that cannot be read', () => {
    const enforcer = agent
    const odd = prepareGrant(plainGrant([[[{ enforcer, terms: '0x', args: '0x' }]]]), environment)
    expect(readMeters(odd, stateOf(odd))[0]?.ended?.code).toBe('unknown_caveat')
  })
})
