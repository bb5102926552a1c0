import { describe, expect, test } from 'vitest'
import { codeOf } from '../../../test/codes.ts'
import { examplesOf, without } from '../../../test/fixtures/templates.ts'
import { parseInstant } from '../../primitives/time.ts'
import { blastRadius } from '../blastRadius.ts'
import { ScopeError } from '../errors.ts'
import { lintScope } from '../lint.ts'
import { parseScope } from '../parse.ts'
import type { ScopeDocument } from '../schema.ts'
import type { Scope } from '../types.ts'
import { type Answers, questionsOf, scopeFromTemplate, type Template, templateNamed, templates } from './index.ts'

const NOW = parseInstant('2026-11-20T12:00:00Z')
const USDC = '0x833589fcd6edb6e08f4c7c32d4f71b54bda02913'
const WETH = '0x4200000000000000000000000000000000000006'
const ASSETS = { [USDC]: { symbol: 'USDC', decimals: 6 }, [WETH]: { symbol: 'WETH', decimals: 18 } } as const
const FRAME = { chainId: 8453, now: NOW, id: 'task-1', assets: ASSETS }

const named = (template: Template | string) => (typeof template === 'string' ? templateNamed(template) : template)
const documentOf = (template: Template | string, change: Answers = {}): ScopeDocument =>
  scopeFromTemplate(named(template), { ...examplesOf(named(template).name), ...change }, FRAME)
const scopeOf = (template: Template | string, change: Answers = {}): Scope =>
  parseScope(documentOf(template, change), { now: NOW, assets: ASSETS })
