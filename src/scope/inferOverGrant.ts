import { formatAmount } from '../primitives/amount.ts'
import { max, min } from '../primitives/integer.ts'
import { abiType, rangeOf } from './abi.ts'
import { blastRadius } from './blastRadius.ts'
import { budgetCapacity, decimalsOf } from './budgets.ts'
import { largestTransfer, type ReadRule, readRule } from './cover.ts'
import { fraction, multiply } from './fraction.ts'
import { implies } from './implies.ts'
import type { PlannedExecution, PlannedTransfer } from './inferCalls.ts'
import { lifetimeOf } from './rate.ts'
import type { AbiValue, Asset, CallRule, Condition, Scope } from './types.ts'

export type OverGrantDimension =
  /** Accounts that may be paid. */
  | 'payees'
  /** The most in one payment; of all payees the one with most to spare. */
  | 'amount'
  /** The most to one payee, all payments together; likewise. */
  | 'payee total'
  /** The most that can leave of an asset. */
  | 'total'
  | 'calls'
  /** Uses of one rule: every call left may go to the same. */
  | 'calls of a rule'
  /** Seconds. */
  | 'time'
  /** Functions of contracts. */
  | 'functions'
  /** Combinations of arguments. */
  | 'arguments'
  /** Wei with one call of these arguments. */
  | 'value'

/** How much more is granted than planned. Amounts in display units. */
export type OverGrant = {
  dimension: OverGrantDimension
  /** Asset, payee, rule or function. */
  of: string
  granted: string
  /** `null` where the plan does not say. */
  planned: string | null
  /** Granted ÷ planned, an exact fraction: `3`, `10/3`; `null` where nothing was planned. */
  ratio: string | null
}

/**
 * @param callsOfRules - How many planned calls each rule was made from.
 * @param now - Unix seconds; the lifetime that is left counts.
 */
export function overGrantOf(
  scope: Scope,
  calls: readonly (PlannedTransfer | PlannedExecution)[],
  callsOfRules: readonly number[],
  now: bigint,
): OverGrant[] {
  const rules = scope.rules.map((rule, index) => readRule(scope, rule, index))
  const transfers = calls.filter((call) => call.kind === 'transfer')
  const executions = calls.filter((call) => call.kind === 'call')
  const most = BigInt(scope.calls?.max ?? 0)
  const least = Math.min(...callsOfRules)
  const fewest = scope.rules[callsOfRules.indexOf(least)]
  return [
    ...[...new Set(transfers.map(({ asset }) => asset.value))].sort().flatMap((asset) => {
      const own = transfers.filter((call) => call.asset.value === asset)
      return payeeRows(scope, rules, asset, own)
    }),
    ...totalRows(scope, calls, now),
    row('calls', 'all', most, BigInt(calls.length)),
    row('calls of a rule', fewest?.id ?? '', most, BigInt(least)),
    timeRow(scope, calls, now),
    ...functionRows(rules, executions),
  ]
}

function payeeRows(scope: Scope, rules: readonly ReadRule[], asset: Asset, transfers: readonly PlannedTransfer[]) {
  const paying = rules.flatMap(({ rule, payees }) => {
    return rule.class === 'transfer' && rule.asset === asset ? [{ rule, payees }] : []
  })
  const planned = [...new Set(transfers.map(({ to }) => to.value))].sort()
  const show = (amount: bigint) => formatAmount(amount, decimalsOf(asset, scope.assets))
  const rows = planned.map((payee) => {
    const amounts = transfers.flatMap(({ to, amount }) => (to.value === payee ? [amount.value] : []))
    const own = paying.filter(({ payees }) => payees.has(payee))
    const largest = own.map(({ rule }) => largestTransfer(scope, rule)).reduce(max)
    const budgets = new Set(own.flatMap(({ rule }) => scope.budgets[rule.budget ?? ''] ?? []))
    const total = [...budgets].reduce((all, budget) => all + budgetCapacity(budget, asset, scope.assets), 0n)
    const of = `${asset} to ${payee}`
    const sum = amounts.reduce((all, amount) => all + amount, 0n)
    return [row('amount', of, largest, amounts.reduce(max), show), row('payee total', of, total, sum, show)] as const
  })
  const granted = new Set(paying.flatMap(({ payees }) => [...payees]))
  return [
    row('payees', asset, BigInt(granted.size), BigInt(planned.length)),
    ...mostOver(rows.map(([amount]) => amount)),
    ...mostOver(rows.map(([, total]) => total)),
  ]
}

function totalRows(scope: Scope, calls: readonly (PlannedTransfer | PlannedExecution)[], now: bigint): OverGrant[] {
  const planned = new Map<Asset, bigint>()
  const add = (asset: Asset, amount: bigint) => planned.set(asset, (planned.get(asset) ?? 0n) + amount)
  for (const call of calls) {
    if (call.kind === 'transfer') add(call.asset.value, call.amount.value)
    else {
      add('native', call.value.value)
      for (const { asset, input } of call.spends) add(asset, BigInt(call.values[input]?.value ?? 0))
    }
  }
  const { assets } = blastRadius(scope, { now })
  // Each rule of an inferred scope has its budget: nothing is without a bound.
  return assets.map(({ asset, total }) =>
    row('total', asset, total as bigint, planned.get(asset) ?? 0n, (amount) =>
      formatAmount(amount, decimalsOf(asset, scope.assets)),
    ),
  )
}

