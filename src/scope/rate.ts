import { min } from '../primitives/integer.ts'
import { parseDuration, parseInstant } from '../primitives/time.ts'
import type { Scope, Window } from './types.ts'

/** When a scope is alive: `[start, end)`, unix seconds. `start` is 0 where the scope does not say. */
export type Lifetime = { start: bigint; end: bigint }

/** How often a limit fills again. */
export type Rate =
  | { kind: 'life' }
  | { kind: 'rolling'; period: bigint }
  /** `anchor`: an instant at which a window begins. */
  | { kind: 'fixed'; period: bigint; anchor: bigint }

export function lifetimeOf(scope: Scope): Lifetime {
  return { start: scope.notBefore === undefined ? 0n : parseInstant(scope.notBefore), end: parseInstant(scope.expiry) }
}

export function rateOf(limit: { per?: string; window?: Window }, scope: Scope): Rate {
  if (limit.per === undefined || limit.window === undefined) return { kind: 'life' }
  const period = parseDuration(limit.per)
  return limit.window === 'rolling'
    ? { kind: 'rolling', period }
    : { kind: 'fixed', period, anchor: lifetimeOf(scope).start }
}

/**
 * How many fillings of a limit can fall into what `outer` counts as one: with a limit of `n` by `inner`, at most
 * `fillings × n` within any one counting of `outer`.
 *
 * @param life - When the holder of the inner limit is alive.
 */
export function fillingsWithin(inner: Rate, outer: Rate, life: Lifetime): bigint {
  const overLife = fillingsOver(inner, life)
  if (outer.kind === 'life' || inner.kind === 'life') return overLife
  return min(overLife, fillingsInPeriod(inner, outer))
}

/** How many fillings can fall into a lifetime. Exact for a rolling limit and for windows whose beginning is known. */
export function fillingsOver(rate: Rate, life: Lifetime): bigint {
  if (life.end <= life.start) return 0n
  if (rate.kind === 'life') return 1n
  if (rate.kind === 'rolling') return ceilDiv(life.end - life.start, rate.period)
  const first = floorDiv(life.start - rate.anchor, rate.period)
  const last = floorDiv(life.end - 1n - rate.anchor, rate.period)
  return last - first + 1n
}

function fillingsInPeriod(inner: Exclude<Rate, { kind: 'life' }>, outer: Exclude<Rate, { kind: 'life' }>): bigint {
  const covered = ceilDiv(outer.period, inner.period)
  if (inner.kind === 'rolling') return covered
  // Windows that start where those of the outer limit do never straddle its boundaries; all others may, once.
  if (outer.kind === 'fixed') {
    const step = outer.period % inner.period === 0n ? inner.period : outer.period
    const nested = outer.period % inner.period === 0n || inner.period % outer.period === 0n
    if (nested && (outer.anchor - inner.anchor) % step === 0n) return covered
  }
  return covered + 1n
}

function ceilDiv(a: bigint, b: bigint): bigint {
  return (a + b - 1n) / b
}

/** Rounds towards minus infinity; `b` is positive. */
export function floorDiv(a: bigint, b: bigint): bigint {
  const towardsZero = a / b
  return towardsZero * b > a ? towardsZero - 1n : towardsZero
}
