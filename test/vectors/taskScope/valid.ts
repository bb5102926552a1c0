import fc from 'fast-check'
import { keccak256 } from 'viem'
import type { TaskScopeBudget, TaskScopeRule, TaskScopeTerms } from '../../../src/caveats/taskScope/types.ts'
import type { Hex } from '../../../src/primitives/hex.ts'
import { anyTaskScope } from '../../arbitraries/taskScopeCaveat.ts'
import { encodeInfo } from './info.ts'
import { packTerms } from './pack.ts'

/** Terms in three forms: what they say, their bytes, and keccak-256 of what `getTermsInfo` of the contract answers. */
export type ValidVector = { name: string; fields: TaskScopeTerms; terms: Hex; infoHash: Hex }

const WHO: Hex = `0x${'a1'.repeat(20)}`
const TOKEN: Hex = `0x${'70'.repeat(20)}`
const LAST = 2n ** 40n - 1n
const MAX = 2n ** 256n - 1n

const RULE: TaskScopeRule = {
  target: TOKEN,
  selector: '0xa9059cbb',
  length: 68,
  longer: false,
  maxValue: 0n,
  conditions: [],
  charges: [],
  allowance: null,
  measured: null,
}
const BUDGET: TaskScopeBudget = { window: 'rolling', period: 86_400n, cap: 200n, threshold: null }
const TERMS: TaskScopeTerms = {
  notBefore: 1_800_000_000n,
  expiry: 1_802_592_000n,
  maxExecutions: 0,
  group: '0x00000000000000f1',
  guardian: null,
  requestKey: null,
  confirmer: null,
  calls: null,
  redeemers: [],
  budgets: [BUDGET],
  rules: [RULE],
}
const rule = (change: Partial<TaskScopeRule>): Partial<TaskScopeTerms> => ({ rules: [{ ...RULE, ...change }] })
const budget = (change: Partial<TaskScopeBudget>): Partial<TaskScopeTerms> => ({ budgets: [{ ...BUDGET, ...change }] })

