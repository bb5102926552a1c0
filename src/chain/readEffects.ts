import type { Grant } from '../grant/types.ts'
import type { Hex } from '../primitives/hex.ts'
import { encodeRedemption } from '../redemption/encode.ts'
import { evaluate } from '../verdict/evaluate.ts'
import type { PreparedBranch, PreparedGrant } from '../verdict/prepared.ts'
import { withEffects } from '../verdict/taskScope/effect.ts'
import type { Action, State } from '../verdict/types.ts'
import type { NodeClient } from './rpc.ts'
import { isExecutionFailure } from './runDirectly.ts'
import { simulate } from './simulate.ts'

export type ReadEffectsParameters = {
  grant: Grant
  /** Of this grant. */
  prepared: PreparedGrant
  action: Action
  /** At whose block the action is run. */
  state: State
}

/**
 * The state with what rules that measure will find, where that is all that is in doubt about an action: by running its redemption
 * at the state's block. Any other state comes back as it is, and nothing is asked of the chain.
 *
 * A redemption that fails for anything but a measured budget shows nothing of one: then it refuses nothing here, and whoever
 * simulates finds what does.
 *
 * @throws {@link ChainError} where the chain could not be asked.
 */
export async function readEffects(
  client: NodeClient,
  { grant, prepared, action, state }: ReadEffectsParameters,
): Promise<State> {
  if (!prepared.branches.some(measures)) return state
  const known = evaluate(prepared, action, state)
  if (known.verdict !== 'deny' || known.fix.do !== 'simulate') return state
  const { calls } = action
  const passes = { calls, effect: { kind: 'hook', passes: true } } as const
  const hoped = evaluate(prepared, action, withEffects(state, prepared, passes))
  // Somebody has to confirm it first, say: then there is nothing to run yet.
  if (hoped.verdict !== 'allow') return withEffects(state, prepared, passes)
  // What is run is one branch: of the others nothing is known.
  const run = { branches: prepared.branches.filter(({ index }) => index === hoped.branch) }
  const passing = withEffects(state, run, passes)
  const redemption = encodeRedemption(grant, hoped.branch, action)
  const { hash: block } = state.block
  const simulation = await simulate(client, { redemption, from: action.redeemer, block })
  if (simulation.status === 'doubt') throw simulation.error
  const refusal = simulation.status === 'reverted' ? simulation.error.refusal : undefined
  if (simulation.status === 'ok' || refusal?.error !== 'NotAdmitted' || refusal.reason !== 'budget') return passing
  const { delegation, rule, index, requested } = refusal
  const weight = weightOf(run, delegation, rule, index)
  const principal = run.branches[0]?.links.at(-1)?.delegator
  // A target may write what the enforcer would.
  if (weight === null || (await isExecutionFailure(client, simulation.error, principal, redemption, block)))
    return passing
  // Hooks run from the root down: those above have passed, and of those below nobody is asked any more.
  return withEffects(passing, run, { calls, delegation, effect: { kind: 'spent', spent: requested / weight } })
}

function measures({ links }: PreparedBranch): boolean {
  return links.some(({ caveats }) => caveats.some(({ taskScope }) => taskScope?.rules.some(({ measured }) => measured)))
}

/** What one base unit that the account loses counts in a budget; `null` where the rule measures nothing for it. */
function weightOf(
  { branches }: Pick<PreparedGrant, 'branches'>,
  delegation: Hex,
  rule: number | null,
  budget: number,
): bigint | null {
  for (const { links } of branches) {
    for (const { caveats } of links.filter(({ hash }) => hash === delegation)) {
      const charges = caveats.flatMap(({ taskScope }) => taskScope?.rules[rule ?? -1]?.charges ?? [])
      const charge = charges.find((it) => it.source === 'balance' && it.budget === budget)
      if (charge !== undefined) return charge.weight
    }
  }
  return null
}
