import { describe, expect, test } from 'vitest'
import { AGENT, DAI, PAYEES, PRINCIPAL, TARGET, USDC } from '../../test/arbitraries/scope.ts'
import type { KnownCaveat } from '../caveats/codec.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { openEnds } from './openEnds.ts'
import { cappedToken, countsPayments, isPinned, meet, pinnedPayees, reachOf, selectorsOf, targetsOf } from './reach.ts'
import { isWider } from './widening.ts'

/** What each kind of caveat leaves to be called, kind by kind and byte by byte. */

const NATIVE: Address = `0x${'0'.repeat(40)}`
const TRANSFER: Hex = '0xa9059cbb'
const word = (value: string) => value.replace('0x', '').padStart(64, '0')
const window = { amount: 5n, duration: 9n, start: 1n }
const stream = { initial: 1n, max: 5n, perSecond: 1n, start: 1n }
const executions = [
  { target: TARGET, value: 2n, data: '0x1234567890' },
  { target: USDC, value: 3n, data: '0x' },
] as const
const first = { target: TARGET, value: 4n, data: '0x1234567890' } as const
const specific: KnownCaveat = { kind: 'specificActionBatch', token: USDC, recipient: PAYEES[0], amount: 5n, first }
const multi = (...tokens: Address[]): KnownCaveat => ({
  kind: 'multiTokenPeriod',
  periods: tokens.map((token) => ({ token, ...window })),
})
const calldata = (start: bigint, value: string): KnownCaveat => ({
  kind: 'allowedCalldata',
  start,
  value: `0x${value}`,
})
const exact = (data: Hex): KnownCaveat => ({ kind: 'exactCalldata', data })
const one = (data: Hex, value = 0n): KnownCaveat => ({ kind: 'exactExecution', target: TARGET, value, data })
const batch: KnownCaveat = { kind: 'exactExecutionBatch', executions }
const bytes: KnownCaveat = { kind: 'exactCalldataBatch', executions }
const plainBatch: KnownCaveat = { kind: 'exactCalldataBatch', executions: [{ target: TARGET, value: 0n, data: '0x' }] }
const cap: KnownCaveat = { kind: 'erc20TransferAmount', token: USDC, limit: 5n }
const period: KnownCaveat = { kind: 'erc20PeriodTransfer', token: USDC, ...window }
const streaming: KnownCaveat = { kind: 'erc20Streaming', token: USDC, ...stream }
const targets = (...list: Address[]): KnownCaveat => ({ kind: 'allowedTargets', targets: list })
const methods = (...list: Hex[]): KnownCaveat => ({ kind: 'allowedMethods', selectors: list })
const value = (max: bigint): KnownCaveat => ({ kind: 'valueLte', max })
const nft: KnownCaveat = { kind: 'erc721Transfer', token: DAI, tokenId: 1n }
const owner: KnownCaveat = { kind: 'ownershipTransfer', target: DAI }

describe('targetsOf', () => {
  test.each<[KnownCaveat, (readonly Address[])[]]>([
    [targets(TARGET, USDC), [[TARGET, USDC]]],
    [cap, [[USDC]]],
    [period, [[USDC]]],
    [streaming, [[USDC]]],
    [nft, [[DAI]]],
    [one('0x'), [[TARGET]]],
    [owner, [[DAI]]],
    [batch, [[TARGET, USDC]]],
    [bytes, []],
    [specific, [[USDC, TARGET]]],
    [multi(USDC, DAI), [[USDC, DAI]]],
    [multi(USDC, NATIVE), []],
    [multi(NATIVE), []],
    [methods('0x12345678'), []],
    [exact('0x'), []],
  ])('behavior: %o', (caveat, expected) => {
    expect(targetsOf(caveat)).toEqual(expected)
  })
})