function timeRow(scope: Scope, calls: readonly (PlannedTransfer | PlannedExecution)[], now: bigint): OverGrant {
  const { start: earliest, end } = lifetimeOf(scope)
  const granted = end - max(earliest, now)
  const times = calls.flatMap(({ when }) => when ?? [])
  if (times.length < calls.length) {
    return { dimension: 'time', of: 'seconds', granted: granted.toString(), planned: null, ratio: null }
  }
  // A second in which something is planned is a second that is needed.
  return row('time', 'seconds', granted, times.reduce(max) - times.reduce(min) + 1n)
}

function functionRows(rules: readonly ReadRule[], executions: readonly PlannedExecution[]): OverGrant[] {
  const callRules = rules.flatMap((read) => (read.rule.class === 'call' ? [{ ...read, rule: read.rule }] : []))
  const nameOf = (target: string, signature = '') => `${target} ${signature}`
  const granted = new Set(callRules.map(({ rule, parsed }) => nameOf(rule.target, parsed?.signature)))
  const planned = [...new Set(executions.map((call) => nameOf(call.target.value, call.function.parsed.signature)))]
  if (planned.length === 0) return []
  const rows = planned.sort().flatMap((name) => {
    const own = callRules.filter(({ rule, parsed }) => nameOf(rule.target, parsed?.signature) === name)
    const combinations = new Map<string, { call: PlannedExecution; most: bigint }>()
    for (const call of executions) {
      if (nameOf(call.target.value, call.function.parsed.signature) !== name) continue
      const key = JSON.stringify(call.values.map(({ value }) => value))
      combinations.set(key, { call, most: max(call.value.value, combinations.get(key)?.most ?? 0n) })
    }
    // Rules that differ in value only admit the same arguments.
    const distinct = new Map(own.map((read) => [JSON.stringify(read.rule.args), read]))
    const admitted = [...distinct.values()].reduce((all, read) => all + combinationsOf(read), 0n)
    const values = [...combinations.values()].flatMap(({ call, most: planned }) => {
      const covering = own.filter((read) => admitsValues(read, call))
      const most = covering.map(({ rule }) => BigInt(rule.value.lte)).reduce(max)
      return most === 0n ? [] : [row('value', name, most, planned)]
    })
    return [row('arguments', name, admitted, BigInt(combinations.size)), ...mostOver(values)]
  })
  return [row('functions', 'all', BigInt(granted.size), BigInt(planned.length)), ...rows]
}

type ReadCall = ReadRule & { rule: CallRule }

/** Each argument of an inferred rule with its condition: all have one. */
function conditionsOf({ rule, parsed }: ReadCall): { type: string; condition: Condition }[] {
  return (parsed?.inputs ?? []).map(({ name, type }) => ({ type, condition: rule.args[name] as Condition }))
}

function admitsValues(read: ReadCall, { values }: PlannedExecution): boolean {
  const accounts = read.scope
  return conditionsOf(read).every(({ type, condition }, index) => {
    const eq = values[index]?.value ?? ''
    return implies(abiType(type), { condition: { eq }, accounts }, { condition, accounts })
  })
}

/** Combinations of arguments that one rule admits. */
function combinationsOf(read: ReadCall): bigint {
  return conditionsOf(read).reduce((product, { type, condition }) => product * countOf(type, condition), 1n)
}

function countOf(type: string, condition: Condition): bigint {
  const range = rangeOf(abiType(type))
  if ('in' in condition) return BigInt(new Set<AbiValue>(condition.in).size)
  if ('lte' in condition) return BigInt(condition.lte) - range.min + 1n
  if ('gte' in condition) return range.max - BigInt(condition.gte) + 1n
  return 1n
}

function row(
  dimension: OverGrantDimension,
  of: string,
  granted: bigint,
  planned: bigint,
  show: (amount: bigint) => string = String,
): OverGrant {
  return { dimension, of, granted: show(granted), planned: show(planned), ratio: ratioOf(granted, planned) }
}

function ratioOf(granted: bigint, planned: bigint): string | null {
  if (planned === 0n) return null
  const { n, d } = multiply(fraction(granted, planned), fraction(1n))
  return d === 1n ? n.toString() : `${n}/${d}`
}

/** The first row with the largest ratio; one without a ratio is larger than all. None of none. */
function mostOver(rows: readonly OverGrant[]): OverGrant[] {
  const [first, ...others] = rows
  return first === undefined
    ? []
    : [others.reduce((most, next) => (isMore(next.ratio, most.ratio) ? next : most), first)]
}

function isMore(next: string | null, most: string | null): boolean {
  if (most === null) return false
  if (next === null) return true
  const [n = '0', d = '1'] = next.split('/')
  const [m = '0', e = '1'] = most.split('/')
  return BigInt(n) * BigInt(e) > BigInt(m) * BigInt(d)
}
