import { describe, expect, test } from 'vitest'
import { baseEnvironment } from '../../test/arbitraries/environment.ts'
import { termsOf } from '../../test/arbitraries/fused.ts'
import { DAI, PAYEES, TARGET, USDC } from '../../test/arbitraries/scope.ts'
import {
  addressOf,
  agent,
  countingSalt,
  makeGrant,
  principal,
  richDocument,
  stranger,
  subAgent,
} from '../../test/arbitraries/signedGrant.ts'
import { codeOf, codeOfAsync } from '../../test/codes.ts'
import { decodeCaveat } from '../caveats/caveat.ts'
import { compile } from '../compile/compile.ts'
import { groupId } from '../compile/fused/lowerScope.ts'
import { hashDelegation, signingHash } from '../delegation/hash.ts'
import { recoverSigner } from '../delegation/signature.ts'
import { ANY_DELEGATE, type Delegation } from '../delegation/types.ts'
import { parseScope } from '../scope/parse.ts'
import type { ScopeDocument } from '../scope/schema.ts'
import type { Scope } from '../scope/types.ts'
import { attenuateGrant, planAttenuation } from './attenuate.ts'
import { checkGrant } from './check.ts'
import { assertGrantsScope, servedRules } from './compare.ts'
import { createGrant } from './create.ts'
import { drawMermaid } from './draw/mermaid.ts'
import { drawSvg } from './draw/svg.ts'
import { endingOf, groupFate, groupsOf, nonceFate } from './ending.ts'
import { coverGuardian } from './guardian.ts'
import { parseGrant } from './parse.ts'
import { serializeGrant } from './serialize.ts'
import { loweringOf, readStructure } from './structure.ts'
import type { Grant } from './types.ts'

const environment = await baseEnvironment()
const request = { key: stranger.address, redeemers: [PAYEES[0]] }
const fused = (document: ScopeDocument | Scope = richDocument()) =>
  makeGrant(environment, document, { lowering: 'fused' })
const grant = await fused()
const keyed = await fused(richDocument({ request, redelegation: { maxDepth: 0 } }))

type Rule = ScopeDocument['rules'][number]
const rulesOf = (document: ScopeDocument) => document.rules as Rule[]
const childDocument = (more: Partial<ScopeDocument> = {}): ScopeDocument =>
  richDocument({ delegate: subAgent.address, redelegation: { maxDepth: 0 }, ...more })
const payOnly = (more: Partial<ScopeDocument> = {}) =>
  childDocument({
    rules: [{ id: 'pay', class: 'transfer', asset: USDC, to: [PAYEES[0]], budget: 'stables' }],
    budgets: { stables: { assets: { [USDC]: '1' }, max: '50', per: 'P1D', window: 'fixed' } },
    ...more,
  })
const attenuate = (
  from: Grant,
  document: ScopeDocument,
  lowering: 'framework' | 'fused',
  salt = countingSalt(1_000n),
) => attenuateGrant(from, { environment, nonce: 11n, salt, scope: parseScope(document), lowering, account: agent })

/** A grant file with one change. */
function changed(from: Grant, change: (document: Record<string, never>) => void): unknown {
  const document = JSON.parse(serializeGrant(from)) as Record<string, never>
  change(document)
  return document
}

