import type { Environment } from '../caveats/types.ts'
import type { Grant } from '../grant/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { encodeRedemption } from '../redemption/encode.ts'
import type { Redemption } from '../redemption/types.ts'
import { denyFor } from '../verdict/denial.ts'
import { VerdictError } from '../verdict/errors.ts'
import { evaluate } from '../verdict/evaluate.ts'
import { prepareGrant } from '../verdict/prepare.ts'
import type { PreparedGrant } from '../verdict/prepared.ts'
import type { Action, Call, State, Verdict } from '../verdict/types.ts'
import type { BlockName } from './block.ts'
import { readState } from './readState.ts'
import { decodeRevert, type Revert } from './revert.ts'
import { callAt, type NodeClient } from './rpc.ts'
import { type Simulation, simulate } from './simulate.ts'

export type DecideParameters = {
  grant: Grant
  action: Action
  environment: Environment
  /** `prepareGrant(grant, environment)`, where the caller decides often. */
  prepared?: PreparedGrant
  block?: BlockName
}

export type Decision = {
  verdict: Verdict
  /** What the verdict was made from. */
  state: State
  /** The bytes that were simulated, where the verdict was to allow. */
  redemption: Redemption | null
  simulation: Simulation | null
}

/**
 * The verdict on an action at one block, with the chain having the last word: what the evaluator allows is simulated at
 * the same block. If authority refuses there, evaluator and chain disagree: a fault of ours, denied and named so. If the
 * token or target refuses, the authority stands and the execution fails.
 *
 * Only this grant's signatures are taken for checked (`checkGrant`); an account that changes its mind about its own is
 * found by the simulation, `signature_refused`.
 *
 * @throws `ChainError` where the chain could not be asked (nobody was allowed anything), `VerdictError` for a grant that
 * cannot be evaluated at all, or `verdict.wrong_grant` where `prepared` is of another one.
 */
export async function decide(client: NodeClient, parameters: DecideParameters): Promise<Decision> {
  const { grant, action, environment, block } = parameters
  const prepared = parameters.prepared ?? prepareGrant(grant, environment)
  requireSameGrant(prepared, grant)
  const state = await readState(client, { grant, environment, action, ...(block === undefined ? {} : { block }) })
  const verdict = evaluate(prepared, action, state)
  if (verdict.verdict !== 'allow') return { verdict, state, redemption: null, simulation: null }

  const redemption = encodeRedemption(grant, verdict.branch, action)
  const simulation = await simulate(client, { redemption, from: action.redeemer, block: state.block.hash })
  switch (simulation.status) {
    case 'ok':
      return { verdict, state, redemption, simulation }
    case 'doubt':
      throw simulation.error
    case 'reverted': {
      const principal = prepared.branches[verdict.branch]?.links.at(-1)?.delegator
      const failed = await isExecutionFailure(client, simulation.error, principal, action.calls[0], state.block.hash)
      const code = failed ? 'execution_failed' : isSignature(simulation.error) ? 'signature_refused' : 'disagreement'
      return { verdict: denyFor(code), state, redemption, simulation }
    }
  }
}

/** The verdict is of one grant and the bytes are of the other, where these two differ: a wider one would lend its yes. */
function requireSameGrant(prepared: PreparedGrant, grant: Grant): void {
  if (prepared.id === grant.id && prepared.chainId === grant.chainId && prepared.manager === grant.manager) return
  throw new VerdictError('verdict.wrong_grant', 'What was prepared is another grant.', {
    details: { grant: grant.id, prepared: prepared.id },
    fix: 'Pass what prepareGrant made of this grant, or leave it out.',
  })
}

/**
 * Whether the target refuses the call by itself. The revert's words cannot tell: a target may write what an enforcer would.
 * So the same call is run without any delegation, from the principal, at the same block.
 */
async function isExecutionFailure(
  client: NodeClient,
  error: Revert,
  principal: Address | undefined,
  call: Call | undefined,
  block: Hex,
): Promise<boolean> {
  if (principal === undefined || call === undefined) return false
  const direct = await callAt(client, { ...call, from: principal, block })
  if (direct.status === 'ok') return false
  const directly = decodeRevert(direct.data)
  return directly.data === error.data || error.contract === undefined || !isAuthority(error.contract)
}

/** A contract account answers anew each time it is asked: it may have agreed when the grant was checked. */
function isSignature({ contract, name }: Revert): boolean {
  return contract === 'DelegationManager' && name === 'InvalidERC1271Signature'
}

function isAuthority(contract: string): boolean {
  return contract === 'DelegationManager' || contract.endsWith('Enforcer')
}
