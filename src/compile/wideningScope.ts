import type { TaskScopeRule } from '../caveats/taskScope/types.ts'
import { isPlain, listedOn, mostOn, type TaskScopeCaveat } from './taskScope.ts'

/**
 * Does a whole scope say more than one above it, in what the two have in one form: the number of executions and of calls, who
 * redeems, what is called, lists and maxima of arguments, native value? What is said in another form is not compared.
 */
export function isWiderScope(child: TaskScopeCaveat, parent: TaskScopeCaveat): boolean {
  if (child.maxExecutions > parent.maxExecutions) return true
  const [calls, most] = [child.calls, parent.calls]
  if (most !== null && (calls === null || (calls.period === most.period && calls.max > most.max))) return true
  const { redeemers } = parent
  const open = child.redeemers.length === 0 || child.redeemers.some((redeemer) => !redeemers.includes(redeemer))
  if (redeemers.length > 0 && open) return true
  return child.rules.some((rule) =>
    saysMore(
      rule,
      parent.rules.filter((wide) => isAlike(rule, wide)),
    ),
  )
}

function isAlike(rule: TaskScopeRule, wide: TaskScopeRule): boolean {
  const fits = wide.longer ? rule.length >= wide.length : !rule.longer && rule.length === wide.length
  const allowed = rule.allowance?.token === wide.allowance?.token
  return rule.target === wide.target && rule.selector === wide.selector && fits && allowed
}

/** @param wide - The rules above for the same call; one of them will have to admit what this one does. */
function saysMore(rule: TaskScopeRule, wide: readonly TaskScopeRule[]): boolean {
  if (wide.every(({ maxValue }) => rule.maxValue > maxValue)) return true
  const words = new Set(wide.flatMap(({ conditions }) => conditions.map(({ word }) => word)))
  return !isPlain(rule) && [...words].some((word) => isLooser(rule, wide, word))
}

/** Compares one word where every rule above bounds it in one way: with a list, or with a maximum. */
function isLooser({ conditions }: TaskScopeRule, wide: readonly TaskScopeRule[], word: number): boolean {
  const own = listedOn(conditions, word)
  const open = conditions.every((condition) => condition.word !== word)
  const lists = wide.map((other) => listedOn(other.conditions, word))
  if (lists.every((list) => list !== null)) {
    const admitted = new Set(lists.flat())
    return open || (own?.some((value) => !admitted.has(value)) ?? false)
  }
  const maxima = wide.map((other) => mostOn(other.conditions, word))
  if (!maxima.every((most) => most !== null)) return false
  const most = mostOn(conditions, word)
  const values = own ?? (most === null ? [] : [most])
  return open || values.some((value) => maxima.every((bound) => value > bound))
}
