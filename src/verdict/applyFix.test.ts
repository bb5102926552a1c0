import { describe, expect, test } from 'vitest'
import { codeOf } from '../../test/codes.ts'
import { act, agent, mallory, otherVendor, pay, transfer, usdc, vendor } from '../../test/fixtures/verdict.ts'
import { applyFix } from './applyFix.ts'
import type { Fix } from './types.ts'

const action = act(transfer(10n))

describe('applyFix', () => {
  test('default: an amount is that of the transfer, or else the value', () => {
    expect(applyFix({ do: 'lower_amount', to: 3n }, action)).toEqual(act(transfer(3n)))
    expect(applyFix({ do: 'lower_amount', to: 3n }, act(pay(10n)))).toEqual(act(pay(3n)))
  })

  test('default: a payee is the transfer’s recipient, or else the target', () => {
    const fix: Fix = { do: 'pay_one_of', recipients: [otherVendor, vendor] }
    expect(applyFix(fix, action)).toEqual(act(transfer(10n, otherVendor)))
    expect(applyFix(fix, act(pay(1n)))).toEqual(act(pay(1n, otherVendor)))
  })

  test('default: everything else is named outright', () => {
    const calls = (fix: Fix) => applyFix(fix, action).calls[0]
    expect(calls({ do: 'call_one_of', targets: [{ target: vendor, selector: '0x12345678' }] })).toEqual({
      ...transfer(10n),
      to: vendor,
      data: `0x12345678${transfer(10n).data.slice(10)}`,
    })
    expect(calls({ do: 'set_value', to: 7n })?.value).toBe(7n)
    expect(calls({ do: 'set_calldata', data: '0x01' })?.data).toBe('0x01')
    expect(calls({ do: 'set_bytes', at: 70n, bytes: '0xff' })?.data).toBe(`${transfer(10n).data}0000ff`)
    expect(applyFix({ do: 'redeem_as', redeemers: [mallory] }, action).redeemer).toBe(mallory)
    expect(applyFix({ do: 'use_chain', chainId: 1 }, action).chainId).toBe(1)
    const two = { ...action, calls: [transfer(1n), transfer(2n)] }
    expect(applyFix({ do: 'send_one_call' }, two)).toEqual(act(transfer(1n)))
    expect(applyFix({ do: 'send_calls', calls: two.calls }, action)).toEqual(two)
  })

  test('behavior: later calls and the action given stay as they are', () => {
    const two = Object.freeze({ ...action, calls: Object.freeze([transfer(9n), transfer(2n, agent, usdc)]) })
    expect(applyFix({ do: 'lower_amount', to: 1n }, two).calls).toEqual([transfer(1n), two.calls[1]])
    for (const fix of [{ do: 'wait_until', time: 5n }, { do: 'ask_for_a_new_grant' }, { do: 'retry_later' }] as const) {
      expect(applyFix(fix, two)).toBe(two)
    }
  })

  test('error: bytes at a place that would fill the memory', () => {
    for (const at of [-1n, 131_073n, 1n << 200n]) {
      expect(codeOf(() => applyFix({ do: 'set_bytes', at, bytes: '0x00' }, action)).code).toBe('verdict.invalid_fix')
    }
    expect(codeOf(() => applyFix({ do: 'set_bytes', at: 0n, bytes: '0xZZ' as never }, action)).code).toBe(
      'verdict.invalid_fix',
    )
  })

  test('behavior: in a batch one call is changed, or the first ones are kept', () => {
    const batch = { ...action, calls: [transfer(1n), transfer(2n), transfer(3n)] }
    const lower: Fix = { do: 'lower_amount', to: 9n }
    expect(applyFix({ do: 'in_call', call: 1, fix: lower }, batch).calls).toEqual([
      transfer(1n),
      transfer(9n),
      transfer(3n),
    ])
    expect(applyFix({ do: 'in_call', call: 3, fix: lower }, batch)).toEqual(batch)
    expect(applyFix({ do: 'send_fewer_calls', to: 2 }, batch).calls).toEqual([transfer(1n), transfer(2n)])
  })

  test('behavior: who has it signed anew drops what was signed', () => {
    const request = { number: 1n, deadline: 2n, signature: null, confirmation: null }
    const fix: Fix = { do: 'sign_request', key: mallory, number: 2n }
    expect(applyFix(fix, { ...action, request })).toEqual(action)
    expect(applyFix(fix, action)).toEqual(action)
  })
})
