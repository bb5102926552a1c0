import fc from 'fast-check'
import { getAddress } from 'viem'
import { describe, expect, test } from 'vitest'
import { parseInstant } from '../primitives/time.ts'
import type { ScopeCode } from './errors.ts'
import { ScopeError } from './errors.ts'
import { scopeHash, scopeJsonSchema } from './hash.ts'
import { type ParseOptions, parseScope } from './parse.ts'
import type { Scope } from './types.ts'

const account = (n: number) => `0x${n.toString(16).padStart(2, '0').repeat(20)}` as const
const principal = account(0x1a)
const delegate = account(2)
const usdc = account(0x3b)
const dai = account(4)
const vendor = account(0x5c)
const router = account(6)

/** The scope of DESIGN §3, as a person would write it. */
const valid = () => ({
  version: 1,
  task: { id: 'invoices-2026-11', purpose: "Pay this month's API invoices" },
  chainId: 8453,
  principal,
  delegate,
  request: { key: delegate, redeemers: [account(9)] },
  rules: [
    {
      id: 'pay',
      class: 'transfer',
      asset: usdc,
      to: [{ value: vendor, source: 'addressBook' }, account(0x5d)],
      max: '50.00',
      budget: 'stables',
    },
    {
      id: 'swap',
      class: 'call',
      target: router,
      function: 'function swap(address tokenIn, address tokenOut, uint256 amountIn, uint256 minOut, address to)',
      args: {
        tokenIn: { eq: usdc },
        tokenOut: { in: [dai, usdc] },
        amountIn: { lte: '100000000' },
        minOut: { gte: '1' },
        to: { eq: 'principal' },
      },
      allowance: { asset: usdc, amount: 'amountIn' },
      spends: [{ asset: usdc, amount: 'amountIn', budget: 'stables' }],
      value: { lte: '0' },
    },
  ],
  budgets: { stables: { assets: { [usdc]: '1', [dai]: '1.0' }, max: '200', per: 'P1D', window: 'rolling' } },
  calls: { max: 20, per: 'P1D', window: 'fixed' },
  notBefore: '2026-11-20T00:00:00Z',
  expiry: '2026-12-20T00:00:00Z',
  redelegation: { maxDepth: 0 },
  revocation: { group: '2026-11', guardian: account(7), maxLatencySeconds: 60 },
  escalation: { above: { stables: '25' }, confirmer: 'principal', timeout: 'PT15M', onTimeout: 'deny' },
  evidence: { receipts: ['grant', 'decision'], retain: 'P1Y' },
  assets: { [usdc]: { symbol: 'USDC', decimals: 6 }, [dai]: { symbol: 'DAI', decimals: 18 } },
})

/** The valid scope with one member set (or, with `undefined`, removed). */
function edited(path: string, value: unknown): unknown {
  const document = valid() as unknown as Record<string, unknown>
  const tokens = path.split('/').slice(1)
  let at: Record<string, unknown> = document
  for (const token of tokens.slice(0, -1)) at = at[token] as Record<string, unknown>
  const last = tokens.at(-1) ?? ''
  if (value === undefined) delete at[last]
  else at[last] = value
  return document
}

function issuesOf(input: unknown, options?: ParseOptions): string[] {
  try {
    parseScope(input, options)
  } catch (error) {
    if (error instanceof ScopeError) return error.issues.map(({ code, pointer }) => `${code} ${pointer}`)
    throw error
  }
  return []
}

