import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { baseEnvironment } from '../../test/arbitraries/environment.ts'
import { anyScope, PAYEES, PRINCIPAL, TARGET, USDC } from '../../test/arbitraries/scope.ts'
import {
  acceptableOf,
  addressOf,
  agent,
  contractAccount,
  countingSalt,
  key,
  makeGrant,
  principal,
  richDocument,
  stranger,
  subAgent,
} from '../../test/arbitraries/signedGrant.ts'
import { codeOf, codeOfAsync } from '../../test/codes.ts'
import { compile } from '../compile/compile.ts'
import { CompileError } from '../compile/errors.ts'
import { hashDelegation, signingHash } from '../delegation/hash.ts'
import { recoverSigner } from '../delegation/signature.ts'
import { type Delegation, ROOT_AUTHORITY } from '../delegation/types.ts'
import { parseScope } from '../scope/parse.ts'
import type { ScopeDocument } from '../scope/schema.ts'
import type { Scope } from '../scope/types.ts'
import { attenuateGrant, planAttenuation } from './attenuate.ts'
import { signGrant } from './create.ts'
import { GrantError } from './errors.ts'
import { parseGrant } from './parse.ts'
import { serializeGrant } from './serialize.ts'
import type { Grant } from './types.ts'

const environment = await baseEnvironment()
const grant = await makeGrant(environment)

/** Rules of the rich scope, narrower. */
const payOne: ScopeDocument['rules'][number] = {
  id: 'pay-one',
  class: 'transfer',
  asset: USDC,
  to: [PAYEES[0]],
  budget: 'small',
}
const small = { small: { assets: { [USDC]: '1' }, max: '50', per: 'P1D', window: 'fixed' as const } }

const childDocument = (more: Partial<ScopeDocument> = {}): ScopeDocument =>
  richDocument({
    delegate: subAgent.address,
    rules: [payOne],
    budgets: small,
    redelegation: { maxDepth: 0 },
    ...more,
  })
const child = (more: Partial<ScopeDocument> = {}): Scope => parseScope(childDocument(more))

const options = { environment, nonce: 11n, salt: countingSalt(1_000n) }
const attenuate = (scope: Scope, from = grant, account = agent) => attenuateGrant(from, { ...options, scope, account })
const at = (from: Grant, index: number): Delegation => {
  const delegation = from.delegations[index]
  if (delegation === undefined) throw new TypeError('no delegation')
  return delegation
}

