import type { ActionState } from '../state.ts'
import { findAction, moveAction } from './actions.ts'
import type { Query } from './database.ts'
import { boundTo, type Place } from './submissions.ts'

/** Moves every action of a nonce that stands where the arrow starts. */
export async function moveBound(
  query: Query,
  place: Place,
  { from, to, at }: { from: ActionState; to: ActionState; at: number },
): Promise<void> {
  for (const id of await boundTo(query, place)) {
    const action = await findAction(query, id)
    if (action?.state === from) await moveAction(query, { id, from, to, at })
  }
}
