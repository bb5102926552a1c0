import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyTaskScope } from '../../../test/arbitraries/taskScopeCaveat.ts'
import { codeOf } from '../../../test/codes.ts'
import { packTerms } from '../../../test/vectors/taskScope/pack.ts'
import type { Hex } from '../../primitives/hex.ts'
import type { CaveatErrorCode } from '../errors.ts'
import { shiftOf } from './budgets.ts'
import { taskScope } from './terms.ts'
import type { TaskScopeBudget, TaskScopeCharge, TaskScopeCondition, TaskScopeRule, TaskScopeTerms } from './types.ts'

const WHO: Hex = `0x${'a1'.repeat(20)}`
const ZERO: Hex = `0x${'00'.repeat(20)}`
const MAX = 2n ** 256n - 1n

const RULE: TaskScopeRule = {
  target: WHO,
  selector: '0xa9059cbb',
  length: 68,
  longer: false,
  maxValue: 0n,
  conditions: [],
  charges: [],
  allowance: null,
  measured: null,
}
const BUDGET: TaskScopeBudget = { window: 'rolling', period: 60n, cap: 200n, threshold: null }
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
  budgets: [BUDGET],
  rules: [RULE],
}

type Change = Partial<TaskScopeTerms>
type Details = Readonly<Record<string, unknown>>
const encode = (change: Change): Hex => taskScope.encode({ kind: 'taskScope', ...TERMS, ...change })
const rule = (change: object): Change => ({ rules: [{ ...RULE, ...change } as TaskScopeRule] })
const budget = (change: object): Change => ({ budgets: [{ ...BUDGET, ...change } as TaskScopeBudget] })
const condition = (change: object): Change => rule({ conditions: [change as TaskScopeCondition] })
const charge = (change: object): Change =>
  rule({ charges: [{ budget: 0, source: 'count', weight: 1n, ...change } as TaskScopeCharge] })
const measured = { asset: 'native' as const, account: WHO }
const allowed = { token: WHO, amountWord: 0 }

