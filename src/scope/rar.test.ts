import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { baseEnvironment } from '../../test/arbitraries/environment.ts'
import { AGENT, anyScope, PAYEES, PRINCIPAL, scopeDocument, TARGET, USDC } from '../../test/arbitraries/scope.ts'
import { ScopeError } from './errors.ts'
import { scopeHash } from './hash.ts'
import type { ImportOptions } from './imported.ts'
import { parseScope } from './parse.ts'
import { RAR_TYPE, scopeFromRar, scopeToRar } from './rar.ts'
import { isSubset } from './subset.ts'
import type { Scope } from './types.ts'

const environment = await baseEnvironment()

const scope = parseScope(
  scopeDocument(
    [
      { id: 'pay', class: 'transfer', asset: USDC, to: [{ value: PAYEES[0], source: 'addressBook' }], budget: 'b' },
      {
        id: 'act',
        class: 'call',
        target: { value: TARGET, source: 'principal' },
        function: 'function approve(address to, uint256 amount)',
        args: { amount: { eq: '5' } },
        acknowledge: ['selector:approve'],
      },
    ],
    {
      budgets: { b: { assets: { [USDC]: '1' }, max: { value: '200', source: 'ledger' } } },
      provenance: { '/rules': 'principal', '/rules/1': 'ledger' },
    },
  ),
)

type Json = Record<string, unknown>

/** What a client would send: JSON text, read again. */
const sent = (value: Scope = scope): Json[] => JSON.parse(JSON.stringify(scopeToRar(value)))

function edited(edit: (details: Json[]) => unknown): unknown {
  const details = sent()
  return edit(details) ?? details
}

function issuesOf(input: unknown, options?: ImportOptions): string[] {
  try {
    scopeFromRar(input, options)
  } catch (error) {
    if (error instanceof ScopeError) return error.issues.map(({ code, pointer }) => `${code} ${pointer}`)
    throw error
  }
  return []
}

describe('scopeToRar', () => {
  test('default', () => {
    const [pay, act] = scopeToRar(scope)
    expect(pay).toMatchObject({
      type: RAR_TYPE,
      locations: ['eip155:8453'],
      actions: ['transfer'],
      identifier: USDC,
      rule: { id: 'pay', to: [PAYEES[0]], budget: 'b' },
      provenance: { '/to/0': 'addressBook' },
      scope: {
        principal: PRINCIPAL,
        delegate: AGENT,
        provenance: { '/budgets/b/max': 'ledger', '/rules': 'principal' },
      },
    })
    expect(pay).not.toHaveProperty('privileges')
    expect(act).toMatchObject({
      actions: ['call'],
      identifier: TARGET,
      privileges: ['selector:approve'],
      provenance: { '/target': 'principal', '': 'ledger' },
    })
    expect(Object.keys(act?.rule ?? {}).sort()).toEqual(['args', 'function', 'id', 'spends', 'value'])
  })

  test('behavior: every scope comes back as it was, to the hash', () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(anyScope(environment), (any) => {
        const back = scopeFromRar(sent(any))
        expect(back).toEqual(any)
        expect(scopeHash(back)).toBe(scopeHash(any))
        for (const rule of any.rules) seen.add(rule.class)
        if (any.escalation) seen.add('escalation')
        if (any.request) seen.add('request')
        if (any.calls) seen.add('calls')
      }),
      { numRuns: 300 },
    )
    expect([...seen].sort()).toEqual(['call', 'calls', 'escalation', 'request', 'transfer'])
  })

  test('behavior: sources of rules and of the rest come back, too', () => {
    expect(scopeFromRar(sent())).toEqual(scope)
  })

  test('error: what the reader would refuse for its size', () => {
    const functions = Array.from({ length: 64 }, (_, index) => `a${index}`)
    const values = Array.from({ length: 12 }, (_, index) => ({ value: `${index}`, source: 'ledger' as const }))
    const large = parseScope(
      scopeDocument([
        {
          id: 'act',
          class: 'call',
          target: TARGET,
          function: `f(${functions.map((name) => `uint256 ${name}`).join(',')})`,
          args: Object.fromEntries(functions.map((name) => [name, { in: values }])),
        },
      ]),
    )
    expect(() => scopeToRar(large)).toThrow(expect.objectContaining({ code: 'scope.too_large' }))
  })
})

