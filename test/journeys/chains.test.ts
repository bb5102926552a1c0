import type { LocalAccount } from 'viem'
import { beforeAll, describe, expect, test } from 'vitest'
import { decide } from '../../src/chain/decide.ts'
import { readFacts } from '../../src/chain/readFacts.ts'
import { readState } from '../../src/chain/readState.ts'
import { redeem } from '../../src/chain/redeem.ts'
import { revoke } from '../../src/chain/revoke.ts'
import { send } from '../../src/chain/send.ts'
import { simulate } from '../../src/chain/simulate.ts'
import { upgradeAccount } from '../../src/chain/upgradeAccount.ts'
import { waitForOutcome } from '../../src/chain/waitForOutcome.ts'
import { compile } from '../../src/compile/compile.ts'
import { CONTEXT_LIMITS, decodeContext, encodeContext } from '../../src/delegation/context.ts'
import { hashDelegation } from '../../src/delegation/hash.ts'
import { signDelegation } from '../../src/delegation/sign.ts'
import type { Delegation } from '../../src/delegation/types.ts'
import { attenuateGrant } from '../../src/grant/attenuate.ts'
import { checkGrant } from '../../src/grant/check.ts'
import { signGrant } from '../../src/grant/create.ts'
import { parseGrant } from '../../src/grant/parse.ts'
import { serializeGrant } from '../../src/grant/serialize.ts'
import type { Grant } from '../../src/grant/types.ts'
import type { Address } from '../../src/primitives/hex.ts'
import { encodeRedemption } from '../../src/redemption/encode.ts'
import { parseScope } from '../../src/scope/parse.ts'
import type { ScopeDocument } from '../../src/scope/schema.ts'
import { evaluate } from '../../src/verdict/evaluate.ts'
import { readMeters } from '../../src/verdict/meters.ts'
import { prepareGrant } from '../../src/verdict/prepare.ts'
import type { Action } from '../../src/verdict/types.ts'
import { PAYEES } from '../arbitraries/scope.ts'
import { countingSalt } from '../arbitraries/signedGrant.ts'
import { codeOf, codeOfAsync } from '../codes.ts'
import { balanceOf, mint, useChain } from '../rig/chain.ts'
import { actionOf, addressOf, nodeOf, transferCall } from '../rig/grant.ts'

/** Chains of delegations on a real chain: eight links deep, side by side, and held apart. */

const chain = useChain()
const [A, B] = PAYEES
const UNIT = 1_000_000n
let salts = 7_000n
const salt = () => countingSalt(salts++)()

const account = (index: number): LocalAccount => {
  const found = chain.accounts[index]
  if (found === undefined) throw new TypeError('too few accounts')
  return found
}
const addressAt = (index: number) => addressOf(account(index))
const node = () => nodeOf(chain.rpcUrl)

type Terms = { max: string; maxDepth: number; to?: Address[]; per?: string; id?: string }

function scopeFor(delegate: number, { max, maxDepth, to = [A], per, id = 'pay' }: Terms, principal = 0) {
  const token = chain.token.address
  const window = per === undefined ? {} : { per, window: 'fixed' as const }
  const document: ScopeDocument = {
    version: 1,
    task: { id: 'chains', purpose: 'Hand on, narrower each time' },
    chainId: chain.chainId,
    principal: addressAt(principal),
    delegate: addressAt(delegate),
    rules: [{ id, class: 'transfer', asset: token, to, budget: id }],
    budgets: { [id]: { assets: { [token]: '1' }, max, ...window } },
    expiry: '2096-01-01T00:00:00Z',
    redelegation: { maxDepth },
    revocation: { group: 'g', maxLatencySeconds: 60 },
    evidence: { receipts: ['grant'], retain: 'P1Y' },
    assets: { [token]: { symbol: 'USDC', decimals: 6 } },
  }
  return parseScope(document)
}

/** Every grant goes through a file: what travels is what is used. */
const reread = (grant: Grant) => parseGrant(serializeGrant(grant), { environment: chain.environment })

async function granted(delegate: number, terms: Terms, principal = 0): Promise<Grant> {
  const scope = scopeFor(delegate, terms, principal)
  return reread(await signGrant(scope, compile(scope, chain.environment, { salt, nonce: 0n }), account(principal)))
}

