import type { LocalAccount } from 'viem'
import { beforeAll, describe, expect, test } from 'vitest'
import { mint, useChain } from '../../test/rig/chain.ts'
import { fusedGrant, units } from '../../test/rig/fusedGrant.ts'
import { actionOf, addressOf, nodeOf, transferCall, upgraded } from '../../test/rig/grant.ts'
import { recordRedemption } from '../../test/rig/recording.ts'
import { hashDelegation } from '../delegation/hash.ts'
import type { Delegation } from '../delegation/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { requestOf, signRequest } from '../redemption/request.ts'
import type { Action } from '../verdict/types.ts'
import { type ClassifyParameters, classifyOutcome } from './classify.ts'
import type { LogEvidence } from './evidence.ts'

const chain = useChain()
const FIRST: Address = `0x${'9e'.repeat(20)}`
const SECOND: Address = `0x${'4d'.repeat(20)}`
/** One payment, a batch under two rules and two budgets, and one that the agent's key signed. */
let single: ClassifyParameters
let batch: ClassifyParameters
let signed: ClassifyParameters
/** A transfer whose cost is measured on the account, in two budgets. */
let measured: ClassifyParameters

beforeAll(async () => {
  const client = nodeOf(chain.rpcUrl)
  const [alice, agent, key] = chain.accounts as unknown as [LocalAccount, LocalAccount, LocalAccount]
  await upgraded(chain, alice)
  await mint(chain, addressOf(alice), units(10_000n))
  const { address: token } = chain.token
  const pay = (to: Address, amount: bigint) => transferCall(token, to, units(amount))
  const plain = await fusedGrant(chain, { principal: alice, agent, payees: [FIRST, SECOND] })
  single = await recordRedemption(chain, client, {
    account: agent,
    grant: plain,
    action: actionOf(chain, addressOf(agent), pay(FIRST, 10n)),
  })
  const rule = (id: string, to: Address, budget: string) => ({
    id,
    class: 'transfer' as const,
    asset: token,
    to: [to],
    max: '50',
    budget,
  })
  const two = await fusedGrant(chain, {
    principal: alice,
    agent,
    payees: [],
    rules: [rule('a', FIRST, 'day'), rule('b', SECOND, 'all')],
    more: {
      budgets: {
        day: { assets: { [token]: '1' }, max: '200', per: 'P1D', window: 'rolling' },
        all: { assets: { [token]: '1' }, max: '90' },
      },
    },
  })
  batch = await recordRedemption(chain, client, {
    account: agent,
    grant: two,
    action: actionOf(chain, addressOf(agent), pay(SECOND, 20n), pay(FIRST, 5n), pay(SECOND, 20n)),
  })
  const more = { request: { key: addressOf(key), redeemers: [addressOf(agent)] } }
  const asked = await fusedGrant(chain, { principal: alice, agent, payees: [FIRST], more })
  const unsigned: Action = actionOf(chain, addressOf(agent), pay(FIRST, 10n))
  const [number, deadline] = [2n ** 63n + 5n, 4_000_000_000n]
  const { request } = requestOf(asked, { environment: chain.environment, action: unsigned, number, deadline })
  const signature = await signRequest(key as never, request)
  const action = { ...unsigned, request: { number, deadline, signature, confirmation: null } }
  signed = await recordRedemption(chain, client, { account: agent, grant: asked, action })
  const spends = ['day', 'all'].map((budget) => ({ asset: token, measured: true as const, budget }))
  const weighed = await fusedGrant(chain, {
    principal: alice,
    agent,
    payees: [],
    rules: [
      { id: 'act', class: 'call', target: token, function: 'function transfer(address to, uint256 amount)', spends },
    ],
    more: {
      budgets: {
        day: { assets: { [token]: '1' }, max: '200', per: 'P1D', window: 'fixed' },
        all: { assets: { [token]: '1' }, max: '90' },
      },
    },
  })
  const one = actionOf(chain, addressOf(agent), pay(FIRST, 30n))
  measured = await recordRedemption(chain, client, { account: agent, grant: weighed, action: one })
})

