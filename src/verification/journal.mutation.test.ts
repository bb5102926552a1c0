import { describe, expect, test } from 'vitest'
import {
  ask,
  decide,
  environment,
  hash,
  issue,
  makeGrant,
  makeState,
  minedTransaction,
  outcomeOf,
  transferTo,
  trust,
  vendors,
} from '../../test/vectors/receipts/example.ts'
import type { Outcome } from '../outcome/index.ts'
import { EMPTY_HEAD, outcomeReceipt } from '../receipt/index.ts'
import { encodeRedemption } from '../redemption/index.ts'
import { verifyJournal } from './journal.ts'
import type { Trust } from './types.ts'

const grant = await makeGrant()
const action = transferTo(vendors[0], 1n)
const request = await ask(grant, action)
const redemption = encodeRedemption(grant, 0, action)
const mined = outcomeOf(minedTransaction(redemption, action), redemption, action)

/** Twice the same action, decided and ended, by two transactions. */
async function twice(outcome: Outcome) {
  const bundles: string[] = []
  let head = EMPTY_HEAD
  for (const transactionHash of [hash('77'), hash('78')]) {
    const decision = await issue((await decide({ grant, action, state: makeState(grant), request })).drafted, head)
    const of = { grant, request, redemption, decision: decision.id, layer: 'redeemer' } as const
    const ended = await issue(
      outcomeReceipt({ ...of, outcome: { ...outcome, transactionHash } as Outcome }),
      decision.head,
    )
    bundles.push(decision.text, ended.text)
    head = ended.head
  }
  return bundles
}

describe('verifyJournal', () => {
  test('behavior: only what was executed can be executed twice', async () => {
    const codes = async (outcome: Outcome) =>
      (await verifyJournal(await twice(outcome), { trust, environment })).findings.map(({ code }) => code)
    expect(await codes(mined)).toEqual(['executed_twice'])
    for (const status of ['reverted', 'ineffective'] as const) {
      expect(await codes({ ...mined, status, missing: 'effects' } as Outcome)).toEqual([])
    }
  })

  test('behavior: keys are imported once, however many receipts there are', async () => {
    let reads = 0
    const counting: Trust = {
      get issuers() {
        reads++
        return trust.issuers
      },
    }
    expect((await verifyJournal(await twice(mined), { trust: counting, environment })).receipts).toHaveLength(4)
    expect(reads).toBe(1)
  })
})