describe('createGrant, of one caveat', () => {
  test('default: one signature, one branch without a rule, and a file that reads back', () => {
    expect(grant).toMatchObject({ lowering: 'fused', branches: [{ links: [0] }], accepted: [[]] })
    expect(grant.branches[0]).not.toHaveProperty('rule')
    expect(grant.delegations).toHaveLength(1)
    const [delegation] = grant.delegations as [Delegation]
    expect(delegation).toMatchObject({ delegate: addressOf(agent), delegator: addressOf(principal) })
    expect(recoverSigner(signingHash(delegation, grant), delegation.signature)).toMatchObject({
      signer: addressOf(principal),
    })
    const text = serializeGrant(grant)
    expect(text).toContain('"lowering": "fused"')
    for (const options of [{}, { environment }]) expect(parseGrant(text, options)).toEqual(grant)
    // Members of a file in another order say the same.
    const [scope] = JSON.parse(text).scopes
    const sorted = { ...scope, budgets: Object.fromEntries(Object.entries(scope.budgets).reverse()) }
    expect(parseGrant({ ...JSON.parse(text), scopes: [sorted] }, { environment })).toEqual(grant)
  })

  test('default: with a request key the delegate is open, and the grant still says whose it is', () => {
    expect(keyed.delegations[0]?.delegate).toBe(ANY_DELEGATE)
    expect(parseGrant(serializeGrant(keyed), { environment })).toEqual(keyed)
    expect(readStructure(keyed).levels).toEqual([0])
    expect(termsOf({ drafts: keyed.delegations })).toMatchObject({
      requestKey: addressOf(stranger),
      redeemers: [PAYEES[0]],
    })
  })

  test('behavior: it may serve every rule of its scope', () => {
    expect(servedRules(grant, environment)).toEqual([[['pay', 'tip', 'note']]])
  })

  test('attack: a file of another lowering than its branches, or with a rule or a way too many', () => {
    const refused = (from: Grant, change: (document: Record<string, never>) => void) =>
      codeOf(() => parseGrant(changed(from, change))).code
    const set = (member: string, value: unknown) => (document: Record<string, never>) =>
      Object.assign(document, { [member]: value })
    expect(refused(grant, set('lowering', 'framework'))).toBe('grant.malformed')
    expect(refused(grant, set('lowering', 'other'))).toBe('grant.malformed')
    expect(refused(grant, set('branches', [{ rule: 'pay', links: [0] }]))).toBe('grant.malformed')
    expect(refused(grant, set('branches', [{ links: [0] }, { links: [0] }]))).toBe('grant.bad_branch')
    expect(refused(grant, set('branches', [{ links: [0] }, { rule: 'pay', links: [0] }]))).toBe('grant.bad_branch')
    const named = changed(grant, (document) =>
      Object.assign(document, { lowering: 'framework', branches: [{ rule: 'pay', links: [0] }] }),
    )
    expect(codeOf(() => parseGrant(named, { environment })).code).toBe('grant.not_the_scope')
    expect(parseGrant(named).lowering).toBe('framework')
    expect(loweringOf([])).toBe('framework')
  })

  test('attack: an open delegate without a request, and another delegate in the place of the open one', () => {
    const opened = { ...grant, delegations: grant.delegations.map((it) => ({ ...it, delegate: ANY_DELEGATE })) }
    expect(codeOf(() => readStructure(opened)).code).toBe('grant.wrong_actor')
    const closed = { ...keyed, delegations: keyed.delegations.map((it) => ({ ...it, delegate: addressOf(agent) })) }
    expect(readStructure(closed).levels).toEqual([0])
    expect(codeOf(() => assertGrantsScope(closed, environment))).toMatchObject({
      code: 'grant.not_the_scope',
      details: { differs: 'delegate' },
    })
    const foreign = { ...keyed, delegations: keyed.delegations.map((it) => ({ ...it, delegate: addressOf(subAgent) })) }
    expect(codeOf(() => readStructure(foreign)).code).toBe('grant.wrong_actor')
  })

  test('attack: terms that are not those of the scope', async () => {
    const scope = parseScope(richDocument())
    const wide = compile(
      parseScope(
        richDocument({ budgets: { ...richDocument().budgets, coins: { assets: { native: '1' }, max: '0.6' } } }),
      ),
      environment,
      { salt: countingSalt(), nonce: 0n, lowering: 'fused' },
    )
    const caveats = wide.drafts[0]?.caveats ?? []
    const delegations = grant.delegations.map((it) => ({ ...it, caveats }))
    const forged: Grant = { ...grant, delegations }
    expect(codeOf(() => assertGrantsScope(forged, environment))).toMatchObject({
      code: 'grant.not_the_scope',
      details: { differs: 'caveats/0' },
    })
    const plan = compile(scope, environment, { salt: countingSalt(), nonce: 0n, lowering: 'fused' })
    expect(codeOf(() => createGrant({ scope, plan, delegations })).code).toBe('grant.plan_mismatch')
  })
})

