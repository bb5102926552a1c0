import type { LocalAccount } from 'viem'
import { beforeAll, describe, expect, test } from 'vitest'
import { mint, useChain } from '../../test/rig/chain.ts'
import { fusedGrant, groupOf, units } from '../../test/rig/fusedGrant.ts'
import { addressOf, nodeOf, transferCall, upgraded } from '../../test/rig/grant.ts'
import type { Grant } from '../grant/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { evaluate } from '../verdict/evaluate.ts'
import { readMeters } from '../verdict/meters.ts'
import { prepareGrant } from '../verdict/prepare.ts'
import { digestOf, numberKey } from '../verdict/taskScope/requests.ts'
import type { Action, ActionRequest, Deny } from '../verdict/types.ts'
import { usedOf } from '../verdict/used.ts'
import { decide } from './decide.ts'
import { readState } from './readState.ts'
import { redeem } from './redeem.ts'
import type { NodeClient } from './rpc.ts'

const chain = useChain()
const PAYEE: Address = `0x${'9b'.repeat(20)}`
const OTHER: Address = `0x${'9d'.repeat(20)}`
let client: NodeClient
let principal: LocalAccount
let agent: LocalAccount
let confirmer: LocalAccount

beforeAll(async () => {
  client = nodeOf(chain.rpcUrl)
  ;[principal, agent, confirmer] = chain.accounts as readonly LocalAccount[] as [
    LocalAccount,
    LocalAccount,
    LocalAccount,
  ]
  await upgraded(chain, principal)
  await mint(chain, addressOf(principal), units(1_000n))
})

const pay = (amount: bigint, to = PAYEE) => transferCall(chain.token.address, to, units(amount))
const actionOf = (...calls: Action['calls'][number][]): Action => ({
  chainId: chain.chainId,
  redeemer: addressOf(agent),
  calls,
})
const granted = (more: Parameters<typeof fusedGrant>[1]['more'] = {}) =>
  fusedGrant(chain, { principal, agent, payees: [PAYEE, OTHER], more })
const environmentOf = () => chain.environment
const decided = (grant: Grant, action: Action) => decide(client, { grant, action, environment: environmentOf() })

/** Signed by these for the leaf of a grant. */
async function requestFor(
  grant: Grant,
  action: Action,
  by: { key?: LocalAccount; confirmer?: LocalAccount },
): Promise<Action> {
  const terms = prepareGrant(grant, environmentOf()).branches[0]?.links[0]?.caveats[0]?.taskScope
  if (terms === null || terms === undefined) throw new RangeError('no terms')
  const { timestamp } = await chain.publicClient.getBlock()
  const about = { number: 3n, deadline: timestamp + 600n }
  const hash = digestOf(terms, action, about)
  const sign = async (account: LocalAccount | undefined) => (await account?.sign?.({ hash })) ?? null
  const request: ActionRequest = { ...about, signature: await sign(by.key), confirmation: await sign(by.confirmer) }
  return { ...action, request }
}

