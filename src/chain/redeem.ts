import type { LocalAccount } from 'viem'
import type { Outcome } from '../outcome/types.ts'
import type { Address } from '../primitives/hex.ts'
import { type DecideParameters, type Decision, decide } from './decide.ts'
import { ChainError } from './errors.ts'
import type { NodeClient } from './rpc.ts'
import { type Sent, send } from './send.ts'
import { type WaitForOutcomeParameters, waitForOutcome } from './waitForOutcome.ts'

export type RedeemParameters = DecideParameters & {
  /** The delegate, or the redeemer that it pinned: an EOA with its key here. */
  account: LocalAccount
  gas?: bigint
  onSigned?: (sent: Sent) => void | Promise<void>
} & Pick<WaitForOutcomeParameters, 'confirmations' | 'timeout' | 'pollingInterval' | 'signal'>

/** What became of an action: a decision always, a transaction and its outcome only where it was allowed. */
export type Redeemed = Decision & ({ sent: null; outcome: null } | { sent: Sent; outcome: Outcome })

/**
 * Decides, then signs and sends once, then waits for what the chain makes of it. A denial is an answer, not an error:
 * nothing was signed then.
 *
 * @throws {@link ChainError} `chain.wrong_account` where the account is not the action's redeemer; those of `decide` and
 * `send`.
 */
export async function redeem(client: NodeClient, parameters: RedeemParameters): Promise<Redeemed> {
  const { account, action, environment } = parameters
  const from = account.address.toLowerCase() as Address
  if (from !== action.redeemer) {
    throw new ChainError('chain.wrong_account', 'This account is not the redeemer of the action.', {
      details: { account: from, redeemer: action.redeemer },
      fix: 'Redeem with the account that the action names.',
    })
  }
  const decision = await decide(client, parameters)
  const { verdict, redemption } = decision
  if (verdict.verdict !== 'allow' || redemption === null) return { ...decision, sent: null, outcome: null }

  const { gas, onSigned, confirmations, timeout, pollingInterval, signal } = parameters
  const sent = await send(client, {
    account,
    chainId: environment.chainId,
    to: redemption.manager,
    data: redemption.data,
    ...(gas === undefined ? {} : { gas }),
    ...(onSigned === undefined ? {} : { onSigned }),
  })
  const outcome = await waitForOutcome(client, {
    sent,
    redemption,
    action,
    principal: principalOf(parameters, verdict.branch),
    environment,
    ...(confirmations === undefined ? {} : { confirmations }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(pollingInterval === undefined ? {} : { pollingInterval }),
    ...(signal === undefined ? {} : { signal }),
  })
  return { ...decision, sent, outcome }
}

function principalOf({ grant }: RedeemParameters, branch: number): Address {
  const root = grant.branches[branch]?.links.at(-1)
  const delegation = root === undefined ? undefined : grant.delegations[root]
  if (delegation !== undefined) return delegation.delegator
  throw new ChainError('chain.wrong_account', 'The grant names no principal for this branch.', {
    details: { branch },
    fix: 'Check the grant before redeeming it.',
  })
}
