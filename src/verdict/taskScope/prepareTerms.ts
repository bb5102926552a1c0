import type { TaskScopeCharge, TaskScopeCondition, TaskScopeTerms } from '../../caveats/taskScope/types.ts'
import type { Address, Hex } from '../../primitives/hex.ts'
import { counterKey } from '../types.ts'
import type { NamedTerms } from './scopeOfTerms.ts'
import { slotsOf } from './slots.ts'
import { type SpendTerms, spendTerms } from './spendCounter.ts'

/** Terms of one TaskScopeEnforcer caveat, read once: counters named, and each rule by the call that it looks for first. */
export type PreparedTerms = {
  place: TermsPlace
  terms: TaskScopeTerms
  rules: readonly PreparedRule[]
  budgets: readonly PreparedBudget[]
  /** Keys in `State.counters`. */
  groupKey: string
  callsKey: string | null
  /** All that a verdict on any action looks at. */
  keys: readonly string[]
  /** `null` where the scope is not known. */
  named: NamedTerms | null
}

export type TermsPlace = { chainId: number; manager: Address; enforcer: Address; delegator: Address; hash: Hex }

export type PreparedBudget = SpendTerms & { key: string; threshold: bigint | null }

export type Shape = { target: Address; selector: Hex; length: number; longer: boolean }

export type PreparedRule = {
  /** The first call: with an allowance the approval, of which `longer` says that it is looked at and refused. */
  shape: Shape
  /** The call between two approvals. */
  between: (Shape & { amountWord: number }) | null
  /** Pays native coin: empty call data. */
  native: boolean
  maxValue: bigint
  conditions: readonly TaskScopeCondition[]
  charges: readonly TaskScopeCharge[]
  measured: boolean
}

const APPROVE: Hex = '0x095ea7b3'
/** Bytes of an `approve`. */
const APPROVE_LENGTH = 68

export function prepareTerms(terms: TaskScopeTerms, place: TermsPlace, named: NamedTerms | null): PreparedTerms {
  const slots = slotsOf(terms, place)
  const keyOf = (slot: Hex) => counterKey(place.enforcer, slot)
  const budgets = terms.budgets.map((budget, index) => ({
    ...spendTerms(budget),
    key: keyOf(slots.budgets[index] as Hex),
    threshold: budget.threshold,
  }))
  const groupKey = keyOf(slots.group)
  const callsKey = slots.calls === null ? null : keyOf(slots.calls)
  const keys = new Set([groupKey, ...budgets.map(({ key }) => key), ...(callsKey === null ? [] : [callsKey])])
  return {
    place,
    terms,
    rules: terms.rules.map(prepareRule),
    budgets,
    groupKey,
    callsKey,
    keys: [...keys],
    named,
  }
}

function prepareRule(rule: TaskScopeTerms['rules'][number]): PreparedRule {
  const { target, selector, length, longer, allowance, maxValue, conditions, charges, measured } = rule
  const own = { target, selector, length, longer }
  const approval = { target: allowance?.token ?? target, selector: APPROVE, length: APPROVE_LENGTH, longer }
  return {
    shape: allowance === null ? own : approval,
    between: allowance === null ? null : { ...own, amountWord: allowance.amountWord },
    native: length === 0,
    maxValue,
    conditions,
    charges,
    measured: measured !== null,
  }
}
