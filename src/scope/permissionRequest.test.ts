import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { baseEnvironment } from '../../test/arbitraries/environment.ts'
import { AGENT, anyScope, DAI, PAYEES, PRINCIPAL, scopeDocument, TARGET, USDC } from '../../test/arbitraries/scope.ts'
import { parseInstant } from '../primitives/time.ts'
import { ScopeError } from './errors.ts'
import { type PermissionImport, scopeFromPermissionRequest } from './fromPermissionRequest.ts'
import { parseScope } from './parse.ts'
import { scopeToPermissionRequests } from './toPermissionRequests.ts'

const environment = await baseEnvironment()

type Rule = Parameters<typeof scopeDocument>[0][number]
type More = Parameters<typeof scopeDocument>[1]
type Json = Record<string, unknown>

const [A, B, C] = PAYEES
const pay = (more: object = {}): Rule =>
  ({ id: 'pay', class: 'transfer', asset: USDC, to: [A], budget: 'b', ...more }) as Rule
const limit = (more: object = {}): More => ({ budgets: { b: { assets: { [USDC]: '1' }, max: '200', ...more } } })
const daily = { per: 'P1D', window: 'fixed' }
const requestsOf = (rules: readonly Rule[], more?: More) =>
  JSON.parse(JSON.stringify(scopeToPermissionRequests(parseScope(scopeDocument(rules, more)))))

const START = Number(parseInstant('2026-11-20T00:00:00Z'))
const END = Number(parseInstant('2026-12-20T00:00:00Z'))

const options: PermissionImport = {
  principal: PRINCIPAL,
  task: { id: 'invoices' },
  revocation: { group: 'g', maxLatencySeconds: 60 },
  evidence: { receipts: ['grant'], retain: 'P1Y' },
  assets: { [USDC]: { symbol: 'USDC', decimals: 6 }, [DAI]: { symbol: 'DAI', decimals: 18 } },
}

function issuesOf(run: () => unknown): string[] {
  try {
    run()
  } catch (error) {
    if (error instanceof ScopeError) return error.issues.map(({ code, pointer }) => `${code} ${pointer}`)
    throw error
  }
  return []
}

