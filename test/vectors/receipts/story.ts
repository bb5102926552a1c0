import { hashDelegation } from '../../../src/delegation/index.ts'
import { grantReceipt, outcomeReceipt, revocationReceipt } from '../../../src/receipt/index.ts'
import { encodeRedemption } from '../../../src/redemption/index.ts'
import type { ChainFacts } from '../../../src/verification/index.ts'
import { prepareGrant } from '../../../src/verdict/index.ts'
import {
  at,
  decide,
  environment,
  hash,
  issue,
  makeGrant,
  makeState,
  minedTransaction,
  now,
  outcomeOf,
  token,
  transferTo,
  vendors,
} from './example.ts'

/** A journal of six, with what an honest node says of it: granted, denied, allowed, executed, revoked, batched. Everything but the ES256 signatures is the same each time. */
export async function makeStory() {
  const grant = await makeGrant()
  const state = makeState(grant)
  const pay = transferTo(vendors[0], 5_000_000n)
  const granted = await issue(grantReceipt({ grant, layer: 'wallet' }))
  const denied = await issue((await decide({ grant, action: transferTo(at('66'), 1n), state })).drafted, granted.head)
  const { drafted, request } = await decide({ grant, action: pay, state, stage: 'simulation' })
  const allowed = await issue(drafted, denied.head)
  const redemption = encodeRedemption(grant, 0, pay)
  const mined = minedTransaction(redemption, pay)
  const outcome = outcomeOf(mined, redemption, pay)
  const executed = await issue(
    outcomeReceipt({ grant, request, redemption, outcome, decision: allowed.id, layer: 'redeemer' }),
    allowed.head,
  )
  const [root = hash('00'), ...died] = grant.delegations.map(hashDelegation)
  const block = { number: 120n, hash: hash('b3') }
  const ending = { act: 'disable', delegations: [root], died, transactionHash: hash('78'), block, final: true } as const
  const revoked = await issue(revocationReceipt({ grant, ending, layer: 'redeemer' }), executed.head)
  // A batch under a scope in one caveat: each of its calls by a rule of its own.
  const [first, second] = vendors.map((to, index) => ({ id: `pay${index}`, class: 'transfer', asset: token, to: [to], budget: 'stables' }))
  const fused = await makeGrant({ lowering: 'fused', document: { rules: [second, first] } })
  const [one, two] = [transferTo(vendors[0], 1n), transferTo(vendors[1], 2n)]
  const untouched = makeState(fused)
  const words = (prepareGrant(fused, environment).branches[0]?.links[0]?.caveats[0]?.taskScope?.keys ?? []).map((key) => [
    key,
    { kind: 'word' as const, word: 0n },
  ])
  const batch = await decide({
    grant: fused,
    action: { ...one, calls: [...one.calls, ...two.calls] },
    state: { ...untouched, counters: Object.fromEntries(words) },
    stage: 'simulation',
  })
  const batched = await issue(batch.drafted, revoked.head)
  const tx = hash('78')
  const facts: ChainFacts = {
    chainId: grant.chainId,
    blocks: { '100': hash('b1'), '101': hash('b2'), '120': hash('b3') },
    states: {
      '100': state,
      '120': { ...state, block: { ...block, timestamp: now }, disabled: { ...state.disabled, [root]: true } },
    },
    transactions: {
      [mined.transaction.hash]: mined,
      [tx]: {
        transaction: { ...mined.transaction, hash: tx, blockHash: block.hash, blockNumber: block.number },
        receipt: { ...mined.receipt, transactionHash: tx, blockHash: block.hash, blockNumber: block.number, logs: [] },
      },
    },
    head: 130n,
  }
  return { granted, denied, allowed, executed, revoked, batched, facts }
}