describe('selectorsOf', () => {
  test.each<[KnownCaveat, (readonly Hex[])[]]>([
    [methods('0x12345678', TRANSFER), [['0x12345678', TRANSFER]]],
    [calldata(0n, '1234567890'), [['0x12345678']]],
    [calldata(0n, '12345678'), [['0x12345678']]],
    [calldata(0n, '123456'), []],
    [calldata(1n, '12345678'), []],
    [exact('0x'), []],
    [exact('0x1234567890'), [['0x12345678']]],
    [one('0x'), []],
    [one('0x1234567890'), [['0x12345678']]],
    [batch, [['0x12345678']]],
    [bytes, [['0x12345678']]],
    [plainBatch, []],
    [specific, [[TRANSFER, '0x12345678']]],
    [cap, [[TRANSFER]]],
    [period, [[TRANSFER]]],
    [streaming, [[TRANSFER]]],
    [multi(USDC), [[TRANSFER]]],
    [nft, [['0x23b872dd', '0x42842e0e', '0xb88d4fde']]],
    [owner, [['0xf2fde38b']]],
    [targets(TARGET), []],
  ])('behavior: %o', (caveat, expected) => {
    expect(selectorsOf(caveat)).toEqual(expected)
  })
})

describe('cappedToken', () => {
  test('behavior: of one token, by whatever limit', () => {
    expect([cap, period, streaming].map(cappedToken)).toEqual([[USDC], [USDC], [USDC]])
    expect(
      [multi(USDC), nft, targets(USDC), { kind: 'nativeTransferAmount', limit: 1n } as const].map(cappedToken),
    ).toEqual([[], [], [], []])
    expect([multi(USDC, NATIVE), multi(NATIVE), multi(USDC), cap].map(countsPayments)).toEqual([
      true,
      true,
      false,
      false,
    ])
  })
})

describe('meet', () => {
  test('behavior: what all lists have, once and in the order of the first; `null` for no list', () => {
    expect(meet([])).toBeNull()
    expect(meet([[]])).toEqual([])
    expect(meet([[3, 1, 3, 2]])).toEqual([3, 1, 2])
    expect(
      meet([
        [3, 1, 2],
        [2, 3],
      ]),
    ).toEqual([3, 2])
    expect(meet([[3, 1, 2], [2, 3], [2]])).toEqual([2])
    expect(meet([[3, 1], [2]])).toEqual([])
  })
})

describe('reachOf', () => {
  test('behavior: all calldata where one caveat fixes it, with the target where it does that too', () => {
    const exactOf = (...all: KnownCaveat[]) => reachOf(all).exact
    expect(exactOf(targets(TARGET))).toBeNull()
    expect(exactOf(exact('0x12'))).toEqual([{ to: null, data: '0x12' }])
    expect(exactOf(one('0x12'))).toEqual([{ to: TARGET, data: '0x12' }])
    expect(exactOf(batch)).toEqual([
      { to: TARGET, data: '0x1234567890' },
      { to: USDC, data: '0x' },
    ])
    expect(exactOf(bytes)).toEqual([
      { to: null, data: '0x1234567890' },
      { to: null, data: '0x' },
    ])
    expect(exactOf(specific)).toEqual([{ to: TARGET, data: '0x1234567890' }])
    expect(exactOf(targets(TARGET), exact('0x12'), one('0x13'))).toEqual([{ to: null, data: '0x12' }])
  })

  test('behavior: plain where every call is a payment', () => {
    const plain = (...all: KnownCaveat[]) => reachOf(all).plain
    expect([
      plain(),
      plain(exact('0x')),
      plain(exact('0x12')),
      plain(one('0x')),
      plain(batch),
      plain(plainBatch),
    ]).toEqual([false, true, false, true, false, true])
  })

  test('behavior: the most native coin of one call is the least that is said', () => {
    const most = (...all: KnownCaveat[]) => reachOf(all).nativeMost
    expect(most()).toBeNull()
    expect(most(targets(TARGET))).toBeNull()
    expect(most(value(5n))).toBe(5n)
    expect([most(value(5n), value(3n)), most(value(3n), value(5n)), most(value(5n), value(3n), value(4n))]).toEqual([
      3n,
      3n,
      3n,
    ])
    expect([most(one('0x', 7n)), most(batch), most(specific), most(multi(USDC))]).toEqual([7n, 5n, 4n, 0n])
    expect(most({ kind: 'approvalRevocation', methods: ['erc20Approve'] })).toBe(0n)
  })

  test('behavior: coin that is counted, and what ends after a number of uses', () => {
    const limits: KnownCaveat[] = [
      { kind: 'nativeTransferAmount', limit: 1n },
      { kind: 'nativePeriodTransfer', ...window },
      { kind: 'nativeStreaming', ...stream },
    ]
    expect(limits.map((caveat) => reachOf([value(1n), caveat]).nativeCapped)).toEqual([true, true, true])
    expect(reachOf([value(1n), cap]).nativeCapped).toBe(false)
    const counted: KnownCaveat[] = [{ kind: 'limitedCalls', limit: 1n }, { kind: 'id', id: 1n }, specific]
    expect(counted.map((caveat) => reachOf([value(1n), caveat]).counted)).toEqual([true, true, true])
    expect(reachOf([value(1n), cap]).counted).toBe(false)
    const both = reachOf([targets(TARGET, USDC), targets(USDC), cap, period])
    expect([both.targets, both.selectors, both.tokens]).toEqual([[USDC], [TRANSFER], [USDC, USDC]])
    expect([reachOf([]).targets, reachOf([]).selectors]).toEqual([null, null])
  })
})

