import { describe, expect, test } from 'vitest'
import { findingOf, type Given, numbersOf } from '../../../test/fixtures/facts.ts'
import {
  agent,
  alice,
  dai,
  grantOf,
  NOW,
  otherVendor,
  pay,
  stateOf,
  transfer,
  usdc,
  vendor,
  word,
} from '../../../test/fixtures/verdict.ts'
import type { Hex } from '../../primitives/hex.ts'
import { MAX_UINT256, readAction } from '../facts.ts'
import { walk } from '../order.ts'
import type { Call, Counter } from '../types.ts'
import { allowedCalldata } from './allowedCalldata.ts'
import { blockNumber } from './blockNumber.ts'
import type { Look } from './check.ts'
import { timestamp } from './timestamp.ts'

/** What the enforcers find, with every number in it, on both sides of each bound. */

const codeOf = (...parameters: Parameters<typeof findingOf>) => findingOf(...parameters)?.code ?? null

/** What an enforcer can look at, of a caveat whose terms no encoder of ours writes. */
function lookOf(caveat: Given, block: { timestamp?: bigint; number?: bigint } = {}): Look {
  const prepared = grantOf([caveat])
  const [branch] = prepared.branches
  const link = branch?.links[0]
  const own = link?.caveats[0]
  const facts = readAction({ chainId: prepared.chainId, redeemer: agent, calls: [transfer(1n)] })
  if (branch === undefined || link === undefined || own === undefined || 'code' in facts) throw new TypeError('no link')
  const state = stateOf(prepared, {
    counters: own.counter === null ? {} : { [own.counter]: { kind: 'hook', passes: false } },
  })
  return { branch, link, caveat: own, facts, state: { ...state, block: { ...state.block, ...block } }, notes: [] }
}

describe('allowedCalldata', () => {
  const at = (start: bigint, value: Hex): Given => ({ kind: 'allowedCalldata', start, value })

  test('error: a place whose end overflows a word can never be met; the last one that does not is only too far', () => {
    const look = lookOf(at(4n, '0x01'))
    const code = (start: bigint, value: Hex) => allowedCalldata({ kind: 'allowedCalldata', start, value }, look)?.code
    expect(code(MAX_UINT256 - 2n, '0x0102')).toBe('calldata_not_allowed')
    expect(code(MAX_UINT256 - 1n, '0x01')).toBe('calldata_not_allowed')
    expect(code(MAX_UINT256 - 1n, '0x0102')).toBe('caveat_unsatisfiable')
    expect(code(MAX_UINT256, '0x01')).toBe('caveat_unsatisfiable')
  })

  test('behavior: it is about the payee where it pins the first word of a transfer, whole', () => {
    const other = transfer(1n, otherVendor)
    const payee = word(vendor)
    expect(codeOf([at(4n, `0x${payee}`)], other)).toBe('recipient_not_allowed')
    expect(codeOf([at(4n, `0x${payee.slice(0, -2)}`)], { ...other, data: `0xa9059cbb${word(7n)}${word(1n)}` })).toBe(
      'argument_not_allowed',
    )
    expect(codeOf([at(4n, `0x${payee}00`)], other)).toBe('argument_not_allowed')
    expect(codeOf([at(36n, `0x${payee}`)], other)).toBe('argument_not_allowed')
    expect(codeOf([at(3n, `0x${payee}`)], other)).toBe('argument_not_allowed')
    expect(codeOf([at(4n, `0x${payee}`)], { ...other, data: `0x12345678${other.data.slice(10)}` })).toBe(
      'argument_not_allowed',
    )
    // Where only plain payments pass the target is the payee, and a word is a word.
    expect(codeOf([at(4n, `0x${payee}`), { kind: 'exactCalldata', data: '0x' }], other)).toBe('argument_not_allowed')
  })
})

describe('blockNumber', () => {
  const at = (after: bigint, before: bigint, number: bigint) => {
    const look = lookOf({ kind: 'blockNumber', after: 5n, before: 9n }, { number })
    return numbersOf(blockNumber({ kind: 'blockNumber', after, before }, look))
  }

  test('error: which bound it was, by our own numbers', () => {
    expect(at(5n, 9n, 8n)).toEqual({ code: 'block_not_reached', limit: 5n, requested: 8n })
    expect(at(5n, 9n, 9n)).toEqual({ code: 'block_passed', limit: 9n, requested: 9n })
    expect(at(5n, 1n, 0n)).toEqual({ code: 'block_not_reached', limit: 5n, requested: 0n })
    expect(at(5n, 1n, 1n)).toEqual({ code: 'block_passed', limit: 1n, requested: 1n })
    // Zero is no bound.
    expect(at(5n, 0n, 3n)).toEqual({ code: 'block_not_reached', limit: 5n, requested: 3n })
  })
})

describe('limitedCalls', () => {
  test('behavior: of two counters in one the second is a call further', () => {
    const limited = (limit: bigint): Given => ({ kind: 'limitedCalls', limit })
    const calls = (count: bigint): Counter => ({ kind: 'calls', count })
    const both = [limited(5n), limited(5n)]
    expect(findingOf(both, transfer(1n), { counter: calls(3n) })).toBeNull()
    expect(findingOf(both, transfer(1n), { counter: calls(4n) })).toMatchObject({ caveat: 1, limit: 5n, used: 5n })
    expect(numbersOf(findingOf([limited(5n)], transfer(1n), { counter: calls(5n) }))).toEqual({
      code: 'calls_exceeded',
      limit: 5n,
      used: 5n,
      requested: 1n,
      remaining: 0n,
    })
  })
})