describe('taskScope', () => {
  test('default: what is written is the table’s bytes and is read back', () => {
    fc.assert(
      fc.property(anyTaskScope(), (terms) => {
        const bytes = taskScope.encode(terms)
        expect(bytes).toBe(packTerms(terms))
        expect(taskScope.decode(bytes)).toEqual(terms)
      }),
      { numRuns: 300 },
    )
  })

  /** The last that fits and the first that does not. */
  const bounds: [string, Change, Change, CaveatErrorCode, Details][] = [
    [
      'times',
      { notBefore: 0n, expiry: 2n ** 40n - 1n },
      { expiry: 2n ** 40n },
      'caveats.out_of_range',
      { field: 'expiry', bits: 40 },
    ],
    [
      'a time before all',
      { notBefore: 0n },
      { notBefore: -1n },
      'caveats.out_of_range',
      { field: 'notBefore', bits: 40 },
    ],
    [
      'a start of 41 bits',
      { notBefore: 2n ** 40n - 2n, expiry: 2n ** 40n - 1n },
      { notBefore: 2n ** 40n, expiry: 2n ** 40n - 1n },
      'caveats.out_of_range',
      { field: 'notBefore' },
    ],
    ['an expiry', { expiry: 6n }, { expiry: 5n }, 'caveats.unsatisfiable', { notBefore: '5', expiry: '5' }],
    ['an expiry before the start', { expiry: 7n }, { expiry: 4n }, 'caveats.unsatisfiable', { expiry: '4' }],
    [
      'executions',
      { maxExecutions: 255 },
      { maxExecutions: 256 },
      'caveats.out_of_range',
      { field: 'maxExecutions', least: 0, most: 255 },
    ],
    ['no executions', { maxExecutions: 0 }, { maxExecutions: -1 }, 'caveats.out_of_range', { field: 'maxExecutions' }],
    ['whole executions', { maxExecutions: 1 }, { maxExecutions: 1.5 }, 'caveats.out_of_range', { value: '1.5' }],
    ['a group', {}, { group: `${TERMS.group}00` }, 'caveats.wrong_length', { field: 'group', bytes: 9, expected: 8 }],
    ['a guardian', { guardian: WHO }, { guardian: ZERO }, 'caveats.zero', { field: 'guardian' }],
    ['a guardian in lower case', { guardian: WHO }, { guardian: WHO.replace('a', 'A') as Hex }, 'caveats.not_hex', {}],
    [
      'a short guardian',
      { guardian: WHO },
      { guardian: '0x01' },
      'caveats.wrong_length',
      { field: 'guardian', expected: 20 },
    ],
    ['a key', { requestKey: WHO }, { requestKey: ZERO }, 'caveats.zero', { field: 'requestKey' }],
    [
      'a confirmer',
      { confirmer: WHO, ...budget({ threshold: 0n }) },
      { confirmer: ZERO, ...budget({ threshold: 0n }) },
      'caveats.zero',
      { field: 'confirmer' },
    ],
    ['a redeemer', { redeemers: [WHO] }, { redeemers: [WHO, ZERO] }, 'caveats.zero', { field: 'redeemer' }],
    [
      'redeemers',
      { redeemers: Array(255).fill(WHO) },
      { redeemers: Array(256).fill(WHO) },
      'caveats.out_of_range',
      { field: 'redeemers', most: 255 },
    ],
    [
      'calls',
      { calls: { max: 1n, period: null } },
      { calls: { max: 0n, period: null } },
      'caveats.zero',
      { field: 'calls' },
    ],
    [
      'many calls',
      { calls: { max: 2n ** 24n - 1n, period: null } },
      { calls: { max: 2n ** 24n, period: null } },
      'caveats.out_of_range',
      { field: 'calls', bits: 24 },
    ],
    [
      'a period of calls',
      { calls: { max: 1n, period: 1n } },
      { calls: { max: 1n, period: 0n } },
      'caveats.zero',
      { field: 'period' },
    ],
    [
      'a long period of calls',
      { calls: { max: 1n, period: 2n ** 32n - 1n } },
      { calls: { max: 1n, period: 2n ** 32n } },
      'caveats.out_of_range',
      { field: 'period', bits: 32 },
    ],

    [
      'budgets',
      { budgets: Array(255).fill(BUDGET) },
      { budgets: Array(256).fill(BUDGET) },
      'caveats.out_of_range',
      { field: 'budgets', least: 0, most: 255 },
    ],
    [
      'a budget to confirm',
      { confirmer: WHO, ...budget({ threshold: 0n }) },
      { confirmer: WHO, budgets: [] },
      'caveats.out_of_range',
      { field: 'budgets', least: 1 },
    ],
    ['a window', budget({ window: 'fixed' }), budget({ window: 'daily' }), 'caveats.out_of_range', { window: 'daily' }],
    [
      'a lifetime',
      budget({ window: 'lifetime', period: null }),
      budget({ window: 'lifetime' }),
      'caveats.unsatisfiable',
      { window: 'lifetime', period: '60' },
    ],
    [
      'a window’s period',
      budget({}),
      budget({ period: null }),
      'caveats.unsatisfiable',
      { window: 'rolling', period: 'null' },
    ],
    [
      'a fixed window’s period',
      budget({ window: 'fixed', period: 1n }),
      budget({ window: 'fixed', period: 0n }),
      'caveats.zero',
      { field: 'period' },
    ],
    [
      'a period',
      budget({ period: 2n ** 32n - 1n }),
      budget({ period: 2n ** 32n }),
      'caveats.out_of_range',
      { field: 'period', bits: 32 },
    ],
    ['a cap', budget({ cap: 1n }), budget({ cap: 0n }), 'caveats.zero', { field: 'cap' }],
    [
      'a large cap',
      budget({ cap: 2n ** 112n - 1n }),
      budget({ cap: 2n ** 112n }),
      'caveats.out_of_range',
      { field: 'cap', bits: 112 },
    ],
    [
      'a threshold',
      { confirmer: WHO, ...budget({ threshold: 200n }) },
      { confirmer: WHO, ...budget({ threshold: 201n }) },
      'caveats.unsatisfiable',
      { threshold: '201', cap: '200' },
    ],
    [
      'a threshold of nothing',
      { confirmer: WHO, ...budget({ threshold: 0n }) },
      { confirmer: WHO, ...budget({ threshold: -1n }) },
      'caveats.out_of_range',
      { field: 'threshold', bits: 112 },
    ],
    [
      'a threshold with a confirmer',
      budget({}),
      budget({ threshold: 1n }),
      'caveats.unsatisfiable',
      { threshold: '1', confirmer: false },
    ],
    [
      'a confirmer with thresholds',
      { confirmer: WHO, ...budget({ threshold: 1n }) },
      { confirmer: WHO },
      'caveats.unsatisfiable',
      { threshold: 'null', confirmer: true },
    ],

    [
      'rules',
      { rules: Array(254).fill(RULE) },
      { rules: Array(255).fill(RULE) },
      'caveats.out_of_range',
      { field: 'rules', most: 254 },
    ],
    ['a target', rule({ target: ZERO }), rule({ target: '0x' }), 'caveats.wrong_length', { field: 'target' }],
    [
      'a selector',
      rule({ selector: '0x00000000' }),
      rule({ selector: '0x000000' }),
      'caveats.wrong_length',
      { field: 'selector', expected: 4 },
    ],
    [
      'a length',
      rule({ length: 4 }),
      rule({ length: 3 }),
      'caveats.out_of_range',
      { field: 'length', least: 4, most: 65_535 },
    ],
    ['a long length', rule({ length: 65_535 }), rule({ length: 65_536 }), 'caveats.out_of_range', { field: 'length' }],
    [
      'no calldata',
      rule({ selector: '0x', length: 0 }),
      rule({ selector: '0x', length: 1 }),
      'caveats.out_of_range',
      { field: 'length', most: 0 },
    ],
    [
      'no calldata and no more',
      rule({ longer: true }),
      rule({ selector: '0x', length: 0, longer: true }),
      'caveats.unsatisfiable',
      {},
    ],
    [
      'a value',
      rule({ maxValue: 2n ** 96n - 1n }),
      rule({ maxValue: 2n ** 96n }),
      'caveats.out_of_range',
      { field: 'maxValue', bits: 96 },
    ],
    [
      'a token',
      rule({ allowance: { ...allowed, token: ZERO } }),
      rule({ allowance: { ...allowed, token: '0x' } }),
      'caveats.wrong_length',
      { field: 'token' },
    ],
    [
      'a spender',
      rule({ allowance: allowed }),
      rule({ allowance: allowed, target: ZERO }),
      'caveats.zero',
      { field: 'target' },
    ],
    [
      'an amount’s word',
      rule({ allowance: { ...allowed, amountWord: 1 } }),
      rule({ allowance: { ...allowed, amountWord: 2 } }),
      'caveats.unsatisfiable',
      { word: 2, length: 68, atLeast: 100 },
    ],
    [
      'executions of an allowance',
      { ...rule({ allowance: allowed }), maxExecutions: 3 },
      { ...rule({ allowance: allowed }), maxExecutions: 2 },
      'caveats.unsatisfiable',
      {},
    ],
    [
      'a measured account',
      rule({ ...charge({ source: 'balance' }).rules?.[0], measured }),
      rule({ ...charge({ source: 'balance' }).rules?.[0], measured: { ...measured, account: ZERO } }),
      'caveats.zero',
      { field: 'account' },
    ],
    [
      'a measured asset',
      rule({ ...charge({ source: 'balance' }).rules?.[0], measured: { ...measured, asset: WHO } }),
      rule({ ...charge({ source: 'balance' }).rules?.[0], measured: { ...measured, asset: ZERO } }),
      'caveats.zero',
      { field: 'asset' },
    ],
    ['an account for a balance', charge({}), charge({ source: 'balance' }), 'caveats.unsatisfiable', {}],
    ['a balance for an account', rule({}), rule({ measured }), 'caveats.unsatisfiable', {}],
    [
      'a measured rule alone',
      rule({ ...charge({ source: 'balance' }).rules?.[0], measured }),
      {
        ...rule({ ...charge({ source: 'balance' }).rules?.[0], measured }),
        confirmer: WHO,
        ...budget({ threshold: 1n }),
      },
      'caveats.unsatisfiable',
      {},
    ],
    [
      'conditions',
      rule({ conditions: Array(255).fill({ op: 'equal', word: 0, operand: 0n }) }),
      rule({ conditions: Array(256).fill({ op: 'equal', word: 0, operand: 0n }) }),
      'caveats.out_of_range',
      { field: 'conditions', most: 255 },
    ],
    [
      'charges',
      rule({ charges: Array(255).fill({ budget: 0, source: 'count', weight: 1n }) }),
      rule({ charges: Array(256).fill({ budget: 0, source: 'count', weight: 1n }) }),
      'caveats.out_of_range',
      { field: 'charges', most: 255 },
    ],
    // 8 conditions of 4 + 255 · 32 bytes are 65,312; 223 more is what the length of a rule still says.
    [
      'the bytes of a rule',
      rule({ conditions: [...Array(8).fill(largest()), ...filling(223)] }),
      rule({ conditions: [...Array(8).fill(largest()), ...filling(224)] }),
      'caveats.out_of_range',
      { field: 'bytes of the rule', most: 65_535 },
    ],

    [
      'a word',
      condition({ op: 'equal', word: 1, operand: 0n }),
      condition({ op: 'equal', word: 2, operand: 0n }),
      'caveats.unsatisfiable',
      { word: 2 },
    ],
    [
      'a word that just fits',
      rule({ length: 36, conditions: [{ op: 'equal', word: 0, operand: 0n }] }),
      rule({ length: 35, conditions: [{ op: 'equal', word: 0, operand: 0n }] }),
      'caveats.unsatisfiable',
      { atLeast: 36 },
    ],
    [
      'the last word',
      rule({ length: 9_000, conditions: [{ op: 'equal', word: 252, operand: 0n }] }),
      rule({ length: 9_000, conditions: [{ op: 'equal', word: 253, operand: 0n }] }),
      'caveats.out_of_range',
      { field: 'word', least: 0, most: 252 },
    ],
    [
      'an operation',
      condition({ op: 'equal', word: 0, operand: 0n }),
      condition({ op: 'over', word: 0, operand: 0n }),
      'caveats.out_of_range',
      { operation: 'over' },
    ],
    ...(['equal', 'at_most', 'length_at_most'] as const).map(
      (op): [string, Change, Change, CaveatErrorCode, Details] => [
        `${op} a word`,
        condition({ op, word: 0, operand: MAX }),
        condition({ op, word: 0, operand: MAX + 1n }),
        'caveats.out_of_range',
        { field: 'operand', bits: 256 },
      ],
    ),
    ...(['not_equal', 'at_least'] as const).flatMap((op): [string, Change, Change, CaveatErrorCode, Details][] => [
      [
        `${op} a word`,
        condition({ op, word: 0, width: 0, left: false, operand: MAX }),
        condition({ op, word: 0, width: 0, left: false, operand: MAX + 1n }),
        'caveats.out_of_range',
        { field: 'operand' },
      ],
      [
        `${op} a width`,
        condition({ op, word: 0, width: 31, left: false, operand: 1n }),
        condition({ op, word: 0, width: 32, left: false, operand: 1n }),
        'caveats.out_of_range',
        { field: 'width', least: 0, most: 31 },
      ],
      [
        `${op} a width on the left`,
        condition({ op, word: 0, width: 1, left: true, operand: 1n }),
        condition({ op, word: 0, width: 0, left: true, operand: 1n }),
        'caveats.out_of_range',
        { field: 'width', least: 1 },
      ],
      [
        `${op} the widest on the left`,
        condition({ op, word: 0, width: 31, left: true, operand: 1n }),
        condition({ op, word: 0, width: 32, left: true, operand: 1n }),
        'caveats.out_of_range',
        { field: 'width' },
      ],
    ]),
    ...(['signed_at_most', 'signed_at_least'] as const).flatMap(
      (op): [string, Change, Change, CaveatErrorCode, Details][] => [
        [
          `${op} the largest`,
          condition({ op, word: 0, width: 0, operand: 2n ** 255n - 1n }),
          condition({ op, word: 0, width: 0, operand: 2n ** 255n }),
          'caveats.out_of_range',
          { field: 'operand', value: `${2n ** 255n}` },
        ],
        [
          `${op} the smallest`,
          condition({ op, word: 0, width: 0, operand: -(2n ** 255n) }),
          condition({ op, word: 0, width: 0, operand: -(2n ** 255n) - 1n }),
          'caveats.out_of_range',
          { field: 'operand' },
        ],
        [
          `${op} an integer`,
          condition({ op, word: 0, width: 0, operand: 1n }),
          condition({ op, word: 0, width: 0, operand: 1 }),
          'caveats.out_of_range',
          { field: 'operand' },
        ],
        [
          `${op} a width`,
          condition({ op, word: 0, width: 31, operand: 1n }),
          condition({ op, word: 0, width: 32, operand: 1n }),
          'caveats.out_of_range',
          { field: 'width', most: 31 },
        ],
      ],
    ),
    [
      'one of one',
      condition({ op: 'one_of', word: 0, operands: [0n] }),
      condition({ op: 'one_of', word: 0, operands: [] }),
      'caveats.out_of_range',
      { field: 'operands', least: 1 },
    ],
    [
      'one of many',
      condition({ op: 'one_of', word: 0, operands: Array(255).fill(1n) }),
      condition({ op: 'one_of', word: 0, operands: Array(256).fill(1n) }),
      'caveats.out_of_range',
      { field: 'operands', most: 255 },
    ],
    [
      'one of words',
      condition({ op: 'one_of', word: 0, operands: [1n, MAX] }),
      condition({ op: 'one_of', word: 0, operands: [1n, MAX + 1n] }),
      'caveats.out_of_range',
      { field: 'operand' },
    ],
    [
      'a mask',
      condition({ op: 'bits', word: 0, width: 0, left: false, mask: MAX, bits: MAX }),
      condition({ op: 'bits', word: 0, width: 0, left: false, mask: MAX + 1n, bits: 0n }),
      'caveats.out_of_range',
      { field: 'mask' },
    ],
    [
      'a mask of something',
      condition({ op: 'bits', word: 0, width: 0, left: false, mask: 1n, bits: 0n }),
      condition({ op: 'bits', word: 0, width: 0, left: false, mask: 0n, bits: 0n }),
      'caveats.zero',
      { field: 'mask' },
    ],
    [
      'bits of the mask',
      condition({ op: 'bits', word: 0, width: 0, left: false, mask: 6n, bits: 4n }),
      condition({ op: 'bits', word: 0, width: 0, left: false, mask: 6n, bits: 5n }),
      'caveats.unsatisfiable',
      { mask: '6', bits: '5' },
    ],
    [
      'bits of a word',
      condition({ op: 'bits', word: 0, width: 0, left: false, mask: 1n, bits: 1n }),
      condition({ op: 'bits', word: 0, width: 0, left: false, mask: 1n, bits: MAX + 1n }),
      'caveats.out_of_range',
      { field: 'bits' },
    ],
    [
      'the width of a mask',
      condition({ op: 'bits', word: 0, width: 31, left: true, mask: 1n, bits: 1n }),
      condition({ op: 'bits', word: 0, width: 32, left: true, mask: 1n, bits: 1n }),
      'caveats.out_of_range',
      { field: 'width' },
    ],
    [
      'a hash',
      condition({ op: 'hash', word: 0, operand: `0x${'00'.repeat(32)}` }),
      condition({ op: 'hash', word: 0, operand: `0x${'00'.repeat(31)}` }),
      'caveats.wrong_length',
      { field: 'operand', expected: 32 },
    ],

    ['a budget', charge({ budget: 0 }), charge({ budget: 1 }), 'caveats.out_of_range', { field: 'budget', most: 0 }],
    [
      'the order of charges',
      { budgets: [BUDGET, BUDGET], ...rule({ charges: [charged(0), charged(1), charged(1)] }) },
      { budgets: [BUDGET, BUDGET], ...rule({ charges: [charged(0), charged(1), charged(0)] }) },
      'caveats.not_canonical',
      { budget: 0, after: 1 },
    ],
    [
      'a charged word',
      charge({ source: { word: 1 } }),
      charge({ source: { word: 2 } }),
      'caveats.unsatisfiable',
      { word: 2 },
    ],
    [
      'a source',
      charge({ source: 'value' }),
      charge({ source: 'toString' }),
      'caveats.out_of_range',
      { source: 'toString' },
    ],
    ['a weight', charge({ weight: 1n }), charge({ weight: 0n }), 'caveats.zero', { field: 'weight' }],
    [
      'a large weight',
      charge({ weight: 2n ** 112n - 1n }),
      charge({ weight: 2n ** 112n }),
      'caveats.out_of_range',
      { field: 'weight', bits: 112 },
    ],
  ]
  test.each(bounds)('error: past %s', (_, good, bad, code, details) => {
    expect(taskScope.decode(encode(good))).toEqual({ kind: 'taskScope', ...TERMS, ...good })
    const error = codeOf(() => encode(bad))
    expect(error.code).toBe(code)
    expect(error.details).toMatchObject(details)
  })

  test('error: terms that are no bytes, and bytes with another spelling', () => {
    expect(codeOf(() => taskScope.decode('0x0' as Hex)).code).toBe('caveats.not_hex')
    const terms = encode({})
    const longer = codeOf(() => taskScope.decode(`${terms}00`))
    expect(longer.details).toEqual({ terms: `${terms}00`, canonical: terms })
    const size = (terms.length - 2) / 2
    expect(codeOf(() => taskScope.decode(terms.slice(0, -2) as Hex)).details).toMatchObject({
      bytes: size - 1,
      atLeast: size,
    })
  })
})