describe('attenuateGrant, of and under one caveat', () => {
  const hands = (from: Grant) => from.delegations.map(({ delegator, delegate }) => [delegator, delegate])
  const [P, A, S] = [principal, agent, subAgent].map(addressOf)

  test('default: one caveat under one caveat', async () => {
    const narrow = await attenuate(grant, payOnly(), 'fused')
    expect(narrow).toMatchObject({ lowering: 'fused', branches: [{ links: [1, 0] }], delegations: { length: 2 } })
    expect(hands(narrow)).toEqual([
      [P, A],
      [A, S],
    ])
    expect(parseGrant(serializeGrant(narrow), { environment })).toEqual(narrow)
    expect(servedRules(narrow, environment)).toEqual([[['pay', 'tip', 'note'], ['pay']]])
  })

  test('behavior: the last agent binds its key on a link of its own', async () => {
    const submitted = await attenuate(grant, payOnly({ request: { ...request, key: subAgent.address } }), 'fused')
    expect(submitted.delegations[1]?.delegate).toBe(ANY_DELEGATE)
    expect(parseGrant(serializeGrant(submitted), { environment })).toEqual(submitted)
    const again = () => attenuate(submitted, payOnly(), 'fused')
    expect((await codeOfAsync(again)).code).toBe('grant.redelegation_forbidden')
  })

  test('behavior: delegations of the framework under one caveat, each under the only branch', async () => {
    const narrow = await attenuate(grant, childDocument(), 'framework')
    expect(narrow.lowering).toBe('framework')
    expect(narrow.branches.map(({ rule }) => rule)).toEqual(['pay', 'pay', 'tip', 'note'])
    for (const { links } of narrow.branches) expect(links.at(-1)).toBe(0)
    expect(parseGrant(serializeGrant(narrow), { environment })).toEqual(narrow)
    expect(servedRules(narrow, environment)[0]).toEqual([['pay', 'tip', 'note'], ['pay']])
  })

  test('behavior: one caveat under the framework, where one branch admits every rule', async () => {
    const parent = await makeGrant(environment)
    const narrow = await attenuate(parent, payOnly(), 'fused')
    expect(narrow).toMatchObject({ lowering: 'fused', branches: { length: 1 } })
    expect(narrow.branches[0]?.links).toHaveLength(3)
    expect(parseGrant(serializeGrant(narrow), { environment })).toEqual(narrow)
    expect(servedRules(narrow, environment)).toEqual([[['pay'], ['pay']]])
    for (const rules of [
      // Two rules that two branches hold, or two payees.
      rulesOf(childDocument()),
      [{ id: 'pay', class: 'transfer', asset: USDC, to: [PAYEES[0], PAYEES[1]], budget: 'stables' }] as Rule[],
    ]) {
      const used = new Set(rules.map((rule) => (rule.class === 'transfer' ? rule.budget : '')))
      const budgets = Object.fromEntries(
        Object.entries(childDocument().budgets ?? {}).filter(([name]) => used.has(name)),
      )
      const split = () => attenuate(parent, childDocument({ rules, budgets }), 'fused')
      expect((await codeOfAsync(split)).code).toBe('grant.no_parent_branch')
    }
  })

  test('behavior: a condition that the redeemer holds above, one caveat below holds on chain', async () => {
    const rule: Rule = {
      id: 'c',
      class: 'call',
      target: TARGET,
      function: 'f(address to, uint256 n)',
      args: { n: { lte: '5' } },
    }
    const only = { rules: [rule], budgets: {}, assets: {} }
    const parent = await makeGrant(environment, richDocument(only), { accept: ['/rules/0/args/n'] })
    const narrow = await attenuate(parent, childDocument(only), 'fused')
    expect(parseGrant(serializeGrant(narrow), { environment }).accepted).toEqual([['/rules/0/args/n'], []])
  })

  test('error: a pinned redeemer above keeps others out, also where a key signs', async () => {
    // A parent of somebody else, which pins who redeems without saying so in its depth.
    const document = payOnly({ request: { key: subAgent.address, redeemers: [PAYEES[2]] } })
    const parent = await makeGrant(environment, richDocument({ redelegation: { maxDepth: 0 } }), { lowering: 'fused' })
    const forged: Grant = {
      ...parent,
      scopes: parent.scopes.map((scope) => ({ ...scope, redelegation: { maxDepth: 1 } })),
    }
    const plan = (more: object) => () =>
      planAttenuation(forged, {
        environment,
        nonce: 0n,
        salt: countingSalt(50n),
        lowering: 'fused',
        scope: parseScope({ ...document, ...more }),
      })
    const allowed = { request: { key: subAgent.address, redeemers: [agent.address, PAYEES[2]] } }
    const anyone = { request: { key: subAgent.address, redeemers: 'anyone' } }
    expect(codeOf(plan({})).code).toBe('grant.redeemer_pinned')
    expect(codeOf(plan({ request: undefined })).code).toBe('grant.redeemer_pinned')
    // Past the redeemers; then the forged scope is found.
    for (const more of [allowed, anyone]) expect(codeOf(plan(more)).code).not.toBe('grant.redeemer_pinned')
  })
})

