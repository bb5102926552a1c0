import { describe, expect, test } from 'vitest'
import { numberSlot } from '../verdict/taskScope/slots.ts'
import { type NumberRun, nextNumber, RUN } from './numbers.ts'

describe('nextNumber', () => {
  const words = [7n, 2n ** 56n - 1n, 0n]
  const drawing = () => {
    let drawn = 0
    return () => words[drawn++] as bigint
  }

  test('default: one word after the other, every number of it once', () => {
    const random = drawing()
    const numbers: bigint[] = []
    let run: NumberRun | null = null
    for (let count = 0; count < 2 * RUN + 1; count++) {
      const next = nextNumber(run, random)
      numbers.push(next.number)
      run = next.run
    }
    expect(new Set(numbers).size).toBe(numbers.length)
    expect(numbers.slice(0, 3)).toEqual([0x700n, 0x701n, 0x702n])
    expect([numbers[RUN - 1], numbers[RUN], numbers[2 * RUN - 1]]).toEqual([
      0x7ffn,
      0xffffffffffffff00n,
      2n ** 64n - 1n,
    ])
    expect(numbers[2 * RUN]).toBe(0n)
    expect(run).toEqual({ word: 0n, taken: 1 })
  })

  test('behavior: the numbers of a run are bits of one word of storage', () => {
    const slotOf = (number: bigint) => numberSlot(`0x${'ab'.repeat(32)}`, `0x${'11'.repeat(20)}`, number)
    const run = { word: 9n, taken: 1 }
    const { number, run: after } = nextNumber(run, drawing())
    expect(slotOf(number)).toBe(slotOf(nextNumber({ ...after, taken: RUN - 1 }, drawing()).number))
    expect(slotOf(number)).not.toBe(slotOf(nextNumber({ ...after, taken: RUN }, drawing()).number))
  })

  test('behavior: it draws only where a word begins', () => {
    const never = () => {
      throw new RangeError('nobody asked for a word')
    }
    expect(nextNumber({ word: 3n, taken: RUN - 1 }, never)).toEqual({ number: 0x3ffn, run: { word: 3n, taken: RUN } })
    expect(() => nextNumber({ word: 3n, taken: RUN }, never)).toThrow(RangeError)
    expect(() => nextNumber(null, never)).toThrow(RangeError)
  })
})