async function handedOn(grant: Grant, from: number, delegate: number, terms: Terms, principal = 0): Promise<Grant> {
  const scope = scopeFor(delegate, terms, principal)
  const options = { scope, environment: chain.environment, nonce: 0n, salt, account: account(from) }
  return reread(await attenuateGrant(grant, options))
}

const payment = (redeemer: number, amount: bigint, to: Address = A) =>
  actionOf(chain, addressAt(redeemer), transferCall(chain.token.address, to, amount))

async function pay(grant: Grant, redeemer: number, amount: bigint, to: Address = A) {
  const { environment } = chain
  const action = payment(redeemer, amount, to)
  const parameters = { grant, environment, action, account: account(redeemer), pollingInterval: 20 }
  const { verdict, outcome } = await redeem(node(), parameters)
  return outcome?.status ?? verdict
}

/** Leaf first, as the manager gets them. */
const contextOf = ({ delegations, branches }: Grant): Delegation[] =>
  (branches[0]?.links ?? []).map((link) => delegations[link] as Delegation)

/** What the manager itself says, with no verdict before it. */
async function refusedOnChain(grant: Grant, action: Action): Promise<string | null> {
  const redemption = encodeRedemption(grant, 0, action)
  const { hash } = await chain.publicClient.getBlock()
  const simulation = await simulate(node(), { redemption, from: action.redeemer, block: hash })
  return simulation.status === 'reverted' ? simulation.error.message : null
}

/** The caveats of a link without its pinned redeemer, under a salt of its own: what a thief would sign. */
function unpinned({ caveats }: Delegation): Pick<Delegation, 'caveats' | 'salt'> {
  const pin = chain.environment.enforcers['RedeemerEnforcer']
  return { caveats: caveats.filter(({ enforcer }) => enforcer !== pin), salt: salt() }
}

async function metersOf(grant: Grant) {
  const { environment } = chain
  const state = await readState(node(), { grant, environment })
  const nodes = new Map(readMeters(prepareGrant(grant, environment), state).map((it) => [it.delegation, it]))
  return contextOf(grant)
    .map((it) => nodes.get(hashDelegation(it)))
    .reverse()
}

beforeAll(async () => {
  for (const index of [0, 9]) {
    await upgradeAccount(node(), { account: account(index), environment: chain.environment })
    await mint(chain, addressAt(index), 10_000n * UNIT)
  }
})