describe('groupFate', () => {
  const end = {
    environment,
    delegator: addressOf(principal),
    group: groupId('g'),
    guardian: PAYEES[2],
  }
  const hashes = grant.delegations.map(hashDelegation)

  test('default: every link of the delegator that names the group ends, with what lies under it', async () => {
    expect(groupsOf(grant, environment)).toEqual([
      { delegator: end.delegator, group: end.group, guardian: PAYEES[2], delegations: [0] },
    ])
    expect(groupFate(grant, end)).toEqual({ fate: 'ends', delegations: hashes, died: [], whole: true })
    const narrow = await attenuate(grant, payOnly(), 'fused')
    const [root, leaf] = narrow.delegations.map(hashDelegation)
    expect(groupFate(narrow, end)).toEqual({ fate: 'ends', delegations: [root], died: [leaf], whole: true })
    expect(groupFate(narrow, { ...end, delegator: addressOf(agent) })).toEqual({
      fate: 'ends',
      delegations: [leaf],
      died: [],
      whole: true,
    })
    expect(groupsOf(narrow, environment)).toHaveLength(2)
    expect(endingOf(narrow, [root as never])).toMatchObject({ whole: true })
  })

  test('behavior: what goes on, and why', async () => {
    const others = [
      [{ delegator: addressOf(stranger) }, 'other_account'],
      [{ delegator: addressOf(agent) }, 'other_account'],
      [{ group: groupId('h') }, 'other_group'],
      [{ guardian: PAYEES[1] }, 'other_group'],
      [{ guardian: null }, 'other_group'],
      [{ environment: { ...environment, chainId: 1 } }, 'other_deployment'],
      [{ environment: { ...environment, manager: PAYEES[1] } }, 'other_deployment'],
    ] as const
    for (const [change, why] of others) expect(groupFate(grant, { ...end, ...change })).toEqual({ fate: 'stays', why })
    const framework = await makeGrant(environment)
    expect(groupsOf(framework, environment)).toEqual([])
    expect(groupFate(framework, end)).toEqual({ fate: 'stays', why: 'other_group' })
    // And a nonce, which ends the others, ends none of these.
    const raise = { environment, account: addressOf(principal), nonce: 4n }
    expect(nonceFate(grant, raise)).toEqual({ fate: 'stays', why: 'no_nonce' })
    expect(nonceFate(framework, raise)).toMatchObject({ fate: 'ends' })
  })

  test('behavior: the guardian needs no kill switch', () => {
    const [killSwitch, scope] = [
      { principal: end.delegator, guardian: PAYEES[2], expiry: 9n, hash: hashes[0] as never },
      parseScope(richDocument()),
    ]
    for (const [lowering, by] of [
      ['fused', 'chain'],
      ['framework', 'killSwitch'],
    ] as const) {
      const { coverage } = compile(scope, environment, { salt: countingSalt(), nonce: 0n, lowering })
      const row = coverGuardian(coverage, killSwitch).find(({ constraint }) => constraint === '/revocation/guardian')
      expect(row?.held.by).toBe(by)
    }
  })
})

