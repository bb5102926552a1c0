import { keccak256 } from 'viem'
import { describe, expect, test } from 'vitest'
import { vendor, word } from '../../../test/fixtures/verdict.ts'
import type { TaskScopeCondition } from '../../caveats/taskScope/types.ts'
import type { Hex } from '../../primitives/hex.ts'
import { argumentOf, holds, tailOf } from './conditions.ts'

const MAX = 2n ** 256n - 1n

function callOf(...words: bigint[]) {
  const data: Hex = `0x11223344${words.map((value) => word(value)).join('')}`
  return { to: vendor, value: 0n, data, size: (data.length - 2) / 2 }
}

describe('holds', () => {
  const wide = { word: 0, width: 2, left: false }
  const left = { word: 0, width: 2, left: true }
  const high = (value: bigint) => value << 240n
  test.each<[TaskScopeCondition, bigint[], bigint[]]>([
    [{ op: 'equal', word: 0, operand: 5n }, [5n], [4n, 6n, MAX]],
    [{ op: 'at_most', word: 0, operand: 5n }, [0n, 4n, 5n], [6n, MAX]],
    [{ op: 'one_of', word: 0, operands: [5n, 7n] }, [5n, 7n], [4n, 6n, 8n]],
    [{ op: 'not_equal', ...wide, operand: 5n }, [4n, 6n, 0xffffn], [5n, 0x1_0000n, 0x1_0005n, MAX]],
    [{ op: 'not_equal', ...wide, width: 0, operand: 5n }, [4n, MAX], [5n]],
    [{ op: 'not_equal', ...wide, width: 31, operand: 5n }, [4n, 2n ** 248n - 1n], [5n, 2n ** 248n]],
    [
      { op: 'not_equal', ...left, operand: high(5n) },
      [0n, high(6n)],
      [high(5n), high(6n) + 1n, high(6n) + (1n << 239n)],
    ],
    [{ op: 'at_least', ...wide, operand: 5n }, [5n, 6n, 0xffffn], [4n, 0n, 0x1_0000n]],
    [{ op: 'at_least', ...wide, width: 1, operand: 5n }, [5n, 0xffn], [4n, 0x100n]],
    [{ op: 'bits', ...wide, mask: 0xf0n, bits: 0x20n }, [0x20n, 0x2fn, 0xff2fn], [0x21n ^ 0x10n, 0n, 0x1_0020n]],
    [{ op: 'bits', ...left, mask: high(0xf0n), bits: high(0x20n) }, [high(0x2fn)], [high(0x2fn) + 1n, high(0x30n)]],
    [
      { op: 'signed_at_most', word: 0, width: 2, operand: 3n },
      [0n, 3n, MAX, MAX - 0x7fffn],
      [4n, 0x8000n, MAX - 0x8000n],
    ],
    [{ op: 'signed_at_most', word: 0, width: 2, operand: -3n }, [MAX - 2n, MAX - 3n], [MAX - 1n, 0n, 0xfffdn]],
    [{ op: 'signed_at_least', word: 0, width: 2, operand: -3n }, [MAX - 2n, 0n, 0x7fffn], [MAX - 3n, 0x8000n]],
    [{ op: 'signed_at_least', word: 0, width: 0, operand: 3n }, [3n, MAX >> 1n], [2n, MAX]],
    [{ op: 'signed_at_least', word: 0, width: 31, operand: 0n }, [2n ** 247n - 1n], [2n ** 247n]],
  ])('default: %o', (condition, yes, no) => {
    expect(yes.filter((value) => !holds(condition, callOf(value)))).toEqual([])
    expect(no.filter((value) => holds(condition, callOf(value)))).toEqual([])
  })

  test('behavior: a word is looked at where it stands, and one that is not there never holds', () => {
    expect(holds({ op: 'equal', word: 1, operand: 5n }, callOf(4n, 5n))).toBe(true)
    expect(holds({ op: 'equal', word: 0, operand: 5n }, callOf(4n, 5n))).toBe(false)
    expect(holds({ op: 'at_most', word: 2, operand: 5n }, callOf(4n, 5n))).toBe(false)
  })

  test('behavior: length and hash of a text, which has to lie in the call data', () => {
    const text = (length: bigint, offset = 32n) => callOf(offset, length, 0x61n << 248n)
    const most = (operand: bigint): TaskScopeCondition => ({ op: 'length_at_most', word: 0, operand })
    expect(holds(most(3n), text(3n))).toBe(true)
    expect(holds(most(2n), text(3n))).toBe(false)
    expect(holds(most(99n), text(32n))).toBe(true)
    expect(holds(most(99n), text(33n))).toBe(false)
    expect(holds({ op: 'hash', word: 0, operand: keccak256('0x61') }, text(1n))).toBe(true)
    expect(holds({ op: 'hash', word: 0, operand: keccak256('0x6100') }, text(1n))).toBe(false)
    expect(holds({ op: 'hash', word: 0, operand: keccak256('0x') }, text(33n))).toBe(false)
  })
})

describe('tailOf', () => {
  test('default: from its offset after the selector; exactly to the end, and no byte more', () => {
    const call = callOf(32n, 32n, 0n)
    expect(tailOf(call, 32n)).toEqual({ at: 68, length: 32 })
    expect(tailOf(callOf(32n, 33n, 0n), 32n)).toBeNull()
    // The word of the length must be there as a whole.
    expect(tailOf(call, 64n)).toEqual({ at: 100, length: 0 })
    expect(tailOf(call, 65n)).toBeNull()
    expect(tailOf(call, 2n ** 255n)).toBeNull()
  })
})

describe('argumentOf', () => {
  test('default: words after the selector, or null', () => {
    expect([0, 1, 2].map((at) => argumentOf(callOf(4n, 5n), at))).toEqual([4n, 5n, null])
  })
})
