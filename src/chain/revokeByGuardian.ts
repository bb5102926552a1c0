import type { LocalAccount } from 'viem'
import type { Environment } from '../caveats/types.ts'
import { encodeContext } from '../delegation/context.ts'
import { encodeExecution, SINGLE_DEFAULT_MODE } from '../delegation/execution.ts'
import { hashDelegation } from '../delegation/hash.ts'
import type { Delegation } from '../delegation/types.ts'
import { type KillSwitchFacts, raiseNonceCall, readKillSwitch } from '../grant/guardian.ts'
import { encodeCall } from '../redemption/encode.ts'
import { counterKey } from '../verdict/types.ts'
import type { BlockName } from './block.ts'
import { ChainError } from './errors.ts'
import { readFacts } from './readFacts.ts'
import { type NonceRaised, type RaiseParameters, raiseNonce } from './revokeAll.ts'
import type { NodeClient } from './rpc.ts'
import { send } from './send.ts'

export type RevokeByGuardianParameters = Omit<RaiseParameters, 'delegator'> & {
  /** The guardian: an EOA with its key here. It pays for gas. */
  account: LocalAccount
  /** Signed by the principal. */
  killSwitch: Delegation
}

/**
 * Fires a kill switch: the guardian raises the principal's nonce through the manager, and it is proven in the very block.
 * Everything of the principal with a nonce caveat ends; the switch itself is used up.
 *
 * @throws {@link ChainError} `chain.wrong_account` where the account is not the guardian; those of `revokeAll`, of which
 * `chain.send_refused` is also what a switch that is disabled, fired or expired gives. `GrantError` where it is none.
 */
export async function revokeByGuardian(
  client: NodeClient,
  parameters: RevokeByGuardianParameters,
): Promise<NonceRaised> {
  const { account, killSwitch, environment, onSigned } = parameters
  const { principal, guardian } = readKillSwitch(killSwitch, environment)
  if (account.address.toLowerCase() !== guardian) {
    throw new ChainError('chain.wrong_account', 'Only the guardian can fire its kill switch.', {
      details: { account: account.address.toLowerCase(), guardian },
      fix: 'Fire with the account of the guardian.',
    })
  }
  const data = encodeCall(
    encodeContext([killSwitch]),
    SINGLE_DEFAULT_MODE,
    encodeExecution(raiseNonceCall(environment)),
  )
  return raiseNonce(client, { ...parameters, delegator: principal }, () =>
    send(client, {
      account,
      chainId: environment.chainId,
      to: environment.manager,
      data,
      ...(onSigned === undefined ? {} : { onSigned }),
    }),
  )
}

/** What `requireKillSwitch` wants to know of the chain, at one block. */
export async function readKillSwitchFacts(
  client: NodeClient,
  { killSwitch, environment, block }: { killSwitch: Delegation; environment: Environment; block?: BlockName },
): Promise<KillSwitchFacts> {
  const { chainId, manager, enforcers } = environment
  const grant = { chainId, manager, delegations: [killSwitch] }
  const { facts, state } = await readFacts(client, { grant, environment, ...(block === undefined ? {} : { block }) })
  const counted = state.counters[counterKey(enforcers['LimitedCallsEnforcer'] ?? '0x', hashDelegation(killSwitch))]
  return counted?.kind === 'calls' ? { ...facts, fired: counted.count } : facts
}