describe('erc20TransferAmount', () => {
  test('error: what is left of a budget, also where the contract has counted more than it', () => {
    const cap: Given = { kind: 'erc20TransferAmount', token: usdc, limit: 5n }
    const left = (amount: bigint, spent: bigint, caveats = [cap]) =>
      numbersOf(findingOf(caveats, transfer(amount), { counter: { kind: 'spent', spent } }))
    expect([left(0n, 5n), left(1n, 4n), left(5n, 0n)]).toEqual([null, null, null])
    const denied = { code: 'budget_exceeded', limit: 5n, measured: 'token' }
    expect(left(2n, 4n)).toEqual({ ...denied, used: 4n, requested: 2n, remaining: 1n })
    expect(left(1n, 5n)).toEqual({ ...denied, used: 5n, requested: 1n, remaining: 0n })
    expect(left(1n, 6n)).toEqual({ ...denied, used: 6n, requested: 1n, remaining: 0n })
    expect(left(1n, 7n)).toEqual({ ...denied, used: 7n, requested: 1n, remaining: 0n })
    // A second caveat of the same counter looks at what the first has just counted.
    expect(left(2n, 1n, [cap, cap])).toBeNull()
    expect(left(2n, 2n, [cap, cap])).toEqual({ ...denied, used: 4n, requested: 2n, remaining: 1n })
  })
})

describe('timestamp', () => {
  const at = (after: bigint, before: bigint, now: bigint) => {
    const look = lookOf({ kind: 'timestamp', after: 0n, before: 0n }, { timestamp: now })
    return numbersOf(timestamp({ kind: 'timestamp', after, before }, look))
  }

  test('behavior: bounds of a single second from zero on', () => {
    expect([at(1n, 0n, 0n), at(1n, 0n, 1n)]).toEqual([
      { code: 'not_yet_valid', passesAt: 2n },
      { code: 'not_yet_valid', passesAt: 2n },
    ])
    expect(at(1n, 0n, 2n)).toBeNull()
    expect([at(0n, 1n, 0n), at(0n, 1n, 1n)?.['code']]).toEqual([null, 'expired'])
    expect(at(0n, 0n, 0n)).toBeNull()
    expect(at(NOW, NOW + 1n, NOW)?.['code']).toBe('not_yet_valid')
  })
})

describe('walk', () => {
  const terms = { amount: 5n, duration: 60n, start: NOW - 10n }
  const stream = { initial: 5n, max: 9n, perSecond: 1n, start: NOW - 10n }
  const counting: [string, Given, Call | readonly Call[]][] = [
    ['limitedCalls', { kind: 'limitedCalls', limit: 5n }, transfer(1n)],
    ['id', { kind: 'id', id: 1n }, transfer(1n)],
    ['nonce', { kind: 'nonce', nonce: 0n }, transfer(1n)],
    ['erc20TransferAmount', { kind: 'erc20TransferAmount', token: usdc, limit: 5n }, transfer(1n)],
    ['nativeTransferAmount', { kind: 'nativeTransferAmount', limit: 5n }, pay(1n)],
    ['erc20PeriodTransfer', { kind: 'erc20PeriodTransfer', token: usdc, ...terms }, transfer(1n)],
    ['nativePeriodTransfer', { kind: 'nativePeriodTransfer', ...terms }, pay(1n)],
    ['erc20Streaming', { kind: 'erc20Streaming', token: usdc, ...stream }, transfer(1n)],
    ['nativeStreaming', { kind: 'nativeStreaming', ...stream }, pay(1n)],
    ['blockNumber', { kind: 'blockNumber', after: 0n, before: 9n }, transfer(1n)],
    [
      'specificActionBatch',
      {
        kind: 'specificActionBatch',
        token: usdc,
        recipient: vendor,
        amount: 1n,
        first: { target: dai, value: 0n, data: '0x' },
      },
      [{ to: dai, value: 0n, data: '0x' }, transfer(1n)],
    ],
  ]

  test.each(counting)('error: what %s kept was not read, or is no number that it could keep', (_, caveat, calls) => {
    const prepared = grantOf([caveat])
    const [branch] = prepared.branches
    const facts = readAction({ chainId: prepared.chainId, redeemer: agent, calls: [calls].flat() as Call[] })
    if (branch === undefined || 'code' in facts) throw new TypeError('not to be judged')
    const state = stateOf(prepared)
    expect(walk(branch, facts, state)).toBeNull()
    expect(walk(branch, facts, { ...state, counters: {}, nonces: {} })?.code).toBe('state_missing')
    const odd = Object.entries(state.counters).flatMap(([key, counter]) =>
      Object.entries(counter).flatMap(([member, value]) => {
        if (member === 'kind') return [{ [key]: { ...counter, kind: 'other' } as unknown as Counter }]
        const wrong = typeof value === 'bigint' ? [-1n, MAX_UINT256 + 1n, 0] : ['true', 1]
        return wrong.map((other) => ({ [key]: { ...counter, [member]: other } as unknown as Counter }))
      }),
    )
    for (const counters of odd) expect(walk(branch, facts, { ...state, counters })?.code).toBe('state_missing')
    if (odd.length === 0)
      expect(walk(branch, facts, { ...state, nonces: { [alice]: -1n } })?.code).toBe('state_missing')
  })
})
