import { describe, expect, test } from 'vitest'
import {
  agent,
  decide,
  document,
  environment,
  hash,
  issue,
  lower,
  makeGrant,
  makeState,
  minedTransaction,
  now,
  outcomeOf,
  principal,
  transferTo,
  trust,
  vendors,
} from '../../test/vectors/receipts/example.ts'
import { type AccountCode, hashDelegation } from '../delegation/index.ts'
import type { Outcome } from '../outcome/index.ts'
import { outcomeReceipt } from '../receipt/index.ts'
import { encodeRedemption } from '../redemption/index.ts'
import { type ChainFacts, verifyBundle } from './index.ts'

/** What changed code got away with before: each of these stands against one change that no other test noticed. */

describe('verifyBundle', () => {
  test('behavior: a decision is filed under the root of its own branch, where a grant has several', async () => {
    const [rule] = document.rules
    const rules = vendors.map((to, at) => ({ ...rule, id: `pay${at}`, to: [to], budget: `b${at}` }))
    const [asset = ''] = Object.keys(document.assets)
    const budgets = Object.fromEntries(vendors.map((_, at) => [`b${at}`, { assets: { [asset]: '1' }, max: '100' }]))
    const grant = await makeGrant({ document: { rules, budgets } })
    const roots = new Set(grant.branches.map(({ links }) => links.at(-1)))
    expect(roots.size).toBe(2)
    const { drafted } = await decide({ grant, action: transferTo(vendors[1], 1n), state: makeState(grant) })
    const made = await issue(drafted)
    const root = grant.delegations[grant.branches[1]?.links.at(-1) ?? -1]
    expect(made.statement.roots.map(({ delegation }) => delegation)).toEqual(root && [hashDelegation(root)])
    expect((await verifyBundle(made.text, { trust, environment })).result).toBe('valid')
  })
})

describe('verifyBundle: deadline of a request', () => {
  test('behavior: good at its last second, and late one second after', async () => {
    const grant = await makeGrant()
    const found = async (timestamp: bigint) => {
      const before = makeState(grant)
      const state = { ...before, block: { ...before.block, timestamp } }
      const { drafted, request } = await decide({ grant, action: transferTo(vendors[0], 1n), state })
      const { checks } = await verifyBundle((await issue(drafted)).text, { trust, environment })
      return [request.request.deadline - timestamp, checks.find(({ check }) => check === 'request')?.code]
    }
    expect(await found(now + 600n)).toEqual([0n, 'ok'])
    expect(await found(now + 601n)).toEqual([-1n, 'request_late'])
  })
})

describe('verifyBundle with facts: a payment that leaves no log', async () => {
  const [rule] = document.rules
  const budgets = { stables: { assets: { native: '1' }, max: '1' } }
  const grant = await makeGrant({ document: { rules: [{ ...rule, asset: 'native' }], budgets, assets: {} } })
  const calls = [{ to: vendors[0], value: 5n, data: '0x' as const }]
  const action = { chainId: environment.chainId, redeemer: lower(agent), calls }
  const { drafted, request } = await decide({ grant, action, state: makeState(grant) })
  const decision = await issue(drafted)
  const redemption = encodeRedemption(grant, 0, action)
  const whole = minedTransaction(redemption, action)
  // The last log is that of a token.
  const mined = { ...whole, receipt: { ...whole.receipt, logs: whole.receipt.logs.slice(0, -1) } }
  const paid = outcomeOf(mined, redemption, action)
  if (paid.status !== 'executed') throw new TypeError('not executed')
  const hidden: Outcome = { ...paid, status: 'ineffective', missing: 'target_log', effects: [] }

  async function found(outcome: Outcome, code?: AccountCode): Promise<string> {
    const draft = outcomeReceipt({ grant, request, redemption, outcome, decision: decision.id, layer: 'redeemer' })
    const { text } = await issue(draft, decision.head)
    const facts: ChainFacts = {
      chainId: environment.chainId,
      blocks: { '101': hash('b2') },
      transactions: { [mined.transaction.hash]: mined },
      ...(code && { codes: { [lower(principal)]: code } }),
    }
    const { checks } = await verifyBundle(text, { trust, environment, facts })
    return checks.flatMap(({ check, status, code }) => (check === 'outcome' ? [`${status} ${code}`] : [])).join()
  }

  test('default: proven where the account runs what it is told, attested where that is not known', async () => {
    expect(paid.effects).toMatchObject([{ asset: 'native', to: vendors[0], amount: 5n }])
    expect(await found(paid, 'delegated7702')).toBe('proven ok')
    for (const code of ['contract', 'none', undefined] as const)
      expect(await found(paid, code)).toBe('attested account_unknown')
  })

  test('error: an issuer that hides it is never proven right', async () => {
    for (const code of ['delegated7702', 'contract', 'none', undefined] as const)
      expect(await found(hidden, code)).toBe('attested account_unknown')
  })

  test('error: neither what ran nor silence', async () => {
    const more: Outcome = { ...paid, effects: paid.effects.map((effect) => ({ ...effect, amount: 6n })) }
    for (const code of ['delegated7702', 'contract', undefined] as const)
      expect(await found(more, code)).toBe('refuted outcome_contradicted')
  })
})