describe('checkGrant, of one caveat', () => {
  const facts = {
    environment,
    now: 1_795_200_000n,
    paused: false,
    codes: { [addressOf(principal)]: 'delegated7702', [addressOf(agent)]: 'none' } as const,
    disabled: Object.fromEntries([grant, keyed].map((it) => [hashDelegation(it.delegations[0] as Delegation), false])),
    endedGroups: Object.fromEntries(
      [grant, keyed].map((it) => [hashDelegation(it.delegations[0] as Delegation), false]),
    ),
  }
  const failed = (from: Grant, more: object) => {
    const { status, branches } = checkGrant(from, { ...facts, ...more })
    return [
      status,
      ...branches.flatMap(({ rows }) =>
        rows.flatMap((row) => (row.result === 'pass' ? [] : [`${row.check} ${row.code}`])),
      ),
    ]
  }

  test('default: times and group are those of its caveat', () => {
    for (const it of [grant, keyed]) {
      const [hash] = it.delegations.map(hashDelegation)
      expect(failed(it, {})).toEqual(['valid'])
      expect(failed(it, { endedGroups: {} })).toEqual(['unavailable', 'group not_read'])
      expect(failed(it, { endedGroups: { [hash ?? '']: true } })).toEqual(['invalid', 'group group_revoked'])
      expect(failed(it, { now: undefined })).toEqual(['unavailable', 'time not_read'])
      const [first, last] = [1_795_132_800n, 1_797_724_800n]
      expect(failed(it, { now: first })).toEqual(['valid'])
      expect(failed(it, { now: first - 1n })).toEqual(['invalid', 'time not_yet_valid'])
      expect(failed(it, { now: last - 1n })).toEqual(['valid'])
      expect(failed(it, { now: last })).toEqual(['invalid', 'time expired'])
    }
  })

  test('attack: an open delegate whose caveat names no key', () => {
    const delegations = grant.delegations.map((it) => ({ ...it, delegate: ANY_DELEGATE }))
    expect(failed({ ...grant, delegations }, {})).toContain('delegate open_delegate')
    // The same terms at an enforcer that nobody knows are no key.
    const foreign = keyed.delegations.map((it) => ({
      ...it,
      caveats: it.caveats.map((caveat) => ({ ...caveat, enforcer: DAI })),
    }))
    expect(decodeCaveat(environment, foreign[0]?.caveats[0] as never).kind).toBe('unknown')
    expect(failed({ ...keyed, delegations: foreign }, {})).toContain('delegate open_delegate')
  })
})

describe('drawMermaid, drawSvg', () => {
  test('behavior: whoever submits is nobody’s name', () => {
    const [delegation] = keyed.delegations as [Delegation]
    const node = {
      ...delegation,
      hash: hashDelegation(delegation),
      says: [],
      meters: [],
      until: null,
      state: { kind: 'live', text: 'live' },
    } as const
    for (const drawn of [drawMermaid([node]), drawSvg([node])]) {
      expect(drawn).toContain('Whoever submits it')
      expect(drawn).not.toContain('0a11')
      expect(drawn).not.toContain('0A11')
    }
  })
})
