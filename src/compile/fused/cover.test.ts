import { describe, expect, test } from 'vitest'
import { fusedPlan, fusedTerms } from '../../../test/arbitraries/fused.ts'
import { act, type More, pay, type Rule, rowOf } from '../../../test/arbitraries/plan.ts'
import { DAI, PAYEES, scopeDocument, USDC } from '../../../test/arbitraries/scope.ts'
import { toChecksum } from '../../primitives/address.ts'
import { parseScope } from '../../scope/parse.ts'
import { ruleIds } from './ruleIds.ts'

const BY_CAVEAT = { by: 'chain', caveats: [{ draft: 0, caveat: 0 }] }

const rules: readonly Rule[] = [
  pay({ max: '5' }),
  pay({ id: 'any', asset: DAI, to: 'anyone' }),
  act({
    args: { to: { eq: PAYEES[0] } },
    allowance: { asset: USDC, amount: 'amount' },
    spends: [
      { asset: USDC, amount: 'amount', budget: 'b' },
      { asset: 'native', amount: 'value', budget: 'n' },
    ],
    value: { lte: '1' },
  }),
]
const more: More = {
  budgets: {
    b: { assets: { [USDC]: '1', [DAI]: '1' }, max: '200', per: 'P1D', window: 'rolling' },
    n: { assets: { native: '1', [USDC]: '1' }, max: '2', per: 'PT1H', window: 'fixed' },
  },
  calls: { max: 5, per: 'PT1H', window: 'fixed' },
  revocation: { group: 'g', guardian: PAYEES[2], maxLatencySeconds: 60 },
  escalation: { above: { b: '5' }, confirmer: 'principal', timeout: 'PT15M', onTimeout: 'deny' },
  request: { key: PAYEES[1], redeemers: [PAYEES[2]] },
}

describe('coverFused', () => {
  test('default: one row for each constraint; the chain holds all that an action shows', () => {
    const { coverage } = fusedPlan(rules, more)
    const by = (wanted: string) => coverage.filter(({ held }) => held.by === wanted).map(({ constraint }) => constraint)
    expect(by('nobody')).toEqual([
      '/rules/1/to',
      '/budgets/n/assets',
      '/revocation/maxLatencySeconds',
      '/escalation/timeout',
      '/evidence',
    ])
    expect(by('redeemer')).toEqual([])
    expect(coverage.filter(({ held }) => held.by === 'chain' && held.caveats.length === 0)).toMatchObject([
      { constraint: '/chainId' },
      { constraint: '/principal' },
    ])
    expect(
      coverage.flatMap(({ constraint, held }) => (held.by === 'chain' && held.caveats.length > 0 ? [constraint] : [])),
    ).toEqual([
      '/delegate',
      '/request',
      '/rules/0/asset',
      '/rules/0/to',
      '/rules/0/max',
      '/rules/0/budget',
      '/rules/1/asset',
      '/rules/1/budget',
      '/rules/2/target',
      '/rules/2/function',
      '/rules/2/args/to',
      '/rules/2/allowance',
      '/rules/2/spends/0',
      '/rules/2/spends/1',
      '/rules/2/value',
      '/budgets/b',
      '/budgets/b/window',
      '/budgets/b/assets',
      '/budgets/n',
      '/calls',
      '/notBefore',
      '/expiry',
      '/redelegation/maxDepth',
      '/revocation/group',
      '/revocation/guardian',
      '/escalation',
    ])
    for (const { held, text } of coverage) {
      if (held.by === 'chain' && held.caveats.length > 0) expect(held).toEqual(BY_CAVEAT)
      if (held.by === 'nobody') expect(held.why).not.toBe('')
      expect(text).not.toBe('')
    }
  })

  test('behavior: it says what a reader would otherwise take for more than it is', () => {
    const made = fusedPlan(rules, more)
    const text = (pointer: string) => rowOf(made, pointer)?.text ?? ''
    expect(text('/rules/2/spends/0')).toContain('as declared by the call')
    expect(text('/rules/2/spends/1')).not.toContain('as declared by the call')
    expect(text('/budgets/b/window')).toMatch(/14\.3 %.*2\^23/)
    expect(text('/budgets/n')).toContain('up to twice that')
    expect(text('/budgets/b')).not.toContain('twice')
    expect(text('/calls')).toContain('up to twice that')
    expect(text('/delegate')).toContain(toChecksum(PAYEES[2]))
    expect(text('/delegate')).toContain('may submit')
    expect(text('/rules/2/allowance')).toContain('USDC')
    const life = fusedPlan([act()], { calls: { max: 5 } })
    expect(rowOf(life, '/calls')?.text).toBe('At most 5 calls in all')
    const anyone = fusedPlan([act()], { request: { key: PAYEES[1], redeemers: 'anyone' } })
    expect(rowOf(anyone, '/delegate')?.text).toContain('anyone may submit')
  })
})

describe('ruleIds', () => {
  const payees = (count: number) =>
    Array.from({ length: count }, (_, n) => `0x${'b'.repeat(36)}${(n + 1).toString(16).padStart(4, '0')}` as const)
  const table: [string, Rule, number][] = [
    ['a token to anyone', pay({ to: 'anyone' }), 1],
    ['a token to 255', pay({ to: payees(255) }), 1],
    ['a token to 256', pay({ to: payees(256) }), 2],
    ['native coin to two', pay({ asset: 'native', to: payees(2) }), 2],
    ['a call', act({ args: { to: { in: [PAYEES[0], PAYEES[1]] } } }), 1],
    [
      'a call with one of three texts',
      act({ function: 'function f(string s)', args: { s: { in: ['a', 'b', 'c'] } } }),
      3,
    ],
  ]
  test.each(table)('default: one for each rule of the terms: %s', (_, rule, count) => {
    const all = [act({ id: 'first' }), rule, act({ id: 'last' })]
    const options = { budgets: { b: { assets: { [USDC]: '1', native: '1' }, max: '200' } } }
    const used = rule.class === 'transfer' ? options : {}
    const ids = ruleIds(parseScope(scopeDocument(all, used)))
    expect(ids).toEqual(['first', ...Array(count).fill(rule.id), 'last'])
    expect(fusedTerms(all, used).rules).toHaveLength(ids.length)
  })

  test('behavior: of a scope that one caveat cannot hold, too', () => {
    const rule = pay({ asset: 'native', to: 'anyone' })
    const budgets = { b: { assets: { native: '1' }, max: '200' } }
    expect(ruleIds(parseScope(scopeDocument([rule], { budgets })))).toEqual(['pay'])
  })
})
