import fc from 'fast-check'
import type { Environment } from '../../src/caveats/types.ts'
import type { Address } from '../../src/primitives/hex.ts'
import { parseScope } from '../../src/scope/parse.ts'
import type { ScopeDocument } from '../../src/scope/schema.ts'
import type { Scope } from '../../src/scope/types.ts'

export const PRINCIPAL: Address = '0x1111111111111111111111111111111111111111'
export const AGENT: Address = '0x2222222222222222222222222222222222222222'
export const USDC: Address = '0x833589fcd6edb6e08f4c7c32d4f71b54bda02913'
export const DAI: Address = '0x50c5725949a6f0c72e6c4a641f24049a917db0cb'
export const PAYEES: readonly [Address, Address, Address] = [
  '0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1',
  '0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa2',
  '0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa3',
]
export const TARGET: Address = '0xcccccccccccccccccccccccccccccccccccccccc'

type Document = ScopeDocument
type RuleDocument = Document['rules'][number]

/** A scope that is complete but for its rules. 20 Nov to 20 Dec 2026 on Base. */
export function scopeDocument(rules: readonly RuleDocument[], more: Partial<Document> = {}): Document {
  return {
    version: 1,
    task: { id: 'invoices', purpose: 'Pay the invoices' },
    chainId: 8453,
    principal: PRINCIPAL,
    delegate: AGENT,
    rules: [...rules],
    notBefore: '2026-11-20T00:00:00Z',
    expiry: '2026-12-20T00:00:00Z',
    redelegation: { maxDepth: 0 },
    revocation: { group: 'g', maxLatencySeconds: 60 },
    evidence: { receipts: ['grant'], retain: 'P1Y' },
    assets: { [USDC]: { symbol: 'USDC', decimals: 6 }, [DAI]: { symbol: 'DAI', decimals: 18 } },
    ...more,
  }
}

const FUNCTIONS = [
  [
    'function pay(address to, uint256 amount)',
    { to: [{ eq: PAYEES[0] }, { neq: PAYEES[1] }], amount: [{ eq: '5' }, { lte: '9' }] },
  ],
  ['function note(string text, bool flag)', { text: [{ eq: 'hello' }], flag: [{ eq: true }] }],
  ['function ping()', {}],
  [
    'function swap((address to, int64 tick) p, bytes path, uint8 kind)',
    { 'p.to': [{ eq: 'principal' }], 'p.tick': [{ eq: '-3' }], kind: [{ in: ['1', '2'] }] },
  ],
  ['function transfer(address to, uint256 amount)', { amount: [{ eq: '7' }] }],
  ['function approve(address spender, uint256 amount)', { amount: [{ eq: '1' }] }],
] as const

/**
 * Scopes that parse: every class of rule, spending declared and measured, budgets shared and alone, windows of both kinds,
 * lifetime and rate limits, and now and then a target, payee or function that must be refused.
 */