describe('attenuateGrant', () => {
  test('default: hangs a narrower grant under the parent’s leaf, signed by its delegate alone', async () => {
    const scope = child()
    const narrow = await attenuate(scope)
    expect(narrow.scopes).toEqual([...grant.scopes, scope])
    expect(narrow.branches).toHaveLength(1)
    const links = narrow.branches[0]?.links ?? []
    const chain = links.map((link) => at(narrow, link))
    expect(chain.map(({ delegator, delegate }) => [delegator, delegate])).toEqual([
      [addressOf(agent), addressOf(subAgent)],
      [addressOf(principal), addressOf(agent)],
      [addressOf(principal), addressOf(principal)],
    ])
    expect(chain.map(({ authority }) => authority)).toEqual([...chain.slice(1).map(hashDelegation), ROOT_AUTHORITY])
    expect(grant.delegations).toEqual(expect.arrayContaining(chain.slice(1)))
    const [leaf] = chain
    if (leaf === undefined) throw new TypeError('no leaf')
    expect(recoverSigner(signingHash(leaf, grant), leaf.signature)).toEqual({
      status: 'signed',
      signer: addressOf(agent),
    })
  })

  test('behavior: the result is a grant like any other, and can be handed on again', async () => {
    const deep = await makeGrant(environment, richDocument({ redelegation: { maxDepth: 2 } }))
    const first = await attenuate(child({ redelegation: { maxDepth: 1 } }), deep)
    expect(parseGrant(serializeGrant(first), { environment })).toEqual(first)
    const last = key('1b')
    const second = await attenuate(
      child({ delegate: last.address, budgets: { small: { ...small.small, max: '5' } } }),
      first,
      subAgent,
    )
    expect(parseGrant(serializeGrant(second), { environment })).toEqual(second)
    expect(second.branches[0]?.links).toHaveLength(4)
    expect(second.scopes.map(({ delegate }) => delegate)).toEqual([agent, subAgent, last].map(addressOf))
    const third = () => attenuate(child({ delegate: stranger.address }), second, last)
    expect((await codeOfAsync(third)).code).toBe('grant.redelegation_forbidden')
  })

  test('behavior: branches of the parent that the child does not use stay out of its file', async () => {
    const narrow = await attenuate(child())
    expect(grant.delegations.length - narrow.delegations.length).toBe(2)
    expect(narrow.delegations.filter(({ delegator }) => delegator === addressOf(agent))).toHaveLength(1)
  })

  test('behavior: a limit that the parent shares stays shared when it is handed on as it is', async () => {
    const rules = richDocument().rules.slice(0, 1)
    const { stables } = richDocument().budgets ?? {}
    if (stables === undefined) throw new TypeError('no budget')
    const narrow = await attenuate(child({ rules, budgets: { stables } }))
    expect(parseGrant(serializeGrant(narrow), { environment })).toEqual(narrow)
    expect(narrow.branches.map(({ payee }) => payee)).toEqual([PAYEES[0], PAYEES[1]])
    const roots = narrow.branches.map(({ links }) => links.at(-1))
    expect(new Set(roots).size).toBe(1)
    expect(new Set(narrow.delegations.map(({ salt }) => salt)).size).toBe(narrow.delegations.length)
  })

  test('behavior: a payee that two rules pay is handed on with the rule of the same id', async () => {
    const budget = { assets: { [USDC]: '1' }, max: '10' }
    const pay = (id: string, to: string[]) => ({ id, class: 'transfer' as const, asset: USDC, to, budget: id })
    const rules = [pay('one', [PAYEES[0]]), pay('two', [PAYEES[1], PAYEES[0]])]
    const held = await makeGrant(environment, richDocument({ rules, budgets: { one: budget, two: budget } }))
    const narrow = await attenuate(child({ rules: rules.slice(1), budgets: { two: budget } }), held)
    expect(new Set(narrow.branches.map(({ links }) => links.at(-1))).size).toBe(1)
    expect(parseGrant(serializeGrant(narrow), { environment })).toEqual(narrow)
  })

  test('behavior: of two parent rules that look alike, a part lies under the one that admits it', async () => {
    const budget = { assets: { [USDC]: '1' }, max: '10' }
    const pay = (id: string, more: object = {}) => ({
      id,
      class: 'transfer' as const,
      asset: USDC,
      to: [PAYEES[0]],
      budget: id,
      ...more,
    })
    const held = await makeGrant(
      environment,
      richDocument({ rules: [pay('low', { max: '5' }), pay('high')], budgets: { low: budget, high: budget } }),
      { accept: ['/rules/0/max'] },
    )
    const [low, high] = held.branches.map(({ links }) => links.at(-1))
    const above = async (id: string, max: string) => {
      const rules = [pay(id)]
      const { branches, delegations } = await attenuate(child({ rules, budgets: { [id]: { ...budget, max } } }), held)
      const root = hashDelegation(delegations[branches[0]?.links.at(-1) ?? -1] as Delegation)
      return held.delegations.findIndex((it) => hashDelegation(it) === root)
    }
    // The caveats of both are alike. Ten at once lie under the second only; of the first the redeemer lets five pass.
    expect(await above('other', '10')).toBe(high)
    expect(await above('low', '10')).toBe(high)
    expect(await above('other', '5')).toBe(low)
    expect(await above('high', '5')).toBe(high)
  })

  test('behavior: planAttenuation shows the same without a key', async () => {
    const scope = child()
    const planned = planAttenuation(grant, { ...options, salt: countingSalt(5_000n), scope })
    const signed = await attenuateGrant(grant, { ...options, salt: countingSalt(5_000n), scope, account: agent })
    expect(planned.delegations.map(hashDelegation)).toEqual(signed.delegations.map(hashDelegation))
    expect(planned.delegations.map(({ signature }) => signature === '0x')).toEqual([false, false, true])
    expect(planned.firstNew).toBe(2)
  })

  test('error: a child that is wider, in each dimension', async () => {
    const native = { id: 'tip', class: 'transfer' as const, asset: 'native', to: [PAYEES[2]], budget: 'coins' }
    const call = {
      id: 'note',
      class: 'call',
      target: TARGET,
      function: 'function pay(address to, uint256 amount)',
    } as const
    const coins = (max: string) => ({ coins: { assets: { native: '1' }, max } })
    const wider: [string, Partial<ScopeDocument>][] = [
      ['another payee', { rules: [{ ...payOne, to: [PAYEES[2]] }] }],
      ['one payee more', { rules: [{ ...payOne, to: [PAYEES[0], PAYEES[2]] }] }],
      ['anyone', { rules: [{ ...payOne, to: 'anyone' }] }],
      ['a higher budget', { budgets: { small: { ...small.small, max: '201' } } }],
      ['a faster budget', { budgets: { small: { ...small.small, per: 'PT1H' } } }],
      ['a budget without window', { budgets: { small: { assets: { [USDC]: '1' }, max: '6001' } } }],
      ['a later end', { expiry: '2026-12-20T00:00:01Z' }],
      ['an earlier begin', { notBefore: '2026-11-19T00:00:00Z' }],
      ['another chain', { chainId: 1 }],
      ['another principal', { principal: stranger.address }],
      ['more native coin', { rules: [native], budgets: coins('0.6') }],
      ['a looser argument', { rules: [call], budgets: {} }],
      ['another function', { rules: [{ ...call, function: 'function ping()' }], budgets: {} }],
      ['another target', { rules: [{ ...call, target: PAYEES[0], args: { to: { eq: PAYEES[0] } } }], budgets: {} }],
      ['native value', { rules: [{ ...call, args: { to: { eq: PAYEES[0] } }, value: { lte: '1' } }], budgets: {} }],
    ]
    const dimensions = new Set<unknown>()
    for (const [name, change] of wider) {
      const error = await codeOfAsync(() => attenuate(child(change)))
      expect([name, error.code]).toEqual([name, 'grant.widened'])
      dimensions.add(error.details['dimension'])
      expect(error.details['pointer']).toMatch(/^\//)
    }
    expect(dimensions.size).toBeGreaterThan(6)
  })

  test('error: a file whose child is wider than its parent, however well signed', async () => {
    const narrow = await attenuate(child())
    const [root] = narrow.scopes
    const wide = parseScope(childDocument({ expiry: '2027-01-20T00:00:00Z' }))
    if (root === undefined) throw new TypeError('no scope')
    const { scopeHash } = await import('../scope/hash.ts')
    const forged = { ...narrow, scopes: [root, wide], scopeHash: scopeHash(wide) }
    expect(codeOf(() => parseGrant(serializeGrant(forged)))).toMatchObject({
      code: 'grant.widened',
      details: { scope: 1, dimension: 'lifetime', pointer: '/expiry' },
    })
  })

  test('error: a grant that may not be handed on, or not that far', async () => {
    const closed = await makeGrant(environment, richDocument({ redelegation: { maxDepth: 0 } }))
    expect((await codeOfAsync(() => attenuate(child(), closed))).code).toBe('grant.redelegation_forbidden')
    const further = () => attenuate(child({ redelegation: { maxDepth: 1 } }))
    expect((await codeOfAsync(further)).code).toBe('grant.redelegation_forbidden')
  })

  test('error: a parent that pins its redeemer keeps every sub-agent out, whatever its scope says', async () => {
    const closed = await makeGrant(environment, richDocument({ redelegation: { maxDepth: 0 } }))
    const [shown] = grant.scopes
    if (shown === undefined) throw new TypeError('no scope')
    const pinned = { ...closed, scopes: [shown] }
    expect((await codeOfAsync(() => attenuate(child(), pinned))).code).toBe('grant.redeemer_pinned')
  })

  test('error: a parent whose caveats are not its scope’s', async () => {
    const wide = await makeGrant(environment, richDocument({ expiry: '2027-12-20T00:00:00Z' }))
    const disguised = { ...wide, scopes: grant.scopes }
    expect((await codeOfAsync(() => attenuate(child(), disguised))).code).toBe('grant.not_the_scope')
  })

  test('error: anybody but the parent’s delegate', async () => {
    for (const account of [principal, subAgent, stranger]) {
      expect((await codeOfAsync(() => attenuate(child(), grant, account))).code).toBe('grant.wrong_account')
    }
  })

  test('error: an account that is in the chain already', async () => {
    expect((await codeOfAsync(() => attenuate(child({ delegate: agent.address })))).code).toBe('grant.wrong_actor')
  })

  test('error: a chain that is handed on beyond what can be redeemed', async () => {
    let held = await makeGrant(environment, richDocument({ redelegation: { maxDepth: 7 } }))
    let holder = agent
    for (let depth = 6; depth > 0; depth--) {
      const next = key(`2${depth}`)
      const scope = child({ delegate: next.address, redelegation: { maxDepth: depth } })
      held = await attenuateGrant(held, { ...options, scope, account: holder })
      holder = next
    }
    expect(held.branches[0]?.links).toHaveLength(8)
    const beyond = () => attenuate(child({ delegate: stranger.address }), held, holder)
    expect((await codeOfAsync(beyond)).code).toBe('grant.too_long')
  })

  test('error: a limit that would hold for each branch alone', async () => {
    const rules: ScopeDocument['rules'] = [{ ...payOne, to: [PAYEES[0], PAYEES[1]] }]
    expect(await codeOfAsync(() => attenuate(child({ rules })))).toMatchObject({
      code: 'grant.limit_not_shared',
      details: { caveat: 'erc20PeriodTransfer' },
    })
  })

  test('error: a rule that only two branches of the parent admit together', async () => {
    const native = (id: string, payee: string) => ({
      id,
      class: 'transfer' as const,
      asset: 'native',
      to: [payee],
      budget: id,
    })
    const budget = { assets: { native: '1' }, max: '1' }
    const split = await makeGrant(
      environment,
      richDocument({
        rules: [native('a', PAYEES[0]), native('b', PAYEES[1])],
        budgets: { a: budget, b: budget },
        assets: {},
      }),
    )
    const both = { ...native('a', PAYEES[0]), to: [PAYEES[0], PAYEES[1]] }
    const scope = child({ rules: [both], budgets: { a: { ...budget, max: '0.5' } }, assets: {} })
    expect((await codeOfAsync(() => attenuate(scope, split))).code).toBe('grant.no_parent_branch')
  })

  test('behavior: over any scope, what is handed on reads back, and everything else is refused by name', async () => {
    const seen = new Map<string, number>()
    const count = (what: string): void => {
      seen.set(what, (seen.get(what) ?? 0) + 1)
    }
    const account = contractAccount(PRINCIPAL, principal)
    const change = fc.record({
      rule: fc.nat(4),
      counted: fc.boolean(),
      budget: fc.constantFrom('as it is', 'less', 'more'),
    })
    await fc.assert(
      fc.asyncProperty(anyScope(environment), change, async (wide, { rule, counted, budget }) => {
        const { calls, request: _, escalation: __, ...rest } = wide
        const scope = parseScope({
          ...rest,
          ...(counted && calls !== undefined ? { calls } : {}),
          delegate: addressOf(agent),
          redelegation: { maxDepth: 1 },
        })
        let parent: Grant
        try {
          const accept = acceptableOf(scope, environment)
          const plan = compile(scope, environment, { salt: countingSalt(), nonce: 2n, accept })
          if (plan.drafts.length > 6) return
          parent = await signGrant(scope, plan, account)
        } catch (error) {
          if (error instanceof CompileError) return count('not compiled')
          throw error
        }
        const narrow = narrowed(scope, rule, budget)
        try {
          const accept = acceptableOf(narrow, environment)
          const handed = await attenuateGrant(parent, { ...options, accept, scope: narrow, account: agent })
          expect(parseGrant(serializeGrant(handed), { environment })).toEqual(handed)
          count('handed on')
        } catch (error) {
          if (!(error instanceof GrantError) && !(error instanceof CompileError)) throw error
          // As it is, for somebody else: nothing stands against it.
          if (budget === 'as it is') expect(error.code).not.toMatch(/^grant/)
          count(error.code)
        }
      }),
      { numRuns: 300 },
    )
    expect(seen.get('handed on') ?? 0).toBeGreaterThan(20)
    expect(seen.get('grant.widened') ?? 0).toBeGreaterThan(0)
  })
})

/** One rule of a scope, or all of them, for the sub-agent, with other budgets. */
function narrowed(scope: Scope, index: number, change: string): Scope {
  const rule = scope.rules[index]
  const rules = rule === undefined ? scope.rules : [rule]
  const used = new Set(rules.flatMap((it) => (it.class === 'transfer' && it.budget ? [it.budget] : [])))
  const max = (value: string) =>
    change === 'as it is' ? value : change === 'less' ? '0.25' : `${BigInt(value.split('.')[0] ?? 0) + 9n}`
  const budgets = Object.entries(scope.budgets)
    .filter(([name]) => used.has(name))
    .map(([name, it]) => [name, { ...it, max: max(it.max) }])
  return parseScope({
    ...scope,
    delegate: addressOf(subAgent),
    redelegation: { maxDepth: 0 },
    provenance: {},
    rules: rules,
    budgets: Object.fromEntries(budgets),
  })
}