describe('readState of a whole scope', () => {
  test('default: what the enforcer counted is what a verdict computes with, rule and budget by name', async () => {
    const grant = await granted()
    const first = actionOf(pay(50n), pay(30n, OTHER))
    expect((await decided(grant, first)).verdict).toEqual({
      verdict: 'allow',
      branch: 0,
      rule: 'pay',
      rules: ['pay', 'pay'],
      remaining: null,
    })
    const environment = environmentOf()
    const { outcome } = await redeem(client, { account: agent, grant, action: first, environment })
    expect(outcome?.status).toBe('executed')
    const state = await readState(client, { grant, environment })
    const prepared = prepareGrant(grant, environment)
    const [node] = readMeters(prepared, state)
    const { address: counts } = chain.token
    const rounded = 80n * 1_000_000n
    expect(node?.own).toMatchObject([
      { counts, budget: 'day', limit: units(200n) },
      { counts: 'calls', used: 2n },
    ])
    const used = node?.own[0]?.used ?? 0n
    // Rounded up by less than one unit of the counter.
    expect(used).toBeGreaterThanOrEqual(rounded)
    expect(used).toBeLessThan(rounded + 64n)
    expect(usedOf(grant, environment, state)).toMatchObject({
      budgets: { day: [{ asset: counts, amount: used }] },
      calls: 2n,
    })
    expect(evaluate(prepared, actionOf(pay(51n)), state)).toMatchObject({
      code: 'action_maximum_exceeded',
      rule: { index: 0, id: 'pay', part: 'condition' },
      largestAllowed: units(50n),
    })
    const three = actionOf(pay(50n), pay(50n), pay(50n))
    expect(evaluate(prepared, three, state)).toMatchObject({
      code: 'period_budget_exceeded',
      rule: { call: 2, id: 'pay', part: 'budget', at: 0 },
      used: used + units(100n),
      requested: units(50n),
      message: expect.stringContaining('rule pay, budget 1 for call 3'),
    })
  })

  test('behavior: an ended group, which nobody sees but in its own slot', async () => {
    const grant = await granted({
      revocation: { group: 'over', guardian: addressOf(confirmer), maxLatencySeconds: 60 },
    })
    expect((await decided(grant, actionOf(pay(1n)))).verdict.verdict).toBe('allow')
    const { group, guardian } = groupOf(chain, grant)
    const enforcer = environmentOf().enforcers['TaskScopeEnforcer'] as Hex
    const hash = await chain.walletClient(confirmer as (typeof chain.accounts)[0]).writeContract({
      address: enforcer,
      abi: END_GROUP,
      functionName: 'endGroup',
      args: [addressOf(principal), group, guardian ?? addressOf(confirmer)],
    })
    await chain.publicClient.waitForTransactionReceipt({ hash })
    expect((await decided(grant, actionOf(pay(1n)))).verdict).toMatchObject({ code: 'group_revoked', hop: 0 })
  })

  test("behavior: a request's number, and a confirmer that is an account with code", async () => {
    const key = addressOf(confirmer)
    const grant = await granted({
      request: { key, redeemers: 'anyone' },
      escalation: { above: { day: '20' }, confirmer: 'principal', timeout: 'PT15M', onTimeout: 'deny' },
    })
    const small = actionOf(pay(20n))
    expect((await decided(grant, small)).verdict).toMatchObject({
      code: 'request_required',
      fix: { do: 'sign_request', key },
    })
    const signed = await requestFor(grant, small, { key: confirmer })
    expect((await decided(grant, signed)).verdict).toMatchObject({ verdict: 'allow', rule: 'pay' })
    const large = actionOf(pay(21n))
    const unconfirmed = await decided(grant, await requestFor(grant, large, { key: confirmer }))
    expect(unconfirmed.verdict).toMatchObject({ verdict: 'escalate', confirmer: addressOf(principal), timeout: 900n })
    const wrong = await requestFor(grant, large, { key: confirmer, confirmer: agent })
    expect((await decided(grant, wrong)).verdict.verdict).toBe('escalate')
    const confirmed = await requestFor(grant, large, { key: confirmer, confirmer: principal })
    expect((await decided(grant, confirmed)).verdict).toMatchObject({ verdict: 'allow', rule: 'pay' })
    const environment = environmentOf()
    const { outcome } = await redeem(client, { account: agent, grant, action: confirmed, environment })
    expect(outcome?.status).toBe('executed')
    const again = (await decided(grant, confirmed)).verdict as Deny
    expect(again).toMatchObject({ code: 'request_used', requested: 3n, fix: { do: 'sign_request', key, number: 4n } })
  })

  test('behavior: without the action nothing of its request is read, and it denies', async () => {
    const key = addressOf(confirmer)
    const grant = await granted({ request: { key, redeemers: 'anyone' } })
    const action = await requestFor(grant, actionOf(pay(1n)), { key: confirmer })
    const environment = environmentOf()
    const state = await readState(client, { grant, environment })
    const prepared = prepareGrant(grant, environment)
    expect(evaluate(prepared, action, state)).toMatchObject({ code: 'state_missing', hop: 0 })
    const terms = prepared.branches[0]?.links[0]?.caveats[0]?.taskScope
    const read = await readState(client, { grant, environment, action })
    expect(Object.keys(read.counters)).toHaveLength(Object.keys(state.counters).length + 1)
    expect(terms && read.counters[numberKey(terms, 3n) ?? '']).toEqual({ kind: 'word', word: 0n })
    const malformed = { ...action, calls: [] }
    const unread = await readState(client, { grant, environment, action: malformed })
    expect(Object.keys(unread.counters)).toEqual(Object.keys(state.counters))
  })
})

const END_GROUP = [
  {
    type: 'function',
    name: 'endGroup',
    stateMutability: 'nonpayable',
    inputs: [
      { name: 'delegator', type: 'address' },
      { name: 'group', type: 'bytes8' },
      { name: 'guardian', type: 'address' },
    ],
    outputs: [],
  },
] as const
