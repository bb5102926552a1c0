import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyTaskScope } from '../../../test/arbitraries/taskScopeCaveat.ts'
import { describeCaveat, describeParts } from '../describe.ts'
import type { DescribeOptions } from '../description.ts'
import type { TaskScopeBudget, TaskScopeCondition, TaskScopeRule, TaskScopeTerms } from './types.ts'

const USDC = '0x833589fcd6edb6e08f4c7c32d4f71b54bda02913'
const SHOWN_USDC = '0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913'
const DAI = '0x00000000000000000000000000000000000000da'
const SHOWN_DAI = '0x00000000000000000000000000000000000000DA'
const PAYEE = '0x00000000000000000000000000000000000000aa'
const SHOWN = '0x00000000000000000000000000000000000000AA'
const OTHER = '0x00000000000000000000000000000000000000bb'
const SHOWN_OTHER = '0x00000000000000000000000000000000000000bb'
const START = 1_795_132_800n
const DAY = 86_400n
const options: DescribeOptions = {
  assets: { [USDC]: { symbol: 'USDC', decimals: 6 }, [DAI]: { symbol: 'DAI', decimals: 18 } },
}

const TRANSFER: TaskScopeRule = {
  target: USDC,
  selector: '0xa9059cbb',
  length: 68,
  longer: false,
  maxValue: 0n,
  conditions: [
    { op: 'one_of', word: 0, operands: [BigInt(PAYEE), BigInt(OTHER)] },
    { op: 'at_most', word: 1, operand: 50_000_000n },
  ],
  charges: [{ budget: 0, source: { word: 1 }, weight: 1n }],
  allowance: null,
  measured: null,
}
const CALL: TaskScopeRule = { ...TRANSFER, target: PAYEE, selector: '0x12345678', conditions: [], charges: [] }
const ROLLING: TaskScopeBudget = { window: 'rolling', period: DAY, cap: 200_000_000n, threshold: null }
const TERMS: TaskScopeTerms = {
  notBefore: START,
  expiry: START + 30n * DAY,
  maxExecutions: 0,
  group: '0x0000000000000001',
  guardian: OTHER,
  requestKey: null,
  confirmer: null,
  calls: null,
  redeemers: [],
  budgets: [ROLLING],
  rules: [TRANSFER],
}

function sentencesOf(terms: Partial<TaskScopeTerms>): string[] {
  return describeParts({ kind: 'taskScope', ...TERMS, ...terms }, options).map(({ sentence }) => sentence)
}

/** The sentence about one rule, without its number. */
function ruleText(rule: Partial<TaskScopeRule>, base: TaskScopeRule = CALL): string {
  return sentencesOf({ rules: [{ ...base, ...rule }] })[0]?.replace('Rule 1: ', '') ?? ''
}

function budgetText(budget: Partial<TaskScopeBudget>, terms: Partial<TaskScopeTerms> = {}): string | undefined {
  return sentencesOf({ budgets: [{ ...ROLLING, ...budget }], ...terms }).find((text) => text.startsWith('Budget 1: '))
}

function warningsOf(terms: Partial<TaskScopeTerms>): readonly string[] {
  return describeParts({ kind: 'taskScope', ...TERMS, ...terms }, options).flatMap(({ warnings }) => warnings)
}

const CALL_TEXT = `Call the function 0x12345678 of ${SHOWN} with 68 bytes of calldata`

