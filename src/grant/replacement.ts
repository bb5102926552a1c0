import { formatAmount, parseAmount } from '../primitives/amount.ts'
import type { Address } from '../primitives/hex.ts'
import { formatInstant, parseDuration, parseInstant } from '../primitives/time.ts'
import { type BudgetUnit, budgetDecimals, decimalsOf, WEIGHT_DECIMALS } from '../scope/budgets.ts'
import { gcd } from '../scope/fraction.ts'
import { narrowScope } from '../scope/narrow.ts'
import { isSubset } from '../scope/subset.ts'
import type { Asset, Budget, Rule, Scope, Window } from '../scope/types.ts'
import { GrantError } from './errors.ts'

/** What was used of a scope by a block: a fresh delegation counts from zero, so whoever grants anew has to know it. */
export type Used = {
  /** Unix seconds of the block. */
  now: bigint
  /** By budget: over its life, or in the window that contains `now`. */
  budgets: Readonly<Record<string, readonly UsedAmount[]>>
  /** Calls over the life of the grant, or in the window that contains `now`. */
  calls: bigint
}

/** Base units of one asset; or what a budget that weighs several assets counted of all of them, in its own units. */
export type UsedAmount = { asset: Asset; amount: bigint } | BudgetUnit

/**
 * How a budget by period goes on in the window in which some of it is used already. `now`: at once, with what was used
 * taken off every window. `next`: with the full budget, from the next beginning of all windows on.
 */
export type Start = 'now' | 'next'

export type ReplacementOptions = {
  used: Used
  /** JSON Merge Patch of the old scope: what becomes smaller. */
  patch?: unknown
  /** For another delegate. */
  delegate?: Address
  /** Asked for only where windows are in use. */
  start?: Start | undefined
}

/**
 * The scope that takes the place of another: no wider, and no wider than what is left of it, so that both together never
 * spend what the old one alone could not.
 *
 * Limits over the life are lowered by what was used; rules whose budget is used up are left out.
 *
 * @throws {@link GrantError} `grant.window_in_use` where it has to be said how a used window goes on, `grant.no_window_left`,
 * `grant.nothing_left`, `grant.use_exceeds` where what is left cannot be shown to bound it; `ScopeError` as `narrowScope`.
 */
export function replacementScope(old: Scope, options: ReplacementOptions): Scope {
  const { used, start, delegate } = options
  const parse = { now: used.now }
  const wanted = narrowScope(old, { ...patchOf(options.patch), ...(delegate === undefined ? {} : { delegate }) }, parse)
  if (start === 'next' && windowsInUse(old, used).length > 0) {
    const rest = remainderOf(old, used, 'next')
    return within(meet(wanted, old, rest), rest)
  }
  if (start === 'now') {
    const rest = remainderOf(old, used, 'now')
    return within(meet(wanted, old, rest), rest)
  }
  // Nobody said how windows go on: fine where it makes no difference.
  const inUse = windowsInUse(old, used)
  const whole = meet(wanted, old, remainderOf(old, lifetimeOnly(old, used), 'now'))
  if (inUse.length === 0) return within(whole, remainderOf(old, used, 'now'))
  if (staysWithin(whole, old, used)) return whole
  throw new GrantError('grant.window_in_use', 'A part of the current window is used already.', {
    details: { budgets: inUse },
    fix: 'Say how it goes on: --start now takes what was used off every window, --start next begins with the next window.',
  })
}

/** Whether a scope is still within what is left: what was signed before more was used may be too wide now. */
export function staysWithin(scope: Scope, old: Scope, used: Used): boolean {
  const starts: Start[] = ['now', 'next']
  return starts.some((start) => {
    try {
      return isSubset(scope, remainderOf(old, used, start)).subset
    } catch (error) {
      if (error instanceof GrantError) return false
      throw error
    }
  })
}

/** What is left of a scope: whatever stays within it adds nothing to what was used. */
function remainderOf(old: Scope, used: Used, start: Start): Scope {
  const budgets: Record<string, { max: string } | null> = {}
  const gone = new Set<string>()
  for (const [name, budget] of Object.entries(old.budgets)) {
    if (start === 'next' && budget.per !== undefined) continue
    const left = leftOf(old, name, budget, used)
    if (left <= 0n) {
      gone.add(name)
      budgets[name] = null
    } else budgets[name] = { max: formatAmount(left, budgetDecimals(budget, old.assets)) }
  }
  const calls = start === 'next' && old.calls?.per !== undefined ? undefined : old.calls
  const callsLeft = calls === undefined ? 1n : BigInt(calls.max) - used.calls
  const rules = old.rules.filter((rule) => !budgetsOf(rule).some((name) => gone.has(name)))
  if (callsLeft <= 0n || rules.length === 0) throw nothingLeft([...gone], callsLeft <= 0n)
  const patch = {
    budgets,
    ...(rules.length === old.rules.length ? {} : { rules }),
    ...(calls === undefined ? {} : { calls: { max: Number(callsLeft) } }),
    ...(start === 'next' ? { notBefore: formatInstant(nextWindow(old, used.now)) } : {}),
  }
  return narrowScope(old, patch, { now: used.now })
}

/**
 * The wanted scope, each limit lowered to what is left of it; what is used up is left out. Budgets go by their names: one
 * that the old scope does not have stays as it is, for the comparison with the rest to judge.
 */
