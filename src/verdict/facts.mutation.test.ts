import { describe, expect, test } from 'vitest'
import { factsOf } from '../../test/fixtures/facts.ts'
import { act, agent, dai, environment, pay, transfer, usdc } from '../../test/fixtures/verdict.ts'
import { amountOf, isAddress, isData, isUint, MAX_DATA_BYTES, MAX_UINT256, readAction, withAmount } from './facts.ts'
import type { Action, Call } from './types.ts'

describe('readAction', () => {
  const good = act(transfer(1n))
  const codeOf = (action: unknown) => {
    const read = readAction(action as Action)
    return 'code' in read ? read.code : 'read'
  }

  test('error: each part, one by one', () => {
    expect(codeOf(good)).toBe('read')
    const call = transfer(1n)
    const wrong: unknown[] = [
      null,
      undefined,
      {},
      { ...good, chainId: '8453' },
      { ...good, chainId: undefined },
      { ...good, redeemer: '0x12' },
      { ...good, redeemer: undefined },
      { ...good, calls: [] },
      { ...good, calls: 'none' },
      { ...good, calls: undefined },
      { ...good, calls: { 0: call, length: 1 } },
      ...[null, undefined, 7, 'call', {}].map((other) => ({ ...good, calls: [other] })),
      ...[null, undefined, 7, 'call', {}].map((other) => ({ ...good, calls: [call, other] })),
      ...[{ to: '0x12' }, { value: -1n }, { value: 1 }, { data: '0x1' }, { data: undefined }].flatMap((part) => [
        { ...good, calls: [{ ...call, ...part }] },
        { ...good, calls: [call, { ...call, ...part }] },
      ]),
    ]
    for (const action of wrong) expect([action, codeOf(action)]).toEqual([action, 'malformed_action'])
  })

  test('behavior: what the checks look at', () => {
    expect(factsOf(transfer(7n))).toEqual({
      chainId: environment.chainId,
      redeemer: agent,
      single: true,
      calls: [transfer(7n)],
      ...transfer(7n),
      size: 68,
      tokenAmount: 7n,
      request: null,
      requestsAbove: null,
      renewed: false,
    })
    expect(factsOf([pay(5n), transfer(7n)])).toMatchObject({ single: false, value: 5n, size: 0, tokenAmount: null })
    const { data } = transfer(MAX_UINT256)
    const amount = (changed: string) => factsOf({ ...transfer(1n), data: changed as `0x${string}` }).tokenAmount
    expect([
      amount(data),
      amount(`${data}00`),
      amount(data.slice(0, -2)),
      amount(`0x095ea7b3${data.slice(10)}`),
    ]).toEqual([MAX_UINT256, null, null, null])
    expect([1, 4, 67].map((size) => factsOf({ ...pay(0n), data: `0x${'ab'.repeat(size)}` }).size)).toEqual([1, 4, 67])
  })
})

describe('isUint', () => {
  test('behavior: from zero to the last of 256 bits', () => {
    expect([0n, 1n, MAX_UINT256, -1n, MAX_UINT256 + 1n, 0, '0', null].map(isUint)).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
      false,
      false,
    ])
    expect(MAX_UINT256).toBe(2n ** 256n - 1n)
  })
})

describe('isAddress', () => {
  test('behavior: twenty bytes in small letters', () => {
    expect(
      [usdc, usdc.slice(0, -1), `${usdc}0`, usdc.toUpperCase(), `0x${'G'.repeat(40)}`, ` ${usdc}`, 7].map(isAddress),
    ).toEqual([true, false, false, false, false, false, false])
  })
})

describe('isData', () => {
  test('behavior: whole bytes, up to the largest', () => {
    const largest = `0x${'00'.repeat(MAX_DATA_BYTES)}`
    expect(MAX_DATA_BYTES).toBe(131_072)
    expect(['0x', '0x00', largest].map(isData)).toEqual([true, true, true])
    expect([`${largest}00`, '0x0', '', '00', '0xAB', '0xzz', 7].map(isData)).toEqual(Array(7).fill(false))
  })
})

describe('withAmount', () => {
  test('behavior: tokens in the amount word, coin in the value, of the first call; the rest stays', () => {
    const facts = factsOf([transfer(7n), pay(1n, dai)])
    const renewed = (calls: Call[]) => ({ ...factsOf(calls), renewed: true })
    expect(withAmount(facts, 'token', 200n)).toEqual(renewed([transfer(200n), pay(1n, dai)]))
    expect(withAmount(facts, 'token', MAX_UINT256)).toEqual(renewed([transfer(MAX_UINT256), pay(1n, dai)]))
    expect(withAmount(facts, 'value', 9n)).toEqual(renewed([{ ...transfer(7n), value: 9n }, pay(1n, dai)]))
    expect([amountOf(facts), amountOf(factsOf(pay(3n))), amountOf(factsOf({ ...transfer(0n), value: 3n }))]).toEqual([
      7n,
      3n,
      0n,
    ])
  })
})