describe('scopeToPermissionRequests', () => {
  test('default: a token budget by the day, as it goes over the wire', () => {
    expect(requestsOf([pay()], limit(daily))).toEqual([
      {
        chainId: '0x2105',
        from: PRINCIPAL,
        to: AGENT,
        permission: {
          type: 'erc20-token-periodic',
          isAdjustmentAllowed: false,
          data: {
            tokenAddress: USDC,
            periodAmount: '0xbebc200',
            periodDuration: 86_400,
            startTime: START,
            justification: 'Pay the invoices',
          },
        },
        rules: [
          { type: 'expiry', data: { timestamp: END } },
          { type: 'redeemer', data: { addresses: [AGENT] } },
          { type: 'payee', data: { addresses: [A] } },
        ],
      },
    ])
  })

  test('behavior: each kind of permission, one request a rule', () => {
    const rules = [
      pay(),
      pay({ id: 'any', asset: DAI, to: 'anyone', budget: 'c' }),
      pay({ id: 'tip', asset: 'native', to: [A, B, C], budget: 'd' }),
      pay({ id: 'gas', asset: 'native', to: 'anyone', budget: 'e' }),
    ]
    const requests = requestsOf(rules, {
      budgets: {
        b: { assets: { [USDC]: '0.5' }, max: '1' },
        c: { assets: { [DAI]: '1', [USDC]: '1' }, max: '1', per: 'PT1H', window: 'fixed' },
        d: { assets: { native: '1' }, max: '1' },
        e: { assets: { native: '1' }, max: '1', per: 'PT1H', window: 'fixed' },
      },
    })
    expect(
      requests.map(({ permission: { type, data } }: { permission: { type: string; data: Json } }) => [
        type,
        data['allowanceAmount'] ?? data['periodAmount'],
      ]),
    ).toEqual([
      ['erc20-token-allowance', '0x1e8480'],
      ['erc20-token-periodic', '0xde0b6b3a7640000'],
      ['native-token-allowance', '0xde0b6b3a7640000'],
      ['native-token-periodic', '0xde0b6b3a7640000'],
    ])
    expect(requests.map(({ rules }: { rules: { type: string }[] }) => rules.map(({ type }) => type))).toEqual([
      ['expiry', 'redeemer', 'payee'],
      ['expiry', 'redeemer'],
      ['expiry', 'redeemer', 'payee'],
      ['expiry', 'redeemer'],
    ])
  })

  test('behavior: without notBefore, periods are those counted from unix time 0, and an allowance begins at once', () => {
    const starts = (more: object) => {
      const document = scopeDocument([pay()], limit(more))
      delete document.notBefore
      return scopeToPermissionRequests(parseScope(document))[0]?.permission.data.startTime
    }
    expect(starts(daily)).toBe(86_400)
    expect(starts({})).toBeUndefined()
  })

  const act: Rule = { id: 'act', class: 'call', target: TARGET, function: 'f(uint256 amount)' }
  test.each<[string, readonly Rule[], More]>([
    ['/rules/1/class', [pay(), act], limit()],
    ['/rules/0/to', [pay({ to: [A, B] })], limit()],
    ['/rules/0/max', [pay({ max: '199' })], limit()],
    ['/rules/0/max', [pay({ budget: undefined, max: '5' })], {}],
    ['/budgets/b', [pay(), pay({ id: 'two', to: [B] })], limit()],
    ['/budgets/b/window', [pay()], limit({ per: 'P1D', window: 'rolling' })],
    ['/budgets/b/max', [pay()], limit({ assets: { [USDC]: '1', [DAI]: '1' }, max: `0.${'0'.repeat(17)}1` })],
    ['/calls', [pay()], { ...limit(), calls: { max: 5 } }],
    ['/redelegation/maxDepth', [pay()], { ...limit(), redelegation: { maxDepth: 1 } }],
    ['/request', [pay()], { ...limit(), request: { key: B, redeemers: 'anyone' } }],
    [
      '/escalation',
      [pay()],
      { ...limit(), escalation: { above: { b: '1' }, confirmer: 'principal', timeout: 'PT1M', onTimeout: 'deny' } },
    ],
  ])('error: %s does not fit a token permission', (pointer, rules, more) => {
    expect(issuesOf(() => requestsOf(rules, more))).toEqual([`scope.not_expressible ${pointer}`])
  })

  test('behavior: everything that does not fit is named at once', () => {
    const issues = issuesOf(() =>
      requestsOf([pay({ max: '1', to: [A, B] }), act], { ...limit(daily), calls: { max: 1 } }),
    )
    expect(issues.map((issue) => issue.split(' ')[1])).toEqual([
      '/calls',
      '/rules/0/max',
      '/rules/0/to',
      '/rules/1/class',
    ])
  })

  test('behavior: any scope is expressed or refused by name', () => {
    let expressed = 0
    const refused = new Set<string>()
    fc.assert(
      fc.property(anyScope(environment), (scope) => {
        const issues = issuesOf(() => scopeToPermissionRequests(scope))
        if (issues.length === 0) expressed++
        for (const issue of issues) refused.add(issue.replaceAll(/[0-9]+/g, '*'))
      }),
      { numRuns: 1_000 },
    )
    expect(expressed).toBeGreaterThan(10)
    expect(refused.size).toBeGreaterThan(8)
  })
})

