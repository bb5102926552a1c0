import type { Environment } from '../caveats/types.ts'
import type { Grant } from '../grant/types.ts'
import { encodeRedemption } from '../redemption/encode.ts'
import type { Redemption } from '../redemption/types.ts'
import { denyFor } from '../verdict/denial.ts'
import { VerdictError } from '../verdict/errors.ts'
import { evaluate } from '../verdict/evaluate.ts'
import { prepareGrant } from '../verdict/prepare.ts'
import type { PreparedGrant } from '../verdict/prepared.ts'
import { refusedAt } from '../verdict/taskScope/refusedAt.ts'
import type { Action, State, Verdict } from '../verdict/types.ts'
import type { BlockName } from './block.ts'
import { readEffects } from './readEffects.ts'
import { readState } from './readState.ts'
import type { Revert } from './revert.ts'
import type { NodeClient } from './rpc.ts'
import { isExecutionFailure } from './runDirectly.ts'
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
 * token or target refuses, the authority stands and the execution fails. What a rule measures on the account is read by running
 * the action at that block (`readEffects`); between it and inclusion the chain measures again.
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
  const read = await readState(client, { grant, environment, action, ...(block === undefined ? {} : { block }) })
  const state = await readEffects(client, { grant, prepared, action, state: read })
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
      const failed = await isExecutionFailure(client, simulation.error, principal, redemption, state.block.hash)
      const code = failed ? 'execution_failed' : isSignature(simulation.error) ? 'signature_refused' : 'disagreement'
      const branch = prepared.branches[verdict.branch]
      const { refusal } = simulation.error
      // Where the chain and we disagree, it says at which link and rule.
      const at = failed || branch === undefined || refusal === undefined ? null : refusedAt(branch, refusal)
      return { verdict: { ...denyFor(code), ...at }, state, redemption, simulation }
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

/** A contract account answers anew each time it is asked: it may have agreed when the grant was checked. */
function isSignature({ contract, name }: Revert): boolean {
  return contract === 'DelegationManager' && name === 'InvalidERC1271Signature'
}