describe('pinnedPayees', () => {
  test('behavior: of an action and of exact calls, where the word is whole', () => {
    const data: Hex = `0xa9059cbb${word(PAYEES[1])}`
    expect(pinnedPayees([specific, exact(data), one(data)])).toEqual([PAYEES[0], PAYEES[1], PAYEES[1]])
    expect(pinnedPayees([exact(data.slice(0, -2) as Hex), one('0x'), cap])).toEqual([])
    expect(pinnedPayees([exact(`${data}99`), calldata(4n, `${word(PAYEES[1])}99`)])).toEqual([PAYEES[1], PAYEES[1]])
    expect(
      pinnedPayees([calldata(4n, word(PAYEES[1])), calldata(16n, PAYEES[1].slice(2)), calldata(17n, word(PAYEES[1]))]),
    ).toEqual([PAYEES[1], PAYEES[1]])
    expect(pinnedPayees([calldata(4n, word(PAYEES[1]).slice(2)), calldata(16n, PAYEES[1].slice(4))])).toEqual([])
  })
})

describe('isPinned', () => {
  test('behavior: the whole word, by a pin that covers it or by calldata that is fixed', () => {
    const pinned = (at: number, ...all: KnownCaveat[]) => isPinned(all, at)
    const whole = calldata(36n, word('0x01'))
    expect([0, 1, 2].map((at) => pinned(at, whole))).toEqual([false, true, false])
    expect([pinned(1, calldata(35n, `00${word('0x01')}`)), pinned(1, calldata(35n, word('0x01')))]).toEqual([
      true,
      false,
    ])
    expect([pinned(1, calldata(37n, word('0x01'))), pinned(1, calldata(36n, word('0x01').slice(2)))]).toEqual([
      false,
      false,
    ])
    expect([0, 1].map((at) => pinned(at, calldata(4n, word('0x01') + word('0x02'))))).toEqual([true, true])
    for (const caveat of [exact('0x'), one('0x'), batch, specific]) expect(pinned(5, caveat)).toBe(true)
    for (const caveat of [bytes, cap, targets(TARGET)]) expect(pinned(0, caveat)).toBe(false)
    expect(pinned(0, cap, calldata(4n, word('0x01')))).toBe(true)
  })
})

describe('openEnds', () => {
  const said = (...all: KnownCaveat[]) => openEnds(all, AGENT).map(({ sentence }) => sentence)
  const redeemer = (...redeemers: Address[]): KnownCaveat => ({ kind: 'redeemer', redeemers })
  const only = redeemer(AGENT)
  const payee = calldata(4n, word(PAYEES[0]))

  test('behavior: who is paid', () => {
    const anyone = (...all: KnownCaveat[]) => said(only, ...all).includes('To anyone')
    expect([anyone(cap), anyone(cap, payee)]).toEqual([true, false])
    expect([anyone(value(0n), cap), anyone(value(0n), cap, payee)]).toEqual([true, false])
    const transfer = methods(TRANSFER)
    expect([anyone(targets(USDC), transfer), anyone(targets(USDC), transfer, payee)]).toEqual([true, false])
    expect([anyone(targets(USDC), methods('0x12345678')), anyone(targets(USDC))]).toEqual([false, false])
    // Of what contradicts itself it is said too: in doubt it is.
    expect(anyone(cap, methods('0x12345678'))).toBe(true)
    // Plain payments move no token.
    expect([anyone(cap, exact('0x')), anyone(targets(USDC), exact('0x'))]).toEqual([false, false])
    // No target, and value may leave: anybody gets it; without value nobody does.
    expect([anyone(), anyone(value(1n)), anyone(value(0n)), anyone(value(1n), value(0n))]).toEqual([
      true,
      true,
      false,
      false,
    ])
  })

  test('behavior: handed on, but where every redeemer is the delegate', () => {
    const handed = (...all: KnownCaveat[]) => said(value(0n), ...all).includes('May be handed on')
    expect([handed(), handed(only), handed(redeemer(AGENT, PRINCIPAL)), handed(redeemer(PRINCIPAL))]).toEqual([
      true,
      false,
      true,
      true,
    ])
    expect([handed(only, redeemer(PRINCIPAL)), handed(redeemer(PRINCIPAL), only)]).toEqual([false, false])
  })
})