describe('scopeFromPermissionRequest', () => {
  const request = () => requestsOf([pay()], limit(daily))[0] as Json

  const edited = (path: string, value: unknown) => {
    const document = request()
    const tokens = path.split('/').slice(1)
    let at = document
    for (const token of tokens.slice(0, -1)) at = at[token] as Json
    if (value === undefined) delete at[tokens.at(-1) ?? '']
    else at[tokens.at(-1) ?? ''] = value
    return document
  }

  test('default', () => {
    expect(scopeFromPermissionRequest(request(), options)).toEqual(
      parseScope(
        scopeDocument([{ ...pay(), budget: 'limit' } as Rule], {
          budgets: { limit: { assets: { [USDC]: '1' }, max: '200', per: 'P1D', window: 'fixed' } } as never,
          assets: { [USDC]: { symbol: 'USDC', decimals: 6 } },
        }),
      ),
    )
  })

  test('behavior: the purpose is the caller’s, else what the request justifies itself with', () => {
    const purpose = (task: PermissionImport['task']) =>
      scopeFromPermissionRequest(request(), { ...options, task }).task.purpose
    expect(purpose({ id: 'x' })).toBe('Pay the invoices')
    expect(purpose({ id: 'x', purpose: 'Mine' })).toBe('Mine')
    expect(
      issuesOf(() => scopeFromPermissionRequest(edited('/permission/data/justification', undefined), options)),
    ).toEqual(['scope.missing_field /task/purpose'])
  })

  test('behavior: what the wallet may adjust is nobody’s word yet', () => {
    const open = edited('/permission/isAdjustmentAllowed', true)
    const adjustable = ['/budgets/limit/max', '/budgets/limit/per', '/notBefore', '/expiry']
    expect(issuesOf(() => scopeFromPermissionRequest(open, options)).sort()).toEqual(
      adjustable.map((pointer) => `scope.agent_sourced ${pointer}`).sort(),
    )
    const { provenance } = scopeFromPermissionRequest(open, { ...options, confirmed: adjustable })
    expect(provenance).toEqual(Object.fromEntries(adjustable.map((pointer) => [pointer, 'confirmed'])))
    // A trusted writer does not fix what the wallet will choose.
    const trusted = { ...options, source: 'principal' as const }
    expect(issuesOf(() => scopeFromPermissionRequest(open, trusted))).toHaveLength(adjustable.length)
    expect(scopeFromPermissionRequest(request(), trusted).provenance['/budgets/limit/max']).toBe('principal')
  })

  test('behavior: a request without redeemers is handed on as far as the caller says', () => {
    const rules = [{ type: 'expiry', data: { timestamp: END } }]
    const depth = (maxDepth: number) =>
      scopeFromPermissionRequest(edited('/rules', rules), { ...options, maxDepth }).redelegation.maxDepth
    expect(depth(0)).toBe(0)
    expect(depth(2)).toBe(2)
    expect(issuesOf(() => depth(9))).toEqual(['scope.out_of_range /redelegation/maxDepth'])
  })

  test('behavior: an account may be left to the wallet, but is never another than the principal', () => {
    for (const from of [undefined, null]) {
      expect(scopeFromPermissionRequest(edited('/from', from), options).principal).toBe(PRINCIPAL)
    }
    expect(issuesOf(() => scopeFromPermissionRequest(edited('/from', B), options))).toEqual([
      'scope.other_party /principal',
    ])
    expect(issuesOf(() => scopeFromPermissionRequest(request(), { ...options, delegate: B }))).toEqual([
      'scope.other_party /delegate',
    ])
  })

  const expiry = { type: 'expiry', data: { timestamp: END } }
  const redeemer = { type: 'redeemer', data: { addresses: [AGENT] } }
  const rulesWith = (...more: unknown[]) => [expiry, redeemer, ...more]
  test.each<[string, string, unknown]>([
    ['scope.foreign_type /permission/type', '/permission/type', 'contract-call'],
    ['scope.foreign_type /permission/type', '/permission/type', 'toString'],
    ['scope.foreign_type /permission/type', '/permission/type', 'ERC20-token-periodic'],
    ['scope.cannot_hold /permission/type', '/permission/type', 'erc20-token-stream'],
    ['scope.cannot_hold /permission/type', '/permission/type', 'token-approval-revocation'],
    ['scope.malformed_value /permission/type', '/permission/type', 7],
    ['scope.foreign_type /rules/2/type', '/rules', rulesWith({ type: 'rate-limit', data: { count: 1 } })],
    ['scope.unknown_field /rules/0/data/before', '/rules/0/data/before', 1],
    ['scope.missing_expiry /rules', '/rules', [redeemer]],
    ['scope.missing_expiry /rules', '/rules', []],
    ['scope.missing_expiry /rules', '/rules', null],
    ['scope.missing_expiry /rules', '/rules', undefined],
    ['scope.cannot_hold /rules', '/rules', [expiry]],
    ['scope.cannot_hold /rules', '/rules/1/data/addresses', [B]],
    ['scope.cannot_hold /rules', '/rules/1/data/addresses', [AGENT, B]],
    ['scope.contradictory_details /rules/2', '/rules', rulesWith(expiry)],
    ['scope.contradictory_details /rules/2', '/rules', rulesWith(redeemer)],
    ['scope.out_of_range /rules/2/data/addresses', '/rules', rulesWith({ type: 'payee', data: { addresses: [] } })],
    ['scope.duplicate_payee /rules/0/to/1', '/rules/2/data/addresses', [A, A]],
    ['scope.nonsense_payee /rules/0/to/0', '/rules/2/data/addresses', [PRINCIPAL]],
    ['scope.out_of_range /rules/0/data/timestamp', '/rules/0/data/timestamp', 0],
    ['scope.wrong_type /rules/0/data/timestamp', '/rules/0/data/timestamp', `0x${END.toString(16)}`],
    ['scope.empty_lifetime /notBefore', '/rules/0/data/timestamp', START],
    // An amount has one text: no zero in front, no capital, no decimal digits, not nothing.
    ['scope.malformed_value /permission/data/periodAmount', '/permission/data/periodAmount', '0x0bebc200'],
    ['scope.malformed_value /permission/data/periodAmount', '/permission/data/periodAmount', '0xBEBC200'],
    ['scope.malformed_value /permission/data/periodAmount', '/permission/data/periodAmount', '200000000'],
    ['scope.malformed_value /permission/data/periodAmount', '/permission/data/periodAmount', '0x0'],
    ['scope.malformed_value /permission/data/periodAmount', '/permission/data/periodAmount', `0x1${'0'.repeat(64)}`],
    ['scope.wrong_type /permission/data/periodAmount', '/permission/data/periodAmount', 200_000_000],
    ['scope.missing_field /permission/data/periodAmount', '/permission/data/periodAmount', undefined],
    ['scope.unknown_field /permission/data/allowanceAmount', '/permission/data/allowanceAmount', '0x1'],
    ['scope.out_of_range /permission/data/periodDuration', '/permission/data/periodDuration', 0],
    ['scope.period_out_of_range /budgets/limit/per', '/permission/data/periodDuration', 1_576_800_001],
    ['scope.cannot_hold /permission/data/startTime', '/permission/data/startTime', undefined],
    ['scope.cannot_hold /permission/data/startTime', '/permission/data/startTime', null],
    ['scope.unknown_decimals /permission/data/tokenAddress', '/permission/data/tokenAddress', TARGET],
    ['scope.missing_field /permission/data/tokenAddress', '/permission/data/tokenAddress', undefined],
    ['scope.missing_field /permission/isAdjustmentAllowed', '/permission/isAdjustmentAllowed', undefined],
    ['scope.malformed_value /chainId', '/chainId', '0x02105'],
    ['scope.wrong_type /chainId', '/chainId', 8453],
    ['scope.out_of_range /chainId', '/chainId', '0xffffffffffffff'],
    ['scope.principal_is_delegate /delegate', '/to', PRINCIPAL],
    ['scope.unknown_field /permissions', '/permissions', []],
    // The wallets' earlier drafts named the parties otherwise: nothing of it is guessed at.
    ['scope.unknown_field /signer', '/signer', { type: 'account', data: { address: AGENT } }],
    ['scope.unknown_field /expiry', '/expiry', END],
  ])('error: %s', (issue, path, value) => {
    // Who redeems is looked at before the parties.
    const document =
      path === '/to'
        ? { ...edited(path, value), rules: [expiry, { type: 'redeemer', data: { addresses: [value] } }] }
        : edited(path, value)
    expect(issuesOf(() => scopeFromPermissionRequest(document, options))).toContain(issue)
  })

  test('error: a depth beside a rule that allows none', () => {
    expect(issuesOf(() => scopeFromPermissionRequest(request(), { ...options, maxDepth: 1 }))).toEqual([
      'scope.contradictory_details /rules',
    ])
  })

  test('error: what is no request at all', () => {
    for (const input of [null, [], 'x', [request()], { permission: null, rules: {} }]) {
      expect(issuesOf(() => scopeFromPermissionRequest(input, options)).length).toBeGreaterThan(0)
    }
    expect(issuesOf(() => scopeFromPermissionRequest(JSON.parse('{"__proto__":{}}'), options))).toEqual([
      'scope.prototype_key /__proto__',
    ])
  })
})
