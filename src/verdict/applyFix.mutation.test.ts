import { describe, expect, test } from 'vitest'
import { codeOf } from '../../test/codes.ts'
import { act, dai, mallory, otherVendor, transfer, usdc, vendor, word } from '../../test/fixtures/verdict.ts'
import type { Hex } from '../primitives/hex.ts'
import { applyFix } from './applyFix.ts'
import type { Action, Call, Fix } from './types.ts'

const first = (fix: Fix, call: unknown) => applyFix(fix, act(call as Call)).calls[0]
const data = (fix: Fix, given: Hex) => first(fix, { ...transfer(1n), data: given })?.data

describe('applyFix', () => {
  test('behavior: what of a call cannot be read is made up, the rest is kept', () => {
    const call: Call = { to: usdc, value: 3n, data: '0x1234' }
    const keeping = { do: 'set_bytes', at: 0n, bytes: '0x' } as const
    expect(first(keeping, call)).toEqual(call)
    expect(first(keeping, { ...call, to: '0x12' })).toEqual({ ...call, to: '0x' })
    expect(first(keeping, { ...call, value: -1n })).toEqual({ ...call, value: 0n })
    expect(first(keeping, { ...call, value: 3 })).toEqual({ ...call, value: 0n })
    expect(first(keeping, { ...call, data: '0x123' })).toEqual({ ...call, data: '0x' })
    for (const nothing of [null, undefined, {}])
      expect(first(keeping, nothing)).toEqual({ to: '0x', value: 0n, data: '0x' })
    const odd = { ...act(call), calls: 'none' } as unknown as Action
    expect(applyFix({ do: 'set_value', to: 7n }, odd).calls).toEqual([{ to: '0x', value: 7n, data: '0x' }])
  })

  test('behavior: an amount of tokens is that of a transfer of exactly 68 bytes, of everything else the value', () => {
    const fix: Fix = { do: 'lower_amount', to: 5n }
    const given = transfer(9n)
    expect(first(fix, given)).toEqual(transfer(5n))
    for (const other of [
      `${given.data}00`,
      given.data.slice(0, -2),
      `0x095ea7b3${given.data.slice(10)}`,
      '0x',
    ] as Hex[]) {
      expect(first(fix, { ...given, data: other })).toEqual({ ...given, data: other, value: 5n })
    }
    for (const to of [0n, 255n, 2n ** 256n - 1n]) expect(first({ do: 'lower_amount', to }, given)).toEqual(transfer(to))
  })

  test('behavior: a payee is the first word of a transfer, of everything else the target; of several the first', () => {
    const fix: Fix = { do: 'pay_one_of', recipients: [otherVendor, mallory] }
    const given = transfer(9n, vendor)
    expect(first(fix, given)).toEqual(transfer(9n, otherVendor))
    const long = { ...given, data: `${given.data}00` as Hex }
    expect(first(fix, long)).toEqual({ ...long, to: otherVendor })
    expect(first({ do: 'pay_one_of', recipients: [] }, given)).toEqual(given)
  })

  test('behavior: a target with its function, or without; of several the first', () => {
    const given = transfer(9n)
    const targets = [{ target: dai }, { target: mallory }]
    expect(first({ do: 'call_one_of', targets }, given)).toEqual({ ...given, to: dai })
    expect(first({ do: 'call_one_of', targets: [] }, given)).toEqual(given)
    expect(
      first({ do: 'call_one_of', targets: [{ target: dai, selector: '0x12345678' }] }, { ...given, data: '0x' }),
    ).toEqual({
      ...given,
      to: dai,
      data: '0x12345678',
    })
    expect(applyFix({ do: 'redeem_as', redeemers: [vendor, mallory] }, act(given)).redeemer).toBe(vendor)
    expect(applyFix({ do: 'redeem_as', redeemers: [] }, act(given, mallory)).redeemer).toBe(mallory)
  })

  test('behavior: bytes are written over what is there; a gap is filled with zeros, the end kept', () => {
    const put = (at: bigint, bytes: Hex, given: Hex = '0x01020304') => data({ do: 'set_bytes', at, bytes }, given)
    expect(put(0n, '0xff')).toBe('0xff020304')
    expect(put(1n, '0xffee')).toBe('0x01ffee04')
    expect(put(3n, '0xff')).toBe('0x010203ff')
    expect(put(3n, '0xffee')).toBe('0x010203ffee')
    expect(put(4n, '0xff')).toBe('0x01020304ff')
    expect(put(6n, '0xff')).toBe('0x010203040000ff')
    expect(put(2n, '0x')).toBe('0x01020304')
    expect(put(0n, '0xff', '0x')).toBe('0xff')
    expect(put(36n, `0x${word(7n)}`, transfer(1n).data)).toBe(transfer(7n).data)
  })

  test('error: a place behind the largest call data; the last one is taken', () => {
    const put = (at: bigint, bytes: Hex = '0x00') => first({ do: 'set_bytes', at, bytes }, transfer(1n))?.data
    expect(put(131_072n)?.length).toBe(2 + 2 * 131_073)
    for (const [at, bytes] of [
      [131_073n, '0x00'],
      [-1n, '0x00'],
      [0n, '0x0'],
      [0n, '0xgg'],
    ] as const) {
      const { code, details } = codeOf(() => put(at, bytes))
      expect([code, details]).toEqual(['verdict.invalid_fix', { at: `${at}`, bound: 131_072 }])
    }
  })

  test('behavior: of several calls the first is kept, or changed, and the others stay', () => {
    const calls = [transfer(1n), transfer(2n), transfer(3n)]
    const action = { ...act(transfer(1n)), calls }
    expect(applyFix({ do: 'send_one_call' }, action).calls).toEqual([transfer(1n)])
    expect(applyFix({ do: 'set_value', to: 7n }, action).calls).toEqual([
      { ...transfer(1n), value: 7n },
      ...calls.slice(1),
    ])
  })
})