describe('shiftOf', () => {
  test('default: halved until 2^24 - 2 units hold the cap, where it is rolling', () => {
    const shifts: [bigint, number][] = [
      [1n, 0],
      [2n ** 24n - 2n, 0],
      [2n ** 24n - 1n, 1],
      [2n ** 25n - 3n, 1],
      [2n ** 25n - 2n, 2],
      [2n ** 112n - 1n, 89],
    ]
    for (const [cap, shift] of shifts) {
      expect(shiftOf({ window: 'rolling', cap })).toBe(shift)
      expect(shiftOf({ window: 'fixed', cap })).toBe(0)
      expect(shiftOf({ window: 'lifetime', cap })).toBe(0)
    }
  })
})

/** A condition of 4 + 255 · 32 bytes. */
function largest(): TaskScopeCondition {
  return { op: 'one_of', word: 0, operands: Array<bigint>(255).fill(MAX) }
}

/** Conditions of so many bytes, at least 28. */
function filling(bytes: number): TaskScopeCondition[] {
  const operands = (bytes - 4) >> 4
  const rest = bytes - 4 - operands * 16
  return [
    { op: 'one_of', word: 0, operands: Array<bigint>(operands - 1).fill(2n ** 127n) },
    { op: 'equal', word: 0, operand: 256n ** BigInt(rest + 16 - 4) - 1n },
  ]
}

function charged(budgetIndex: number): TaskScopeCharge {
  return { budget: budgetIndex, source: 'count', weight: 1n }
}
