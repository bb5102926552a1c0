import { describe, expect, test } from 'vitest'
import { DAI, PAYEES, scopeDocument, TARGET, USDC } from '../../test/arbitraries/scope.ts'
import { parseScope } from '../scope/parse.ts'
import type { ScopeDocument } from '../scope/schema.ts'
import { cannotOf } from './cannot.ts'

const pay: ScopeDocument['rules'][number] = {
  id: 'pay',
  class: 'transfer',
  asset: USDC,
  to: [PAYEES[0]],
  max: '50',
  budget: 'a',
}
const budgets = { a: { assets: { [USDC]: '1' }, max: '200', per: 'P1D', window: 'fixed' as const } }
const scopeOf = (rules: ScopeDocument['rules'] = [pay], more: Partial<ScopeDocument> = {}) =>
  parseScope(scopeDocument(rules, { budgets, ...more }))

/** Everything that the scope says is held by the chain, but for these. */
const cannot = (scope: ReturnType<typeof scopeOf>, ...loose: string[]) =>
  cannotOf(
    scope,
    [
      '/rules/0/asset',
      '/rules/0/to',
      '/rules/0/max',
      '/rules/1/asset',
      '/rules/1/to',
      '/rules/1/max',
      '/budgets/a',
      '/calls',
      '/notBefore',
      '/expiry',
      '/redelegation/maxDepth',
    ].map((constraint) => ({
      constraint,
      text: '',
      held: loose.includes(constraint) ? ({ by: 'redeemer' } as const) : ({ by: 'chain', caveats: [] } as const),
    })),
  )

const ALL = [
  'Move anything but USDC',
  'Approve a spender, or call any contract for another purpose',
  'Pay anybody but the one payee named',
  'Move more than 50 USDC at once',
  'Take more than 200 from budget “a” in one window of 1 day',
  'Act before 20 Nov 2026 00:00 UTC',
  'Act after 20 Dec 2026 00:00 UTC',
  'Hand any of it on',
]

describe('cannotOf', () => {
  test('default: one sentence for each thing that the chain holds', () => {
    expect(cannot(scopeOf())).toEqual(ALL)
  })

  test.each([
    ['/rules/0/asset', [0, 1, 2, 3]],
    ['/rules/0/to', [2]],
    ['/rules/0/max', [3]],
    ['/budgets/a', [4]],
    ['/notBefore', [5]],
    ['/expiry', [6]],
    ['/redelegation/maxDepth', [7]],
  ])('error: what the chain does not hold is not promised: %s', (loose, gone) => {
    expect(cannot(scopeOf(), loose)).toEqual(ALL.filter((_sentence, index) => !gone.includes(index)))
  })

  test('behavior: several payees, several assets, and a rolling budget', () => {
    const rules = [
      { ...pay, to: [PAYEES[0], PAYEES[1]] },
      { ...pay, id: 'dai', asset: DAI, budget: undefined, to: [PAYEES[1]] },
    ]
    const rolling = { a: { ...budgets.a, window: 'rolling' as const } }
    const sentences = cannot(
      scopeOf(
        rules.map(({ budget, ...rule }) => (budget === undefined ? rule : { ...rule, budget })),
        { budgets: rolling },
      ),
    )
    expect(sentences).toContain('Move anything but USDC, DAI')
    expect(sentences).toContain('Pay anybody but the 2 payees named')
    expect(sentences).toContain('Take more than 200 from budget “a” in any interval of 1 day')
    // Of several rules no single one bounds them all.
    expect(sentences.some((sentence) => sentence.includes('at once'))).toBe(false)
  })

  test('behavior: of a budget for life, of a count of calls', () => {
    const life = { a: { assets: { [USDC]: '1' }, max: '200' } }
    const counted = scopeOf([pay], { budgets: life, calls: { max: 3 } })
    expect(cannot(counted)).toContain('Take more than 200 from budget “a”, ever')
    expect(cannot(counted)).toContain('Act more than 3 times')
    expect(cannot(counted, '/calls')).not.toContain('Act more than 3 times')
    expect(cannot(scopeOf([pay], { calls: { max: 3, per: 'P1D', window: 'rolling' } }))).toContain(
      'Act more than 3 times in any interval of 1 day',
    )
    expect(cannot(scopeOf([pay], { calls: { max: 3, per: 'PT1H', window: 'fixed' } }))).toContain(
      'Act more than 3 times in one window of 1 hour',
    )
  })

  test('behavior: to anyone, handed on, and calls promise nothing of that', () => {
    expect(cannot(scopeOf([{ ...pay, to: 'anyone' }]))).not.toContain('Pay anybody but the one payee named')
    expect(cannot(scopeOf([pay], { redelegation: { maxDepth: 1 } }))).not.toContain('Hand any of it on')
    const call: ScopeDocument['rules'][number] = { id: 'c', class: 'call', target: TARGET, function: 'function ping()' }
    expect(cannot(scopeOf([pay, call]))).toEqual(ALL.slice(4))
  })
})
