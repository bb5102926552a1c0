import { describe, expect, test } from 'vitest'
import { draft, empty, environment, noValue, spend, targets } from '../../test/arbitraries/drafts.ts'
import { handCaveat, handTerms, PLAIN_RULE, payRule } from '../../test/arbitraries/fused.ts'
import { act, plan } from '../../test/arbitraries/plan.ts'
import { DAI, PAYEES, TARGET, USDC } from '../../test/arbitraries/scope.ts'
import { codeOf } from '../../test/codes.ts'
import type { KnownCaveat } from '../caveats/codec.ts'
import type { TaskScopeRule } from '../caveats/taskScope/types.ts'
import type { Hex } from '../primitives/hex.ts'
import { inspectContradictions } from './contradictions.ts'
import { PERMIT2 } from './dangers.ts'
import { OPEN_DELEGATE } from './guardScope.ts'
import { inspectLinks } from './inspect.ts'
import { linksOf } from './links.ts'
import { selectorsOf, targetsOf } from './reach.ts'
import { exactCalldata } from './taskScope.ts'
import { isWiderScope } from './wideningScope.ts'

/** Caveats that hold a whole scope beside the others: several rules, of which only some are of the kind that counts. */

const APPROVE: Hex = '0x095ea7b3'
const TRANSFER: Hex = '0xa9059cbb'
const call: TaskScopeRule = { ...PLAIN_RULE, target: TARGET, selector: '0x12345678', length: 68 }
const plain: TaskScopeRule = { ...PLAIN_RULE, target: PAYEES[0], selector: '0x', length: 0, maxValue: 7n }
const allowed: TaskScopeRule = { ...call, allowance: { token: DAI, amountWord: 1 } }
const of = (...rules: TaskScopeRule[]) => handTerms({ rules, maxExecutions: 3 })

describe('targetsOf, selectorsOf', () => {
  const table: [string, TaskScopeRule[], readonly Hex[], readonly Hex[] | null][] = [
    ['a payment', [payRule], [USDC], [TRANSFER]],
    ['two rules', [payRule, call], [USDC, TARGET], [TRANSFER, '0x12345678']],
    ['an allowance', [allowed], [TARGET, DAI], ['0x12345678', APPROVE]],
    ['an allowance beside none', [payRule, allowed], [USDC, TARGET, DAI], [TRANSFER, '0x12345678', APPROVE]],
    ['a plain payment', [plain], [PAYEES[0]], null],
    ['a plain payment first', [plain, call], [PAYEES[0], TARGET], null],
    ['a plain payment last', [call, plain], [TARGET, PAYEES[0]], null],
  ]
  test.each(table)('behavior: of %s', (_, rules, targetsOfThem, selectors) => {
    expect(targetsOf(of(...rules))).toEqual([targetsOfThem])
    expect(selectorsOf(of(...rules))).toEqual(selectors === null ? [] : [selectors])
  })
})

describe('exactCalldata', () => {
  const fixed = (word: number, operand: bigint) => ({ op: 'equal', word, operand }) as const
  const table: [string, Partial<TaskScopeRule>, Hex | null][] = [
    ['a plain payment', plain, '0x'],
    ['a function without arguments', { length: 4 }, '0x12345678'],
    ['a function without arguments, with more behind', { length: 4, longer: true }, null],
    ['a byte more than the selector', { length: 5 }, null],
    ['one word', { length: 36, conditions: [fixed(0, 7n)] }, `0x12345678${'7'.padStart(64, '0')}`],
    ['one word and a byte', { length: 37, conditions: [fixed(0, 7n)] }, null],
    [
      'two words, the last one first',
      { conditions: [fixed(1, 8n), fixed(0, 7n)] },
      `0x12345678${'7'.padStart(64, '0')}${'8'.padStart(64, '0')}`,
    ],
    ['two words, one of them open', { conditions: [fixed(0, 7n)] }, null],
    ['two words, the first one open', { conditions: [fixed(1, 7n)] }, null],
    ['a word of two values', { length: 36, conditions: [{ op: 'one_of', word: 0, operands: [7n, 8n] }] }, null],
  ]
  test.each(table)('behavior: %s', (_, change, expected) => {
    expect(exactCalldata({ ...call, ...change })).toBe(expected)
  })
})

