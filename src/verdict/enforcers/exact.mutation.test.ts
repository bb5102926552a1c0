import { describe, expect, test } from 'vitest'
import { findingOf, type Given, numbersOf } from '../../../test/fixtures/facts.ts'
import { dai, otherVendor, pay, transfer, usdc, vendor } from '../../../test/fixtures/verdict.ts'
import type { Hex } from '../../primitives/hex.ts'
import type { Call } from '../types.ts'

const codeOf = (...parameters: Parameters<typeof findingOf>) => findingOf(...parameters)?.code ?? null

describe('exactExecution', () => {
  const caveat: Given = { kind: 'exactExecution', target: usdc, value: 4n, data: '0x12345678' }

  test('error: more value and less, with what was asked', () => {
    for (const value of [3n, 5n])
      expect(numbersOf(findingOf([caveat], { to: usdc, value, data: '0x12345678' }))).toEqual({
        code: 'value_not_allowed',
        limit: 4n,
        requested: value,
        measured: 'value',
      })
    expect(findingOf([caveat], { to: usdc, value: 4n, data: '0x12345678' })).toBeNull()
    expect(codeOf([caveat], { to: dai, value: 4n, data: '0x12345678' })).toBe('target_not_allowed')
  })
})

describe('exactExecutionBatch', () => {
  const calls = [pay(1n), pay(2n), transfer(3n)]
  const executions = calls.map(({ to, value, data }) => ({ target: to, value, data }))

  test('error: one part of one call differs, be it the first or the last', () => {
    const whole: Given = { kind: 'exactExecutionBatch', executions }
    const bytes: Given = { kind: 'exactCalldataBatch', executions }
    expect([codeOf([whole], calls), codeOf([bytes], calls)]).toEqual([null, null])
    for (const [at] of calls.entries()) {
      const changed = (change: Partial<Call>) =>
        calls.map((call, place) => (place === at ? { ...call, ...change } : call))
      expect(codeOf([whole], changed({ to: dai }))).toBe('execution_not_allowed')
      expect(codeOf([whole], changed({ value: 9n }))).toBe('execution_not_allowed')
      expect(codeOf([whole], changed({ data: '0x99' }))).toBe('execution_not_allowed')
      expect(codeOf([bytes], changed({ data: '0x99' }))).toBe('calldata_not_allowed')
      expect(codeOf([bytes], changed({ to: dai, value: 9n }))).toBeNull()
    }
    for (const other of [calls.slice(0, 2), [...calls, pay(1n)]])
      expect([codeOf([whole], other), codeOf([bytes], other)]).toEqual([
        'batch_size_not_allowed',
        'batch_size_not_allowed',
      ])
  })
})

describe('specificActionBatch', () => {
  const first = { target: dai, value: 3n, data: '0x12345678' } as const
  const caveat: Given = { kind: 'specificActionBatch', token: usdc, recipient: vendor, amount: 5n, first }
  const call = { to: dai, value: 3n, data: '0x12345678' } as const

  test('error: each part of each of the two calls', () => {
    expect(codeOf([caveat], [call, transfer(5n)])).toBeNull()
    const { data } = transfer(5n)
    const others: [Call, Call][] = [
      [{ ...call, to: usdc }, transfer(5n)],
      [{ ...call, value: 2n }, transfer(5n)],
      [{ ...call, value: 4n }, transfer(5n)],
      [{ ...call, data: '0x12345679' }, transfer(5n)],
      [call, transfer(5n, vendor, dai)],
      [call, transfer(5n, otherVendor)],
      [call, transfer(4n)],
      [call, transfer(6n)],
      [call, transfer(5n + (1n << 255n))],
      [call, { ...transfer(5n), value: 1n }],
      [call, { ...transfer(5n), data: `0x095ea7b3${data.slice(10)}` }],
      [call, { ...transfer(5n), data: `${data}00` }],
      [call, { ...transfer(5n), data: data.slice(0, -2) as Hex }],
      // The first digit of the recipient, which is the 35th of the data.
      [call, { ...transfer(5n), data: `${data.slice(0, 34)}0${data.slice(35)}` as Hex }],
      [call, { ...transfer(5n), data: `${data.slice(0, 73)}0${data.slice(74)}` as Hex }],
    ]
    for (const calls of others) expect([calls, codeOf([caveat], calls)]).toEqual([calls, 'execution_not_allowed'])
    expect(codeOf([caveat], [call, transfer(5n), pay(0n)])).toBe('batch_size_not_allowed')
    expect(
      codeOf([caveat], [call, { ...transfer(5n), data: `${data.slice(0, 33)}1${data.slice(34)}` as Hex }]),
    ).toBeNull()
  })

  test('error: used before, or by the one before it in the same link', () => {
    expect(codeOf([caveat], [call, transfer(5n)], { counter: { kind: 'used', used: true } })).toBe('delegation_used')
    expect(findingOf([caveat, caveat], [call, transfer(5n)])).toMatchObject({ code: 'delegation_used', caveat: 1 })
    expect(
      findingOf(
        [
          { kind: 'id', id: 1n },
          { kind: 'id', id: 1n },
        ],
        transfer(1n),
      ),
    ).toMatchObject({ code: 'id_used', caveat: 1 })
  })
})
