import { describe, expect, test } from 'vitest'
import { ScopeError } from './errors.ts'
import { scopeJsonSchema } from './hash.ts'
import { type ParseOptions, parseScope } from './parse.ts'

const account = (n: number) => `0x${n.toString(16).padStart(2, '0').repeat(20)}` as const
const [usdc, dai, vendor] = [account(0x3b), account(4), account(0x5c)] as const

/** Every field there is, so that every place has a value. */
const full = (): Record<string, unknown> => ({
  version: 1,
  task: { id: 'invoices', purpose: 'Pay the invoices' },
  chainId: 8453,
  principal: account(1),
  delegate: account(2),
  request: { key: account(3), redeemers: [account(9)] },
  rules: [
    { id: 'pay', class: 'transfer', asset: usdc, to: [vendor], max: '50', budget: 'stables' },
    { id: 'tip', class: 'transfer', asset: 'native', to: 'anyone', max: '1' },
    {
      id: 'act',
      class: 'call',
      target: account(6),
      function: 'f(address a, uint256 b, uint256 c, uint256 d, uint256 e, bytes g, bytes h, uint256 amount)',
      args: {
        a: { eq: vendor },
        b: { neq: '1' },
        c: { lte: '5' },
        d: { gte: '5' },
        e: { mask: '3', equals: '1' },
        g: { length: { lte: '9' } },
        h: { hash: `0x${'ab'.repeat(32)}` },
        amount: { in: ['1', '2'] },
      },
      allowance: { asset: usdc, amount: 'amount' },
      spends: [{ asset: usdc, amount: 'amount', budget: 'stables' }],
      value: { lte: '7' },
      acknowledge: ['selector:approve'],
    },
    {
      id: 'lose',
      class: 'call',
      target: account(6),
      function: 'function g(uint256 amount)',
      spends: [{ asset: dai, measured: true, budget: 'stables' }],
    },
  ],
  budgets: { stables: { assets: { [usdc]: '1', [dai]: '1' }, max: '200', per: 'P1D', window: 'rolling' } },
  calls: { max: 20, per: 'P1D', window: 'fixed' },
  notBefore: '2026-11-20T00:00:00Z',
  expiry: '2026-12-20T00:00:00Z',
  redelegation: { maxDepth: 0 },
  revocation: { group: 'g', guardian: account(7), maxLatencySeconds: 60 },
  escalation: { above: { stables: '25' }, confirmer: account(8), timeout: 'PT15M', onTimeout: 'deny' },
  evidence: { receipts: ['grant', 'decision'], retain: 'P1Y' },
  assets: { [usdc]: { symbol: 'USDC', decimals: 6 }, [dai]: { symbol: 'DAI', decimals: 18 } },
})

/** The full document with a source beside the value at `pointer`. */
function withSource(pointer: string, source: string, document = full()): Record<string, unknown> {
  const tokens = pointer.split('/').slice(1)
  let at = document
  for (const token of tokens.slice(0, -1)) at = at[token] as Record<string, unknown>
  const last = tokens.at(-1) ?? ''
  at[last] = { value: at[last], source }
  return document
}

function leavesOf(value: unknown, at = ''): string[] {
  if (typeof value !== 'object' || value === null) return [at]
  return Object.entries(value).flatMap(([key, member]) => leavesOf(member, `${at}/${key}`))
}

type Json = { [key: string]: Json } & { $ref?: string; anyOf?: Json[]; oneOf?: Json[] }

/** Places at which the JSON Schema takes a value with a source; `*` for every key and every index. */
function placesOf(schema: Json, root: Json, at = ''): string[] {
  if (schema.$ref !== undefined) {
    const target = root['$defs']?.[schema.$ref.split('/').at(-1) ?? '']
    return target === undefined ? [] : placesOf(target, root, at)
  }
  const branches = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])]
  const here = branches.some(({ properties }) => properties?.['value'] && properties['source']) ? [at] : []
  if (here.length > 0)
    return [...here, ...branches.filter((it) => !it['properties']?.['source']).flatMap((it) => placesOf(it, root, at))]
  return [
    ...branches.flatMap((branch) => placesOf(branch, root, at)),
    ...Object.entries(schema['properties'] ?? {}).flatMap(([key, member]) =>
      placesOf(member as Json, root, `${at}/${key}`),
    ),
    ...(typeof schema['additionalProperties'] === 'object'
      ? placesOf(schema['additionalProperties'] as Json, root, `${at}/*`)
      : []),
    ...(schema['items'] === undefined ? [] : placesOf(schema['items'] as Json, root, `${at}/*`)),
  ]
}

