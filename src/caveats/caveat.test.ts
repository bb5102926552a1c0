import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyKnownCaveat } from '../../test/arbitraries/caveat.ts'
import { baseEnvironment } from '../../test/arbitraries/environment.ts'
import { MAX_UINT256 } from '../primitives/amount.ts'
import type { Hex } from '../primitives/hex.ts'
import { decodeCaveat, encodeCaveat } from './caveat.ts'
import type { KnownCaveat } from './codec.ts'
import { CaveatError, type CaveatErrorCode } from './errors.ts'
import { codecByKind, codecByName, codecs } from './registry.ts'
import type { DecodedCaveat } from './types.ts'

const environment = await baseEnvironment()

const ADDRESS: Hex = `0x${'1a'.repeat(20)}`
const WORD: Hex = `0x${'2b'.repeat(32)}`
const UNKNOWN: DecodedCaveat = { kind: 'unknown', enforcer: ADDRESS, terms: '0x', reason: 'unknown_enforcer' }

describe('encodeCaveat', () => {
  test('default', () => {
    expect(encodeCaveat(environment, { kind: 'valueLte', max: 5n })).toEqual({
      enforcer: environment.enforcers['ValueLteEnforcer'],
      terms: `0x${'0'.repeat(63)}5`,
      args: '0x',
    })
  })

  const refused: [string, KnownCaveat, CaveatErrorCode][] = [
    ['no bytes to compare', { kind: 'allowedCalldata', start: 4n, value: '0x' }, 'caveats.wrong_length'],
    [
      'a position whose end overflows',
      { kind: 'allowedCalldata', start: 2n ** 256n - 1n, value: '0x00' },
      'caveats.unsatisfiable',
    ],
    ['a position past 2^256', { kind: 'allowedCalldata', start: 2n ** 256n, value: '0x00' }, 'caveats.out_of_range'],
    ['upper-case bytes', { kind: 'allowedCalldata', start: 0n, value: '0xAB' }, 'caveats.not_hex'],
    ['no selector', { kind: 'allowedMethods', selectors: [] }, 'caveats.empty_list'],
    ['a selector of five bytes', { kind: 'allowedMethods', selectors: ['0x0000000000'] }, 'caveats.wrong_length'],
    ['no target', { kind: 'allowedTargets', targets: [] }, 'caveats.empty_list'],
    ['no redeemer', { kind: 'redeemer', redeemers: [] }, 'caveats.empty_list'],
    ['no calls', { kind: 'limitedCalls', limit: 0n }, 'caveats.zero'],
    ['a negative limit', { kind: 'nativeTransferAmount', limit: -1n }, 'caveats.out_of_range'],
    ['no second between the bounds', { kind: 'timestamp', after: 10n, before: 11n }, 'caveats.unsatisfiable'],
    ['a bound past 2^128', { kind: 'timestamp', after: 0n, before: 2n ** 128n }, 'caveats.out_of_range'],
    ['a period of no length', { kind: 'nativePeriodTransfer', amount: 1n, duration: 0n, start: 1n }, 'caveats.zero'],
    ['no method of revocation', { kind: 'approvalRevocation', methods: [] }, 'caveats.empty_list'],
    [
      'methods out of order',
      { kind: 'approvalRevocation', methods: ['permit2Approve', 'erc20Approve'] },
      'caveats.out_of_range',
    ],
    [
      'a method twice',
      { kind: 'approvalRevocation', methods: ['erc20Approve', 'erc20Approve'] },
      'caveats.out_of_range',
    ],
    ['no block between the bounds', { kind: 'blockNumber', after: 10n, before: 11n }, 'caveats.unsatisfiable'],
    ['no code to deploy', { kind: 'deployed', address: ADDRESS, salt: WORD, bytecode: '0x' }, 'caveats.wrong_length'],
    [
      'a balance that goes sideways',
      { kind: 'nativeBalanceChange', direction: 'sideways' as never, recipient: ADDRESS, amount: 0n },
      'caveats.out_of_range',
    ],
    [
      'a stream whose most is below its start',
      { kind: 'nativeStreaming', initial: 2n, max: 1n, perSecond: 0n, start: 1n },
      'caveats.unsatisfiable',
    ],
    [
      'a stream that never starts',
      { kind: 'erc20Streaming', token: ADDRESS, initial: 1n, max: 1n, perSecond: 0n, start: 0n },
      'caveats.zero',
    ],
    ['an empty batch', { kind: 'exactExecutionBatch', executions: [] }, 'caveats.empty_list'],
    [
      'more calls than a block',
      { kind: 'exactCalldataBatch', executions: Array(257).fill({ target: ADDRESS, value: 0n, data: '0x' }) },
      'caveats.out_of_range',
    ],
    ['a target of 19 bytes', { kind: 'ownershipTransfer', target: '0x12' }, 'caveats.wrong_length'],
    ['no token', { kind: 'multiTokenPeriod', periods: [] }, 'caveats.empty_list'],
    ['no group to choose', { kind: 'logicalOr', groups: [] }, 'caveats.empty_list'],
    ['more groups than are read', { kind: 'logicalOr', groups: Array(17).fill([]) }, 'caveats.out_of_range'],
    [
      'a choice with something unknown in it',
      { kind: 'logicalOr', groups: [[{ meaning: UNKNOWN, args: '0x' }]] },
      'caveats.unknown_enforcer',
    ],
    ['wrappers without end', wrapped({ kind: 'nonce', nonce: 0n }, 3), 'caveats.unknown_enforcer'],
  ]
  test.each(refused)('error: %s', (_, caveat, code) => {
    expect(() => encodeCaveat(environment, caveat)).toThrow(expect.objectContaining({ code }))
  })

  test('error: a deployment without the enforcer', () => {
    const bare = { ...environment, enforcers: {} }
    expect(() => encodeCaveat(bare, { kind: 'nonce', nonce: 0n })).toThrow(
      expect.objectContaining({ code: 'caveats.unknown_enforcer' }),
    )
  })

  test('error: an unknown caveat is never written again', () => {
    expect(() => encodeCaveat(environment, UNKNOWN)).toThrow(CaveatError)
  })
})