const enforcer = () => chain.environment.enforcers['TaskScopeEnforcer'] as Address
const withLogs = (of: ClassifyParameters, change: (log: LogEvidence) => LogEvidence | null): ClassifyParameters => {
  const first = of.receipt.logs[0]?.logIndex ?? 0
  const logs = of.receipt.logs.flatMap((log) => change(log) ?? []).map((log, at) => ({ ...log, logIndex: first + at }))
  return { ...of, receipt: { ...of.receipt, logs } }
}
/** The enforcer's own log with a word of its data changed, counted from 0. */
const withWord = (of: ClassifyParameters, at: number, change: (word: bigint) => bigint) =>
  withLogs(of, (log) => {
    if (log.address !== enforcer()) return log
    const from = 2 + 64 * at
    const word = change(BigInt(`0x${log.data.slice(from, from + 64)}`))
    const digits = word.toString(16).padStart(64, '0')
    return { ...log, data: `${log.data.slice(0, from)}${digits}${log.data.slice(from + 64)}` as Hex }
  })
const missing = (parameters: ClassifyParameters) => {
  const outcome = classifyOutcome(parameters)
  return outcome.status === 'ineffective' ? outcome.missing : outcome.status
}
const logsOf = ({ receipt }: ClassifyParameters) => receipt.logs.filter(({ address }) => address === enforcer())
const leafOf = ({ redemption }: ClassifyParameters) => redemption.chain[0] as Hex

