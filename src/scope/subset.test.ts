import { describe, expect, test } from 'vitest'
import { compareWithBruteForce } from '../../test/oracles/bruteForce.ts'
import { findEscape } from '../../test/oracles/escape.ts'
import { parseScope } from './parse.ts'
import { isSubset } from './subset.ts'

const account = (n: number) => `0x${n.toString(16).padStart(2, '0').repeat(20)}` as const
const [A, B, C] = [account(0xa1), account(0xb1), account(0xc1)] as const
const [X, Y] = [account(0xe1), account(0xe2)] as const
const T0 = 1_797_724_800n

const at = (second: number) => new Date(Number(T0) * 1000 + second * 1000).toISOString().replace('.000Z', 'Z')

type Edit = Record<string, unknown>

const document = (edit: Edit = {}): Record<string, unknown> => ({
  version: 1,
  task: { id: 't', purpose: 'p' },
  chainId: 1,
  principal: account(1),
  delegate: account(2),
  rules: [{ id: 'pay', class: 'transfer', asset: X, to: [A, B], max: '3', budget: 'b' }],
  budgets: { b: { assets: { [X]: '1', [Y]: '2' }, max: '6' } },
  notBefore: at(0),
  expiry: at(6),
  redelegation: { maxDepth: 2 },
  revocation: { group: 'g', maxLatencySeconds: 60 },
  evidence: { receipts: ['grant', 'decision'], retain: 'P1D' },
  assets: { [X]: { symbol: 'X', decimals: 0 }, [Y]: { symbol: 'Y', decimals: 0 } },
  ...edit,
})

const call = (edit: Edit = {}) => ({
  id: 'call',
  class: 'call',
  target: C,
  function: 'f(address to, uint256 amount, bytes data)',
  args: { to: { in: [A, B] }, amount: { lte: '3' } },
  spends: [{ asset: X, amount: 'amount', budget: 'b' }],
  value: { lte: '5' },
  ...edit,
})

const parse = (edit?: Edit) => parseScope(document(edit))

