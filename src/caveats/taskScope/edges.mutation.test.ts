import { describe, expect, test } from 'vitest'
import { codeOf } from '../../../test/codes.ts'
import type { Hex } from '../../primitives/hex.ts'
import { describeParts } from '../describe.ts'
import { decodeTaskScopeEvent } from './events.ts'
import { paymentOf } from './payment.ts'
import { taskScope } from './terms.ts'
import type { TaskScopeCharge, TaskScopeCondition, TaskScopeRule, TaskScopeTerms } from './types.ts'

const WHO: Hex = `0x${'a1'.repeat(20)}`
const HASH: Hex = `0x${'d1'.repeat(32)}`
/** keccak-256 of `RequestBurned(bytes32,address,uint256)` and of `Redeemed(bytes32,bytes32,uint256)`. */
const BURNED: Hex = '0x7eeccbb6076a106d91b9d01363741ebab4d9334ede4bb45e1f523ad17c0119de'
const REDEEMED: Hex = '0x9d660c24f2822a92a17ed135802216a103bd488db0a3436111dc6bf88099978f'

const RULE: TaskScopeRule = {
  target: WHO,
  selector: '0x12345678',
  length: 36,
  longer: false,
  maxValue: 0n,
  conditions: [],
  charges: [],
  allowance: null,
  measured: null,
}
const TERMS: TaskScopeTerms = {
  notBefore: 5n,
  expiry: 6n,
  maxExecutions: 3,
  group: '0x00000000000000f1',
  guardian: null,
  requestKey: null,
  confirmer: null,
  calls: null,
  redeemers: [],
  budgets: [{ window: 'lifetime', period: null, cap: 200n, threshold: null }],
  rules: [RULE],
}

/** Terms that end with the bytes of a condition. */
function ending(condition: TaskScopeCondition): Hex {
  return taskScope.encode({ kind: 'taskScope', ...TERMS, rules: [{ ...RULE, conditions: [condition] }] })
}

function partsOf(change: Partial<TaskScopeTerms>): string {
  const parts = describeParts({ kind: 'taskScope', ...TERMS, ...change })
  return parts.map(({ sentence }) => sentence).join('\n')
}

describe('taskScope', () => {
  test.each([
    ['the number before the first', '00', '0'],
    ['the number after the last', '0b', '11'],
    ['the largest number', 'ff', '255'],
  ])('error: a condition of no kind: %s', (_, byte, operation) => {
    const terms = ending({ op: 'equal', word: 0, operand: 5n })
    expect(terms.endsWith('0100000105')).toBe(true)
    const { code, details } = codeOf(() => taskScope.decode(`${terms.slice(0, -10)}${byte}00000105` as Hex))
    expect([code, details]).toEqual(['caveats.out_of_range', { operation }])
  })

  test('error: what stands on the left is one byte wide at the least', () => {
    const terms = ending({ op: 'not_equal', word: 0, width: 1, left: true, operand: 5n })
    expect(terms.endsWith('0200810105')).toBe(true)
    const { code, details } = codeOf(() => taskScope.decode(`${terms.slice(0, -10)}0200800105` as Hex))
    expect(code).toBe('caveats.out_of_range')
    expect(details).toMatchObject({ field: 'width', value: '0', least: 1 })
  })

  test('behavior: a list of zeros takes a byte for each, a single zero none', () => {
    expect(ending({ op: 'one_of', word: 0, operands: [0n] }).endsWith('0700010100')).toBe(true)
    expect(ending({ op: 'one_of', word: 0, operands: [0n, 0n] }).endsWith('070002010000')).toBe(true)
    expect(ending({ op: 'equal', word: 0, operand: 0n }).endsWith('01000000')).toBe(true)
  })
})

describe('describeParts', () => {
  test('behavior: a threshold that nobody confirms, and a confirmer of no threshold, are not told of', () => {
    const [budget] = TERMS.budgets
    const alone = partsOf({}).split('\n').slice(0, 2).join('\n')
    expect(alone).toContain('Budget 1: at most 200 base units in all')
    expect(partsOf({ confirmer: WHO })).toContain(alone)
    expect(partsOf({ budgets: [{ ...budget, threshold: 5n } as never] })).toContain(alone)
  })

  test('behavior: what each call counts is said as a number', () => {
    const counting = (weight: bigint): TaskScopeCharge[] => [{ budget: 0, source: 'count', weight }]
    for (const weight of [1n, 2n, 10n])
      expect(partsOf({ rules: [{ ...RULE, charges: counting(weight) }] })).toContain(
        `; counts ${weight} for each call against budget 1`,
      )
  })
})

describe('decodeTaskScopeEvent', () => {
  const one: Hex = `0x${'00'.repeat(31)}01`
  const key: Hex = `0x${'00'.repeat(12)}${WHO.slice(2)}`

  test('behavior: a topic that names no event, though an object has a member of that name', () => {
    expect(decodeTaskScopeEvent({ topics: [BURNED, HASH, key], data: one })).toMatchObject({ number: 1n })
    for (const name of ['toString', 'hasOwnProperty', 'constructor', '__proto__', 'valueOf'])
      expect(decodeTaskScopeEvent({ topics: [name as Hex, HASH, key], data: one }), name).toBe(null)
  })

  test('behavior: data of the right length that is no bytes', () => {
    const packed: Hex = `0x0201${'ff'.repeat(2)}${'00'.repeat(28)}`
    const data: Hex = `${one}${packed.slice(2)}`
    expect(decodeTaskScopeEvent({ topics: [REDEEMED, HASH], data })).toMatchObject({ event: 'redeemed', rule: 2 })
    for (const wrong of ['zz', 'AB', '0x', '  '])
      expect(decodeTaskScopeEvent({ topics: [REDEEMED, HASH], data: data.replace(/^0x00/, `0x${wrong}`) as Hex })).toBe(
        null,
      )
    expect(decodeTaskScopeEvent({ topics: [REDEEMED, HASH], data: `1x${data.slice(2)}` as Hex })).toBe(null)
  })

  test('behavior: each topic is one word, wherever it stands', () => {
    for (const [at, word] of [
      [1, '0x00'],
      [1, '0x'],
      [1, `${HASH}00`],
      [1, `0x${'zz'.repeat(32)}`],
      [2, '0x00'],
      [2, `${key}00`],
    ] as const) {
      const topics = ([BURNED, HASH, key] as Hex[]).toSpliced(at, 1, word as Hex)
      expect(decodeTaskScopeEvent({ topics, data: one }), `${at} ${word}`).toBe(null)
    }
  })
})

describe('paymentOf', () => {
  test('behavior: native coin is paid from one wei on, and only without calldata', () => {
    const plain = { ...RULE, selector: '0x', length: 0 } as const
    expect(paymentOf({ ...plain, maxValue: 0n })).toBe(null)
    expect(paymentOf({ ...plain, maxValue: 1n })).toMatchObject({ asset: 'native', payees: [WHO], max: 1n })
    expect(paymentOf({ ...plain, maxValue: 2n })).toMatchObject({ asset: 'native', max: 2n })
    expect(paymentOf({ ...RULE, maxValue: 1n })).toBe(null)
  })
})
