import fc from 'fast-check'
import { encodeAbiParameters, encodePacked } from 'viem'
import { describe, expect, test } from 'vitest'
import { codeOf } from '../../test/codes.ts'
import type { Hex } from '../primitives/hex.ts'
import {
  BATCH_DEFAULT_MODE,
  type Call,
  decodeCalls,
  encodeCalls,
  encodeExecution,
  MAX_CALLDATA_BYTES,
  readExecution,
  SINGLE_DEFAULT_MODE,
} from './execution.ts'

const bytes = (size: object) => fc.uint8Array(size).map((list): Hex => `0x${Buffer.from(list).toString('hex')}`)
const calls = fc.record({
  to: bytes({ minLength: 20, maxLength: 20 }),
  value: fc.bigInt(0n, 2n ** 256n - 1n),
  data: bytes({ maxLength: 100 }),
})
const call: Call = { to: `0x${'a1'.repeat(20)}`, value: 7n, data: '0xdeadbeef' }
const abi = [{ type: 'tuple[]', components: [{ type: 'address' }, { type: 'uint256' }, { type: 'bytes' }] }] as const
const batchOf = (list: readonly Call[]) => encodeAbiParameters(abi, [list.map((c) => [c.to, c.value, c.data] as const)])

describe('encodeCalls', () => {
  test('default: the bytes are those of a general ABI encoder', () => {
    fc.assert(
      fc.property(fc.array(calls, { minLength: 1, maxLength: 6 }), (list) => {
        const [only] = list as [Call]
        expect(encodeCalls(list)).toEqual(
          list.length === 1
            ? {
                mode: SINGLE_DEFAULT_MODE,
                execution: encodePacked(
                  ['address', 'uint256', 'bytes'],
                  [only.to, only.value, only.data],
                ).toLowerCase(),
              }
            : { mode: BATCH_DEFAULT_MODE, execution: batchOf(list) },
        )
      }),
    )
    expect([SINGLE_DEFAULT_MODE, BATCH_DEFAULT_MODE]).toEqual([`0x${'0'.repeat(64)}`, `0x01${'0'.repeat(62)}`])
  })

  test('behavior: takes what is just inside its bounds', () => {
    expect(decodeCalls(encodeCalls(Array.from({ length: 256 }, () => call)))).toHaveLength(256)
    const largest = { ...call, value: 2n ** 256n - 1n, data: `0x${'ab'.repeat(MAX_CALLDATA_BYTES)}` as Hex }
    expect(readExecution(encodeExecution(largest))).toEqual(largest)
  })

  test('error: what is no call, in either mode', () => {
    const wrong = [
      { to: '0xAA' },
      { to: `0x${'A1'.repeat(20)}` },
      { to: `0x${'a1'.repeat(21)}` },
      { value: -1n },
      { value: 1n << 256n },
      { value: 1 as unknown as bigint },
      { data: '0xABCD' },
      { data: '0x1' },
      { data: undefined as unknown as Hex },
      { data: `0x${'00'.repeat(MAX_CALLDATA_BYTES + 1)}` },
    ].map((part) => ({ ...call, ...part }) as Call)
    expect(wrong.map((one) => codeOf(() => encodeCalls([one])).code)).toEqual(
      wrong.map(() => 'delegation.malformed_call'),
    )
    expect(wrong.map((one) => codeOf(() => encodeCalls([call, one])).code)).toEqual(
      wrong.map(() => 'delegation.malformed_call'),
    )
    expect(codeOf(() => encodeCalls([])).code).toBe('delegation.no_calls')
    expect(codeOf(() => encodeCalls(Array.from({ length: 257 }, () => call))).code).toBe('delegation.too_many_calls')
  })
})

describe('decodeCalls', () => {
  test('default: gives back what was encoded', () => {
    fc.assert(
      fc.property(fc.array(calls, { minLength: 1, maxLength: 6 }), (list) => {
        expect(decodeCalls(encodeCalls(list))).toEqual(list)
      }),
    )
  })

  test('error: try mode, delegate calls and modes with a selector', () => {
    for (const mode of [
      `0x0001${'00'.repeat(30)}`,
      `0x0101${'00'.repeat(30)}`,
      `0xff${'00'.repeat(31)}`,
      `0x${'00'.repeat(31)}01`,
    ]) {
      expect(codeOf(() => decodeCalls({ mode: mode as Hex, execution: encodeExecution(call) })).code).toBe(
        'delegation.unsupported_mode',
      )
    }
  })

  test('error: a single execution with less than a target and a value', () => {
    const execution = encodeExecution({ ...call, data: '0x' })
    expect(decodeCalls({ mode: SINGLE_DEFAULT_MODE, execution })).toEqual([{ ...call, data: '0x' }])
    const short = execution.slice(0, -2) as Hex
    expect(codeOf(() => decodeCalls({ mode: SINGLE_DEFAULT_MODE, execution: short })).code).toBe(
      'delegation.malformed_execution',
    )
  })

  test('error: a batch of none, of one, or with offsets that a lenient reader would follow', () => {
    const mode = BATCH_DEFAULT_MODE
    const good = batchOf([call, call])
    expect(decodeCalls({ mode, execution: good })).toEqual([call, call])
    const second = good.slice(2 + 64 * 3, 2 + 64 * 4)
    const shared = `${good.slice(0, 2 + 64 * 2)}${second}${good.slice(2 + 64 * 3)}` as Hex
    for (const execution of [
      batchOf([]),
      batchOf([call]),
      '0x',
      `${good}00`,
      `${good}${'00'.repeat(32)}`,
      `${good.slice(0, -2)}01`,
      good.slice(0, -2),
      shared,
    ] as Hex[]) {
      expect(codeOf(() => decodeCalls({ mode, execution })).code).toBe('delegation.malformed_execution')
    }
  })
})