const leaves = leavesOf(full())
const places = [...new Set(placesOf(scopeJsonSchema() as Json, scopeJsonSchema() as Json))]
const isAt = (pointer: string, place: string) => new RegExp(`^${place.replaceAll('*', '[^/]+')}$`).test(pointer)
const sourcedLeaves = leaves.filter((leaf) => places.some((place) => isAt(leaf, place)))

function issuesOf(input: unknown, options?: ParseOptions): string[] {
  try {
    parseScope(input, options)
  } catch (error) {
    if (error instanceof ScopeError) return error.issues.map(({ code, pointer }) => `${code} ${pointer}`)
    throw error
  }
  return []
}

describe('splitSources', () => {
  test('default: every value may carry a source, but what says how to read the rest', () => {
    expect(leaves.filter((leaf) => !sourcedLeaves.includes(leaf))).toEqual([
      '/version',
      '/rules/0/class',
      '/rules/1/class',
      '/rules/2/class',
      '/rules/3/class',
    ])
    // The other way round: no place of the schema that the full document does not try.
    expect(places.filter((place) => !sourcedLeaves.some((leaf) => isAt(leaf, place)))).toEqual(['/request/redeemers'])
    expect(places.length).toBeGreaterThan(50)
  })

  test.each(sourcedLeaves)('behavior: a value of the agent at %s enters only confirmed', (pointer) => {
    const document = withSource(pointer, 'agent')
    expect(issuesOf(document)).toEqual([`scope.agent_sourced ${pointer}`])
    expect(issuesOf(document, { confirmed: leaves.filter((leaf) => leaf !== pointer) })).toEqual([
      `scope.agent_sourced ${pointer}`,
    ])
    const { provenance, ...scope } = parseScope(document, { confirmed: [pointer] })
    expect(provenance).toEqual({ [pointer]: 'confirmed' })
    expect({ ...scope, provenance: {} }).toEqual(parseScope(full()))
    expect(parseScope({ ...scope, provenance })).toEqual({ ...scope, provenance })
  })

  test.each(sourcedLeaves)('behavior: the source at %s is kept, and cannot be a confirmation', (pointer) => {
    expect(parseScope(withSource(pointer, 'ledger')).provenance).toEqual({ [pointer]: 'ledger' })
    expect(issuesOf(withSource(pointer, 'confirmed'))).toContainEqual(
      expect.stringMatching(new RegExp(`^scope\\.(?:malformed_value|wrong_type) ${pointer}(?:/source)?$`)),
    )
    expect(issuesOf(withSource(pointer, 'ledger', withSource(pointer, 'ledger'))).length).toBeGreaterThan(0)
  })

  test('behavior: a source beside a value and another in the list contradict each other', () => {
    const document = { ...withSource('/expiry', 'agent'), provenance: { '/expiry': 'principal' } }
    expect(issuesOf(document)).toEqual(['scope.conflicting_provenance /expiry'])
    expect(issuesOf(document, { confirmed: ['/expiry'] })).toEqual(['scope.conflicting_provenance /expiry'])
  })

  test('behavior: what is of the agent is not confirmed by the document itself, nor by confirming a part or a neighbour', () => {
    const payee = '/rules/0/to/0'
    const claimed = { ...withSource(payee, 'agent'), provenance: { [payee]: 'confirmed' } }
    expect(issuesOf(claimed)).toEqual([`scope.conflicting_provenance ${payee}`])
    expect(issuesOf(claimed, { confirmed: [payee] })).toEqual([`scope.conflicting_provenance ${payee}`])
    const whole = { ...full(), provenance: { '/rules/0': 'agent' } }
    expect(issuesOf(whole, { confirmed: [payee, '/rules/0/to', '/rules', '/rules/00', '/rules/0/'] })).toEqual([
      'scope.agent_sourced /rules/0',
    ])
    expect(parseScope(whole, { confirmed: ['/rules/0'] }).provenance).toEqual({ '/rules/0': 'confirmed' })
  })

  test('behavior: an address as a key is one key, however it is written', () => {
    const pointer = `/budgets/stables/assets/${usdc}`
    const listed = { ...full(), provenance: { [pointer.replace('3b3b', '3B3B')]: 'agent' } }
    expect(issuesOf(listed)).toEqual([`scope.agent_sourced ${pointer}`])
    expect(issuesOf({ ...withSource(pointer, 'ledger'), provenance: listed.provenance })).toContain(
      `scope.conflicting_provenance ${pointer}`,
    )
    expect(
      parseScope(listed, {
        confirmed: [pointer.replace('3b3b', '3B3B')],
      }).provenance,
    ).toEqual({ [pointer]: 'confirmed' })
  })

  test('behavior: "anyone" from the agent opens nothing', () => {
    const document = { ...full(), request: { key: account(3), redeemers: { value: 'anyone', source: 'agent' } } }
    expect(issuesOf(document)).toEqual(['scope.agent_sourced /request/redeemers'])
    expect(parseScope(document, { confirmed: ['/request/redeemers'] }).request?.redeemers).toBe('anyone')
  })

  test('behavior: an asset that nothing names takes its source along, and the agent’s is refused all the same', () => {
    const spare = account(0xab)
    const named = (source: string) => {
      const document = full()
      Object.assign(document['assets'] as object, { [spare]: { symbol: { value: 'X', source }, decimals: 1 } })
      return document
    }
    const scope = parseScope(named('ledger'))
    expect(scope).toEqual(parseScope(full()))
    expect(issuesOf(named('agent'))).toEqual([`scope.agent_sourced /assets/${spare}/symbol`])
  })

  test('behavior: names that look like a source are names', () => {
    const rules = ['value', 'source'].map((budget) => {
      return { id: budget, class: 'transfer', asset: 'native', to: 'anyone', budget }
    })
    const limit = { assets: { native: '1' }, max: '10' }
    const escalation = {
      above: { value: '1', source: '2' },
      confirmer: 'principal',
      timeout: 'PT1M',
      onTimeout: 'deny',
    }
    const { calls, request, assets, ...rest } = full()
    const scope = parseScope({ ...rest, rules, budgets: { value: limit, source: limit }, escalation })
    expect(scope.escalation?.above).toEqual({ value: '1', source: '2' })
    expect(scope.provenance).toEqual({})
    const act = {
      id: 'act',
      class: 'call',
      target: account(6),
      function: 'f(string value, string source)',
      args: { value: { eq: 'principal' }, source: { eq: { value: 'agent', source: 'ledger' } } },
    }
    const { budgets, escalation: _, ...bare } = rest
    expect(parseScope({ ...bare, rules: [act] })).toMatchObject({
      rules: [{ args: { value: { eq: 'principal' }, source: { eq: 'agent' } } }],
      provenance: { '/rules/0/args/source/eq': 'ledger' },
    })
  })

  test('error: a wrapper with more, less or deeper than a value and its source', () => {
    const at = (expiry: unknown) => issuesOf({ ...full(), expiry })
    const value = '2026-12-20T00:00:00Z'
    expect(at({ value })).toEqual(['scope.missing_field /expiry/source'])
    expect(at({ source: 'ledger' })).toContain('scope.missing_field /expiry/value')
    expect(at({ value, source: 'ledger', by: 'x' })).toEqual(['scope.unknown_field /expiry/by'])
    expect(at({ value: { value, source: 'agent' }, source: 'ledger' })).toEqual(['scope.wrong_type /expiry/value'])
    expect(
      issuesOf({ ...full(), revocation: { value: full()['revocation'], source: 'ledger' } }).length,
    ).toBeGreaterThan(0)
  })
})
