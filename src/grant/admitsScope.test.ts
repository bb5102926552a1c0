import { describe, expect, test } from 'vitest'
import { handTerms, PLAIN_RULE, payRule } from '../../test/arbitraries/fused.ts'
import { AGENT, DAI, PAYEES, TARGET, USDC } from '../../test/arbitraries/scope.ts'
import type { TaskScopeRule } from '../caveats/taskScope/types.ts'
import type { DecodedCaveat } from '../caveats/types.ts'
import { concatBytes, type Hex, uintToBytes } from '../primitives/hex.ts'
import { admits } from './admits.ts'

const word = (value: bigint) => uintToBytes(value, 32)
const callRule: TaskScopeRule = {
  ...PLAIN_RULE,
  target: TARGET,
  selector: '0x12345678',
  length: 68,
  conditions: [
    { op: 'equal', word: 0, operand: 7n },
    { op: 'one_of', word: 1, operands: [1n, 2n] },
  ],
}
const pinned: TaskScopeRule = { ...callRule, length: 36, conditions: callRule.conditions.slice(0, 1) }
const plain: TaskScopeRule = { ...PLAIN_RULE, target: PAYEES[0], selector: '0x', length: 0, maxValue: 5n }
const allowance = { ...callRule, allowance: { token: USDC, amountWord: 1 } }
const within = (wanted: DecodedCaveat, ...rules: TaskScopeRule[]) => admits([wanted], [handTerms({ rules })])
const pin = (start: bigint, value: Hex): DecodedCaveat => ({ kind: 'allowedCalldata', start, value })

describe('admits', () => {
  const table: [string, DecodedCaveat, readonly [boolean, ...TaskScopeRule[]][]][] = [
    [
      'targets',
      { kind: 'allowedTargets', targets: [TARGET, PAYEES[0]] },
      [
        [true, callRule],
        [true, callRule, plain],
        [false, callRule, payRule],
        [false, allowance],
      ],
    ],
    [
      'functions',
      { kind: 'allowedMethods', selectors: ['0x12345678'] },
      [
        [true, callRule],
        [false, payRule],
        [false, plain],
        [false, allowance],
      ],
    ],
    [
      'a pinned word',
      pin(4n, word(7n)),
      [
        [true, callRule],
        [true, callRule, pinned],
        [false, { ...callRule, conditions: callRule.conditions.slice(1) }],
        [false, { ...callRule, conditions: [{ op: 'equal', word: 0, operand: 8n }] }],
        [false, plain],
        [false, callRule, payRule],
      ],
    ],
    [
      'a selector with a word',
      pin(0n, concatBytes('0x12345678', word(7n))),
      [
        [true, callRule],
        [false, payRule],
      ],
    ],
    [
      'half a selector',
      pin(0n, '0x1234'),
      [
        [true, callRule],
        [false, payRule],
      ],
    ],
    [
      'a part of a word',
      pin(35n, '0x07'),
      [
        [true, callRule],
        [false, { ...callRule, conditions: [] }],
      ],
    ],
    [
      'over two words',
      pin(35n, '0x0700'),
      [
        [false, callRule],
        [
          true,
          { ...callRule, conditions: [...callRule.conditions.slice(0, 1), { op: 'equal', word: 1, operand: 2n }] },
        ],
      ],
    ],
    ['one of several is not fixed', pin(36n, word(1n)), [[false, callRule]]],
    ['bytes behind the calldata', pin(36n, word(1n)), [[false, pinned]]],
    [
      'exact calldata',
      { kind: 'exactCalldata', data: concatBytes('0x12345678', word(7n)) },
      [
        [true, pinned],
        [false, { ...pinned, longer: true }],
        [false, callRule],
      ],
    ],
    [
      'no calldata',
      { kind: 'exactCalldata', data: '0x' },
      [
        [true, plain],
        [false, plain, pinned],
      ],
    ],
    [
      'value',
      { kind: 'valueLte', max: 5n },
      [
        [true, plain, callRule],
        [false, { ...plain, maxValue: 6n }],
      ],
    ],
    [
      'a token for life',
      { kind: 'erc20TransferAmount', token: USDC, limit: 1n },
      [
        [true, payRule],
        [false, payRule, callRule],
        [false, { ...payRule, target: DAI }],
        [false, { ...payRule, selector: '0x12345678' }],
        [false, { ...payRule, longer: true }],
        [false, { ...payRule, length: 100 }],
      ],
    ],
    [
      'a token by period',
      { kind: 'erc20PeriodTransfer', token: USDC, amount: 1n, duration: 1n, start: 1n },
      [
        [true, payRule],
        [false, { ...payRule, target: DAI }],
      ],
    ],
    ['what is not about the call', { kind: 'redeemer', redeemers: [AGENT] }, [[true, allowance]]],
    ['what nobody compares', { kind: 'id', id: 1n }, [[false, callRule]]],
  ]
  test.each(table)('behavior: rules of one caveat within %s', (_, wanted, cases) => {
    for (const [expected, ...rules] of cases)
      expect(
        within(wanted, ...rules),
        JSON.stringify(rules, (_, v) => `${v}`),
      ).toBe(expected)
  })

  test('behavior: a whole scope above is compared by its scope; another caveat beside still counts', () => {
    const child: DecodedCaveat[] = [{ kind: 'allowedTargets', targets: [TARGET] }]
    expect(admits([handTerms()], child)).toBe(true)
    expect(admits([handTerms(), { kind: 'valueLte', max: 0n }], child)).toBe(false)
    // Beside the rules another caveat of the child may hold what they leave open.
    const open = handTerms({ rules: [callRule, payRule] })
    const targets: DecodedCaveat = { kind: 'allowedTargets', targets: [TARGET] }
    expect(admits([targets], [open])).toBe(false)
    expect(admits([targets], [open, targets])).toBe(true)
  })
})