describe('classifyOutcome', () => {
  test('default: an executed action says what its enforcer counted', () => {
    expect(classifyOutcome(single)).toMatchObject({
      status: 'executed',
      effects: [{ to: FIRST, amount: units(10n) }],
      counted: [
        {
          delegation: leafOf(single),
          rules: [0],
          budgets: [{ index: 0, spent: expect.any(BigInt), left: expect.any(BigInt) }],
          request: null,
        },
      ],
    })
  })

  test('behavior: a batch names the rule of each call and every budget, and each movement once', () => {
    expect(classifyOutcome(batch)).toMatchObject({
      status: 'executed',
      effects: [
        { to: SECOND, amount: units(20n) },
        { to: FIRST, amount: units(5n) },
        { to: SECOND, amount: units(20n) },
      ],
      counted: [
        {
          delegation: leafOf(batch),
          rules: [1, 0, 1],
          budgets: expect.arrayContaining([expect.objectContaining({ spent: units(40n), left: units(50n) })]),
        },
      ],
    })
    // Two payments that are alike need two movements.
    let dropped = false
    const once = withLogs(batch, (log) => {
      if (dropped || log.address !== chain.token.address) return log
      dropped = true
      return null
    })
    expect(missing(once)).toBe('transfer_log')
  })

  test('behavior: what was measured stands beside what was charged before, budget by budget', () => {
    // In the order of the terms: by the budgets' names.
    const all = { index: 0, spent: units(30n), left: units(60n) }
    const day = { index: 1, spent: units(30n), left: units(170n) }
    expect(classifyOutcome(measured)).toMatchObject({
      status: 'executed',
      counted: [
        {
          rules: [0],
          measured: [
            { decrease: units(30n), budget: all },
            { decrease: units(30n), budget: day },
          ],
        },
      ],
    })
    expect(classifyOutcome(single)).not.toHaveProperty('counted.0.measured')
    const settled = logsOf(measured).slice(-2)
    expect(missing(withLogs(measured, (log) => (log === settled[1] ? null : log)))).toBe('enforcer_event_measured')
    expect(missing(withLogs(measured, (log) => (log === settled[0] ? null : log)))).toBe('enforcer_event_measured')
    const swapped = (log: LogEvidence) =>
      (log === settled[0] ? settled[1] : log === settled[1] ? settled[0] : log) ?? log
    expect(missing(withLogs(measured, swapped))).toBe('enforcer_event_measured')
    // One more spent than the cap leaves, and the same of another delegation.
    const data = (log: LogEvidence) => `${log.data.slice(0, -1)}${log.data.endsWith('0') ? 1 : 0}` as Hex
    expect(missing(withLogs(measured, (log) => (log === settled[0] ? { ...log, data: data(log) } : log)))).toBe(
      'enforcer_event_measured',
    )
    const topics = [settled[0]?.topics[0], leafOf(single)] as Hex[]
    expect(missing(withLogs(measured, (log) => (log === settled[0] ? { ...log, topics } : log)))).toBe(
      'enforcer_event_measured',
    )
  })

  test('behavior: the number of the signed request is what the action carried', () => {
    expect(classifyOutcome(signed)).toMatchObject({ status: 'executed', counted: [{ request: 2n ** 63n + 5n }] })
    const { request } = signed.action as { request: NonNullable<Action['request']> }
    const renumbered = { ...signed, action: { ...signed.action, request: { ...request, number: 7n } } }
    expect(missing(renumbered)).toBe('enforcer_event_request')
    const { request: _, ...none } = signed.action
    expect(missing({ ...signed, action: none })).toBe('enforcer_event_request')
  })

  test('error: an enforcer that says nothing, or says it elsewhere or of another delegation', () => {
    const other = hashDelegation({ ...(batchLeaf() as Delegation), salt: `0x${'01'.repeat(32)}` })
    expect(missing(withLogs(single, (log) => (log.address === enforcer() ? null : log)))).toBe('enforcer_event')
    expect(
      missing(withLogs(single, (log) => (log.address === enforcer() ? { ...log, address: FIRST as Address } : log))),
    ).toBe('enforcer_event')
    const foreign = (log: LogEvidence) =>
      log.address === enforcer() ? { ...log, topics: [log.topics[0] as Hex, other] } : log
    expect(missing(withLogs(single, foreign))).toBe('enforcer_event')
  })

  test('error: an event that contradicts the call data is named', () => {
    expect(missing(withWord(single, 0, (word) => word + 1n))).toBe('enforcer_event_action')
    // Rule 1 of 1, and two executions of one.
    expect(missing(withWord(single, 1, (word) => word + (1n << 248n)))).toBe('enforcer_event_rules')
    expect(missing(withWord(single, 1, (word) => word + (1n << 240n)))).toBe('enforcer_event_rules')
    // Another budget, and what is left not what the cap leaves.
    expect(missing(withWord(single, 1, (word) => word + (1n << 224n)))).toBe('enforcer_event_budgets')
    expect(missing(withWord(single, 1, (word) => word + 1n))).toBe('enforcer_event_budgets')
    const both = withWord(single, 1, (word) => word + 1n - (1n << 112n))
    expect(missing(both)).toBe('executed')
  })

  test('behavior: what it says of another redemption in the same transaction is not ours', () => {
    const doubled = withLogs(single, (log) => log)
    const own = doubled.receipt.logs.find(({ address }) => address === enforcer()) as LogEvidence
    const another = { ...own, data: `0x${'12'.repeat(32)}${own.data.slice(66)}` as Hex }
    const first = single.receipt.logs[0]?.logIndex ?? 0
    const logs = [another, ...single.receipt.logs].map((log, at) => ({ ...log, logIndex: first + at }))
    expect(classifyOutcome({ ...single, receipt: { ...single.receipt, logs } })).toMatchObject({
      status: 'executed',
      counted: [{ rules: [0] }],
    })
  })
})

function batchLeaf(): Delegation {
  return { ...BARE, delegator: addressOf(chain.accounts[0]) }
}

const BARE: Delegation = {
  delegate: `0x${'b1'.repeat(20)}`,
  delegator: `0x${'b2'.repeat(20)}`,
  authority: `0x${'ff'.repeat(32)}`,
  caveats: [],
  salt: `0x${'02'.repeat(32)}`,
  signature: '0x',
}