describe('inspectContradictions', () => {
  const codesOf = (...all: KnownCaveat[]) => {
    const codes: string[] = []
    inspectContradictions(all, (code) => codes.push(code))
    return codes
  }

  test('behavior: single calls leave what needs no allowance', () => {
    const single = handTerms({ rules: [call], maxExecutions: 0 })
    expect(codesOf(of(allowed), single)).toEqual(['compile.disjoint'])
    expect(codesOf(of(allowed, allowed), single)).toEqual(['compile.disjoint'])
    expect(codesOf(of(call, allowed), single)).toEqual([])
    expect(codesOf(of(allowed, call), single)).toEqual([])
    expect(codesOf(of(call), single)).toEqual([])
    expect(codesOf(of(allowed), of(call))).toEqual([])
  })
})

describe('inspectLinks', () => {
  const keyed = handCaveat({ requestKey: PAYEES[1] })
  const opened = (...caveats: (KnownCaveat | typeof keyed)[]) => {
    const link = { ...draft(caveats), delegate: OPEN_DELEGATE }
    return inspectLinks(linksOf([link]), environment).filter(({ code }) => code === 'compile.open_delegate').length
  }

  test('behavior: one key among the caveats is enough for whoever submits, wherever it stands', () => {
    expect(opened(keyed)).toBe(0)
    expect(opened(keyed, noValue)).toBe(0)
    expect(opened(noValue, keyed)).toBe(0)
    expect(opened(targets(USDC), keyed, spend)).toBe(0)
    expect(opened(noValue)).toBe(1)
    expect(opened(handCaveat(), noValue)).toBe(1)
    expect(opened(empty)).toBe(1)
  })
})

describe('guardScope', () => {
  test('error: the token of an allowance is refused at its place in the scope', () => {
    for (const [token, code] of [
      [environment.manager, 'compile.target_is_manager'],
      [PERMIT2, 'compile.forbidden_target'],
    ] as const) {
      const rule = act({ allowance: { asset: token, amount: 'amount' }, acknowledge: ['target:permit2'] })
      const assets = { [token]: { symbol: 'M', decimals: 1 } }
      const error = codeOf(() => plan([rule], { assets }, { lowering: 'fused' }))
      expect(error.code).toBe(code)
      expect(error.details).toMatchObject({ pointer: '/rules/0/allowance/asset', target: token })
      expect(error.fix).toBe('Name another contract: this one cannot be acknowledged.')
    }
  })
})

describe('isWiderScope', () => {
  const first = (...operands: bigint[]): TaskScopeRule => ({
    ...call,
    conditions: [{ op: 'one_of', word: 0, operands }],
  })
  const most = (operand: bigint): TaskScopeRule => ({ ...call, conditions: [{ op: 'at_most', word: 0, operand }] })
  const table: [string, TaskScopeRule, TaskScopeRule[], boolean][] = [
    ['open, under a list', call, [first(1n)], true],
    ['open, under two lists', call, [first(1n), first(2n)], true],
    ['open, where one above is open too', call, [first(1n), call], false],
    ['open, where one above is open too, in the other order', call, [call, first(1n)], false],
    ['a value of one of two lists', first(2n), [first(1n), first(2n)], false],
    ['a value of no list', first(3n), [first(1n), first(2n)], true],
    ['a value of no list, where one above has a maximum', first(3n), [first(1n), most(5n)], false],
    ['open, under two maxima', call, [most(1n), most(5n)], true],
    ['a maximum under the higher of two', most(5n), [most(1n), most(5n)], false],
    ['a maximum above both', most(6n), [most(1n), most(5n)], true],
    ['a maximum, where one above is open', most(6n), [most(1n), call], false],
  ]
  test.each(table)('behavior: %s', (_, own, wide, expected) => {
    expect(isWiderScope(of(own), of(...wide))).toBe(expected)
  })
})
