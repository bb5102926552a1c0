import type { PreparedGrant } from '../../src/verdict/prepared.ts'
import type { Action, Deny, State, Verdict } from '../../src/verdict/types.ts'
import { type Draw, pick } from '../../test/arbitraries/draw.ts'

/** A case that no chain can be asked about, with the answer that follows from how it was made. */
export type Unchained = {
  action: Action
  state: State
  expected: Pick<Deny, 'code'> & Partial<Pick<Deny, 'hop'>> & { caveat?: number | null }
}

/**
 * Takes a case that is allowed and spoils what a verdict is made of: a part of the state is not there, it is of another
 * manager, or the action is no action. What is right is then known without a chain: the first thing that misses.
 */
export function spoil(draw: Draw, prepared: PreparedGrant, action: Action, state: State): Unchained | null {
  const [branch, ...others] = prepared.branches
  if (branch === undefined || others.length > 0) return null
  switch (draw.int(4)) {
    case 0: {
      const [call] = action.calls
      const calls = pick<unknown>(draw, [
        [],
        [{ ...call, data: '0x0' }],
        [{ ...call, data: '0xZZ' }],
        [{ ...call, value: -1n }],
        [{ ...call, value: 1n << 256n }],
        [{ ...call, to: '0x' }],
        [...action.calls, null],
      ])
      return {
        action: { ...action, calls: calls as Action['calls'] },
        state,
        expected: { code: 'malformed_action', hop: null },
      }
    }
    case 1: {
      const other = pick<Partial<State>>(draw, [{ chainId: state.chainId + 1 }, { manager: `0x${'77'.repeat(20)}` }])
      return { action, state: { ...state, ...other }, expected: { code: 'state_mismatch', hop: null } }
    }
    case 2: {
      const link = pick(draw, branch.links)
      const { [link.hash]: _, ...disabled } = state.disabled
      return { action, state: { ...state, disabled }, expected: { code: 'state_missing', hop: link.hop, caveat: null } }
    }
    default: {
      const counted = branch.links.flatMap(({ hop, caveats }) =>
        caveats.flatMap(({ counter, index }) => (counter === null ? [] : [{ hop, index, counter }])),
      )
      const lost = counted.length === 0 ? undefined : pick(draw, counted)
      if (lost === undefined) return null
      const { [lost.counter]: _, ...counters } = state.counters
      const first = counted.find(({ counter }) => counter === lost.counter) ?? lost
      return {
        action,
        state: { ...state, counters },
        expected: { code: 'state_missing', hop: first.hop, caveat: first.index },
      }
    }
  }
}

/** Whether a verdict says what is expected. */
export function isExpected(verdict: Verdict, { code, hop, caveat }: Unchained['expected']): boolean {
  return (
    verdict.verdict === 'deny' &&
    verdict.code === code &&
    (hop === undefined || verdict.hop === hop) &&
    (caveat === undefined || (verdict.caveat?.index ?? null) === caveat)
  )
}
