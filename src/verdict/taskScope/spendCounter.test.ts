import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fixed, lifetime, rolling } from '../../../test/fixtures/taskScope.ts'
import {
  endOfWindow,
  forgetsAt,
  isInWindow,
  partsOf,
  roomAt,
  type SpendTerms,
  spendTerms,
  spentAt,
  unitsOf,
} from './spendCounter.ts'

const DAY = 86_400n

describe('spendTerms', () => {
  test('default: a rolling cap is cut to 24 bits by the smallest shift, the others are not', () => {
    const shiftOf = (cap: bigint) => spendTerms(rolling(cap, DAY)).shift
    expect(shiftOf(2n ** 24n - 2n)).toBe(0n)
    expect(shiftOf(2n ** 24n - 1n)).toBe(1n)
    expect(shiftOf(2n ** 25n - 3n)).toBe(1n)
    expect(shiftOf(2n ** 25n - 2n)).toBe(2n)
    expect(spendTerms(rolling(2n ** 25n - 3n, DAY)).units).toBe(2n ** 24n - 2n)
    expect(spendTerms(lifetime(2n ** 100n))).toMatchObject({ shift: 0n, units: 2n ** 100n })
    expect(spendTerms(fixed(2n ** 100n, DAY))).toMatchObject({ shift: 0n, units: 2n ** 100n })
  })
})

describe('unitsOf', () => {
  test('default: rounds up, and nothing is nothing', () => {
    expect([0n, 1n, 8n, 9n].map((amount) => unitsOf({ shift: 3n }, amount))).toEqual([0n, 1n, 1n, 2n])
    expect(unitsOf({ shift: 0n }, 7n)).toBe(7n)
  })
})

describe('partsOf', () => {
  test('default: spent above 64 bits, the time in 40, calls in 24', () => {
    expect(partsOf((5n << 64n) | ((2n ** 40n - 1n) << 24n) | (2n ** 24n - 1n))).toEqual({
      spent: 5n,
      last: 2n ** 40n - 1n,
      calls: 2n ** 24n - 1n,
    })
  })
})

describe('isInWindow', () => {
  test('default: windows begin at the origin, each with its first second', () => {
    expect(isInWindow(130n, 30n, 100n, 159n)).toBe(true)
    expect(isInWindow(129n, 30n, 100n, 159n)).toBe(false)
    expect(isInWindow(130n, 30n, 100n, 160n)).toBe(false)
    expect(endOfWindow(30n, 100n, 159n)).toBe(160n)
    expect(endOfWindow(30n, 100n, 160n)).toBe(190n)
  })
})

describe('spentAt', () => {
  const word = (spent: bigint, last: bigint) => (spent << 64n) | (last << 24n) | 9n

  test('default: for life, in the window, or by buckets', () => {
    expect(spentAt(spendTerms(lifetime(100n)), word(40n, 1n), 0n, 10n ** 9n)).toBe(40n)
    expect(spentAt(spendTerms(fixed(100n, 30n)), word(40n, 130n), 100n, 159n)).toBe(40n)
    expect(spentAt(spendTerms(fixed(100n, 30n)), word(40n, 130n), 100n, 160n)).toBe(0n)
    // A seventh of 70 is 10 seconds: spent in [0, 10), it counts up to the end of the eighth seventh.
    const terms = spendTerms(rolling(100n, 70n))
    expect(spentAt(terms, word(40n, 3n), 0n, 79n)).toBe(40n)
    expect(spentAt(terms, word(40n, 3n), 0n, 80n)).toBe(0n)
    // Two buckets of different ages.
    expect(spentAt(terms, word((30n << 24n) | 12n, 15n), 0n, 79n)).toBe(42n)
    expect(spentAt(terms, word((30n << 24n) | 12n, 15n), 0n, 80n)).toBe(12n)
    expect(spentAt(terms, word((30n << 24n) | 12n, 15n), 0n, 90n)).toBe(0n)
  })

  test('behavior: the sum is modulo 2^24 - 1, and a word from the future counts nothing', () => {
    const terms = spendTerms(rolling(100n, 70n))
    expect(spentAt(terms, word(2n ** 24n - 1n, 3n), 0n, 5n)).toBe(0n)
    expect(spentAt(terms, word(2n ** 24n - 2n, 3n), 0n, 5n)).toBe(2n ** 24n - 2n)
    expect(spentAt(terms, word(40n, 30n), 0n, 5n)).toBe(0n)
  })
})

describe('roomAt', () => {
  const at = (terms: SpendTerms, spent: bigint, last: bigint, units: bigint, now: bigint, origin = 0n) =>
    roomAt(terms, (spent << 64n) | (last << 24n), units, { origin, now })

  test('default: now, at the end of the window, when enough buckets are gone, or never', () => {
    expect(at(spendTerms(lifetime(100n)), 40n, 3n, 60n, 5n)).toBe(5n)
    expect(at(spendTerms(lifetime(100n)), 40n, 3n, 61n, 5n)).toBeNull()
    expect(at(spendTerms(fixed(100n, 30n)), 40n, 130n, 61n, 140n, 100n)).toBe(160n)
    expect(at(spendTerms(fixed(100n, 30n)), 40n, 130n, 101n, 140n, 100n)).toBeNull()
    const terms = spendTerms(rolling(100n, 70n))
    const two = (30n << 24n) | 12n
    expect(at(terms, two, 15n, 58n, 16n)).toBe(16n)
    expect(at(terms, two, 15n, 59n, 16n)).toBe(80n)
    expect(at(terms, two, 15n, 88n, 16n)).toBe(80n)
    expect(at(terms, two, 15n, 89n, 16n)).toBe(90n)
    expect(at(terms, two, 15n, 100n, 16n)).toBe(90n)
    expect(at(terms, two, 15n, 101n, 16n)).toBeNull()
  })

  test('behavior: a seventh that is no whole number of seconds ends with the second that contains its end', () => {
    // Sevenths of 61 begin at 0, 8.7, 17.4, …: spent at 2, free from 69.71 on, hence from second 70.
    const terms = spendTerms(rolling(100n, 61n))
    expect(at(terms, 90n, 2n, 11n, 3n)).toBe(70n)
    expect(spentAt(terms, (90n << 64n) | (2n << 24n), 0n, 69n)).toBe(90n)
    expect(spentAt(terms, (90n << 64n) | (2n << 24n), 0n, 70n)).toBe(0n)
  })
})

