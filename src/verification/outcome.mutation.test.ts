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
  outcomeOf,
  transferTo,
  vendors,
} from '../../test/vectors/receipts/example.ts'
import { outcomeReceipt } from '../receipt/index.ts'
import type { StatementOf } from '../receipt/statement.ts'
import { encodeRedemption } from '../redemption/index.ts'
import { checkAction } from './action.ts'
import { checkOutcome } from './outcome.ts'
import type { ChainFacts, Check } from './types.ts'

/** What was sent, rebuilt from what was asked under the branch that is shown. */

const [rule] = document.rules
const [asset = ''] = Object.keys(document.assets)
const rules = vendors.map((to, index) => ({ ...rule, id: `pay${index}`, to: [to], budget: `b${index}` }))
const budgets = Object.fromEntries(vendors.map((_, index) => [`b${index}`, { assets: { [asset]: '1' }, max: '100' }]))
const grant = await makeGrant({ document: { rules, budgets } })

async function paid(branch: 0 | 1) {
  const action = transferTo(vendors[branch], 5n)
  const { drafted, request } = await decide({ grant, action, state: makeState(grant) })
  const decision = await issue(drafted)
  const redemption = encodeRedemption(grant, branch, action)
  const mined = minedTransaction(redemption, action)
  const outcome = outcomeOf(mined, redemption, action)
  const draft = outcomeReceipt({ grant, request, redemption, outcome, decision: decision.id, layer: 'redeemer' })
  const made = await issue(draft, decision.head)
  const statement = made.statement as StatementOf<'outcome'>
  const asked = checkAction(statement, { request: made.bundle.evidence['request'] as Uint8Array }).request
  if (asked === undefined) throw new TypeError('the request cannot be read')
  const facts: ChainFacts = {
    chainId: environment.chainId,
    blocks: { '101': hash('b2') },
    transactions: { [mined.transaction.hash]: mined },
  }
  return { statement, asked, facts }
}
const [first, second] = [await paid(0), await paid(1)]
const shown = (checks: Check[]) => checks.map(({ status, code }) => `${status} ${code}`).join()

describe('checkOutcome', () => {
  test('behavior: a payment by whichever branch', () => {
    for (const { statement, asked, facts } of [first, second]) {
      expect(shown(checkOutcome(statement, { grant }, asked, environment, facts))).toBe('proven ok')
      expect(shown(checkOutcome(statement, { grant }, asked, environment, undefined))).toBe('attested outcome_attested')
      expect(shown(checkOutcome(statement, { grant }, asked, undefined, facts))).toBe('unavailable environment_missing')
    }
  })

  test('error: without the grant or the request nothing can be rebuilt', () => {
    const { statement, asked, facts } = first
    expect(shown(checkOutcome(statement, undefined, asked, environment, facts))).toBe('unavailable evidence_missing')
    expect(shown(checkOutcome(statement, { grant }, undefined, environment, facts))).toBe(
      'unavailable evidence_missing',
    )
  })

  test('error: what was asked is another, none of the grant, or none that can be sent', () => {
    const { statement, asked, facts } = first
    const ask = (said: StatementOf<'outcome'>, request = asked) =>
      shown(checkOutcome(said, { grant }, request, environment, facts))
    expect(ask(statement, second.asked)).toBe('refuted redemption_mismatch')
    expect(ask({ ...statement, delegation: second.statement.delegation })).toBe('refuted redemption_mismatch')
    const { delegation } = statement
    const [leaf, ...above] = delegation.chain
    const strange = { ...delegation, chain: [{ ...leaf, hash: hash('99') }, ...above] }
    expect(ask({ ...statement, delegation: strange } as StatementOf<'outcome'>)).toBe('refuted redemption_mismatch')
    const { calls } = asked.request
    const asking = (of: typeof calls) => ({ ...asked, request: { ...asked.request, calls: of } })
    expect(ask(statement, asking([...calls, ...calls]))).toBe('refuted redemption_mismatch')
    expect(checkOutcome(statement, { grant }, asking([]), environment, facts)).toMatchObject([
      { status: 'refuted', code: 'redemption_mismatch', cause: 'delegation.no_calls' },
    ])
  })

  test('behavior: facts of another chain, of no block, or without the transaction', () => {
    const { statement, asked, facts } = first
    const ask = (edit: object) => shown(checkOutcome(statement, { grant }, asked, environment, { ...facts, ...edit }))
    const { outcome } = statement
    const tx = ('tx' in outcome ? outcome.tx : undefined) ?? hash('00')
    expect(ask({ chainId: 1 })).toBe('unavailable facts_other_chain')
    expect(ask({ blocks: {} })).toBe('unavailable facts_missing')
    expect(ask({ blocks: { 101: hash('b4') } })).toBe('refuted block_not_canonical')
    expect(ask({ transactions: {} })).toBe('unavailable facts_missing')
    expect(ask({ transactions: { [tx]: null } })).toBe('refuted outcome_contradicted')
    expect(ask({ head: 500n, codes: { [lower(agent)]: 'none' } })).toBe('proven ok')
  })

  test('behavior: what was replaced is refuted where the chain has it', () => {
    const { statement, asked, facts } = first
    const said = { ...statement, outcome: { ...statement.outcome, status: 'replaced' } } as StatementOf<'outcome'>
    const ask = (known: ChainFacts | undefined) => shown(checkOutcome(said, { grant }, asked, environment, known))
    expect(ask(facts)).toBe('refuted outcome_contradicted')
    expect(ask(undefined)).toBe('attested outcome_open')
    expect(ask({ ...facts, chainId: 1 })).toBe('attested outcome_open')
    expect(ask({ ...facts, transactions: {} })).toBe('attested outcome_open')
    for (const status of ['pending', 'unknown']) {
      const open = { ...statement, outcome: { ...statement.outcome, status } } as StatementOf<'outcome'>
      expect(shown(checkOutcome(open, { grant }, asked, environment, facts))).toBe('attested outcome_open')
    }
  })
})