describe('decodeCaveat', () => {
  test('default: what was encoded, for every kind', () => {
    fc.assert(
      fc.property(anyKnownCaveat(), (caveat) => {
        expect(decodeCaveat(environment, encodeCaveat(environment, caveat))).toEqual(caveat)
      }),
      { numRuns: 500 },
    )
  })

  test('behavior: addresses compare in lower case', () => {
    const caveat = encodeCaveat(environment, { kind: 'nonce', nonce: 7n })
    const upper = `0x${caveat.enforcer.slice(2).toUpperCase()}` as Hex
    expect(decodeCaveat(environment, { ...caveat, enforcer: upper })).toEqual({ kind: 'nonce', nonce: 7n })
  })

  test('behavior: `args` decides nothing: anyone may change it', () => {
    const caveat = encodeCaveat(environment, { kind: 'nonce', nonce: 7n })
    expect(decodeCaveat(environment, { ...caveat, args: '0xffff' })).toEqual({ kind: 'nonce', nonce: 7n })
  })

  test('behavior: an unknown enforcer is unknown, also one of the framework that is not deployed here', () => {
    const enforcer: Hex = '0xe92d05a0c0e5e6bdebbaf1fa14fc2dd3d3ab7f6e'
    expect(decodeCaveat(environment, { enforcer, terms: '0x01', args: '0x' })).toEqual({
      kind: 'unknown',
      enforcer,
      terms: '0x01',
      reason: 'unknown_enforcer',
    })
  })

  test('behavior: an allowance that wallets write, a period as long as an integer allows', () => {
    const allowance = { amount: 5n, duration: MAX_UINT256, start: 1_700_000_000n }
    for (const caveat of [
      { kind: 'nativePeriodTransfer', ...allowance },
      { kind: 'erc20PeriodTransfer', token: ADDRESS, ...allowance },
    ] as const)
      expect(decodeCaveat(environment, encodeCaveat(environment, caveat))).toEqual(caveat)
  })
})

describe('codecs', () => {
  test('default: every codec stands under its own kind and name', () => {
    for (const codec of codecs) {
      expect(codecByKind[codec.kind]).toBe(codec)
      expect(codecByName[codec.name]).toBe(codec)
      expect(environment.enforcers[codec.name]).toMatch(/^0x[0-9a-f]{40}$/)
    }
    expect(codecs).toHaveLength(34)
  })

  test('behavior: what counts and what opens batch mode', () => {
    const names = (match: (codec: (typeof codecs)[number]) => boolean) =>
      codecs.filter(match).map((codec) => codec.kind)
    expect(names((codec) => codec.counts)).toEqual([
      'erc1155BalanceChange',
      'erc20BalanceChange',
      'erc20PeriodTransfer',
      'erc20Streaming',
      'erc20TransferAmount',
      'erc721BalanceChange',
      'limitedCalls',
      'logicalOr',
      'multiTokenPeriod',
      'nativeBalanceChange',
      'nativePeriodTransfer',
      'nativeStreaming',
      'nativeTransferAmount',
      'specificActionBatch',
      'taskScope',
    ])
    expect(names((codec) => codec.callType === 'any')).toEqual([
      'argsEqualityCheck',
      'blockNumber',
      'deployed',
      'erc1155BalanceChange',
      'erc20BalanceChange',
      'erc721BalanceChange',
      'id',
      'limitedCalls',
      'logicalOr',
      'nativeBalanceChange',
      'nativePayment',
      'nonce',
      'redeemer',
      'taskScope',
      'timestamp',
    ])
    expect(names((codec) => codec.callType === 'batch')).toEqual([
      'exactCalldataBatch',
      'exactExecutionBatch',
      'specificActionBatch',
    ])
  })
})

/** A caveat inside so many wrappers. */
function wrapped(meaning: KnownCaveat, depth: number): KnownCaveat {
  return depth === 0 ? meaning : { kind: 'logicalOr', groups: [[{ meaning: wrapped(meaning, depth - 1), args: '0x' }]] }
}