describe('forgetsAt', () => {
  const at = (terms: SpendTerms, last: bigint, now: bigint, origin = 0n) =>
    forgetsAt(terms, (40n << 64n) | (last << 24n), { origin, now })

  test('default: never, the end of the window, or the end of each bucket that there can be', () => {
    expect(at(spendTerms(lifetime(100n)), 3n, 5n)).toEqual([])
    expect(at(spendTerms(fixed(100n, 30n)), 130n, 159n, 100n)).toEqual([160n])
    const terms = spendTerms(rolling(100n, 70n))
    expect(at(terms, 3n, 9n)).toEqual([10n, 20n, 30n, 40n, 50n, 60n, 70n, 80n])
    expect(at(terms, 3n, 10n)).toEqual([20n, 30n, 40n, 50n, 60n, 70n, 80n])
    expect(at(terms, 3n, 79n)).toEqual([80n])
    expect(at(terms, 3n, 80n)).toEqual([])
    expect(at(spendTerms(rolling(100n, 61n)), 2n, 53n)).toEqual([61n, 70n])
  })

  test('behavior: what is from the future leaves nothing, however far it is', () => {
    const terms = spendTerms(rolling(100n, 70n))
    expect(at(terms, 20n, 19n)).toEqual([])
    expect(at(terms, 2n ** 40n - 1n, 19n)).toEqual([])
  })
})

/** Spends at times, of which those are made that the counter lets pass; and a ledger that knows nothing of buckets. */
describe('a rolling counter against a ledger', () => {
  test('behavior: never over the cap in any period, never long late, and free at the very second that it names', () => {
    const seen = { late: 0, refused: 0, waited: 0 }
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: 200n }),
        fc.bigInt({ min: 1n, max: 2n ** 30n }),
        fc.array(fc.tuple(fc.bigInt({ min: 0n, max: 90n }), fc.bigInt({ min: 0n, max: 110n })), { maxLength: 40 }),
        (period, cap, steps) => {
          const terms = spendTerms(rolling(cap, period))
          const unit = 1n << terms.shift
          const ledger: { time: bigint; amount: bigint }[] = []
          let now = 1_000n
          let word = 0n
          for (const [pause, share] of steps) {
            now += pause
            const amount = (cap * share) / 100n
            const counted = spentAt(terms, word, 0n, now)
            const within = (from: bigint) =>
              ledger.reduce((sum, spend) => (spend.time > from ? sum + spend.amount : sum), 0n)
            // All of the last period counts; and nothing that is older than a seventh more, but for rounding.
            expect(counted * unit).toBeGreaterThanOrEqual(within(now - period))
            const late = now - period - (period + 6n) / 7n - 1n
            expect(counted * unit).toBeLessThanOrEqual(within(late) + BigInt(ledger.length) * (unit - 1n))
            if (counted * unit > within(now - period)) seen.late++
            const units = unitsOf(terms, amount)
            const free = roomAt(terms, word, units, { origin: 0n, now })
            if (free === null) {
              expect(units).toBeGreaterThan(terms.units)
              seen.refused++
              continue
            }
            expect(spentAt(terms, word, 0n, free) + units).toBeLessThanOrEqual(terms.units)
            if (free > now) {
              expect(spentAt(terms, word, 0n, free - 1n) + units).toBeGreaterThan(terms.units)
              seen.waited++
              continue
            }
            word = charged(word, units, period, now)
            ledger.push({ time: now, amount })
            for (const { time } of ledger) {
              const inPeriod = ledger.filter((spend) => spend.time >= time && spend.time < time + period)
              expect(inPeriod.reduce((sum, spend) => sum + spend.amount, 0n)).toBeLessThanOrEqual(cap)
            }
          }
        },
      ),
      { numRuns: 300 },
    )
    expect(Object.values(seen).every((count) => count > 20)).toBe(true)
  })
})

/** Eight buckets as a list, the newest first: another way to do what the contract does with one shift. */
function charged(word: bigint, units: bigint, period: bigint, now: bigint): bigint {
  const last = (word >> 24n) & (2n ** 40n - 1n)
  let buckets = Array.from({ length: 8 }, (_, index) => (word >> (64n + 24n * BigInt(index))) & 0xffffffn)
  const passed = (7n * now) / period - (7n * last) / period
  buckets = passed > 7n ? Array(8).fill(0n) : [...Array<bigint>(Number(passed)).fill(0n), ...buckets].slice(0, 8)
  buckets[0] = (buckets[0] ?? 0n) + units
  return buckets.reduce((sum, bucket, index) => sum + (bucket << (64n + 24n * BigInt(index))), now << 24n)
}
