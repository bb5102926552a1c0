import type { PreparedBranch } from '../../../src/verdict/prepared.ts'
import { unspentOf } from '../../../src/verdict/taskScope/passage.ts'
import type { PreparedBudget } from '../../../src/verdict/taskScope/prepareTerms.ts'
import type { State } from '../../../src/verdict/types.ts'
import type { Draw } from '../../../test/arbitraries/draw.ts'
import type { World } from '../../../test/arbitraries/grantSketch.ts'
import type { Rig } from '../rig.ts'
import type { Near } from './actions.ts'

/** Amounts at, just below and just above what the budgets have left, and conditions ask for. */
export function nearOf(
  { rig, draw }: { rig: Rig; draw: Draw },
  world: World,
  branch: PreparedBranch,
  state: State,
): Near {
  const terms = branch.links.flatMap(({ caveats }) => caveats.flatMap(({ taskScope }) => taskScope ?? []))
  // What decides is listed often: the neighbourhood of what is left is where mistakes are.
  const left = terms.flatMap((own) =>
    own.rules.flatMap(({ charges }) =>
      charges.flatMap(({ budget: index, weight }) => {
        const budget = own.budgets[index] as PreparedBudget
        const rest = (unspentOf(own, budget, state) << budget.shift) / weight
        return [rest, rest + 1n, rest + 1n, rest / 2n]
      }),
    ),
  )
  const bounds = terms.flatMap((own) => [
    ...own.budgets.flatMap(({ cap, threshold }) => [cap, threshold ?? cap]),
    ...own.terms.rules.flatMap(({ conditions, maxValue }) => [
      maxValue,
      ...conditions.flatMap((condition) => (condition.op === 'at_most' ? [condition.operand] : [])),
    ]),
  ])
  const amounts = [0n, 2n ** 128n, 2n ** 256n - 1n, ...left, ...left, ...bounds.flatMap((bound) => [bound, bound + 1n])]
  return { draw, rig, world, branch, now: state.block.timestamp, amounts }
}