const WRITTEN: Readonly<Record<string, Partial<TaskScopeTerms>>> = {
  'no rule and no budget': { rules: [], budgets: [] },
  'every party': {
    guardian: WHO,
    requestKey: `0x${'b2'.repeat(20)}`,
    confirmer: `0x${'c3'.repeat(20)}`,
    calls: { max: 20n, period: 86_400n },
    redeemers: [WHO, `0x${'00'.repeat(19)}01`],
    budgets: [
      { ...BUDGET, threshold: 25n },
      { ...BUDGET, threshold: 200n },
      { ...BUDGET, threshold: 0n },
    ],
    maxExecutions: 10,
  },
  'the widest times, and calls for ever': { notBefore: 0n, expiry: LAST, calls: { max: 2n ** 24n - 1n, period: null } },
  'the shortest time, and one call': {
    notBefore: LAST - 1n,
    expiry: LAST,
    calls: { max: 1n, period: 2n ** 32n - 1n },
    maxExecutions: 255,
  },
  'a lifetime of one unit': budget({ window: 'lifetime', period: null, cap: 1n }),
  'a fixed window of the largest cap': budget({ window: 'fixed', period: 1n, cap: 2n ** 112n - 1n }),
  'a rolling window whose units are base units': budget({ cap: 2n ** 24n - 2n }),
  'a rolling window whose units are not': budget({ cap: 2n ** 24n - 1n }),
  'a rolling window whose cap just has to be halved twice': budget({ cap: 2n ** 25n - 2n }),
  'a rolling window of the largest cap': budget({ cap: 2n ** 112n - 1n, period: 2n ** 32n - 1n }),
  'a payment in native coin': rule({ selector: '0x', length: 0, maxValue: 10n ** 18n }),
  'empty calldata': rule({ selector: '0x', length: 0 }),
  'a selector of zeros, longer': rule({ selector: '0x00000000', length: 4, longer: true, maxValue: 2n ** 96n - 1n }),
  'the last word of the longest calldata': rule({
    length: 0xffff,
    conditions: [{ op: 'equal', word: 252, operand: 1n }],
    charges: [{ budget: 0, source: { word: 252 }, weight: 1n }],
  }),
  'unsigned conditions': rule({
    conditions: [
      { op: 'equal', word: 0, operand: 0n },
      { op: 'equal', word: 1, operand: MAX },
      { op: 'at_most', word: 1, operand: 255n },
      { op: 'at_most', word: 1, operand: 256n },
      { op: 'not_equal', word: 1, width: 0, left: false, operand: 0n },
      { op: 'not_equal', word: 1, width: 20, left: false, operand: BigInt(WHO) },
      { op: 'at_least', word: 1, width: 31, left: false, operand: 2n ** 247n },
      { op: 'at_least', word: 1, width: 4, left: true, operand: 2n ** 248n },
      { op: 'not_equal', word: 1, width: 31, left: true, operand: 2n ** 248n - 1n },
    ],
  }),
  'signed conditions': rule({
    conditions: [
      { op: 'signed_at_most', word: 0, width: 0, operand: -1n },
      { op: 'signed_at_most', word: 0, width: 31, operand: 2n ** 255n - 1n },
      { op: 'signed_at_least', word: 0, width: 1, operand: -(2n ** 255n) },
      { op: 'signed_at_least', word: 0, width: 2, operand: 32_767n },
      { op: 'signed_at_least', word: 0, width: 2, operand: 0n },
    ],
  }),
  'one of': rule({
    conditions: [
      { op: 'one_of', word: 0, operands: [0n] },
      { op: 'one_of', word: 0, operands: [0n, 256n, 0n] },
      { op: 'one_of', word: 0, operands: Array.from({ length: 255 }, (_, index) => BigInt(WHO) + BigInt(index)) },
    ],
  }),
  'bits, lengths and hashes': rule({
    conditions: [
      { op: 'bits', word: 0, width: 0, left: false, mask: 1n, bits: 0n },
      { op: 'bits', word: 0, width: 2, left: false, mask: 0x0ff0n, bits: 0x0010n },
      { op: 'bits', word: 0, width: 1, left: true, mask: 2n ** 255n, bits: 2n ** 255n },
      { op: 'length_at_most', word: 1, operand: 0n },
      { op: 'length_at_most', word: 1, operand: 65_535n },
      { op: 'hash', word: 1, operand: `0x${'00'.repeat(32)}` },
      { op: 'hash', word: 1, operand: `0x00${'ab'.repeat(31)}` },
    ],
  }),
  'charges of every source and size': {
    budgets: [BUDGET, BUDGET, BUDGET],
    ...rule({
      charges: [
        { budget: 0, source: 'value', weight: 1n },
        { budget: 0, source: 'count', weight: 2n },
        { budget: 1, source: { word: 0 }, weight: 255n },
        { budget: 1, source: { word: 1 }, weight: 256n },
        { budget: 2, source: { word: 1 }, weight: 2n ** 112n - 1n },
        { budget: 2, source: { word: 1 }, weight: 2n ** 104n },
      ],
    }),
  },
  'an allowance': {
    maxExecutions: 3,
    ...rule({
      target: WHO,
      selector: '0x414bf389',
      length: 260,
      longer: true,
      maxValue: 1n,
      conditions: [{ op: 'at_most', word: 4, operand: 1_000n }],
      charges: [{ budget: 0, source: { word: 5 }, weight: 1n }],
      allowance: { token: TOKEN, amountWord: 7 },
    }),
  },
  'a measured token': rule({
    charges: [
      { budget: 0, source: { word: 1 }, weight: 1n },
      { budget: 0, source: 'balance', weight: 3n },
    ],
    measured: { asset: TOKEN, account: WHO },
  }),
  'measured native coin': rule({
    charges: [{ budget: 0, source: 'balance', weight: 1n }],
    measured: { asset: 'native', account: WHO },
  }),
  'as many rules as there may be': { rules: Array<TaskScopeRule>(254).fill(RULE) },
  'as many budgets and redeemers as there may be': {
    budgets: Array<TaskScopeBudget>(255).fill(BUDGET),
    redeemers: Array<Hex>(255).fill(WHO),
    ...rule({ charges: [{ budget: 254, source: 'count', weight: 1n }] }),
  },
}

/** Written by hand at the edges, and a handful that were drawn. */
export function validVectors(): readonly ValidVector[] {
  const drawn = fc
    .sample(anyTaskScope({ small: true }), { numRuns: 40, seed: 7715 })
    .map(({ kind: _, ...fields }) => fields)
  return [
    ...Object.entries(WRITTEN).map(([name, change]) => [name, { ...TERMS, ...change }] as const),
    ...drawn.map((fields, index) => [`drawn ${index}`, fields] as const),
  ].map(([name, fields]) => ({ name, fields, terms: packTerms(fields), infoHash: keccak256(encodeInfo(fields)) }))
}
