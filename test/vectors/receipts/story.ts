import { hashDelegation } from '../../../src/delegation/index.ts'
import { grantReceipt, outcomeReceipt, revocationReceipt } from '../../../src/receipt/index.ts'
import { encodeRedemption } from '../../../src/redemption/index.ts'
import { at, decide, hash, issue, makeGrant, makeState, minedTransaction, outcomeOf, transferTo, vendors } from './example.ts'

/** A journal of five: granted, denied, allowed, executed, revoked. Everything but the ES256 signatures is the same each time. */
export async function makeStory() {
  const grant = await makeGrant()
  const state = makeState(grant)
  const pay = transferTo(vendors[0], 5_000_000n)
  const granted = await issue(grantReceipt({ grant, layer: 'wallet' }))
  const denied = await issue((await decide({ grant, action: transferTo(at('66'), 1n), state })).drafted, granted.head)
  const { drafted, request } = await decide({ grant, action: pay, state, stage: 'simulation' })
  const allowed = await issue(drafted, denied.head)
  const redemption = encodeRedemption(grant, 0, pay)
  const outcome = outcomeOf(minedTransaction(redemption, pay), redemption, pay)
  const executed = await issue(
    outcomeReceipt({ grant, request, redemption, outcome, decision: allowed.id, layer: 'redeemer' }),
    allowed.head,
  )
  const [root = hash('00'), ...died] = grant.delegations.map(hashDelegation)
  const block = { number: 120n, hash: hash('b3') }
  const ending = { act: 'disable', delegations: [root], died, transactionHash: hash('78'), block, final: true } as const
  const revoked = await issue(revocationReceipt({ grant, ending, layer: 'redeemer' }), executed.head)
  return { granted, denied, allowed, executed, revoked }
}