describe('parseScope', () => {
  test('default', () => {
    const scope = parseScope(valid(), { now: parseInstant('2026-11-20T00:00:00Z') })
    expect(scope.rules[0]).toEqual({
      id: 'pay',
      class: 'transfer',
      asset: usdc,
      to: [vendor, account(0x5d)],
      max: '50',
      budget: 'stables',
    })
    expect(scope.budgets['stables']?.assets).toEqual({ [usdc]: '1', [dai]: '1' })
    expect(scope.provenance).toEqual({ '/rules/0/to/0': 'addressBook' })
    expect(scope.rules[1]).toMatchObject({ value: { lte: '0' }, acknowledge: [], args: { to: { eq: 'principal' } } })
  })

  test('behavior: writes addresses in lower case and drops assets that nothing names', () => {
    const document = edited('/rules/0/asset', getAddress(usdc)) as { assets: Record<string, unknown> }
    document.assets[getAddress(account(0xab))] = { symbol: 'X', decimals: 1 }
    expect(parseScope(document)).toEqual(parseScope(valid()))
  })

  test('behavior: the normal form is its own normal form', () => {
    const scope = parseScope(valid())
    expect(parseScope(scope)).toEqual(scope)
    expect(parseScope(JSON.parse(JSON.stringify(scope)))).toEqual(scope)
  })

  test('behavior: facts from the chain supply decimals', () => {
    const facts = { [usdc]: { symbol: 'USDC', decimals: 6 }, [dai]: { symbol: 'DAI', decimals: 18 } }
    expect(parseScope(edited('/assets', undefined), { assets: facts })).toEqual(parseScope(valid()))
  })

  test('behavior: a value of the agent enters only if its pointer is confirmed', () => {
    const document = edited('/rules/0/to/0', { value: vendor, source: 'agent' })
    expect(issuesOf(document)).toEqual(['scope.agent_sourced /rules/0/to/0'])
    expect(issuesOf(document, { confirmed: ['/rules/0/to/1'] })).toEqual(['scope.agent_sourced /rules/0/to/0'])
    const scope = parseScope(document, { confirmed: ['/rules/0/to/0'] })
    expect(scope.provenance).toEqual({ '/rules/0/to/0': 'confirmed' })
    expect(parseScope(scope)).toEqual(scope)
  })

  test('behavior: a builder cannot confirm beside the value', () => {
    expect(issuesOf(edited('/rules/0/to/0', { value: vendor, source: 'confirmed' }))[0]).toContain(
      'scope.malformed_value',
    )
  })

  test('behavior: every issue is listed, each with its pointer, value and fix', () => {
    const document = edited('/rules/0/max', '0') as Record<string, unknown>
    document['expiry'] = '2026-11-19T00:00:00Z'
    try {
      parseScope(document)
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(ScopeError)
      const { issues, code } = error as ScopeError
      expect(code).toBe('scope.empty_lifetime')
      expect(issues.map((issue) => issue.pointer)).toEqual(['/notBefore', '/rules/0/max'])
      for (const issue of issues) expect(issue.fix).toMatch(/^[A-Z]/)
    }
  })

  const now = parseInstant('2026-12-20T00:00:00Z')
  const cases: [ScopeCode, string, string, unknown, ParseOptions?][] = [
    ['scope.unknown_field', '/rules/0/maximum', '/rules/0/maximum', '50'],
    ['scope.unknown_field', '/rules/1/args/tokenIn/gte', '/rules/1/args/tokenIn/gte', '1'],
    ['scope.missing_field', '/principal', '/principal', undefined],
    ['scope.missing_expiry', '/expiry', '/expiry', undefined],
    ['scope.wrong_type', '/rules/0/max', '/rules/0/max', 50],
    ['scope.wrong_type', '/rules', '/rules', {}],
    ['scope.malformed_value', '/rules/0/max', '/rules/0/max', '1e3'],
    ['scope.malformed_value', '/expiry', '/expiry', '2026-12-20'],
    ['scope.malformed_value', '/calls/per', '/calls/per', 'P1M'],
    ['scope.malformed_value', '/task/purpose', '/task/purpose', '\ud800'],
    ['scope.out_of_range', '/redelegation/maxDepth', '/redelegation/maxDepth', 8],
    ['scope.unsupported_version', '/version', '/version', 2],
    ['scope.prototype_key', '/budgets/__proto__', '/budgets', JSON.parse('{"__proto__":{}}')],
    ['scope.prototype_key', '/rules/1/args/__proto__', '/rules/1/args', JSON.parse('{"__proto__":{"eq":"1"}}')],
    ['scope.prototype_key', '/budgets/constructor', '/budgets/constructor', {}],
    ['scope.not_json', '/task', '/task', new Date(0)],
    ['scope.not_json', '/chainId', '/chainId', 1n],
    ['scope.too_large', '/task/purpose', '/task/purpose', 'x'.repeat(20_000)],
    ['scope.bad_checksum', '/principal', '/principal', getAddress(principal).replace('A', 'a')],
    ['scope.zero_address', '/delegate', '/delegate', account(0)],
    ['scope.zero_address', '/rules/0/to/1', '/rules/0/to/1', account(0)],
    ['scope.zero_address', '/rules/1/target', '/rules/1/target', account(0)],
    ['scope.open_delegate', '/delegate', '/delegate', '0x0000000000000000000000000000000000000a11'],
    ['scope.principal_is_delegate', '/delegate', '/delegate', principal],
    ['scope.request_key_is_principal', '/request/key', '/request/key', principal],
    ['scope.request_with_redelegation', '/redelegation/maxDepth', '/redelegation/maxDepth', 1],
    ['scope.confirmer_is_delegate', '/escalation/confirmer', '/escalation/confirmer', delegate],
    ['scope.no_such_date', '/expiry', '/expiry', '2026-02-30T00:00:00Z'],
    ['scope.expired', '/expiry', '/task/id', 'x', { now }],
    ['scope.expiry_out_of_range', '/expiry', '/expiry', '2106-02-07T06:28:16Z'],
    ['scope.empty_lifetime', '/notBefore', '/notBefore', '2026-12-20T00:00:00Z'],
    ['scope.zero_period', '/budgets/stables/per', '/budgets/stables/per', 'PT0S'],
    ['scope.period_out_of_range', '/calls/per', '/calls/per', 'P51Y'],
    ['scope.period_without_window', '/budgets/stables/per', '/budgets/stables/window', undefined],
    ['scope.window_without_period', '/calls/window', '/calls/per', undefined],
    ['scope.amount_not_positive', '/rules/0/max', '/rules/0/max', '0.0'],
    ['scope.amount_not_positive', '/rules/0/max', '/rules/0/max', '-1'],
    ['scope.amount_not_positive', '/budgets/stables/max', '/budgets/stables/max', '0'],
    // A weight of zero would count nothing: an unlimited budget that looks limited.
    ['scope.amount_not_positive', `/budgets/stables/assets/${usdc}`, `/budgets/stables/assets/${usdc}`, '0'],
    ['scope.too_many_decimals', '/rules/0/max', '/rules/0/max', '0.0000001'],
    ['scope.amount_overflow', '/rules/0/max', '/rules/0/max', '9'.repeat(78)],
    ['scope.amount_overflow', '/budgets/stables/max', '/budgets/stables/max', '9'.repeat(60)],
    [
      'scope.amount_overflow',
      '/budgets/stables/max',
      '/budgets/stables',
      { assets: { [usdc]: `0.${'0'.repeat(17)}1` }, max: '9'.repeat(60) },
    ],
    ['scope.unknown_decimals', '/rules/0/asset', '/rules/0/asset', account(0xaa)],
    [
      'scope.asset_mismatch',
      `/assets/${usdc}`,
      '/task/id',
      'x',
      { assets: { [usdc]: { symbol: 'USDC', decimals: 18 } } },
    ],
    ['scope.asset_is_account', '/rules/0/asset', '/rules/0/asset', principal],
    ['scope.empty_rules', '/rules', '/rules', []],
    ['scope.duplicate_rule', '/rules/1/id', '/rules/1/id', 'pay'],
    ['scope.duplicate_payee', '/rules/0/to/1', '/rules/0/to/1', getAddress(vendor)],
    ['scope.duplicate_value', '/request/redeemers/1', '/request/redeemers/1', account(9)],
    ['scope.duplicate_value', '/rules/1/args/tokenOut/in/1', '/rules/1/args/tokenOut/in/1', dai],
    ['scope.nonsense_payee', '/rules/0/to/1', '/rules/0/to/1', principal],
    ['scope.nonsense_payee', '/rules/0/to/1', '/rules/0/to/1', usdc],
    ['scope.invalid_function', '/rules/1/function', '/rules/1/function', 'swap(address'],
    ['scope.unknown_type', '/rules/1/function', '/rules/1/function', 'f(IERC20 token)'],
    ['scope.unknown_argument', '/rules/1/args/recipient', '/rules/1/args/recipient', { eq: vendor }],
    ['scope.condition_does_not_fit', '/rules/1/args/to', '/rules/1/args/to', { lte: '5' }],
    ['scope.condition_does_not_fit', '/rules/1/args/minOut', '/rules/1/args/minOut', { hash: `0x${'00'.repeat(32)}` }],
    ['scope.value_does_not_fit', '/rules/1/args/to/eq', '/rules/1/args/to/eq', '5'],
    ['scope.value_does_not_fit', '/rules/1/args/minOut/gte', '/rules/1/args/minOut/gte', '-1'],
    ['scope.value_does_not_fit', '/rules/1/args/minOut/gte', '/rules/1/args/minOut/gte', (2n ** 256n).toString()],
    ['scope.value_does_not_fit', '/rules/1/value/lte', '/rules/1/value/lte', '9'.repeat(78)],
    [
      'scope.unsatisfiable_condition',
      '/rules/1/args/minOut/equals',
      '/rules/1/args/minOut',
      { mask: '1', equals: '2' },
    ],
    ['scope.amount_not_an_argument', '/rules/1/spends/0/amount', '/rules/1/spends/0/amount', 'tokenIn'],
    ['scope.amount_not_an_argument', '/rules/1/allowance/amount', '/rules/1/allowance/amount', 'to'],
    ['scope.unknown_argument', '/rules/1/spends/0/amount', '/rules/1/spends/0/amount', 'value'],
    ['scope.unknown_budget', '/rules/0/budget', '/rules/0/budget', 'toString'],
    ['scope.unknown_budget', '/escalation/above/other', '/escalation/above/other', '1'],
    ['scope.budget_without_asset', '/rules/0/budget', '/rules/0/asset', 'native'],
    ['scope.unused_budget', '/budgets/spare', '/budgets/spare', { assets: { native: '1' }, max: '1' }],
    ['scope.empty_budget', '/budgets/stables/assets', '/budgets/stables/assets', {}],
    ['scope.threshold_not_below_budget', '/escalation/above/stables', '/escalation/above/stables', '200'],
    ['scope.empty_escalation', '/escalation/above', '/escalation/above', {}],
    ['scope.dangling_provenance', '/provenance/~1rules~12', '/provenance', { '/rules/2': 'principal' }],
    ['scope.dangling_provenance', '/provenance/~1rules~100', '/provenance', { '/rules/00': 'principal' }],
    ['scope.conflicting_provenance', '/rules/0/to/0', '/provenance', { '/rules/0/to/0': 'principal' }],
    ['scope.agent_sourced', '/rules/1/target', '/provenance', { '/rules/1/target': 'agent' }],
  ]
  test.each(cases)('error: %s at %s', (code, pointer, path, value, options) => {
    expect(issuesOf(edited(path, value), options)).toContain(`${code} ${pointer}`)
  })

  test('error: a transfer without any limit', () => {
    const document = edited('/rules/0/max', undefined) as { rules: Record<string, unknown>[] }
    const [rule] = document.rules
    delete rule?.['budget']
    expect(issuesOf(document)).toContain('scope.unlimited_rule /rules/0')
  })

  test('error: the native coin moved by an argument', () => {
    const document = edited('/rules/1/spends', [{ asset: 'native', amount: 'amountIn', budget: 'gas' }]) as {
      budgets: Record<string, unknown>
    }
    document.budgets['gas'] = { assets: { native: '1' }, max: '1' }
    expect(issuesOf(document)).toEqual(['scope.amount_not_an_argument /rules/1/spends/0/amount'])
  })

  test('behavior: a getter cannot answer twice', () => {
    let reads = 0
    const document = valid()
    Object.defineProperty(document, 'delegate', {
      enumerable: true,
      get: () => (reads++ === 0 ? delegate : principal),
    })
    expect(parseScope(document).delegate).toBe(delegate)
    expect(reads).toBe(1)
  })

  test('error: cycles, depth and size end in a code, at once', () => {
    const cycle: Record<string, unknown> = valid()
    cycle['task'] = cycle
    expect(issuesOf(cycle)[0]).toMatch(/^scope\.too_large/)
    const many = (count: number, entry: (i: number) => [string, unknown]) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => entry(i)))
    const hostile: [RegExp, unknown][] = [
      [/^scope\.too_large \/rules$/, edited('/rules', Array(200_000).fill(0))],
      [/^scope\.out_of_range \/rules$/, edited('/rules', Array(90_000).fill(0))],
      [/^scope\.too_large $/, { ...valid(), ...many(40_000, (i) => [`f${i}`, 1]) }],
      [/^scope\.unknown_field \/f0$/, { ...valid(), ...many(400, (i) => [`f${i}`, 1]) }],
      [
        /^scope\.too_large \/rules\/1\/args$/,
        edited(
          '/rules/1/args',
          many(40_000, (i) => [`a${i}`, { zz: 1 }]),
        ),
      ],
      [
        /^scope\.unknown_argument/,
        edited(
          '/rules/1/args',
          many(500, (i) => [`a${i}`, { eq: '1' }]),
        ),
      ],
      [
        /^scope\.dangling_provenance/,
        edited(
          '/provenance',
          many(80_000, (i) => [`/rules/${i + 2}`, 'agent']),
        ),
      ],
      [
        /^scope\.out_of_range/,
        edited(
          '/budgets/stables/assets',
          many(500, (i) => [`0x${i.toString(16).padStart(40, '1')}`, '1']),
        ),
      ],
    ]
    for (const [code, document] of hostile) {
      const used = cpuMilliseconds(() => expect(issuesOf(document)[0]).toMatch(code))
      expect(used).toBeLessThan(1_000)
    }
  })

  test('behavior: the largest scope is read in under a second', () => {
    const to = Array.from({ length: 256 }, (_, i) =>
      getAddress(`0x${(i + 1).toString(16).padStart(4, '0')}${'abcdef'.repeat(6)}`),
    )
    const rules = Array.from({ length: 64 }, (_, i) => ({
      id: `r${i}`,
      class: 'transfer',
      asset: usdc,
      to,
      budget: 'stables',
    }))
    expect(cpuMilliseconds(() => expect(issuesOf(edited('/rules', rules))).toEqual([]))).toBeLessThan(1_000)
  })

  test('behavior: any JSON gives a scope or a coded error', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        issuesOf(value)
      }),
      { numRuns: 300 },
    )
  })

  test('behavior: one value changed gives a normal form that is its own, or a coded error', () => {
    const paths = pathsOf(valid())
    const scalar = fc.oneof(
      fc.constantFrom<unknown>(
        '0',
        '1',
        '24',
        '200',
        '0.5',
        '-3',
        'P1D',
        'PT0S',
        'rolling',
        'fixed',
        'native',
        'anyone',
      ),
      fc.constantFrom<unknown>(principal, delegate, usdc, dai, vendor, getAddress(usdc), account(0)),
      fc.constantFrom<unknown>(
        'stables',
        'pay',
        'amountIn',
        '2026-12-01T00:00:00Z',
        '2026-02-30T00:00:00Z',
        null,
        0,
        1,
        true,
      ),
      fc.constantFrom<unknown>({ lte: '5' }, { eq: 'principal' }, { eq: true }, [], {}, [vendor, vendor], undefined),
      fc.constantFrom<unknown>({ value: vendor, source: 'agent' }, { value: '1', source: 'ledger' }),
      fc.jsonValue({ maxDepth: 2 }),
    )
    const seen = new Set<string>()
    let accepted = 0
    fc.assert(
      fc.property(fc.constantFrom(...paths), scalar, (path, value) => {
        const document = edited(path, value)
        const issues = issuesOf(document)
        for (const issue of issues) seen.add(issue.split(' ')[0] ?? '')
        if (issues.length > 0) return
        accepted++
        const scope: Scope = parseScope(document)
        expect(parseScope(scope)).toEqual(scope)
        expect(scopeHash(parseScope(scope))).toBe(scopeHash(scope))
      }),
      { numRuns: 4_000 },
    )
    expect(accepted).toBeGreaterThan(100)
    expect(seen.size).toBeGreaterThan(20)
  })
})

