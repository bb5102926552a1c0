import { describe, expect, test } from 'vitest'
import { examplesOf } from '../../test/fixtures/templates.ts'
import { parseScope } from '../scope/parse.ts'
import { scopeFromTemplate, templateNamed } from '../scope/templates/index.ts'
import type { Scope } from '../scope/types.ts'
import { escalationStatus, type Settled, type Submission } from './escalation.ts'
import { askedInWords, limitsInWords } from './escalationWords.ts'

const NOW = 1_795_000_000n
const USDC = '0x833589fcd6edb6e08f4c7c32d4f71b54bda02913'
const WETH = '0x4200000000000000000000000000000000000006'
const ASSETS = { [USDC]: { symbol: 'USDC', decimals: 6 }, [WETH]: { symbol: 'WETH', decimals: 18 } } as const

function scopeOf(name: string, change: Record<string, string> = {}): Scope {
  const frame = { chainId: 8453, now: NOW, id: 'task', assets: ASSETS }
  const document = scopeFromTemplate(templateNamed(name), { ...examplesOf(name), ...change }, frame)
  return parseScope(document, { assets: ASSETS })
}

describe('escalationStatus', () => {
  const confirmed = (submission: Submission | null): Settled => ({
    as: 'confirmed',
    at: NOW,
    confirmation: '0x12',
    submission,
  })
  const done: Submission = {
    at: NOW,
    status: 'executed',
    code: null,
    transactionHash: null,
    receipts: { decision: null, outcome: null },
  }

  test('default: open until its last second, then a no; and what somebody answered stays', () => {
    expect(escalationStatus({ settled: null, expires: NOW + 1n }, NOW)).toBe('open')
    expect(escalationStatus({ settled: null, expires: NOW }, NOW)).toBe('over')
    for (const expires of [NOW + 1n, NOW]) {
      expect(escalationStatus({ settled: { as: 'rejected', at: NOW, why: null }, expires }, NOW)).toBe('rejected')
      expect(escalationStatus({ settled: confirmed(null), expires }, NOW)).toBe('confirmed')
      expect(escalationStatus({ settled: confirmed(done), expires }, NOW)).toBe('submitted')
    }
  })
})

describe('limitsInWords', () => {
  test('default: above what it asks, the budget, the most at once', () => {
    expect(limitsInWords(scopeOf('treasury-payouts'), 'payout')).toEqual([
      { name: 'asks above', text: '1000 USDC' },
      { name: 'budget payouts', text: '10000 USDC in any interval of 30 days' },
      { name: 'most at once', text: '4000 USDC' },
    ])
    expect(limitsInWords(scopeOf('treasury-payouts', { window: 'fixed', most: '' }), 'payout')).toEqual([
      { name: 'asks above', text: '1000 USDC' },
      { name: 'budget payouts', text: '10000 USDC in each period of 30 days' },
    ])
  })

  test('behavior: calls, coins, and no limit of a rule that is not there', () => {
    expect(limitsInWords(scopeOf('nft-mint'), 'mint')).toEqual([
      { name: 'budget mints', text: '0.15 native coin in all' },
      { name: 'calls', text: '3 in all' },
    ])
    expect(limitsInWords(scopeOf('dca-swap'), 'swap')).toContainEqual({
      name: 'budget purchases',
      text: '50 USDC in any interval of 6 days',
    })
    expect(limitsInWords(scopeOf('dca-swap'), 'pay')).toEqual([])
  })

  test('behavior: a budget over several assets, or with a weight, has units of its own', () => {
    const scope = scopeOf('allowance')
    const of = (assets: Record<string, string>) => {
      const budgets = { allowance: { ...scope.budgets['allowance'], assets } } as never
      return limitsInWords({ ...scope, budgets }, 'bill')[0]?.text
    }
    expect(of({ [USDC]: '1', [WETH]: '3000' })).toMatch(/^200 units of the budget in any/)
    expect(of({ [USDC]: '2' })).toMatch(/^200 units of the budget in any/)
    expect(of({ [USDC]: '1' })).toMatch(/^200 USDC in any/)
  })
})

describe('askedInWords', () => {
  const asked = { threshold: 1_000_000n, requested: 2_500_000n }

  test('default: in display units where the rule moves one asset', () => {
    expect(askedInWords({ ...asked, rule: 'payout' }, scopeOf('treasury-payouts'))).toEqual({
      requested: '2.5 USDC',
      threshold: '1 USDC',
    })
    expect(askedInWords({ ...asked, rule: 'swap' }, scopeOf('dca-swap')).requested).toBe('2.5 USDC')
    expect(askedInWords({ ...asked, rule: 'top-up' }, scopeOf('gas-top-up')).requested).toBe(
      '0.0000000000025 native coin',
    )
  })

  test('behavior: in base units where nobody knows of what', () => {
    expect(askedInWords({ ...asked, rule: 'other' }, scopeOf('treasury-payouts')).requested).toBe('2500000 base units')
    const scope = scopeOf('treasury-payouts')
    expect(askedInWords({ ...asked, rule: 'payout' }, { ...scope, assets: {} }).requested).toBe('2500000 base units')
    const [swap] = scopeOf('dca-swap').rules
    const spends = [USDC, WETH].map((asset) => ({ asset, amount: 'params.amountIn', budget: 'purchases' }))
    const two = { ...scopeOf('dca-swap'), rules: [{ ...swap, spends }] } as Scope
    expect(askedInWords({ ...asked, rule: 'swap' }, two).requested).toBe('2500000 base units')
  })
})
