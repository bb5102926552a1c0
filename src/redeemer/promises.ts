import type { Hex } from '../primitives/hex.ts'
import type { PreparedGrant } from '../verdict/prepared.ts'
import { stateAfter } from '../verdict/stateAfter.ts'
import type { Action, State } from '../verdict/types.ts'

/** An action that was allowed and may still be counted by the chain, or just has been. */
export type Promised = {
  prepared: PreparedGrant
  branch: number
  action: Action
  /** Number of the block that holds it; `null` while none does. */
  includedAt: bigint | null
}

/**
 * The state that a new action will find if everything promised comes to pass in its order: what siblings under one root, or
 * actions of one moment, would else be promised twice. What the state's block already counts is not counted again.
 *
 * Only counters that both share are moved. A promise that the chain would not keep at this state takes nothing.
 */
export function withPromises(state: State, prepared: PreparedGrant, promised: readonly Promised[]): State {
  const shared = new Set(prepared.branches.flatMap(({ links }) => links.map(({ hash }) => hash)))
  let after = state
  for (const { prepared: theirs, branch, action, includedAt } of promised) {
    if (includedAt !== null && includedAt <= state.block.number) continue
    const part = partOf(theirs, branch, action, shared)
    after = (part === null ? null : stateAfter(part, branch, action, after)) ?? after
  }
  return after
}

/** The links of a branch that are shared, as a way to act of their own: of the others this state knows nothing. */
function partOf(
  prepared: PreparedGrant,
  index: number,
  { redeemer }: Action,
  shared: ReadonlySet<Hex>,
): PreparedGrant | null {
  const branch = prepared.branches.find((each) => each.index === index)
  const [first, ...links] = branch?.links.filter(({ hash }) => shared.has(hash)) ?? []
  if (branch === undefined || first === undefined) return null
  // Whoever redeems was looked at when it was promised.
  return { ...prepared, branches: [{ ...branch, links: [{ ...first, delegate: redeemer }, ...links], held: [] }] }
}