describe('isSubset', () => {
  test('default', () => {
    expect(isSubset(parse(), parse())).toEqual({ subset: true })
    const child = parse({
      rules: [{ id: 'other', class: 'transfer', asset: X, to: [B], max: '2', budget: 'b' }],
      expiry: at(5),
    })
    expect(isSubset(child, parse())).toEqual({ subset: true })
    expect(isSubset(parse(), child)).toMatchObject({ subset: false, dimension: 'lifetime', pointer: '/expiry' })
  })

  const rule = (edit: Edit) => ({
    rules: [{ id: 'pay', class: 'transfer', asset: X, to: [A, B], max: '3', budget: 'b', ...edit }],
  })
  const budget = (edit: Edit) => ({ budgets: { b: { assets: { [X]: '1', [Y]: '2' }, max: '6', ...edit } } })
  const calls = (edit?: Edit) => ({ rules: [call(edit)] })
  const request = (key: string, ...redeemers: string[]) => ({
    redelegation: { maxDepth: 0 },
    request: { key, redeemers: redeemers.length === 0 ? 'anyone' : redeemers },
  })
  const escalation = (edit: Edit = {}) => ({
    escalation: { above: { b: '2' }, confirmer: account(9), timeout: 'PT5M', onTimeout: 'deny', ...edit },
  })

  test.each<[string, string, Edit, Edit]>([
    ['chain', 'another chain', { chainId: 2 }, {}],
    ['principal', 'another principal', { principal: account(3) }, {}],
    ['lifetime', 'an earlier start', { notBefore: at(-1) }, {}],
    ['lifetime', 'no start', { notBefore: undefined }, {}],
    ['calls', 'calls without a limit', {}, { calls: { max: 5 } }],
    ['calls', 'more calls', { calls: { max: 6 } }, { calls: { max: 5 } }],
    ['calls', 'calls that come back', { calls: { max: 5, per: 'PT3S', window: 'rolling' } }, { calls: { max: 5 } }],
    ['redelegation', 'deeper handing on', { redelegation: { maxDepth: 3 } }, {}],
    ['revocation', 'another group', { revocation: { group: 'h', maxLatencySeconds: 60 } }, {}],
    ['revocation', 'a slower end', { revocation: { group: 'g', maxLatencySeconds: 61 } }, {}],
    ['revocation', 'no guardian', {}, { revocation: { group: 'g', guardian: account(8), maxLatencySeconds: 60 } }],
    ['evidence', 'fewer receipts', { evidence: { receipts: ['grant'], retain: 'P1D' } }, {}],
    ['evidence', 'receipts kept for less', { evidence: { receipts: ['grant', 'decision'], retain: 'PT1H' } }, {}],
    [
      'assets',
      'other decimals',
      { assets: { [X]: { symbol: 'X', decimals: 1 }, [Y]: { symbol: 'Y', decimals: 0 } } },
      {},
    ],
    ['request', 'a key of somebody else', request(account(9), account(7)), {}],
    ['request', 'no key', { redelegation: { maxDepth: 0 } }, request(account(2), account(7))],
    ['request', 'a redeemer more', request(account(2), account(7), account(8)), request(account(2), account(7))],
    ['request', 'any redeemer', request(account(2)), request(account(2), account(7))],
    ['class', 'a call for a transfer', calls(), {}],
    ['asset', 'another asset', rule({ asset: Y }), {}],
    ['payees', 'a payee more', rule({ to: [A, B, C] }), {}],
    ['payees', 'anyone', rule({ to: 'anyone' }), {}],
    ['max', 'a larger maximum', rule({ max: '4' }), {}],
    ['max', 'no maximum', rule({ max: undefined }), {}],
    ['budgets', 'no budget', rule({ budget: undefined, max: '1' }), {}],
    ['budgets', 'a larger budget', budget({ max: '7' }), {}],
    ['budgets', 'a budget that fills again', budget({ max: '6', per: 'PT3S', window: 'rolling' }), {}],
    ['budgets', 'lighter weights', budget({ assets: { [X]: '0.5' }, max: '4' }), {}],
    [
      'budgets',
      'fixed windows under a rolling budget: twice within seconds',
      budget({ max: '4', per: 'PT2S', window: 'fixed' }),
      budget({ max: '6', per: 'PT2S', window: 'rolling' }),
    ],
    ['target', 'another target', calls({ target: account(0xc2) }), calls()],
    ['function', 'another function', calls({ function: 'g(address to, uint256 amount, bytes data)' }), calls()],
    ['acknowledge', 'a danger more', calls({ acknowledge: ['selector:approve'] }), calls()],
    ['arguments', 'a larger argument', calls({ args: { to: { in: [A, B] }, amount: { lte: '4' } } }), calls()],
    ['arguments', 'a condition less', calls({ args: { amount: { lte: '3' } } }), calls()],
    [
      'arguments',
      'names exchanged, so that a condition speaks of another place',
      calls({ function: 'f(address data, uint256 amount, bytes to)', args: { amount: { lte: '3' } } }),
      calls(),
    ],
    ['value', 'more native value', calls({ value: { lte: '6' } }), calls()],
    ['allowance', 'an allowance', calls({ allowance: { asset: X, amount: 'amount' } }), calls()],
    ['allowance', 'no allowance where one is needed', calls(), calls({ allowance: { asset: X, amount: 'amount' } })],
    ['budgets', 'a spend that is not counted', calls({ spends: undefined }), calls()],
    ['escalation', 'nobody asked', {}, escalation()],
    ['escalation', 'another confirmer', escalation({ confirmer: account(10) }), escalation()],
    ['escalation', 'a higher threshold', escalation({ above: { b: '3' } }), escalation()],
    ['escalation', 'an escalation that hangs longer', escalation({ timeout: 'PT6M' }), escalation()],
  ])('error: %s: %s', (dimension, _name, child, parent) => {
    const narrow = parse({ ...child, ...budgetsFor(child) })
    expect(isSubset(narrow, parse({ ...parent, ...budgetsFor(parent) }))).toMatchObject({ subset: false, dimension })
  })

  test('behavior: a sub-agent has one level less', () => {
    expect(isSubset(parse(), parse(), { redelegated: true })).toMatchObject({ dimension: 'redelegation' })
    const child = parse({ delegate: account(3), redelegation: { maxDepth: 1 } })
    expect(isSubset(child, parse(), { redelegated: true })).toEqual({ subset: true })
    const last = parse({ redelegation: { maxDepth: 0 } })
    expect(isSubset(last, last, { redelegated: true })).toMatchObject({ dimension: 'redelegation' })
  })

  test('behavior: a child below the threshold need not ask', () => {
    const asking = parse(escalation())
    expect(isSubset(parse(rule({ max: '2' })), asking)).toEqual({ subset: true })
    expect(isSubset(parse(escalation({ above: { b: '1' } })), asking)).toEqual({ subset: true })
  })

  test('behavior: two budgets of the child share one of the parent', () => {
    const split = (max: string) =>
      parse({
        rules: [
          { id: 'a', class: 'transfer', asset: X, to: [A], max: '3', budget: 'one' },
          { id: 'b', class: 'transfer', asset: X, to: [B], max: '3', budget: 'two' },
        ],
        budgets: { one: { assets: { [X]: '1' }, max: '3' }, two: { assets: { [X]: '1' }, max } },
      })
    expect(isSubset(split('3'), parse())).toEqual({ subset: true })
    expect(isSubset(split('4'), parse())).toMatchObject({ subset: false, dimension: 'budgets' })
  })

  test('behavior: payees may come from several rules of the parent', () => {
    const parent = parse({
      rules: [
        { id: 'a', class: 'transfer', asset: X, to: [A], max: '3', budget: 'b' },
        { id: 'b', class: 'transfer', asset: X, to: [B, C], max: '2', budget: 'b' },
      ],
    })
    expect(isSubset(parse(rule({ max: '2' })), parent)).toEqual({ subset: true })
    expect(isSubset(parse(rule({ max: '3' })), parent)).toMatchObject({ subset: false })
  })

  test('behavior: calls bound what no budget of the child counts', () => {
    const child = (max: number) => parse({ ...rule({ budget: undefined, max: '2' }), budgets: {}, calls: { max } })
    expect(isSubset(child(3), parse())).toEqual({ subset: true })
    expect(isSubset(child(4), parse())).toMatchObject({ subset: false, dimension: 'budgets' })
  })

  test('behavior: the same function may name its arguments otherwise', () => {
    const renamed = calls({
      function: 'function f(address payee, uint256 n, bytes)',
      args: { payee: { eq: A }, n: { lte: '2' } },
      spends: [{ asset: X, amount: 'n', budget: 'b' }],
    })
    expect(isSubset(parse(renamed), parse(calls()))).toEqual({ subset: true })
  })

  test('behavior: what one budget of the child holds bounds a call, below the threshold nobody is asked', () => {
    const spending = (max: string, more: Edit = {}) =>
      parse({
        rules: [call({ args: {}, value: { lte: '0' }, spends: [{ asset: X, amount: 'amount', budget: 'b' }] })],
        budgets: { b: { assets: { [X]: '1', [Y]: '2' }, max } },
        ...more,
      })
    expect(isSubset(spending('2'), spending('6', escalation()))).toEqual({ subset: true })
    expect(isSubset(spending('3'), spending('6', escalation()))).toMatchObject({ dimension: 'escalation' })
  })

  test('behavior: a yes is right for every sequence of actions on a small grid', () => {
    const report = compareWithBruteForce({ pairs: 20_000, sequences: 1_500, seed: 20_261_120 })
    expect(report.wrong).toEqual([])
    expect(report.pairs).toBe(20_000)
    expect(report.yes).toBeGreaterThan(8_000)
    expect(report.no).toBeGreaterThan(8_000)
    // Nearly every yes is about all sequences of the grid, and nearly every no has a witness.
    expect(report.exhausted).toBeGreaterThan(report.yes * 0.8)
    expect(report.refuted).toBeGreaterThan(report.no * 0.85)
    const seen = Object.entries(report.refutedBy).filter(([, count]) => count >= 20)
    expect(seen.map(([dimension]) => dimension).sort()).toEqual(REFUTABLE)
  }, 300_000)

  test('behavior: the oracle finds what a comparison by names alone would let through', () => {
    // Not a subset, and every single action of the child is admitted by the parent: only their sum is not.
    const child = parse(rule({ max: '3' }))
    const parent = parse({ ...rule({ max: '3' }), ...budget({ max: '5' }) })
    expect(findEscape(child, parent, 100_000)).toMatchObject({ found: 'escape' })
    expect(findEscape(parent, child, 100_000)).toEqual({ found: 'none' })
  })
})

/** Dimensions in which an action, or a sequence of actions, can escape. */
const REFUTABLE = [
  'allowance',
  'arguments',
  'asset',
  'budgets',
  'calls',
  'class',
  'escalation',
  'function',
  'lifetime',
  'max',
  'payees',
  'target',
  'value',
]

/** Budgets are an error when no rule uses them: for edits that leave the only one unused. */
function budgetsFor(edit: Edit): Edit {
  if (edit['rules'] === undefined || JSON.stringify(edit['rules']).includes('"budget"')) return {}
  return { budgets: {} }
}
