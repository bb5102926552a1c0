import { keccak256 } from 'viem'
import { describe, expect, test } from 'vitest'
import { lifetime, termsOf } from '../../../test/fixtures/taskScope.ts'
import { alice, mallory } from '../../../test/fixtures/verdict.ts'
import type { Hex } from '../../primitives/hex.ts'
import { isNumberUsed, numberSlot, slotsOf } from './slots.ts'

const hash: Hex = `0x${'00'.repeat(31)}f0`
const pad = (value: string) => value.replace('0x', '').padStart(64, '0')
const at = (change: Parameters<typeof termsOf>[0], carrier = hash) =>
  slotsOf(termsOf(change), { hash: carrier, delegator: alice })

describe('slotsOf', () => {
  test('default: budgets from the hash of the delegation on, calls beside the first', () => {
    const two = { budgets: [lifetime(1n), lifetime(2n)] }
    expect(at(two)).toMatchObject({ budgets: [hash, `0x${pad('f1')}`], calls: null })
    expect(at({ ...two, calls: { max: 1n, period: null } }).calls).toBe(hash)
    // The contract's addition wraps.
    const last: Hex = `0x${'ff'.repeat(32)}`
    expect(at(two, last).budgets).toEqual([last, `0x${pad('0')}`])
  })

  test('default: a group by its delegator, its name and its guardian', () => {
    const group = '0x0102030405060708'
    const slot = (guardian: string) => keccak256(`0x${pad(alice)}${pad(`0102030405060708${guardian}`)}`)
    expect(at({ group }).group).toBe(slot('00'.repeat(20)))
    expect(at({ group, guardian: mallory }).group).toBe(slot(mallory.slice(2)))
    expect(slotsOf(termsOf({ group }), { hash, delegator: mallory }).group).not.toBe(at({ group }).group)
  })
})

describe('numberSlot', () => {
  test('default: 256 numbers a word, each its own bit', () => {
    const slot = (word: bigint) => keccak256(`0x${pad(hash)}${pad(alice)}${pad(word.toString(16))}`)
    expect(numberSlot(hash, alice, 255n)).toBe(slot(0n))
    expect(numberSlot(hash, alice, 256n)).toBe(slot(1n))
    expect([0n, 1n, 255n, 256n, 257n].filter((number) => isNumberUsed((1n << 255n) | 2n, number))).toEqual([
      1n,
      255n,
      257n,
    ])
  })
})
