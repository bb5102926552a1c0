import { describe, expect, test } from 'vitest'
import {
  at,
  decide,
  environment,
  forge,
  hash,
  issue,
  lower,
  makeGrant,
  makeState,
  minedTransaction,
  outcomeOf,
  principal,
  transferTo,
  trust,
  vendors,
} from '../../test/vectors/receipts/example.ts'
import { hashDelegation } from '../delegation/index.ts'
import type { Outcome } from '../outcome/index.ts'
import { outcomeReceipt, revocationReceipt } from '../receipt/index.ts'
import { encodeRedemption } from '../redemption/index.ts'
import type { State } from '../verdict/index.ts'
import { type ChainFacts, verifyBundle } from './index.ts'

const grant = await makeGrant()
const state = makeState(grant)
const action = transferTo(vendors[0], 5_000_000n)
const { drafted, request } = await decide({ grant, action, state })
const decision = await issue(drafted)

/** Result, then what was found about one thing. */
async function found(bundle: Parameters<typeof verifyBundle>[0], check: string, facts?: ChainFacts): Promise<string> {
  const verification = await verifyBundle(bundle, { trust, environment, ...(facts && { facts }) })
  const rows = verification.checks.filter((it) => it.check === check)
  return [verification.result, ...rows.map(({ status, code }) => `${status} ${code}`)].join(', ')
}

const { chainId } = environment
const blocks = { '100': hash('b1'), '101': hash('b2') }

describe('verifyBundle with facts: state', () => {
  const facts: ChainFacts = { chainId, blocks, states: { '100': state } }
  const states = (change: Partial<State>): ChainFacts => ({ ...facts, states: { '100': { ...state, ...change } } })

  test('default: proven where the chain had that state, and more', async () => {
    expect(await found(decision.text, 'state', facts)).toBe('valid, proven ok')
    const more = states({ disabled: { ...state.disabled, [hash('01')]: true } })
    expect(await found(decision.text, 'state', more)).toBe('valid, proven ok')
  })

  test('error: a state that the chain did not have', async () => {
    const [first = hash('00')] = Object.keys(state.disabled) as `0x${string}`[]
    const [counter = ''] = Object.keys(state.counters)
    for (const change of [
      { paused: true },
      { manager: at('dd') },
      { disabled: { ...state.disabled, [first]: true } },
      { nonces: { [lower(principal)]: 1n } },
      { counters: { [counter]: { kind: 'spent' as const, spent: 1n } } },
      { counters: { [counter]: { kind: 'calls' as const, count: 0n } } },
      { block: { ...state.block, timestamp: state.block.timestamp + 1n } },
      { block: { ...state.block, hash: hash('cc') } },
    ])
      expect(await found(decision.text, 'state', states(change))).toBe('invalid, refuted state_contradicted')
    const reorganised = { ...facts, blocks: { '100': hash('cc') } }
    expect(await found(decision.text, 'state', reorganised)).toBe('invalid, refuted block_not_canonical')
  })

  test('behavior: what was not served is unavailable, never passed', async () => {
    const open = 'insufficient, unavailable facts_missing'
    expect(await found(decision.text, 'state', { chainId })).toBe(open)
    expect(await found(decision.text, 'state', { chainId, blocks: { '100': null } })).toBe(open)
    expect(await found(decision.text, 'state', { chainId, blocks })).toBe(open)
    expect(await found(decision.text, 'state', states({ counters: {} }))).toBe(open)
    expect(await found(decision.text, 'state', states({ nonces: {} }))).toBe(open)
    expect(await found(decision.text, 'state', { ...facts, chainId: 1 })).toBe(
      'insufficient, unavailable facts_other_chain',
    )
  })
})