export function anyScope(environment: Environment): fc.Arbitrary<Scope> {
  const amount = fc.integer({ min: 1, max: 500 }).map((value) => (value % 2 === 0 ? `${value}` : `${value}.5`))
  const window = fc.constantFrom(
    {},
    {},
    { per: 'P1D', window: 'fixed' as const },
    { per: 'PT1H', window: 'rolling' as const },
  )
  const assets = fc.constantFrom({ [USDC]: '1' }, { [DAI]: '0.5' }, { native: '2000' }, { [USDC]: '1', [DAI]: '1' })
  const budget = fc.tuple(assets, amount, window).map(([weights, max, per]) => ({ assets: weights, max, ...per }))
  const weird = fc.constantFrom(environment.manager, environment.enforcers['NonceEnforcer'] ?? environment.manager)
  const rarely = <value>(common: fc.Arbitrary<value>, rare: fc.Arbitrary<value>) =>
    fc.oneof({ weight: 19, arbitrary: common }, { weight: 1, arbitrary: rare })
  const payees = fc.oneof(
    fc.constant('anyone' as const),
    fc.uniqueArray(rarely(fc.constantFrom<Address>(...PAYEES), weird), { minLength: 1, maxLength: 3 }),
  )
  const transfer = fc
    .tuple(
      fc.constantFrom('b0', 'b1', 'b2', undefined),
      fc.constantFrom<string>(USDC, DAI, 'native'),
      payees,
      fc.option(amount, { nil: undefined }),
      fc.nat(),
    )
    .map(([name, asset, to, max, choice]) => ({ class: 'transfer' as const, name, asset, to, max, choice }))
  const call = fc
    .tuple(
      rarely(fc.constantFrom<Address>(TARGET, USDC), weird),
      fc.constantFrom(...FUNCTIONS),
      fc.array(fc.nat(), { minLength: 6, maxLength: 6 }),
      fc.constantFrom('0', '0', '1000'),
      fc.boolean(),
      fc.constantFrom(undefined, undefined, undefined, 'b0', 'b1'),
    )
    .map(([target, [signature, conditions], choices, value, acknowledge, measured]) => ({
      class: 'call' as const,
      target,
      function: signature as string,
      args: Object.fromEntries(
        Object.entries(conditions as Record<string, readonly unknown[]>).flatMap(([name, options], index) => {
          const chosen = options[(choices[index] ?? 0) % (options.length + 1)]
          return chosen === undefined ? [] : [[name, chosen]]
        }),
      ),
      value,
      acknowledge: acknowledge ? ['selector:approve'] : [],
      measured,
      choice: choices[0] ?? 0,
    }))
  const rules = fc.array(fc.oneof({ weight: 2, arbitrary: transfer }, { weight: 1, arbitrary: call }), {
    minLength: 1,
    maxLength: 4,
  })
  const calls = fc.constantFrom(
    undefined,
    undefined,
    { max: 1 },
    { max: 9 },
    { max: 9, per: 'P1D', window: 'rolling' as const },
  )
  const more = fc.record({
    calls,
    budgets: fc.tuple(budget, budget, budget),
    notBefore: fc.boolean(),
    depth: fc.constantFrom(0, 0, 2),
    guardian: fc.boolean(),
    escalates: rarely(fc.constant(false), fc.constant(true)),
    requests: rarely(fc.constant(false), fc.constant(true)),
  })
  return fc.tuple(rules, more).map(([sketches, options]) => {
    const used = new Map<string, (typeof options.budgets)[number]>()
    const documents = sketches.map((sketch, index): RuleDocument => {
      const id = `r${index}`
      if (sketch.class === 'call') {
        const counted = sketch.measured === undefined ? undefined : options.budgets[Number(sketch.measured.slice(1))]
        if (sketch.measured !== undefined && counted !== undefined) used.set(sketch.measured, counted)
        const assets = Object.keys(counted?.assets ?? {}) as Address[]
        const asset = assets[sketch.choice % assets.length]
        return {
          ...(sketch.measured !== undefined &&
            asset !== undefined && { spends: [{ asset, measured: true as const, budget: sketch.measured }] }),
          id,
          class: 'call',
          target: sketch.target,
          function: sketch.function,
          args: sketch.args as never,
          value: { lte: sketch.value },
          acknowledge: sketch.acknowledge,
        }
      }
      const chosen = sketch.name === undefined ? undefined : options.budgets[Number(sketch.name.slice(1))]
      if (sketch.name === undefined || chosen === undefined) {
        return { id, class: 'transfer', asset: sketch.asset as Address, to: sketch.to, max: sketch.max ?? '3' }
      }
      used.set(sketch.name, chosen)
      const keys = Object.keys(chosen.assets)
      const asset = keys[sketch.choice % keys.length] as Address
      return {
        id,
        class: 'transfer',
        asset,
        to: sketch.to,
        budget: sketch.name,
        ...(sketch.max === undefined ? {} : { max: sketch.max }),
      }
    })
    const [escalated] = used.keys()
    const document = scopeDocument(documents, {
      budgets: Object.fromEntries(used) as never,
      ...(options.calls && { calls: options.calls }),
      redelegation: { maxDepth: options.depth },
      revocation: { group: 'g', maxLatencySeconds: 60, ...(options.guardian && { guardian: PAYEES[2] }) },
      ...(options.escalates &&
        escalated !== undefined && {
          escalation: {
            above: { [escalated]: '0.5' },
            confirmer: 'principal' as const,
            timeout: 'PT15M',
            onTimeout: 'deny' as const,
          },
        }),
      ...(options.requests && options.depth === 0 && { request: { key: PAYEES[1], redeemers: 'anyone' as const } }),
    })
    if (!options.notBefore) delete document.notBefore
    return parseScope(document)
  })
}
