import { describe, expect, test } from 'vitest'
import {
  at,
  environment,
  hash,
  issue,
  lower,
  makeGrant,
  makeState,
  principal,
  trust,
} from '../../test/vectors/receipts/example.ts'
import { hashDelegation } from '../delegation/index.ts'
import { nonceFate } from '../grant/index.ts'
import { revocationReceipt } from '../receipt/index.ts'
import type { State } from '../verdict/index.ts'
import { type ChainFacts, type VerifyOptions, verifyBundle } from './index.ts'

const grant = await makeGrant()
const state = makeState(grant)
const account = lower(principal)
const nonce = state.nonces[account] as bigint
const fate = nonceFate(grant, { environment, account, nonce })
if (fate.fate !== 'ends') throw new TypeError('the grant of this test carries no nonce')
const { delegations, died } = fate
const block = { number: 101n, hash: hash('b2') }
const { chainId } = environment

type Ending = Extract<Parameters<typeof revocationReceipt>[0]['ending'], { act: 'raise_nonce' }>
const ending: Ending = { act: 'raise_nonce', account, nonce, delegations, died, block, final: true }
const receiptOf = async (change: Partial<Ending> = {}) =>
  (await issue(revocationReceipt({ grant, ending: { ...ending, ...change }, layer: 'wallet' }))).text
const raised: State = {
  ...state,
  block: { ...block, timestamp: 1n },
  nonces: { ...state.nonces, [account]: nonce + 1n },
}
const facts: ChainFacts = { chainId, blocks: { '101': hash('b2') }, states: { '101': raised } }

/** Result, then what was found about the revocation. */
async function found(bundle: string, more: Partial<VerifyOptions> = {}): Promise<string> {
  const { result, checks } = await verifyBundle(bundle, { trust, environment, ...more })
  const rows = checks.filter(({ check }) => check === 'revocation')
  return [result, ...rows.map(({ status, code }) => `${status} ${code}`)].join(', ')
}

describe('verifyBundle: a raised nonce', () => {
  test('default: attested without the chain, proven with it', async () => {
    const receipt = await receiptOf()
    expect(await found(receipt)).toBe('valid, attested revocation_attested')
    expect(await found(receipt, { facts })).toBe('valid, proven ok')
  })

  test('error: delegations that do not carry that nonce, or not all of those that do', async () => {
    const wrong = 'invalid, refuted revocation_mismatch'
    expect(await found(await receiptOf({ nonce: nonce + 1n }))).toBe(wrong)
    expect(await found(await receiptOf({ account: at('66') }))).toBe(wrong)
    const leaf = grant.delegations.map(hashDelegation).find((it) => !delegations.includes(it)) ?? hash('ee')
    expect(await found(await receiptOf({ delegations: [...delegations, leaf] }))).toBe(wrong)
    expect(await found(await receiptOf({ delegations: [hash('ee')] }))).toBe(wrong)
    expect(await found(await receiptOf({ died: died.slice(1) }))).toBe(wrong)
  })

  test('error: the chain’s nonce was not past it, or the block is gone', async () => {
    const receipt = await receiptOf()
    const no = 'invalid, refuted revocation_contradicted'
    const at101 = (nonces: State['nonces']): ChainFacts => ({ ...facts, states: { '101': { ...raised, nonces } } })
    expect(await found(receipt, { facts: at101({ [account]: nonce }) })).toBe(no)
    expect(
      await found(await receiptOf({ transactionHash: hash('78') }), {
        facts: { ...facts, transactions: { [hash('78')]: null } },
      }),
    ).toBe(no)
    const moved = { ...facts, blocks: { '101': hash('cc') } }
    expect(await found(receipt, { facts: moved })).toBe('invalid, refuted block_not_canonical')
  })

  test('behavior: what was not served is unavailable, never passed', async () => {
    const receipt = await receiptOf()
    const open = 'insufficient, unavailable facts_missing'
    expect(await found(receipt, { facts: { chainId } })).toBe(open)
    expect(await found(receipt, { facts: { ...facts, states: { '101': { ...raised, nonces: {} } } } })).toBe(open)
    const { checks } = await verifyBundle(receipt, { trust })
    expect(checks.find(({ check }) => check === 'revocation')).toMatchObject({
      status: 'unavailable',
      code: 'environment_missing',
    })
  })
})