describe('verifyBundle with facts: outcome', async () => {
  const redemption = encodeRedemption(grant, 0, action)
  const mined = minedTransaction(redemption, action)
  const outcome = outcomeOf(mined, redemption, action)
  const receiptOf = async (of: Outcome, change: Partial<Parameters<typeof outcomeReceipt>[0]> = {}) =>
    issue(
      outcomeReceipt({ grant, request, redemption, outcome: of, decision: decision.id, layer: 'redeemer', ...change }),
      decision.head,
    )
  const executed = await receiptOf(outcome)
  const failed = { ...mined, receipt: { ...mined.receipt, status: 'reverted' as const, logs: [] } }
  const tx = mined.transaction.hash
  const facts: ChainFacts = { chainId, blocks, transactions: { [tx]: mined } }
  const seen = (
    change: Partial<(typeof mined)['receipt']>,
    transaction: Partial<(typeof mined)['transaction']> = {},
  ) => ({
    ...facts,
    transactions: {
      [tx]: { transaction: { ...mined.transaction, ...transaction }, receipt: { ...mined.receipt, ...change } },
    },
  })

  test('default: attested without the chain, proven with it', async () => {
    expect(outcome.status).toBe('executed')
    expect(await found(executed.text, 'outcome')).toBe('valid, attested outcome_attested')
    expect(await found(executed.text, 'outcome', facts)).toBe('valid, proven ok')
    const reverted = await receiptOf(outcomeOf(failed, redemption, action))
    expect(reverted.statement).toMatchObject({ outcome: { status: 'reverted' } })
    expect(await found(reverted.text, 'outcome', { ...facts, transactions: { [tx]: failed } })).toBe('valid, proven ok')
    const silent = { ...mined, receipt: { ...mined.receipt, logs: [] } }
    const ineffective = await receiptOf(outcomeOf(silent, redemption, action))
    expect(ineffective.statement).toMatchObject({ outcome: { status: 'ineffective' } })
    expect(await found(ineffective.text, 'outcome', { ...facts, transactions: { [tx]: silent } })).toBe(
      'valid, proven ok',
    )
  })

  test('behavior: later finality and a reason from a re-run do not contradict', async () => {
    const young = await receiptOf({ ...outcome, final: false } as Outcome)
    expect(young.statement.limits).toContain('not_final')
    expect(await found(young.text, 'outcome', facts)).toBe('valid, proven ok')
    const explained = await receiptOf({ ...outcomeOf(failed, redemption, action), reason: 'paused' } as Outcome)
    expect(explained.statement.limits).toContain('revert_reason_attested')
    expect(await found(explained.text, 'outcome', { ...facts, transactions: { [tx]: failed } })).toBe(
      'valid, proven ok',
    )
  })

  test('error: a success that failed, an effect that was not, a transaction that is not there', async () => {
    const no = 'invalid, refuted outcome_contradicted'
    expect(await found(executed.text, 'outcome', seen({ status: 'reverted', logs: [] }))).toBe(no)
    expect(await found(executed.text, 'outcome', seen({ logs: mined.receipt.logs.slice(0, -1) }))).toBe(no)
    expect(await found(executed.text, 'outcome', seen({ logs: mined.receipt.logs.slice(1) }))).toBe(no)
    expect(await found(executed.text, 'outcome', seen({ gasUsed: 1n }))).toBe(no)
    expect(await found(executed.text, 'outcome', seen({ blockHash: hash('cc') }))).toBe(no)
    expect(await found(executed.text, 'outcome', seen({}, { input: '0x' }))).toBe(no)
    expect(await found(executed.text, 'outcome', seen({ to: at('66') }, { to: at('66') }))).toBe(no)
    expect(await found(executed.text, 'outcome', { ...facts, transactions: { [tx]: null } })).toBe(no)
    const moved = { ...facts, blocks: { '101': hash('cc') } }
    expect(await found(executed.text, 'outcome', moved)).toBe('invalid, refuted block_not_canonical')
    if (outcome.status !== 'executed') throw new TypeError('not executed')
    const more = outcome.effects.map((effect) => ({ ...effect, amount: effect.amount * 2n }))
    expect(await found((await receiptOf({ ...outcome, effects: more })).text, 'outcome', facts)).toBe(no)
  })

  test('behavior: what was not served is unavailable, never passed', async () => {
    expect(await found(executed.text, 'outcome', { chainId })).toBe('insufficient, unavailable facts_missing')
    expect(await found(executed.text, 'outcome', { chainId, blocks })).toBe('insufficient, unavailable facts_missing')
    expect(await found(executed.text, 'outcome', { ...facts, chainId: 1 })).toBe(
      'insufficient, unavailable facts_other_chain',
    )
    const blind = await verifyBundle(executed.text, { trust, facts })
    expect(blind.checks.find(({ check }) => check === 'outcome')).toMatchObject({ code: 'environment_missing' })
  })

  test('behavior: open outcomes claim nothing', async () => {
    for (const open of [
      { status: 'pending', transactionHash: tx },
      { status: 'unknown', transactionHash: null, doubt: 'The node did not answer.' },
    ] as const)
      expect(await found((await receiptOf(open)).text, 'outcome', facts)).toBe('valid, attested outcome_open')
  })

  test('error: a transaction that is said to be replaced, and is in the chain', async () => {
    const hidden = (await receiptOf({ status: 'replaced', transactionHash: tx, by: null })).text
    expect(await found(hidden, 'outcome', facts)).toBe('invalid, refuted outcome_contradicted')
    const another = hash('79')
    const others = [seen({}, { hash: another }), seen({ transactionHash: another })]
    for (const silent of [{ ...facts, transactions: { [tx]: null } }, { ...facts, chainId: 1 }, undefined, ...others]) {
      expect(await found(hidden, 'outcome', silent)).toBe('valid, attested outcome_open')
    }
  })

  test('error: call data that is not that of the request under this chain', async () => {
    if (executed.statement.kind !== 'outcome') throw new TypeError('not an outcome')
    const { outcome: said } = executed.statement
    const other = await forge(
      { ...executed.statement, outcome: { ...said, data: hash('01') } },
      executed.bundle.evidence,
    )
    expect(await found(other, 'outcome', facts)).toBe('invalid, refuted redemption_mismatch')
  })

  test('error: a builder given parts of two attempts', async () => {
    const elsewhere = encodeRedemption(grant, 1, action)
    for (const change of [
      { redemption: { ...redemption, context: elsewhere.context } },
      { redemption: { ...redemption, chain: [hash('01')] } },
      { redemption: { ...redemption, manager: at('66') } },
      { request: { request: { ...request.request, grant: hash('01') } } },
    ])
      await expect(receiptOf(outcome, change)).rejects.toMatchObject({ code: 'receipt.inputs_disagree' })
  })
})