describe('a chain of delegations', () => {
  test('default: eight links deep, each with its own budget under its parent’s, redeemed at each depth', async () => {
    // 80 for the agent, 70 for its sub-agent, and so on to 10.
    const grants = [await granted(1, { max: '80', maxDepth: 7 })]
    for (let depth = 2; depth <= 8; depth++) {
      const terms = { max: String(90 - depth * 10), maxDepth: 8 - depth }
      grants.push(await handedOn(grants[depth - 2] as Grant, depth - 1, depth, terms))
    }
    const before = await balanceOf(chain, A)
    for (const [index, grant] of grants.entries()) {
      const depth = index + 1
      expect(grant.branches[0]?.links).toHaveLength(depth)
      const { facts } = await readFacts(node(), { grant, environment: chain.environment })
      expect(checkGrant(grant, facts).status).toBe('valid')
      expect(await pay(grant, depth, UNIT)).toBe('executed')
    }
    expect((await balanceOf(chain, A)) - before).toBe(8n * UNIT)

    // What the last one spent was counted at every hop; the agent's own payment only at its own.
    const deepest = grants[7] as Grant
    const meters = await metersOf(deepest)
    expect(meters.map((it) => it?.own[0]?.used)).toEqual([8n, 7n, 6n, 5n, 4n, 3n, 2n, 1n].map((used) => used * UNIT))
    expect(meters.map((it) => it?.remaining[0]?.left)).toEqual(
      [72n, 63n, 54n, 45n, 36n, 27n, 18n, 9n].map((left) => left * UNIT),
    )
    expect(meters.every((it) => it?.remaining[0]?.inherited === false)).toBe(true)

    // A parent that spends its own leaves less to everyone below: what is left is inherited from it.
    expect(await pay(grants[1] as Grant, 2, 60n * UNIT)).toBe('executed')
    const after = await metersOf(deepest)
    const second = hashDelegation(contextOf(deepest)[6] as Delegation)
    expect(after[1]?.remaining[0]).toMatchObject({ left: 3n * UNIT, by: second, inherited: false })
    for (const it of after.slice(2)) {
      expect(it?.remaining[0]).toMatchObject({ left: 3n * UNIT, by: second, inherited: true })
    }
    // The verdict names the same hop, and the chain agrees at one unit more.
    expect(await pay(deepest, 8, 3n * UNIT + 1n)).toMatchObject({
      verdict: 'deny',
      code: 'budget_exceeded',
      hop: 6,
      delegation: second,
      largestAllowed: 3n * UNIT,
    })
    expect(await pay(deepest, 8, 3n * UNIT)).toBe('executed')

    // One link revoked in the middle ends what is under it, and nothing above.
    const third = grants[2] as Grant
    const { environment } = chain
    await revoke(node(), { account: account(2), grant: third, environment, pollingInterval: 20 })
    const ended = await metersOf(deepest)
    const by = hashDelegation(contextOf(third)[0] as Delegation)
    expect(ended.map((it) => it?.ended?.code ?? null)).toEqual([null, null, ...Array(6).fill('revoked')])
    expect(ended[7]?.ended).toEqual({ code: 'revoked', by, inherited: true })
    expect(await pay(deepest, 8, 1n)).toMatchObject({ verdict: 'deny', code: 'revoked', hop: 5 })
  })

  test('error: a ninth link is refused where it is made, written, and read', async () => {
    let grant = await granted(1, { max: '80', maxDepth: 7 })
    for (let depth = 2; depth <= 8; depth++) {
      grant = await handedOn(grant, depth - 1, depth, { max: '5', maxDepth: 8 - depth })
    }
    const beyond = () => handedOn(grant, 8, 9, { max: '5', maxDepth: 0 })
    expect((await codeOfAsync(beyond)).code).toBe('grant.redelegation_forbidden')
    const [leaf] = contextOf(grant)
    if (leaf === undefined) throw new TypeError('no leaf')
    const nine = [{ ...leaf, delegator: addressAt(8), delegate: addressAt(9), authority: hashDelegation(leaf) }]
    const long = [...nine, ...contextOf(grant)]
    expect(codeOf(() => encodeContext(long)).code).toBe('delegation.context_too_many_links')
    const bytes = encodeContext(long, { links: 9 })
    expect(codeOf(() => decodeContext(bytes))).toMatchObject({
      code: 'delegation.context_too_many_links',
      details: { count: 9, limit: CONTEXT_LIMITS.links },
    })
  })

  test('error: siblings that race for what their parent has left: both pass alone, one passes', async () => {
    const { environment } = chain
    const parent = await granted(1, { max: '10', maxDepth: 1 })
    const siblings = await Promise.all([2, 3].map((index) => handedOn(parent, 1, index, { max: '8', maxDepth: 0 })))
    const entries = siblings.map((grant, index) => ({ grant, index: index + 2, action: payment(index + 2, 8n * UNIT) }))
    const block = await chain.publicClient.getBlock()
    const decisions = await Promise.all(
      entries.map(({ grant, action }) => decide(node(), { grant, action, environment, block: { hash: block.hash } })),
    )
    expect(decisions.map(({ verdict, simulation }) => [verdict.verdict, simulation?.status])).toEqual([
      ['allow', 'ok'],
      ['allow', 'ok'],
    ])
    const before = await balanceOf(chain, A)
    await chain.testClient.setAutomine(false)
    const sent = []
    for (const [at, { index }] of entries.entries()) {
      const { redemption } = decisions[at] ?? {}
      if (redemption === null || redemption === undefined) throw new TypeError('not allowed')
      const parameters = { account: account(index), chainId: chain.chainId, gas: 600_000n }
      sent.push({
        redemption,
        sent: await send(node(), { ...parameters, to: redemption.manager, data: redemption.data }),
      })
    }
    await chain.testClient.mine({ blocks: 1 })
    await chain.testClient.setAutomine(true)
    const outcomes = await Promise.all(
      sent.map((one, at) => {
        const { action } = entries[at] as (typeof entries)[number]
        return waitForOutcome(node(), { ...one, action, principal: addressAt(0), environment, pollingInterval: 20 })
      }),
    )
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['executed', 'reverted'])
    expect((await balanceOf(chain, A)) - before).toBe(8n * UNIT)
    const at = outcomes.findIndex(({ status }) => status === 'reverted')
    expect(outcomes[at]).toMatchObject({ reason: 'ERC20TransferAmountEnforcer:allowance-exceeded' })
    // The revert is the same as for the loser's own limit; the verdict after it says that it was its parent's.
    const loser = entries[at] as (typeof entries)[number]
    const root = hashDelegation(contextOf(loser.grant)[1] as Delegation)
    expect(await pay(loser.grant, loser.index, 8n * UNIT)).toMatchObject({
      verdict: 'deny',
      code: 'budget_exceeded',
      hop: 1,
      delegator: addressAt(0),
      delegation: root,
      used: 8n * UNIT,
      largestAllowed: 2n * UNIT,
    })
    expect((await metersOf(loser.grant))[1]).toMatchObject({
      own: [{ left: 8n * UNIT, used: 0n }],
      remaining: [{ left: 2n * UNIT, by: root, inherited: true }],
    })
    expect(await pay(loser.grant, loser.index, 2n * UNIT)).toBe('executed')
  })

  test('error: a delegate who hands on what may not be handed on helps nobody', async () => {
    const { environment } = chain
    const grant = await granted(1, { max: '10', maxDepth: 0 })
    const plan = compile(scopeFor(1, { max: '10', maxDepth: 0 }), environment, { salt, nonce: 0n })
    expect(plan.coverage.find(({ constraint }) => constraint === '/redelegation/maxDepth')?.held.by).toBe('chain')
    const terms = { max: '10', maxDepth: 0 }
    expect((await codeOfAsync(() => handedOn(grant, 1, 4, terms))).code).toBe('grant.redelegation_forbidden')

    // Whoever has the key can sign anything: an equal link for an accomplice, made past every check of ours.
    const [leaf] = contextOf(grant)
    if (leaf === undefined) throw new TypeError('no leaf')
    const { chainId, manager } = environment
    const authority = hashDelegation(leaf)
    const stolen = await signDelegation(account(1), {
      delegation: { ...leaf, ...unpinned(leaf), delegator: addressAt(1), delegate: addressAt(4), authority },
      chainId,
      manager,
    })
    const forged: Grant = {
      ...grant,
      scopes: [],
      delegations: [leaf, stolen],
      branches: [{ rule: 'pay', links: [1, 0] }],
    }
    expect(await pay(forged, 4, UNIT)).toMatchObject({ code: 'redeemer_not_allowed', hop: 1 })
    expect(await refusedOnChain(forged, payment(4, UNIT))).toBe('RedeemerEnforcer:unauthorized-redeemer')
    expect(await pay(grant, 1, UNIT)).toBe('executed')
  })

  test('behavior: a depth of one or more is said not to be held by the chain, and is not', async () => {
    const { environment } = chain
    const scope = scopeFor(1, { max: '10', maxDepth: 1 })
    const row = compile(scope, environment, { salt, nonce: 0n }).coverage.find(
      ({ constraint }) => constraint === '/redelegation/maxDepth',
    )
    expect(row?.held).toMatchObject({ by: 'nobody' })
    const grant = await granted(1, { max: '10', maxDepth: 1 })
    const child = await handedOn(grant, 1, 2, { max: '4', maxDepth: 0 })
    // Below a root without a pinned redeemer the child's own pin is what holds: it is on the last link, so it works.
    const root = await granted(1, { max: '10', maxDepth: 2 })
    const open = await handedOn(root, 1, 2, { max: '4', maxDepth: 1 })
    const deeper = async (from: Grant) => {
      const [leaf] = contextOf(from)
      if (leaf === undefined) throw new TypeError('no leaf')
      const accounts = { delegator: addressAt(2), delegate: addressAt(3), authority: hashDelegation(leaf) }
      const { chainId, manager } = environment
      const delegation = { ...leaf, ...unpinned(leaf), ...accounts }
      const signed = await signDelegation(account(2), { delegation, chainId, manager })
      const delegations = [signed, ...contextOf(from)]
      const forged: Grant = { ...from, scopes: [], delegations, branches: [{ rule: 'pay', links: [0, 1, 2] }] }
      return pay(forged, 3, UNIT)
    }
    expect(await deeper(child)).toMatchObject({ code: 'redeemer_not_allowed', hop: 1 })
    expect(await deeper(open)).toBe('executed')
  })
})