function meet(wanted: Scope, old: Scope, rest: Scope): Scope {
  const gone = (name: string) => Object.hasOwn(old.budgets, name) && !Object.hasOwn(rest.budgets, name)
  const rules = wanted.rules.filter((rule) => !budgetsOf(rule).some(gone))
  if (rules.length === 0) throw nothingLeft(Object.keys(wanted.budgets), false)
  const used = new Set(rules.flatMap(budgetsOf))
  const budgets = Object.fromEntries(
    Object.entries(wanted.budgets).map(([name, budget]) => {
      const left = Object.hasOwn(rest.budgets, name) ? rest.budgets[name] : undefined
      if (gone(name) || !used.has(name)) return [name, null]
      if (left === undefined) return [name, {}]
      const decimals = Math.max(budgetDecimals(budget, wanted.assets), budgetDecimals(left, rest.assets))
      const lower = parseAmount(left.max, decimals) < parseAmount(budget.max, decimals)
      return [name, lower ? { max: left.max } : {}]
    }),
  )
  const most = rest.calls?.max
  const patch = {
    budgets,
    ...(rules.length === wanted.rules.length ? {} : { rules }),
    ...(wanted.calls !== undefined && most !== undefined && most < wanted.calls.max ? { calls: { max: most } } : {}),
    ...(rest.notBefore === undefined || startOf(rest) <= startOf(wanted) ? {} : { notBefore: rest.notBefore }),
  }
  return narrowScope(wanted, patch)
}

function within(scope: Scope, rest: Scope): Scope {
  const result = isSubset(scope, rest)
  if (result.subset) return scope
  throw new GrantError('grant.use_exceeds', 'It cannot be shown to stay within what is left.', {
    details: { dimension: result.dimension, pointer: result.pointer },
    fix: 'Keep names, periods and assets of the budgets as they are, and make only amounts smaller.',
  })
}

/** Units of the budget that are left, in its own decimals. What was used is rounded up. */
function leftOf(scope: Scope, name: string, budget: Budget, used: Used): bigint {
  const decimals = budgetDecimals(budget, scope.assets)
  const spent = (used.budgets[name] ?? []).reduce((sum, entry) => {
    const weight = 'asset' in entry ? parseAmount(budget.assets[entry.asset] ?? '0', WEIGHT_DECIMALS) : 1n
    const finer = 'asset' in entry ? WEIGHT_DECIMALS + decimalsOf(entry.asset, scope.assets) : entry.decimals
    const scale = 10n ** BigInt(finer)
    return sum + (entry.amount * weight * 10n ** BigInt(decimals) + scale - 1n) / scale
  }, 0n)
  return parseAmount(budget.max, decimals) - spent
}

/** Budgets by period of which something is used in the current window, and the number of calls where it is one. */
function windowsInUse({ budgets, calls }: Scope, used: Used): string[] {
  const names = Object.keys(budgets).filter(
    (name) => budgets[name]?.per !== undefined && (used.budgets[name] ?? []).some(({ amount }) => amount > 0n),
  )
  return calls?.per !== undefined && used.calls > 0n ? [...names, 'calls'] : names
}

function lifetimeOnly({ budgets, calls }: Scope, used: Used): Used {
  const lasting = Object.entries(used.budgets).filter(([name]) => budgets[name]?.per === undefined)
  return { ...used, budgets: Object.fromEntries(lasting), calls: calls?.per === undefined ? used.calls : 0n }
}

/**
 * The first instant after `now` at which all windows of a scope begin anew: begun in between, they would be other windows,
 * and an old and a new one together could hold twice the budget. A rolling one has no beginning: what was counted until now
 * has to be forgotten first.
 */
function nextWindow(scope: Scope, now: bigint): bigint {
  const anchor = startOf(scope)
  const limits = [...Object.values(scope.budgets), ...(scope.calls === undefined ? [] : [scope.calls])]
  const periodsOf = (window: Window) =>
    limits.flatMap((limit) => (limit.per !== undefined && limit.window === window ? [parseDuration(limit.per)] : []))
  const periods = periodsOf('fixed')
  const step = periods.reduce((all, period) => (all / gcd(all, period)) * period, 1n)
  const after = periodsOf('rolling').reduce((latest, period) => later(latest, now + period - 1n), now)
  const next = anchor > after ? anchor : anchor + ((after - anchor) / step + 1n) * step
  if (next < parseInstant(scope.expiry)) return next
  throw new GrantError('grant.no_window_left', 'No window begins before the grant ends.', {
    details: { expiry: scope.expiry, periods: periods.map(String) },
    fix: 'Go on at once with --start now, or grant anew.',
  })
}

function budgetsOf(rule: Rule): string[] {
  if (rule.class === 'call') return rule.spends.map(({ budget }) => budget)
  return rule.budget === undefined ? [] : [rule.budget]
}

function startOf({ notBefore }: Scope): bigint {
  return notBefore === undefined ? 0n : parseInstant(notBefore)
}

function later(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

function nothingLeft(budgets: readonly string[], calls: boolean): GrantError {
  return new GrantError('grant.nothing_left', 'Everything that was granted is used up.', {
    details: { budgets: [...budgets], calls },
    fix: 'Revoke it; for more, grant anew.',
  })
}

function patchOf(patch: unknown): Record<string, unknown> {
  if (patch === undefined) return {}
  if (typeof patch === 'object' && patch !== null && !Array.isArray(patch)) return patch as Record<string, unknown>
  throw new GrantError('grant.bad_patch', 'A patch is an object of the fields that change.', {
    details: { patch: typeof patch },
    fix: 'Give an object, for example { "expiry": "2026-12-01T00:00:00Z" }.',
  })
}