describe('scopeHash', () => {
  test('behavior: the same scope written in two ways has one name, another scope another', () => {
    const scope = parseScope(valid())
    expect(scopeHash(scope)).toBe(scopeHash(parseScope(edited('/rules/0/max', '50'))))
    expect(scopeHash(scope)).not.toBe(scopeHash(parseScope(edited('/rules/0/max', '49'))))
    expect(scopeHash(scope)).toMatch(/^0x[0-9a-f]{64}$/)
  })
})

describe('scopeJsonSchema', () => {
  test('default', () => {
    const schema = scopeJsonSchema() as { $schema: string; required: string[]; additionalProperties: boolean }
    expect(schema.$schema).toContain('2020-12')
    expect(schema.additionalProperties).toBe(false)
    expect(schema.required).toEqual(
      expect.arrayContaining(['version', 'principal', 'delegate', 'rules', 'expiry', 'revocation']),
    )
  })
})

/** Processor time, not wall time: the bound holds on a busy machine too. */
function cpuMilliseconds(act: () => void): number {
  const before = process.cpuUsage()
  act()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}

function pathsOf(value: unknown, at = ''): string[] {
  if (typeof value !== 'object' || value === null) return [at]
  const inner = Object.entries(value).flatMap(([key, member]) => pathsOf(member, `${at}/${key}`))
  return at === '' ? inner : [at, ...inner]
}