describe('describeParts', () => {
  test('default: one sentence a part, of the terms alone', () => {
    expect(sentencesOf({})).toEqual([
      `Rule 1: Pay at most 50 USDC (token ${SHOWN_USDC}) to ${SHOWN} or ${SHOWN_OTHER}, without native coin; counts its amount, as declared by the call, against budget 1`,
      `Budget 1: at most 200 USDC (token ${SHOWN_USDC}) in any interval of 1 day`,
      'One call in each redemption',
      'Not before 20 Nov 2026 00:00 UTC. Expires 20 Dec 2026 00:00 UTC',
      `Until the delegator or ${SHOWN_OTHER} ends the group 0x0000000000000001, for ever`,
    ])
    expect(warningsOf({})).toEqual([])
  })

  test('behavior: a caveat of another kind has one part', () => {
    const caveat = { kind: 'limitedCalls', limit: 1n } as const
    expect(describeParts(caveat)).toEqual([describeCaveat(caveat)])
    expect(describeParts(null as never)).toEqual([describeCaveat(null as never)])
    const broken = { kind: 'taskScope', ...TERMS, rules: null } as never
    expect(describeParts(broken)).toEqual([describeCaveat(broken)])
  })

  test('behavior: the parts in one text, each warning once, cut where it is too long to read', () => {
    const { sentence, warnings } = describeCaveat({ kind: 'taskScope', ...TERMS, rules: [CALL, CALL] }, options)
    expect(sentence).toBe(sentencesOf({ rules: [CALL, CALL] }).join('. '))
    expect(warnings).toEqual(['No rule counts against budget 1.'])
    const long = describeCaveat({ kind: 'taskScope', ...TERMS, rules: Array(254).fill(TRANSFER) })
    expect(long.sentence.length).toBe(4_001)
    expect(long.warnings).toEqual(['Only the beginning is shown.'])
  })

  test('behavior: what is there is said, and what is not is not', () => {
    const all = sentencesOf({
      maxExecutions: 10,
      guardian: null,
      requestKey: PAYEE,
      confirmer: OTHER,
      calls: { max: 20n, period: DAY },
      redeemers: [PAYEE, OTHER],
      budgets: [{ ...ROLLING, threshold: 25_000_000n }],
    })
    expect(all.slice(2)).toEqual([
      'At most 20 calls every 1 day, counted from 20 Nov 2026 00:00 UTC: around the boundary of two windows twice as much',
      'Batches of up to 10 calls in each redemption, or one call',
      'Not before 20 Nov 2026 00:00 UTC. Expires 20 Dec 2026 00:00 UTC',
      'Until the delegator ends the group 0x0000000000000001, for ever',
      `Only what ${SHOWN} signs, each request once and until its deadline`,
      `Only redeemed by ${SHOWN} or ${SHOWN_OTHER}`,
      `What is above a threshold waits for the signature of ${SHOWN_OTHER}`,
    ])
    expect(sentencesOf({ calls: { max: 1n, period: null } })[2]).toBe('At most 1 call in all')
    expect(sentencesOf({ rules: [], budgets: [] })[0]).toBe('Nothing may be called: there is no rule')
    expect(warningsOf({ guardian: null })).toEqual(['No guardian can end it.'])
    const named = describeParts({ kind: 'taskScope', ...TERMS }, { ...options, principalName: 'you' })
    expect(named.at(-1)?.sentence).toMatch(/^Until you or 0x/)
  })

  const TAIL = ', without native coin; counts against no budget'
  const rules: [string, string, string][] = [
    [
      'native coin',
      ruleText({ selector: '0x', length: 0, maxValue: 5n * 10n ** 17n }),
      `Pay at most 0.5 native coin to ${SHOWN}; counts against no budget`,
    ],
    ['empty calldata', ruleText({ selector: '0x', length: 0 }), `Call ${SHOWN} with no calldata${TAIL}`],
    [
      'a transfer of any amount',
      ruleText({ conditions: [{ op: 'equal', word: 0, operand: BigInt(PAYEE) }], charges: [] }, TRANSFER),
      `Pay any amount of USDC (token ${SHOWN_USDC}) to ${SHOWN}${TAIL}`,
    ],
    [
      'a transfer of one amount to anyone',
      ruleText({ conditions: [{ op: 'equal', word: 1, operand: 7n }], charges: [] }, { ...TRANSFER, target: OTHER }),
      `Pay exactly 7 base units (token ${SHOWN_OTHER}) to anyone${TAIL}`,
    ],
    [
      'what a transfer also has to be',
      ruleText(
        {
          conditions: [
            ...TRANSFER.conditions,
            { op: 'at_most', word: 1, operand: 5n },
            { op: 'equal', word: 0, operand: 1n },
          ],
          charges: [],
          maxValue: 1n,
        },
        TRANSFER,
      ),
      `Pay at most 50 USDC (token ${SHOWN_USDC}) to ${SHOWN} or ${SHOWN_OTHER}, with at most 0.000000000000000001 native coin, where word 2 is at most 5 and word 1 is 1; counts against no budget`,
    ],
    [
      'a payee that is none',
      ruleText({ conditions: [{ op: 'equal', word: 0, operand: 2n ** 160n }], charges: [] }, TRANSFER),
      `Pay any amount of USDC (token ${SHOWN_USDC}) to anyone${TAIL.replace(';', `, where word 1 is 0x${'00'.repeat(11)}01${'00'.repeat(20)};`)}`,
    ],
    [
      'a bound on another word',
      ruleText(
        {
          conditions: [
            { op: 'at_most', word: 0, operand: 7n },
            { op: 'one_of', word: 1, operands: [7n] },
          ],
          charges: [],
        },
        TRANSFER,
      ),
      `Pay any amount of USDC (token ${SHOWN_USDC}) to anyone${TAIL.replace(';', ', where word 1 is at most 7 and word 2 is 7;')}`,
    ],
    ['a function', ruleText({}), `${CALL_TEXT}${TAIL}`],
    ['a function with more behind', ruleText({ longer: true }), `${CALL_TEXT.replace('with', 'with at least')}${TAIL}`],
    [
      'a transfer with more behind as a function',
      ruleText({ longer: true, charges: [] }, TRANSFER).slice(0, 31),
      'Call the function 0xa9059cbb of',
    ],
    [
      'a shorter transfer as a function',
      ruleText({ length: 67, conditions: [], charges: [] }, TRANSFER).slice(0, 31),
      'Call the function 0xa9059cbb of',
    ],
    [
      'another function of that length',
      ruleText({ selector: '0xa9059cbc', charges: [] }, TRANSFER).slice(0, 31),
      'Call the function 0xa9059cbc of',
    ],
    [
      'an allowance',
      ruleText({
        allowance: { token: USDC, amountWord: 1 },
        charges: [{ budget: 0, source: { word: 1 }, weight: 1n }],
      }),
      `As one batch: approve USDC (token ${SHOWN_USDC}) to ${SHOWN} for an amount; ${CALL_TEXT}, word 2 being that amount; set the approval back to zero, without native coin; counts word 2, as declared by the call, against budget 1`,
    ],
    [
      'charges',
      ruleText({
        charges: [
          { budget: 0, source: 'value', weight: 1n },
          { budget: 0, source: 'count', weight: 1n },
          { budget: 1, source: 'count', weight: 3n },
          { budget: 2, source: { word: 0 }, weight: 1000n },
        ],
      }),
      `${CALL_TEXT}, without native coin; counts its native coin against budget 1 and 1 for each call against budget 1 and 3 for each call against budget 2 and 1000 times word 1, as declared by the call, against budget 3`,
    ],
    [
      'a measured token',
      ruleText({ charges: [{ budget: 0, source: 'balance', weight: 1n }], measured: { asset: USDC, account: OTHER } }),
      `${CALL_TEXT}, without native coin; counts what ${SHOWN_OTHER} loses of USDC (token ${SHOWN_USDC}), as measured before and after, against budget 1`,
    ],
    [
      'measured native coin',
      ruleText({
        charges: [{ budget: 0, source: 'balance', weight: 2n }],
        measured: { asset: 'native', account: OTHER },
      }),
      `${CALL_TEXT}, without native coin; counts 2 times what ${SHOWN_OTHER} loses of native coin, as measured before and after, against budget 1`,
    ],
    [
      'a transfer’s other word',
      ruleText({ charges: [{ budget: 0, source: { word: 0 }, weight: 1n }] }, TRANSFER).slice(-54),
      'counts word 1, as declared by the call, against budget 1'.slice(-54),
    ],
  ]
  test.each(rules)('behavior: says %s', (_, text, expected) => {
    expect(text).toBe(expected)
  })

  const big = 10n ** 24n
  const conditions: [TaskScopeCondition, string][] = [
    [{ op: 'equal', word: 0, operand: 5n }, 'word 1 is 5'],
    [{ op: 'equal', word: 0, operand: big - 1n }, `word 1 is ${big - 1n}`],
    [{ op: 'equal', word: 0, operand: big }, 'word 1 is 0x00000000000000000000d3C21BcECceDA1000000'],
    [{ op: 'equal', word: 0, operand: 2n ** 160n - 1n }, 'word 1 is 0xFFfFfFffFFfffFFfFFfFFFFFffFFFffffFfFFFfF'],
    [{ op: 'equal', word: 0, operand: 2n ** 160n }, `word 1 is 0x${'00'.repeat(11)}01${'00'.repeat(20)}`],
    [{ op: 'not_equal', word: 252, width: 0, left: false, operand: 5n }, 'word 253 is not 5'],
    [{ op: 'not_equal', word: 1, width: 4, left: true, operand: 5n }, 'word 2 is not 5 (4 bytes wide)'],
    [{ op: 'at_most', word: 1, operand: big }, 'word 2 is at most 0xd3c21bcecceda1000000'],
    [{ op: 'at_most', word: 1, operand: big - 1n }, `word 2 is at most ${big - 1n}`],
    [{ op: 'at_least', word: 1, width: 1, left: false, operand: 5n }, 'word 2 is at least 5 (1 byte wide)'],
    [{ op: 'signed_at_most', word: 1, width: 2, operand: -5n }, 'word 2, signed, is at most -5 (2 bytes wide)'],
    [{ op: 'signed_at_least', word: 1, width: 0, operand: 0n }, 'word 2, signed, is at least 0'],
    [
      { op: 'signed_at_least', word: 1, width: 0, operand: -(2n ** 255n) },
      `word 2, signed, is at least -0x8${'0'.repeat(63)}`,
    ],
    [{ op: 'one_of', word: 1, operands: [1n, 2n, 3n] }, 'word 2 is 1, 2 or 3'],
    [
      { op: 'bits', word: 1, width: 31, left: false, mask: 255n, bits: 16n },
      'word 2 under the mask 0xff is 0x10 (31 bytes wide)',
    ],
    [{ op: 'length_at_most', word: 1, operand: 64n }, 'the bytes at word 2 are at most 64'],
    [
      { op: 'hash', word: 1, operand: `0x${'ab'.repeat(32)}` },
      `the bytes at word 2 have the hash 0x${'ab'.repeat(32)}`,
    ],
  ]
  test.each(conditions)('behavior: says %o', (condition, expected) => {
    expect(ruleText({ conditions: [condition] })).toBe(
      `${CALL_TEXT}, without native coin, where ${expected}; counts against no budget`,
    )
  })

  const DAI_RULE = { ...TRANSFER, target: DAI } as const
  const weighted = (weight: bigint) => [{ budget: 0, source: { word: 1 }, weight }]
  const budgets: [string, string | undefined, string][] = [
    ['a lifetime', budgetText({ window: 'lifetime', period: null }), `at most 200 USDC (token ${SHOWN_USDC}) in all`],
    [
      'a fixed window',
      budgetText({ window: 'fixed' }),
      `at most 200 USDC (token ${SHOWN_USDC}) every 1 day, counted from 20 Nov 2026 00:00 UTC: around the boundary of two windows twice as much`,
    ],
    [
      'a rolling window',
      budgetText({ period: 3_600n }),
      `at most 200 USDC (token ${SHOWN_USDC}) in any interval of 1 hour`,
    ],
    [
      'a threshold',
      budgetText({ threshold: 25_000_000n }, { confirmer: OTHER }),
      `at most 200 USDC (token ${SHOWN_USDC}) in any interval of 1 day; a call that counts more than 25 USDC (token ${SHOWN_USDC}) only if ${SHOWN_OTHER} signs it`,
    ],
    [
      'a threshold that none reaches',
      budgetText({ threshold: 200_000_000n }, { confirmer: OTHER }),
      `at most 200 USDC (token ${SHOWN_USDC}) in any interval of 1 day; ${SHOWN_OTHER} confirms none of it`,
    ],
    [
      'the last threshold that one reaches',
      budgetText({ threshold: 199_999_999n }, { confirmer: OTHER })?.slice(-55),
      `199.999999 USDC (token ${SHOWN_USDC}) only if ${SHOWN_OTHER} signs it`.slice(-55),
    ],
    [
      'two assets of different decimals',
      budgetText({ cap: 200n * 10n ** 18n }, { rules: [{ ...TRANSFER, charges: weighted(10n ** 12n) }, DAI_RULE] }),
      `at most 200 USDC (token ${SHOWN_USDC}) or 200 DAI (token ${SHOWN_DAI}), counted together, in any interval of 1 day`,
    ],
    [
      'one asset in two rules',
      budgetText({}, { rules: [TRANSFER, TRANSFER] }),
      `at most 200 USDC (token ${SHOWN_USDC}) in any interval of 1 day`,
    ],
    [
      'one asset with two weights',
      budgetText({}, { rules: [TRANSFER, { ...TRANSFER, charges: weighted(3n) }] }),
      `at most 200 USDC (token ${SHOWN_USDC}) or 66.666666 USDC (token ${SHOWN_USDC}), counted together, in any interval of 1 day`,
    ],
    [
      'native coin',
      budgetText({ cap: 10n ** 18n }, { rules: [{ ...CALL, charges: [{ budget: 0, source: 'value', weight: 1n }] }] }),
      'at most 1 native coin in any interval of 1 day',
    ],
    [
      'calls',
      budgetText({ cap: 7n }, { rules: [{ ...CALL, charges: [{ budget: 0, source: 'count', weight: 2n }] }] }),
      'at most 3 calls in any interval of 1 day',
    ],
    [
      'what only the target knows',
      budgetText({ cap: 7n }, { rules: [{ ...CALL, charges: weighted(1n) }] }),
      'at most 7 base units in any interval of 1 day',
    ],
    [
      'an allowance',
      budgetText({}, { rules: [{ ...CALL, allowance: { token: USDC, amountWord: 1 }, charges: weighted(1n) }] }),
      `at most 200 USDC (token ${SHOWN_USDC}) in any interval of 1 day`,
    ],
    [
      'another word beside an allowance',
      budgetText({}, { rules: [{ ...CALL, allowance: { token: USDC, amountWord: 0 }, charges: weighted(1n) }] }),
      'at most 200000000 base units in any interval of 1 day',
    ],
    [
      'what is measured',
      budgetText(
        {},
        {
          rules: [
            {
              ...CALL,
              charges: [{ budget: 0, source: 'balance', weight: 1n }],
              measured: { asset: USDC, account: OTHER },
            },
          ],
        },
      ),
      `at most 200 USDC (token ${SHOWN_USDC}) in any interval of 1 day`,
    ],
    [
      'that nothing is counted',
      budgetText({}, { rules: [{ ...TRANSFER, charges: [{ budget: 1, source: { word: 1 }, weight: 1n }] }] }),
      'at most 200000000 base units in any interval of 1 day',
    ],
  ]
  test.each(budgets)('behavior: says of a budget %s', (_, text, expected) => {
    expect(text?.replace('Budget 1: ', '')).toBe(expected)
  })

  test('behavior: warns of payments to anyone, payments that nothing counts, and budgets that count nothing', () => {
    expect(warningsOf({ rules: [TRANSFER, { ...TRANSFER, conditions: [] }] })).toEqual(['Rule 2 pays anyone.'])
    expect(warningsOf({ rules: [{ ...TRANSFER, charges: [] }], budgets: [] })).toEqual([
      'What rule 1 pays is not counted in all.',
    ])
    expect(warningsOf({ rules: [TRANSFER], budgets: [ROLLING, ROLLING] })).toEqual(['No rule counts against budget 2.'])
    expect(warningsOf({ rules: [CALL], budgets: [] })).toEqual([])
    const most = { ...TRANSFER, conditions: [{ op: 'one_of' as const, word: 0, operands: Array<bigint>(17).fill(1n) }] }
    expect(warningsOf({ rules: [most] })).toEqual(['Only 16 of 17 entries are shown.'])
    expect(warningsOf({ rules: [{ ...CALL, maxValue: 2n ** 96n - 1n }], budgets: [] })).toEqual([])
  })

  test('behavior: total and short, whatever the terms and whatever a token calls itself', () => {
    fc.assert(
      fc.property(anyTaskScope(), fc.string(), fc.integer({ min: -1, max: 80 }), (terms, symbol, decimals) => {
        const named = Object.fromEntries(terms.rules.map(({ target }) => [target, { symbol, decimals }]))
        const parts = describeParts(terms, { assets: named })
        // A token of impossible decimals is no reason to say nothing, but then nothing of the rest is said either.
        if (parts.length === 1) expect(decimals < 0 || decimals > 77).toBe(true)
        else expect(parts.length).toBeGreaterThanOrEqual(terms.rules.length + terms.budgets.length + 3)
        for (const { sentence } of parts) {
          expect(sentence.length).toBeGreaterThan(0)
          expect(sentence.length).toBeLessThan(3_000)
          // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may reach a terminal
          expect(sentence).not.toMatch(/[\u0000-\u001f\u202e]/)
        }
      }),
      { numRuns: 200 },
    )
  })
})