describe('isWider', () => {
  const times = (before: bigint): KnownCaveat => ({ kind: 'timestamp', after: 0n, before })
  const calls = (limit: bigint): KnownCaveat => ({ kind: 'limitedCalls', limit })
  const spend = (limit: bigint, token = USDC): KnownCaveat => ({ kind: 'erc20TransferAmount', token, limit })
  const by = (amount: bigint, duration = 9n, token = USDC): KnownCaveat => ({
    kind: 'erc20PeriodTransfer',
    token,
    amount,
    duration,
    start: 1n,
  })
  const redeemer = (...redeemers: Address[]): KnownCaveat => ({ kind: 'redeemer', redeemers })
  test.each<[string, KnownCaveat, KnownCaveat, boolean]>([
    ['an earlier end', times(8n), times(9n), false],
    ['the same end', times(9n), times(9n), false],
    ['a later end', times(10n), times(9n), true],
    ['no end under one', times(0n), times(9n), true],
    ['no end under one after a second', times(0n), times(1n), true],
    ['an end under none', times(9n), times(0n), false],
    ['an end of a second under none', times(1n), times(0n), false],
    ['no end under none', times(0n), times(0n), false],
    ['less value', value(4n), value(5n), false],
    ['the same value', value(5n), value(5n), false],
    ['more value', value(6n), value(5n), true],
    ['fewer targets', targets(USDC), targets(USDC, TARGET), false],
    ['the same targets in another order', targets(TARGET, USDC), targets(USDC, TARGET), false],
    ['one other target', targets(USDC, DAI), targets(USDC, TARGET), true],
    ['fewer functions', methods('0x12345678'), methods('0x87654321', '0x12345678'), false],
    ['another function', methods('0x12345678', '0x00000000'), methods('0x12345678'), true],
    ['fewer redeemers', redeemer(AGENT), redeemer(AGENT, PRINCIPAL), false],
    ['another redeemer', redeemer(AGENT, PRINCIPAL), redeemer(AGENT), true],
    ['fewer calls', calls(1n), calls(2n), false],
    ['as many calls', calls(2n), calls(2n), false],
    ['more calls', calls(3n), calls(2n), true],
    ['less of a token', spend(4n), spend(5n), false],
    ['as much of a token', spend(5n), spend(5n), false],
    ['more of a token', spend(6n), spend(5n), true],
    ['more of another token', spend(6n, DAI), spend(5n), false],
    ['as much a period', by(5n), by(5n), false],
    ['more a period', by(6n), by(5n), true],
    ['more in another period', by(6n, 10n), by(5n), false],
    ['more of another token a period', by(6n, 9n, DAI), by(5n), false],
    ['another kind', spend(6n), by(5n), false],
    ['what has no bounds', { kind: 'nonce', nonce: 9n }, { kind: 'nonce', nonce: 1n }, false],
    ['more coin', { kind: 'nativeTransferAmount', limit: 6n }, { kind: 'nativeTransferAmount', limit: 5n }, true],
  ])('behavior: %s', (_, child, parent, expected) => {
    expect(isWider([child], [parent])).toBe(expected)
    expect(isWider([{ kind: 'nonce', nonce: 0n }, child], [owner, parent])).toBe(expected)
  })

  test('behavior: of several above, one that is narrower is enough', () => {
    expect(isWider([value(5n)], [value(9n), value(4n)])).toBe(true)
    expect(isWider([value(5n)], [value(9n), value(5n)])).toBe(false)
    expect(isWider([], [value(9n)])).toBe(false)
    expect(isWider([value(9n)], [])).toBe(false)
  })
})