function issuesOf(template: Template | string, answers: Answers): string[] {
  const error = codeOf(() => scopeFromTemplate(named(template), answers, FRAME))
  return (error as ScopeError).issues.map(({ code, pointer }) => `${code} ${pointer}`)
}
describe('scopeFromTemplate', () => {
  test.each(templates.map(({ name }) => [name] as const))(
    'default: %s is a scope without a warning and with a bound',
    (name) => {
      const scope = scopeOf(name)
      expect(lintScope(scope, { now: NOW })).toEqual([])
      for (const { total } of blastRadius(scope, { now: NOW }).assets) expect(total).not.toBe('unlimited')
    },
  )

  test('default: allowance pays named accounts up to a limit that fills again', () => {
    const document = documentOf('allowance')
    expect(document).toEqual({
      version: 1,
      task: { id: 'bills-2026', purpose: 'Keep the services paid' },
      chainId: 8453,
      principal: '0x1111111111111111111111111111111111111111',
      delegate: '0x2222222222222222222222222222222222222222',
      rules: [
        {
          id: 'bill',
          class: 'transfer',
          asset: USDC,
          to: ['0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1', '0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa2'],
          max: '80',
          budget: 'allowance',
        },
      ],
      budgets: { allowance: { assets: { [USDC]: '1' }, max: '200', per: 'P30D', window: 'rolling' } },
      expiry: '2027-01-19T12:00:00Z',
      redelegation: { maxDepth: 0 },
      revocation: {
        group: 'bills-2026',
        guardian: '0x3333333333333333333333333333333333333333',
        maxLatencySeconds: 60,
      },
      evidence: { receipts: ['grant', 'decision', 'outcome', 'revocation'], retain: 'P1Y' },
      assets: { [USDC]: { symbol: 'USDC', decimals: 6 } },
    })
    const plain = scopeFromTemplate(
      templateNamed('allowance'),
      without('allowance', 'task', 'purpose', 'guardian', 'most', 'per'),
      FRAME,
    )
    expect(plain.task).toEqual({ id: 'task-1', purpose: 'Pay the bills of these services' })
    expect(plain.revocation).toEqual({ group: 'task-1', maxLatencySeconds: 60 })
    expect(plain.rules[0]).not.toHaveProperty('max')
    expect(plain.budgets).toMatchObject({ allowance: { per: 'P30D' } })
  })

  test('default: subscription is paid as often as intervals begin, and no oftener', () => {
    const count = (until: string, every: string) => documentOf('subscription', { until, every }).calls
    expect(count('60d', '30d')).toEqual({ max: 2 })
    expect(count('60d', '29d')).toEqual({ max: 3 })
    expect(count('61d', '30d')).toEqual({ max: 3 })
    expect(count('1d', '30d')).toEqual({ max: 1 })
    expect(blastRadius(scopeOf('subscription'), { now: NOW }).assets).toMatchObject([
      { asset: USDC, total: 40_000_000n, burst: 20_000_000n },
    ])
  })

  test('behavior: what comes regularly is counted in a window shorter than its interval, in whole units', () => {
    const per = (every: string, window = 'rolling') =>
      Object.values(documentOf('subscription', { every, window }).budgets ?? {})[0]?.per
    expect(per('30d')).toBe('P26D')
    expect(per('7d')).toBe('P6D')
    expect(per('1d')).toBe('PT21H')
    // The largest unit of which there are two.
    expect(per('54h')).toBe('P2D')
    expect(per('53h')).toBe('PT47H')
    expect(per('135m')).toBe('PT2H')
    expect(per('134m')).toBe('PT7140S')
    expect(per('2m')).toBe('PT106S')
    expect(per('30d', 'fixed')).toBe('P30D')
    expect(per('36h', 'fixed')).toBe('PT36H')
    expect(per('90m', 'fixed')).toBe('PT5400S')
  })

  test('default: dca-swap pins every argument, and the amount exactly', () => {
    const [rule] = documentOf('dca-swap').rules
    expect(rule).toMatchObject({
      class: 'call',
      args: {
        'params.tokenIn': { eq: USDC },
        'params.tokenOut': { eq: WETH },
        'params.fee': { eq: '500' },
        'params.recipient': { eq: 'principal' },
        'params.amountIn': { eq: '50000000' },
        'params.amountOutMinimum': { gte: '10000000000000000' },
        'params.sqrtPriceLimitX96': { eq: '0' },
      },
      allowance: { asset: USDC, amount: 'params.amountIn' },
      spends: [{ asset: USDC, amount: 'params.amountIn', budget: 'purchases' }],
    })
    expect(documentOf('dca-swap')).toMatchObject({
      budgets: { purchases: { max: '50', per: 'P6D', window: 'rolling' } },
      calls: { max: 9 },
      assets: ASSETS,
    })
    expect(issuesOf('dca-swap', { ...examplesOf('dca-swap'), buy: USDC })).toEqual(['scope.bad_answer /buy'])
    const unread = codeOf(() =>
      scopeFromTemplate(templateNamed('dca-swap'), examplesOf('dca-swap'), { ...FRAME, assets: {} }),
    ) as ScopeError
    expect(unread.issues.map(({ code, pointer }) => `${code} ${pointer}`)).toEqual([
      'scope.unknown_decimals /amount',
      'scope.unknown_decimals /least',
    ])
  })

  test('default: treasury-payouts asks the principal, or whom it was told', () => {
    expect(documentOf('treasury-payouts').escalation).toEqual({
      above: { payouts: '1000' },
      confirmer: '0x4444444444444444444444444444444444444444',
      timeout: 'P1D',
      onTimeout: 'deny',
    })
    const answers = without('treasury-payouts', 'confirmer', 'timeout')
    const { escalation } = scopeFromTemplate(templateNamed('treasury-payouts'), answers, FRAME)
    expect(escalation).toMatchObject({ confirmer: 'principal', timeout: 'P1D' })
    const refused = ['scope.threshold_not_below_budget /above']
    expect(issuesOf('treasury-payouts', { ...examplesOf('treasury-payouts'), above: '10000' })).toEqual(refused)
    expect(documentOf('treasury-payouts', { above: '9999.999999' }).escalation?.above).toEqual({
      payouts: '9999.999999',
    })
  })

  test('default: nft-mint is one item a call, so many in all, into the principal’s account', () => {
    const document = documentOf('nft-mint')
    expect(document.rules).toMatchObject([
      {
        args: { to: { eq: 'principal' }, quantity: { eq: '1' } },
        spends: [{ asset: 'native', amount: 'value', budget: 'mints' }],
        value: { lte: '50000000000000000' },
      },
    ])
    expect(document).toMatchObject({ budgets: { mints: { max: '0.15' } }, calls: { max: 3 } })
    const free = documentOf('nft-mint', { price: '0' })
    expect(free).toMatchObject({ rules: [{ spends: [], value: { lte: '0' } }], budgets: {} })
    // What a free mint moves cannot be counted in any budget: nothing the template could ask would help.
    expect(lintScope(scopeOf('nft-mint', { price: '0' }), { now: NOW }).map(({ id }) => id)).toEqual([
      'uncounted_spend',
    ])
  })

  test('error: nft-mint refuses a function whose arguments it cannot pin', () => {
    const refused = (mint: string) => issuesOf('nft-mint', { ...examplesOf('nft-mint'), mint })
    for (const mint of [
      'function mint()',
      'function safeMint(address to)',
      'function mint(uint64 quantity)',
      'function gift(address to, address payer, uint256 n)',
    ])
      expect(documentOf('nft-mint', { mint }).rules).toMatchObject([{ function: mint }])
    for (const mint of [
      'function mint(address)',
      'function mint(uint256 id, uint256 quantity)',
      'function mint(address to, bytes data)',
      'function mint(int256 quantity)',
      'function mint(uint256[] ids)',
    ])
      expect(refused(mint)).toEqual(['scope.bad_answer /mint'])
    expect(refused('mint now')).toEqual(['scope.invalid_function /mint'])
    expect(refused('function mint(Item item)')).toEqual(['scope.unknown_type /mint'])
  })

  test('default: gas-top-up is native coin to accounts', () => {
    expect(documentOf('gas-top-up')).toMatchObject({
      rules: [{ asset: 'native', max: '0.01', budget: 'gas' }],
      budgets: { gas: { assets: { native: '1' }, max: '0.05', per: 'P7D', window: 'rolling' } },
      assets: {},
    })
  })

  test('error: every question that must be answered, each once, in order', () => {
    expect(issuesOf('subscription', {})).toEqual(
      ['asset', 'payee', 'price', 'principal', 'delegate', 'until'].map((name) => `scope.missing_answer /${name}`),
    )
    expect(issuesOf('subscription', { ...examplesOf('subscription'), price: ' ' })).toEqual([
      'scope.missing_answer /price',
    ])
  })

  test('error: an answer to no question of this template', () => {
    const answers = { ...examplesOf('gas-top-up'), payees: '0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1' }
    expect(issuesOf('gas-top-up', answers)).toEqual(['scope.unknown_answer /payees'])
  })

  test('error: answers of another form', () => {
    const refused = (change: Answers) => issuesOf('allowance', { ...examplesOf('allowance'), ...change })
    expect(refused({ limit: '1e3' })).toEqual(['scope.bad_answer /limit'])
    expect(refused({ limit: '-1' })).toEqual(['scope.bad_answer /limit'])
    expect(refused({ limit: '0' })).toEqual(['scope.amount_not_positive /limit'])
    expect(refused({ limit: '0.0000001' })).toEqual(['scope.too_many_decimals /limit'])
    expect(refused({ per: 'a month' })).toEqual(['scope.bad_answer /per'])
    expect(refused({ per: '59s' })).toEqual(['scope.bad_answer /per'])
    expect(refused({ per: 'P1M' })).toEqual(['scope.bad_answer /per'])
    expect(documentOf('allowance', { per: '60s' }).budgets).toMatchObject({ allowance: { per: 'PT60S' } })
    expect(refused({ window: 'sliding' })).toEqual(['scope.bad_answer /window'])
    expect(refused({ asset: 'USDC' })).toEqual(['scope.invalid_address /asset'])
    expect(refused({ payees: '0xAaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1' })).toEqual(['scope.bad_checksum /payees/0'])
    expect(refused({ payees: `${USDC}, ${`0x${'00'.repeat(20)}`}` })).toEqual(['scope.zero_address /payees/1'])
    expect(refused({ until: '2026-11-20T12:00:00Z' })).toEqual(['scope.bad_answer /until'])
    expect(refused({ until: '2026-13-01T00:00:00Z' })).toEqual(['scope.bad_answer /until'])
    expect(documentOf('allowance', { until: '2026-11-20T12:00:01Z' }).expiry).toBe('2026-11-20T12:00:01Z')
    expect(refused({ payees: 'x'.repeat(16_385) })).toEqual(['scope.bad_answer /payees'])
    expect(issuesOf('nft-mint', { ...examplesOf('nft-mint'), count: '0' })).toEqual(['scope.bad_answer /count'])
    expect(issuesOf('nft-mint', { ...examplesOf('nft-mint'), count: '1000001' })).toEqual(['scope.bad_answer /count'])
    expect(documentOf('nft-mint', { count: '1000000', price: '0.001' }).calls).toEqual({ max: 1_000_000 })
    expect(issuesOf('nft-mint', { ...examplesOf('nft-mint'), count: '1.5' })).toEqual(['scope.bad_answer /count'])
  })

  test('behavior: accounts may stand on lines of their own, and blanks around an answer are nothing', () => {
    const [a, b] = [`0x${'a1'.repeat(20)}`, `0x${'b1'.repeat(20)}`]
    expect(documentOf('allowance', { payees: ` ${a}\r\n${b} ,\t`, limit: ' 5 ' })).toMatchObject({
      rules: [{ to: [a, b] }],
      budgets: { allowance: { max: '5' } },
    })
  })
})

describe('templateNamed', () => {
  test('error: a name that is none', () => {
    const error = codeOf(() => templateNamed('toString'))
    expect(error).toBeInstanceOf(ScopeError)
    expect(error.code).toBe('scope.unknown_template')
  })
})

describe('questionsOf', () => {
  test('default: one lower-case word each, none twice in a template, every example an answer', () => {
    for (const template of templates) {
      const names = questionsOf(template).map(({ name }) => name)
      expect(new Set(names).size).toBe(names.length)
      for (const name of names) expect(name).toMatch(/^[a-z]+$/)
      expect(names.slice(-6)).toEqual(['principal', 'delegate', 'until', 'guardian', 'purpose', 'task'])
    }
  })
})
