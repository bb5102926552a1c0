import type { DecodedCaveat } from '../caveats/types.ts'
import { type Address, byteLength, type Hex, sliceBytes } from '../primitives/hex.ts'
import type { Add } from './inspectCalls.ts'
import { modeOf } from './mode.ts'
import { cappedToken, countsPayments, meet, selectorsOf, targetsOf } from './reach.ts'
import { isTaskScope } from './taskScope.ts'

/**
 * Caveats of one path that no call can satisfy together: accepted when signed, dead when used. A child that is disjoint
 * from its parent (FACTS C11) and two tokens in one delegation (C3) are such.
 */
export function inspectContradictions(all: readonly DecodedCaveat[], add: Add): void {
  const tokens = new Set(all.flatMap(cappedToken))
  if (tokens.size > 1) {
    add(
      'compile.two_tokens',
      'Two limits are of two tokens, and a call is of one: nothing can ever pass.',
      'Give each token a delegation of its own.',
    )
    return
  }
  if (CONTRADICTIONS.some((contradicts) => contradicts(all)))
    add(
      'compile.disjoint',
      'What one caveat admits another one refuses: nothing can ever pass.',
      'Make every link admit a part of what the one above admits.',
    )
}

const CONTRADICTIONS: readonly ((all: readonly DecodedCaveat[]) => boolean)[] = [
  (all) => meet(all.flatMap(targetsOf))?.length === 0,
  (all) => meet(all.flatMap(selectorsOf))?.length === 0,
  (all) => meet(all.flatMap(redeemersOf))?.length === 0,
  (all) => new Set(all.flatMap(exactData)).size > 1,
  (all) =>
    all.flatMap(exactData).includes('0x') &&
    all.some((caveat) => selectorsOf(caveat).length > 0 && !countsPayments(caveat)),
  (all) => clashingPins(all.flatMap(pinnedBytes)),
  (all) => {
    const times = all.flatMap(lifeOf)
    const ends = times.flatMap(({ before }) => (before === 0n ? [] : [before]))
    return times.some(({ after }) => ends.some((before) => after + 1n >= before))
  },
  // An allowance is given and taken back in one batch.
  (all) =>
    all.some((caveat) => isTaskScope(caveat) && caveat.rules.every(({ allowance }) => allowance !== null)) &&
    all.some((caveat) => modeOf(caveat) === 'single'),
  (all) => {
    const values = all.flatMap((c) => (c.kind === 'exactExecution' ? [c.value] : []))
    return values.some((value) => all.some((c) => c.kind === 'valueLte' && value > c.max))
  },
]

/** Lists of which whoever redeems must be in one each. */
function redeemersOf(caveat: DecodedCaveat): (readonly Address[])[] {
  if (isTaskScope(caveat)) return caveat.redeemers.length === 0 ? [] : [caveat.redeemers]
  return caveat.kind === 'redeemer' ? [caveat.redeemers] : []
}

/** Both ends exclusive; no end: 0. */
function lifeOf(caveat: DecodedCaveat): { after: bigint; before: bigint }[] {
  if (isTaskScope(caveat)) return [{ after: caveat.notBefore - 1n, before: caveat.expiry }]
  return caveat.kind === 'timestamp' ? [caveat] : []
}

function exactData(caveat: DecodedCaveat): Hex[] {
  return caveat.kind === 'exactCalldata' || caveat.kind === 'exactExecution' ? [caveat.data] : []
}

type Bytes = { start: number; value: Hex }

function pinnedBytes(caveat: DecodedCaveat): Bytes[] {
  if (caveat.kind === 'allowedCalldata') return [{ start: Number(caveat.start), value: caveat.value }]
  return exactData(caveat).map((value) => ({ start: 0, value }))
}

/** Two that overlap must say the same there. */
function clashingPins(pins: readonly Bytes[]): boolean {
  return pins.some((a) =>
    pins.some((b) => {
      const from = Math.max(a.start, b.start)
      const to = Math.min(a.start + byteLength(a.value), b.start + byteLength(b.value))
      return (
        from < to &&
        sliceBytes(a.value, from - a.start, to - a.start) !== sliceBytes(b.value, from - b.start, to - b.start)
      )
    }),
  )
}