describe('a confused deputy', () => {
  test('error: a request under one grant is not judged by another that the same agent holds', async () => {
    const { environment } = chain
    const small = await granted(1, { max: '1', maxDepth: 0 })
    const large = await granted(1, { max: '100', maxDepth: 0, to: [B] }, 9)
    const action = payment(1, 50n * UNIT, B)
    // The other would admit it.
    expect((await decide(node(), { grant: large, action, environment })).verdict.verdict).toBe('allow')
    const { verdict, redemption } = await decide(node(), { grant: small, action, environment })
    expect([verdict, redemption]).toMatchObject([{ verdict: 'deny', code: 'recipient_not_allowed' }, null])
    const refused = await redeem(node(), { grant: small, action, environment, account: account(1) })
    expect([refused.sent, refused.outcome]).toEqual([null, null])
  })

  test('error: nor by one of the same principal with a larger budget', async () => {
    const small = await granted(1, { max: '1', maxDepth: 0 })
    const large = await granted(1, { max: '100', maxDepth: 0 })
    expect(await pay(small, 1, 2n * UNIT)).toMatchObject({ code: 'budget_exceeded', limit: UNIT, fix: { to: UNIT } })
    expect(await pay(small, 1, UNIT)).toBe('executed')
    // What one spent is not counted in the other, and the bytes name the chain that was judged.
    expect((await metersOf(large))[0]?.own[0]?.used).toBe(0n)
    const { environment } = chain
    const action = payment(1, 2n * UNIT)
    const { redemption } = await decide(node(), { grant: large, action, environment })
    expect(redemption?.context).toBe(encodeContext(contextOf(large)))
    expect(redemption?.context).not.toBe(encodeContext(contextOf(small)))
  })

  test('error: what was prepared or read of another grant is not taken for this one', async () => {
    const { environment } = chain
    const small = await granted(1, { max: '1', maxDepth: 0 })
    const large = await granted(1, { max: '100', maxDepth: 0 })
    const action = payment(1, 2n * UNIT)
    const prepared = prepareGrant(large, environment)
    expect((await codeOfAsync(() => decide(node(), { grant: small, action, environment, prepared }))).code).toBe(
      'verdict.wrong_grant',
    )
    const state = await readState(node(), { grant: large, environment })
    expect(evaluate(prepareGrant(small, environment), action, state)).toMatchObject({ code: 'state_missing' })
  })

  test('error: a sub-agent’s request is not executed under its parent’s wider grant', async () => {
    const { environment } = chain
    const parent = await granted(1, { max: '100', maxDepth: 1 })
    const child = await handedOn(parent, 1, 2, { max: '1', maxDepth: 0 })
    expect(await pay(child, 2, 2n * UNIT)).toMatchObject({ code: 'budget_exceeded', hop: 0 })
    // Under the parent's grant it is nobody, for us and for the manager.
    const action = payment(2, 2n * UNIT)
    expect((await decide(node(), { grant: parent, action, environment })).verdict).toMatchObject({
      code: 'redeemer_not_allowed',
    })
    expect(await refusedOnChain(parent, action)).toBe('InvalidDelegate()')
    // Nor can it leave its own link out, or put its parent's link in the place of its own.
    const [own, above] = contextOf(child)
    if (own === undefined || above === undefined) throw new TypeError('two links')
    const cut: Grant = { ...child, scopes: [], delegations: [above], branches: [{ rule: 'pay', links: [0] }] }
    expect(await pay(cut, 2, 2n * UNIT)).toMatchObject({ code: 'redeemer_not_allowed' })
    expect(await pay(parent, 1, 2n * UNIT)).toBe('executed')
  })
})