describe('scopeFromRar', () => {
  test('behavior: what an authorization server leaves out is narrower, never wider', () => {
    const [pay, act] = sent()
    // The budget that only the other rule used is left without use: refused, not dropped.
    expect(issuesOf([act])).toEqual(['scope.unused_budget /budgets/b'])
    const fewer = scopeFromRar([pay])
    expect(isSubset(fewer, scope).subset).toBe(true)
    expect(isSubset(scope, fewer).subset).toBe(false)
    expect(fewer.provenance).toEqual({
      '/rules': 'principal',
      '/rules/0/to/0': 'addressBook',
      '/budgets/b/max': 'ledger',
    })
  })

  test('behavior: sources follow their rule when rules change places', () => {
    const back = scopeFromRar(sent().reverse())
    expect(back.provenance).toMatchObject({ '/rules/0/target': 'principal', '/rules/1/to/0': 'addressBook' })
  })

  test('behavior: who wrote it may say anything of its sources and is not believed', () => {
    const details = edited((all) => {
      for (const detail of all) detail['provenance'] = { '/id': 'confirmed' }
    })
    expect(scopeFromRar(details).provenance['/rules/0/id']).toBe('confirmed')
    const issues = issuesOf(details, { source: 'agent' })
    expect(issues).toContain('scope.agent_sourced /rules/0/id')
    expect(issues).toContain('scope.agent_sourced /delegate')
    const confirmed = leavesOf(scope).filter((pointer) => !pointer.startsWith('/provenance'))
    const read = scopeFromRar(details, { source: 'agent', confirmed })
    expect(new Set(Object.values(read.provenance))).toEqual(new Set(['confirmed']))
    expect({ ...read, provenance: {} }).toEqual({ ...scope, provenance: {} })
    for (const pointer of ['/principal', '/rules/0/to/0', '/rules/1/acknowledge/0', '/budgets/b/max', '/chainId']) {
      const others = confirmed.filter((other) => other !== pointer)
      expect(issuesOf(details, { source: 'agent', confirmed: others })).toEqual([`scope.agent_sourced ${pointer}`])
    }
  })

  test('behavior: a trusted writer does not vouch for what it says is the agent’s', () => {
    const inline = edited((all) => {
      for (const detail of all) (detail['scope'] as Json)['expiry'] = { value: scope.expiry, source: 'agent' }
    })
    expect(issuesOf(inline, { source: 'principal' })).toEqual(['scope.agent_sourced /expiry'])
    const listed = edited((all) => {
      for (const detail of all) (detail['scope'] as Json)['provenance'] = { '/expiry': 'agent' }
    })
    expect(issuesOf(listed, { source: 'principal' })).toContain('scope.conflicting_provenance /expiry')
    expect(scopeFromRar(sent(), { source: 'ledger' }).provenance['/budgets/b/max']).toBe('ledger')
  })

  test('behavior: parties other than those the caller knows are refused', () => {
    expect(scopeFromRar(sent(), { principal: PRINCIPAL, delegate: AGENT })).toEqual(scope)
    expect(issuesOf(sent(), { principal: PAYEES[0] })).toEqual(['scope.other_party /principal'])
    expect(issuesOf(sent(), { delegate: PAYEES[0] })).toEqual(['scope.other_party /delegate'])
  })

  test.each<[string, unknown]>([
    // Shapes as the standard's own examples have them: other people's APIs.
    [
      'scope.foreign_type /0/type',
      [
        {
          type: 'payment_initiation',
          actions: ['initiate', 'status', 'cancel'],
          locations: ['https://example.com/payments'],
          instructedAmount: { currency: 'EUR', amount: '123.50' },
          creditorName: 'Merchant A',
        },
      ],
    ],
    ['scope.foreign_type /0/type', [{ type: 'account_information', datatypes: ['balances'], identifier: 'account-1' }]],
    ['scope.foreign_type /2/type', edited((all) => void all.push({ type: 'customer_information' }))],
    ['scope.foreign_type /0/type', edited((all) => void Object.assign(all[0] ?? {}, { type: RAR_TYPE.toUpperCase() }))],
    ['scope.wrong_type ', { type: RAR_TYPE }],
    ['scope.wrong_type ', JSON.stringify(sent())],
    ['scope.out_of_range ', []],
    ['scope.out_of_range ', Array.from({ length: 65 }, () => sent()[0])],
    ['scope.missing_field /0/type', [{ locations: ['eip155:1'] }]],
    ['scope.wrong_type /0', [null]],
  ])('error: %s for what is no scope', (issue, input) => {
    expect(issuesOf(input)).toContain(issue)
  })

  const member = (path: string, value: unknown) => {
    return edited((all) => {
      const tokens = path.split('/').slice(1)
      let at = all as unknown as Json
      for (const token of tokens.slice(0, -1)) at = at[token] as Json
      if (value === undefined) delete at[tokens.at(-1) ?? '']
      else at[tokens.at(-1) ?? ''] = value
    })
  }

  test.each<[string, string, unknown]>([
    // Values of a list multiply in RFC 9396: two of them would be a product that no rule says.
    ['scope.out_of_range /0/actions', '/0/actions', ['transfer', 'call']],
    ['scope.out_of_range /0/locations', '/0/locations', ['eip155:8453', 'eip155:1']],
    ['scope.out_of_range /0/actions', '/0/actions', []],
    ['scope.malformed_value /0/actions/0', '/0/actions', ['pay']],
    ['scope.malformed_value /0/locations/0', '/0/locations', ['https://mainnet.example']],
    ['scope.malformed_value /0/locations/0', '/0/locations', ['eip155:08453']],
    ['scope.unknown_field /0/datatypes', '/0/datatypes', ['balances']],
    ['scope.unknown_field /0/privileges', '/0/privileges', ['admin']],
    ['scope.unknown_field /0/limit', '/0/limit', '5'],
    // A field that another one already says: the reader must not have to choose.
    ['scope.unknown_field /0/rule/asset', '/0/rule/asset', 'native'],
    ['scope.unknown_field /0/rule/class', '/0/rule/class', 'call'],
    ['scope.unknown_field /1/rule/target', '/1/rule/target', USDC],
    ['scope.unknown_field /1/rule/acknowledge', '/1/rule/acknowledge', ['target:permit2']],
    ['scope.unknown_field /0/scope/chainId', '/0/scope/chainId', 1],
    ['scope.unknown_field /0/scope/rules', '/0/scope/rules', []],
    ['scope.missing_field /0/identifier', '/0/identifier', undefined],
    ['scope.malformed_value /0/identifier', '/0/identifier', 'anything'],
    ['scope.missing_field /0/scope/expiry', '/0/scope/expiry', undefined],
    ['scope.contradictory_details /1/locations', '/1/locations', ['eip155:1']],
    ['scope.contradictory_details /1/scope/delegate', '/1/scope/delegate', PAYEES[2]],
    ['scope.contradictory_details /1/scope/budgets', '/1/scope/budgets', {}],
    ['scope.contradictory_details /1/scope/calls', '/1/scope/calls', { max: 1 }],
    ['scope.contradictory_details /1/scope/notBefore', '/1/scope/notBefore', undefined],
    ['scope.duplicate_rule /rules/1/id', '/1/rule/id', 'pay'],
    ['scope.duplicate_rule /rules/1/id', '/1', sent()[0]],
    ['scope.dangling_provenance /provenance/~1rules~10~1max', '/0/provenance', { '/max': 'ledger' }],
    ['scope.agent_sourced /rules/0/to/0', '/0/provenance', { '/to/0': 'agent' }],
    ['scope.malformed_value /0/provenance/to~10', '/0/provenance', { 'to/0': 'ledger' }],
    ['scope.bad_checksum /rules/0/asset', '/0/identifier', `0xA${USDC.slice(3)}`],
    ['scope.too_large ', '/0/rule', 'deep'],
  ])('error: %s', (issue, path, value) => {
    const nested = value === 'deep' ? JSON.parse(`${'{"a":'.repeat(40)}1${'}'.repeat(40)}`) : value
    const found = issuesOf(member(path, nested))
    if (value === 'deep') expect(found[0]).toMatch(/^scope\.too_large \/0\/rule/)
    else expect(found).toContain(issue)
  })

  test('error: sources of a rule in the common part would point at another rule', () => {
    const details = edited((all) => {
      for (const detail of all) (detail['scope'] as Json)['provenance'] = { '/rules/0/to/0': 'principal' }
    })
    expect(issuesOf(details)).toEqual(['scope.dangling_provenance /0/scope/provenance/~1rules~10~1to~10'])
  })

  test('error: prototype keys and what is no JSON', () => {
    expect(issuesOf(JSON.parse('[{"type":"x","__proto__":{}}]'))).toEqual(['scope.prototype_key /0/__proto__'])
    expect(issuesOf([new Map()])).toEqual(['scope.not_json /0'])
  })

  test('behavior: with one member changed, what is read is what is written, or a coded error', () => {
    const paths = leavesOf(sent()).filter((path) => !path.includes('/provenance'))
    const values = fc.constantFrom<unknown>(
      '1',
      'native',
      'anyone',
      'b',
      USDC,
      PAYEES[1],
      ['x'],
      {},
      null,
      7,
      undefined,
    )
    const seen = new Set<string>()
    fc.assert(
      fc.property(fc.constantFrom(...paths), values, (path, value) => {
        const changed = member(path, value)
        const issues = issuesOf(changed)
        for (const issue of issues) seen.add(issue.split(' ')[0] ?? '')
        if (issues.length > 0) return
        seen.add('accepted')
        // What the normal form adds where nothing is said (no spends, no value) is not what was changed.
        expect(sent(scopeFromRar(changed))).toMatchObject(changed as Json[])
      }),
      { numRuns: 1_500 },
    )
    expect([...seen]).toEqual(
      expect.arrayContaining(['accepted', 'scope.contradictory_details', 'scope.wrong_type', 'scope.missing_field']),
    )
  })
})

function leavesOf(value: unknown, at = ''): string[] {
  if (typeof value !== 'object' || value === null) return [at]
  return Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, `${at}/${key}`))
}
