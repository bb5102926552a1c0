import type { LocalAccount } from 'viem'
import { redeem } from '../../chain/redeem.ts'
import { send } from '../../chain/send.ts'
import { waitForOutcome } from '../../chain/waitForOutcome.ts'
import type { Grant } from '../../grant/types.ts'
import type { Outcome } from '../../outcome/types.ts'
import type { Address } from '../../primitives/hex.ts'
import { decisionReceipt } from '../../receipt/decisionReceipt.ts'
import { outcomeReceipt } from '../../receipt/outcomeReceipt.ts'
import { createRequest, signRequest } from '../../receipt/request.ts'
import { encodeRedemption } from '../../redemption/encode.ts'
import type { Action, Verdict } from '../../verdict/types.ts'
import type { Journal } from '../journal.ts'
import type { Payment } from './payments.ts'
import type { World } from './world.ts'

/** One try to pay, and what came of it. */
export type Attempt = {
  payment: Payment
  verdict: Verdict
  /** What the chain did with what was sent: through Ambit when allowed, around it when denied. */
  chain: Outcome['status']
  /** The chain's own words where it refused. */
  revert: string | null
  /** By how much the payee's balance rose, base units: any movement counts as executed, whatever was said of it. */
  moved: bigint
  executed: boolean
}

/** An agent with the grant it was given. */
export type Holder = { account: LocalAccount; grant: Grant }

/** Gas for a transaction that is expected to fail, so that no estimate keeps it off the chain. */
const GAS = 1_500_000n
const REQUEST_SECONDS = 300n

/**
 * Has an agent pay. It asks, with its signature; is told; and if it is refused goes around Ambit and sends the redemption
 * itself, through every branch of its grant, for an injected agent would.
 */
export async function attempt(
  world: World,
  journal: Journal,
  holder: Holder,
  { payment, reason, number, now }: { payment: Payment; reason: string; number: bigint; now: bigint },
): Promise<Attempt> {
  const { account, grant } = holder
  const { environment } = world.chain
  const action = world.action(payment, account.address.toLowerCase() as Address, reason)
  const request = await signRequest(
    { address: action.redeemer, signTypedData: (typed) => account.signTypedData(typed) },
    createRequest(action, { grant: grant.id, number, deadline: now + REQUEST_SECONDS }),
  )
  const before = await world.balanceOf(payment.recipient)
  const redeemed = await redeem(world.node, { account, grant, action, environment, pollingInterval: 10 })
  const { verdict, state, simulation, redemption, outcome } = redeemed
  const stage = simulation === null ? 'state' : 'simulation'
  const decision = await journal.issue(
    decisionReceipt({ grant, action, verdict, state, request, stage, layer: 'redeemer' }),
  )
  let chain: Outcome
  if (outcome !== null && redemption !== null) {
    const receipt = outcomeReceipt({ grant, request, redemption, outcome, decision: decision.id, layer: 'redeemer' })
    await journal.issue(receipt)
    chain = outcome
  } else {
    chain = await goAround(world, holder, action)
  }
  const moved = (await world.balanceOf(payment.recipient)) - before
  return {
    payment,
    verdict,
    chain: chain.status,
    revert: chain.status === 'reverted' ? (chain.reason ?? null) : null,
    moved,
    executed: moved !== 0n,
  }
}

/** The agent's key is its own: nothing of ours stands between it and the chain. The first branch that is not refused counts. */
async function goAround(world: World, { account, grant }: Holder, action: Action): Promise<Outcome> {
  const { environment, chainId } = world.chain
  let last: Outcome | undefined
  for (const [branch, { links }] of grant.branches.entries()) {
    const redemption = encodeRedemption(grant, branch, action)
    const sent = await send(world.node, { account, chainId, to: redemption.manager, data: redemption.data, gas: GAS })
    const principal = grant.delegations[links.at(-1) ?? 0]?.delegator ?? grant.manager
    last = await waitForOutcome(world.node, { sent, redemption, action, principal, environment, pollingInterval: 10 })
    if (last.status !== 'reverted') return last
  }
  return last ?? { status: 'unknown', transactionHash: null, doubt: 'the grant has no branch' }
}
