import { encodeFunctionData, parseAbi } from 'viem'
import type { TaskScopeRefusal } from '../caveats/taskScope/refusals.ts'
import type { Environment } from '../caveats/types.ts'
import { readExecution, SINGLE_DEFAULT_MODE } from '../delegation/execution.ts'
import type { Grant } from '../grant/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { encodeRedemption } from '../redemption/encode.ts'
import type { Redemption } from '../redemption/types.ts'
import { denyFor } from '../verdict/denial.ts'
import { VerdictError } from '../verdict/errors.ts'
import { evaluate } from '../verdict/evaluate.ts'
import { prepareGrant } from '../verdict/prepare.ts'
import type { PreparedGrant } from '../verdict/prepared.ts'
import { withEffects } from '../verdict/taskScope/effect.ts'
import { refusedAt } from '../verdict/taskScope/refusedAt.ts'
import type { Action, State, Verdict } from '../verdict/types.ts'
import type { BlockName } from './block.ts'
import { readState } from './readState.ts'
import { decodeRevert, type Revert } from './revert.ts'
import { callAt, type NodeClient } from './rpc.ts'
import { type Simulation, simulate } from './simulate.ts'

const abi = parseAbi(['function executeFromExecutor(bytes32 mode, bytes execution)'])

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
 * token or target refuses, the authority stands and the execution fails. What a rule measures on the account, nobody can say
 * before: there the simulation decides, by the same budgets; between it and inclusion the chain decides again.
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
  const known = evaluate(prepared, action, state)
  // Where nothing but a measured effect is in doubt, the simulation is what answers it: the verdict there would be, if it passed.
  const measured = known.verdict === 'deny' && known.fix.do === 'simulate'
  const hoped = measured ? withEffects(state, prepared, { calls: action.calls, passes: true }) : state
  const verdict = measured ? evaluate(prepared, action, hoped) : known
  if (verdict.verdict !== 'allow') return { verdict, state, redemption: null, simulation: null }

  const redemption = encodeRedemption(grant, verdict.branch, action)
  const simulation = await simulate(client, { redemption, from: action.redeemer, block: state.block.hash })
  switch (simulation.status) {
    case 'ok':
      return { verdict, state: hoped, redemption, simulation }
    case 'doubt':
      throw simulation.error
    case 'reverted': {
      const principal = prepared.branches[verdict.branch]?.links.at(-1)?.delegator
      const failed = await isExecutionFailure(client, simulation.error, principal, redemption, state.block.hash)
      const code = failed ? 'execution_failed' : isSignature(simulation.error) ? 'signature_refused' : 'disagreement'
      const branch = prepared.branches[verdict.branch]
      const { refusal } = simulation.error
      if (measured && !failed && isAboutBudget(refusal)) {
        const { delegation } = refusal
        const seen = withEffects(state, prepared, { calls: action.calls, passes: false, delegation })
        const denied = evaluate(prepared, action, seen)
        // What the account lost is what the refusal says was asked of the budget.
        const at = branch === undefined ? null : refusedAt(branch, refusal)
        if (denied.verdict === 'deny') return { verdict: { ...denied, ...at }, state: seen, redemption, simulation }
      }
      // Where the chain and we disagree, it says at which link and rule.
      const at = failed || branch === undefined || refusal === undefined ? null : refusedAt(branch, refusal)
      return { verdict: { ...denyFor(code), ...at }, state, redemption, simulation }
    }
  }
}

/** A budget that does not hold: after the hooks that were judged before, only what was measured can be refused so. */
function isAboutBudget(
  refusal: TaskScopeRefusal | undefined,
): refusal is Extract<TaskScopeRefusal, { error: 'NotAdmitted' }> {
  return refusal?.error === 'NotAdmitted' && refusal.reason === 'budget'
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
 * Whether a target refuses a call by itself. The revert's words cannot tell: a target may write what an enforcer would. So
 * the same is run without any delegation at the same block.
 */
async function isExecutionFailure(
  client: NodeClient,
  error: Revert,
  principal: Address | undefined,
  redemption: Redemption,
  block: Hex,
): Promise<boolean> {
  if (principal === undefined) return false
  const direct = await runDirectly(client, principal, redemption, block)
  if (direct.status === 'ok') return false
  const directly = decodeRevert(direct.data)
  return directly.data === error.data || error.contract === undefined || !isAuthority(error.contract)
}

/**
 * What a redemption executes, without any delegation: one call from the principal, several as the manager has the principal run
 * them, for one may rest on another.
 */
export function runDirectly(
  client: NodeClient,
  principal: Address,
  { manager, mode, execution }: Redemption,
  block: Hex,
): ReturnType<typeof callAt> {
  return mode === SINGLE_DEFAULT_MODE
    ? callAt(client, { ...readExecution(execution), from: principal, block })
    : callAt(client, { to: principal, data: encodeExecute(mode, execution), from: manager, block })
}

function encodeExecute(mode: Hex, execution: Hex): Hex {
  return encodeFunctionData({ abi, functionName: 'executeFromExecutor', args: [mode, execution] })
}

/** A contract account answers anew each time it is asked: it may have agreed when the grant was checked. */
function isSignature({ contract, name }: Revert): boolean {
  return contract === 'DelegationManager' && name === 'InvalidERC1271Signature'
}

function isAuthority(contract: string): boolean {
  return contract === 'DelegationManager' || contract.endsWith('Enforcer')
}