describe('verifyBundle with facts: revocation', async () => {
  const [root = hash('00'), ...leaves] = grant.delegations.map(hashDelegation)
  const block = { number: 101n, hash: hash('b2') }
  const tx = hash('78')
  const revoked = await issue(
    revocationReceipt({
      grant,
      ending: { act: 'disable', delegations: [root], died: leaves, transactionHash: tx, block, final: true },
      layer: 'redeemer',
    }),
  )
  const after: State = { ...state, block: { ...block, timestamp: 1n }, disabled: { ...state.disabled, [root]: true } }
  const mined = minedTransaction(encodeRedemption(grant, 0, action), action)
  const done = {
    transaction: { ...mined.transaction, hash: tx },
    receipt: { ...mined.receipt, transactionHash: tx, logs: [] },
  }
  const facts: ChainFacts = { chainId, blocks, states: { '101': after }, transactions: { [tx]: done } }

  test('default: attested without the chain, proven with it', async () => {
    expect(await found(revoked.text, 'revocation')).toBe('valid, attested revocation_attested')
    expect(await found(revoked.text, 'revocation', facts)).toBe('valid, proven ok')
  })

  test('error: not disabled, or by no such transaction', async () => {
    const no = 'invalid, refuted revocation_contradicted'
    expect(
      await found(revoked.text, 'revocation', { ...facts, states: { '101': { ...after, disabled: state.disabled } } }),
    ).toBe(no)
    expect(await found(revoked.text, 'revocation', { ...facts, transactions: { [tx]: null } })).toBe(no)
    const reverted = { ...done, receipt: { ...done.receipt, status: 'reverted' as const } }
    expect(await found(revoked.text, 'revocation', { ...facts, transactions: { [tx]: reverted } })).toBe(no)
    const later = { ...done, receipt: { ...done.receipt, blockHash: hash('cc') } }
    expect(await found(revoked.text, 'revocation', { ...facts, transactions: { [tx]: later } })).toBe(no)
    const another = { ...done, transaction: { ...done.transaction, hash: hash('79') } }
    expect(await found(revoked.text, 'revocation', { ...facts, transactions: { [tx]: another } })).toBe(no)
    const moved = { ...facts, blocks: { '101': hash('cc') } }
    expect(await found(revoked.text, 'revocation', moved)).toBe('invalid, refuted block_not_canonical')
  })

  test('behavior: what was not served is unavailable, never passed', async () => {
    const open = 'insufficient, unavailable facts_missing'
    expect(await found(revoked.text, 'revocation', { chainId })).toBe(open)
    expect(await found(revoked.text, 'revocation', { chainId, blocks })).toBe(open)
    expect(await found(revoked.text, 'revocation', { ...facts, states: { '101': { ...after, disabled: {} } } })).toBe(
      open,
    )
    expect(
      await found(revoked.text, 'revocation', { ...facts, states: { '101': { ...after, manager: at('66') } } }),
    ).toBe(open)
    const elsewhere = { ...after, block: { ...after.block, hash: hash('cc') } }
    expect(await found(revoked.text, 'revocation', { ...facts, states: { '101': elsewhere } })).toBe(open)
    expect(await found(revoked.text, 'revocation', { chainId, blocks, states: { '101': after } })).toBe(open)
    expect(await found(revoked.text, 'revocation', { ...facts, chainId: 1 })).toBe(
      'insufficient, unavailable facts_other_chain',
    )
  })
})
