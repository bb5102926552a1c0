import { describe, expect, test } from 'vitest'
import { handTerms, PLAIN_RULE, payRule } from '../../test/arbitraries/fused.ts'
import { TARGET } from '../../test/arbitraries/scope.ts'
import type { TaskScopeCondition, TaskScopeRule } from '../caveats/taskScope/types.ts'
import { exactCalldata, listedOn, mostOn, paysAnyToken, type TaskScopeCaveat } from './taskScope.ts'
import { isWiderScope } from './wideningScope.ts'

const equal = (word: number, operand: bigint) => ({ op: 'equal', word, operand }) as const
const oneOf = (word: number, ...operands: bigint[]) => ({ op: 'one_of', word, operands }) as const
const most = (word: number, operand: bigint) => ({ op: 'at_most', word, operand }) as const

describe('listedOn', () => {
  test.each<[string, TaskScopeCondition[], readonly bigint[] | null]>([
    ['nothing', [], null],
    ['another word', [equal(0, 7n), oneOf(2, 7n)], null],
    ['a maximum', [most(1, 7n)], null],
    ['one value', [equal(0, 7n), equal(1, 5n)], [5n]],
    ['a list', [oneOf(0, 7n), oneOf(1, 5n, 6n)], [5n, 6n]],
    ['the first of two', [oneOf(1, 5n, 6n), equal(1, 5n)], [5n, 6n]],
    ['what stands behind a maximum', [most(1, 9n), equal(1, 5n)], [5n]],
  ])('behavior: %s', (_, conditions, listed) => {
    expect(listedOn(conditions, 1)).toEqual(listed)
  })
})

describe('mostOn', () => {
  test.each<[string, TaskScopeCondition[], bigint | null]>([
    ['nothing', [], null],
    ['another word', [most(0, 7n), most(2, 7n)], null],
    ['one value', [equal(1, 7n)], null],
    ['its own, behind another word', [most(0, 9n), most(1, 5n)], 5n],
    ['its own, behind one value', [equal(1, 7n), most(1, 5n)], 5n],
    ['none at all', [most(1, 0n)], 0n],
  ])('behavior: %s', (_, conditions, bound) => {
    expect(mostOn(conditions, 1)).toBe(bound)
  })
})

describe('exactCalldata', () => {
  const rule = (length: number, conditions: TaskScopeCondition[], longer = false): TaskScopeRule => {
    return { ...PLAIN_RULE, target: TARGET, selector: '0x12345678', length, longer, conditions }
  }
  const word = (value: bigint) => value.toString(16).padStart(64, '0')
  test.each<[string, TaskScopeRule, string | null]>([
    ['native coin', { ...rule(0, []), selector: '0x' }, '0x'],
    ['no arguments', rule(4, []), '0x12345678'],
    ['one word', rule(36, [equal(0, 5n)]), `0x12345678${word(5n)}`],
    ['two words', rule(68, [equal(1, 6n), oneOf(0, 5n)]), `0x12345678${word(5n)}${word(6n)}`],
    ['a word left open', rule(68, [equal(0, 5n)]), null],
    ['one of two values', rule(36, [oneOf(0, 5n, 6n)]), null],
    ['longer than that', rule(36, [equal(0, 5n)], true), null],
    ['a part of a word', rule(37, [equal(0, 5n)]), null],
    ['a part of a word less', rule(35, [equal(0, 5n)]), null],
  ])('behavior: %s', (_, asked, data) => {
    expect(exactCalldata(asked)).toBe(data)
  })
})

describe('paysAnyToken', () => {
  test('default', () => {
    expect(paysAnyToken({ ...payRule, conditions: [] })).toBe(true)
    expect(paysAnyToken({ ...payRule, conditions: [equal(1, 5n)] })).toBe(true)
    expect(paysAnyToken({ ...payRule, conditions: [equal(0, 5n)] })).toBe(false)
    expect(paysAnyToken({ ...payRule, conditions: [], selector: '0x12345678' })).toBe(false)
  })
})

describe('isWiderScope', () => {
  const scope = (...rules: TaskScopeCondition[][]) =>
    handTerms({ rules: rules.map((conditions) => ({ ...payRule, conditions })) }) as TaskScopeCaveat
  test.each<[string, TaskScopeCondition[], TaskScopeCondition[][], boolean]>([
    ['nothing said, below a list', [], [[equal(0, 1n)]], true],
    ['nothing said, below a list beside nothing said', [], [[equal(0, 1n)], []], false],
    ['nothing said, below nothing said beside a list', [], [[], [equal(0, 1n)]], false],
    ['another value, below a list beside nothing said', [equal(0, 2n)], [[equal(0, 1n)], []], false],
    ['nothing said, below a maximum', [], [[most(0, 5n)]], true],
    ['nothing said, below a maximum beside nothing said', [], [[most(0, 5n)], []], false],
    ['a list below a maximum, one value above it', [oneOf(0, 5n, 6n)], [[most(0, 5n)]], true],
    ['a list below two maxima', [oneOf(0, 5n, 6n)], [[most(0, 5n)], [most(0, 6n)]], false],
  ])('behavior: %s', (_, child, parent, wider) => {
    expect(isWiderScope(scope(child), scope(...parent))).toBe(wider)
  })
})
