import type { State } from './types.ts'

/** The same state under another clock: what storage holds changes with transactions only. `timestamp`: unix seconds. */
export function atTime(state: State, timestamp: bigint): State {
  return { ...state, block: { ...state.block, timestamp } }
}
