import { formatAmount } from '../primitives/amount.ts'
import { abiType, rangeOf } from './abi.ts'
import { type Bounded, blastRadius } from './blastRadius.ts'
import { budgetCapacity, decimalsOf } from './budgets.ts'
import { largestTransfer, type ReadRule, readRule } from './cover.ts'
import { fraction, multiply } from './fraction.ts'
import { implies } from './implies.ts'
import type { PlannedExecution, PlannedTransfer } from './inferCalls.ts'
import { lifetimeOf } from './rate.ts'
import type { AbiValue, Asset, Condition, Scope } from './types.ts'

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
  /** Granted ÷ planned, an exact fraction: `3`, `10/3`; `null` where nothing was planned or nothing bounds it. */
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
  const max = BigInt(scope.calls?.max ?? 0)
  const fewest = callsOfRules.reduce(
    (least, count, index) => (count < (callsOfRules[least] ?? count) ? index : least),
    0,
  )
  return [
    ...[...new Set(transfers.map(({ asset }) => asset.value))].sort().flatMap((asset) => {
      const own = transfers.filter((call) => call.asset.value === asset)
      return payeeRows(scope, rules, asset, own)
    }),
    ...totalRows(scope, calls, now),
    row('calls', 'all', max, BigInt(calls.length)),
    row('calls of a rule', scope.rules[fewest]?.id ?? '', max, BigInt(callsOfRules[fewest] ?? 0)),
    timeRow(scope, calls, now),
    ...functionRows(rules, executions),
  ]
}

function payeeRows(scope: Scope, rules: readonly ReadRule[], asset: Asset, transfers: readonly PlannedTransfer[]) {
  const paying = rules.flatMap(({ rule, payees }) => {
    return rule.class === 'transfer' && rule.asset === asset ? [{ rule, payees }] : []
  })
  const planned = new Map<string, { most: bigint; sum: bigint }>()
  for (const { to, amount } of transfers) {
    const { most, sum } = planned.get(to.value) ?? { most: 0n, sum: 0n }
    planned.set(to.value, { most: amount.value > most ? amount.value : most, sum: sum + amount.value })
  }
  const show = (amount: bigint) => formatAmount(amount, decimalsOf(asset, scope.assets))
  const rows = [...planned].sort(byKey).map(([payee, { most, sum }]) => {
    const own = paying.filter(({ payees }) => payees.has(payee as `0x${string}`))
    const largest = own.reduce((best, { rule }) => larger(best, largestTransfer(scope, rule)), 0n)
    const budgets = new Set(own.flatMap(({ rule }) => scope.budgets[rule.budget ?? ''] ?? []))
    const total = [...budgets].reduce((all, budget) => all + budgetCapacity(budget, asset, scope.assets), 0n)
    const of = `${asset} to ${payee}`
    return [row('amount', of, largest, most, show), row('payee total', of, total, sum, show)] as const
  })
  const granted = new Set(paying.flatMap(({ payees }) => [...payees]))
  return [
    row('payees', asset, BigInt(granted.size), BigInt(planned.size)),
    mostOver(rows.map(([amount]) => amount)),
    mostOver(rows.map(([, total]) => total)),
  ].flatMap((found) => found ?? [])
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
  return assets.map(({ asset, total }) =>
    row('total', asset, total, planned.get(asset) ?? 0n, (amount) =>
      formatAmount(amount, decimalsOf(asset, scope.assets)),
    ),
  )
}

function timeRow(scope: Scope, calls: readonly (PlannedTransfer | PlannedExecution)[], now: bigint): OverGrant {
  const { start: earliest, end } = lifetimeOf(scope)
  const start = larger(earliest, now)
  let [first, last]: (bigint | undefined)[] = []
  for (const { when } of calls) {
    if (when === undefined) return { ...row('time', 'seconds', end - start, 1n), planned: null, ratio: null }
    first = first === undefined || when < first ? when : first
    last = last === undefined || when > last ? when : last
  }
  // A second in which something is planned is a second that is needed.
  return row('time', 'seconds', end - start, (last ?? 0n) - (first ?? 0n) + 1n)
}

function functionRows(rules: readonly ReadRule[], executions: readonly PlannedExecution[]): OverGrant[] {
  const callRules = rules.flatMap((read) => (read.rule.class === 'call' ? [{ ...read, rule: read.rule }] : []))
  const nameOf = (target: string, signature = '') => `${target} ${signature}`
  const granted = new Set(callRules.map(({ rule, parsed }) => nameOf(rule.target, parsed?.signature)))
  const planned = [...new Set(executions.map((call) => nameOf(call.target.value, call.function.parsed.signature)))]
  if (planned.length === 0) return []
  const rows = planned.sort().flatMap((name) => {
    const own = callRules.filter(({ rule, parsed }) => nameOf(rule.target, parsed?.signature) === name)
    const combinations = new Map<string, PlannedExecution>()
    for (const call of executions) {
      if (nameOf(call.target.value, call.function.parsed.signature) !== name) continue
      const key = JSON.stringify(call.values.map(({ value }) => value))
      const before = combinations.get(key)
      if (before === undefined || before.value.value < call.value.value) combinations.set(key, call)
    }
    const seen = new Set(own.map(({ rule }) => JSON.stringify(rule.args)))
    const admitted = own.reduce((all, read) => {
      // Rules that differ in value only admit the same arguments.
      return seen.delete(JSON.stringify(read.rule.args)) ? all + combinationsOf(read) : all
    }, 0n)
    const values = [...combinations.values()].flatMap((call) => {
      const most = own.reduce((best, read) => {
        const covers = (read.parsed?.inputs ?? []).every(({ name: argument, type }, index) => {
          const wide = read.rule.args[argument]
          const eq = call.values[index]?.value ?? ''
          const accounts = read.scope
          return (
            wide === undefined || implies(abiType(type), { condition: { eq }, accounts }, { condition: wide, accounts })
          )
        })
        return covers ? larger(best, BigInt(read.rule.value.lte)) : best
      }, 0n)
      return most === 0n ? [] : [row('value', name, most, call.value.value)]
    })
    return [row('arguments', name, admitted, BigInt(combinations.size)), mostOver(values)].flatMap(
      (found) => found ?? [],
    )
  })
  return [row('functions', 'all', BigInt(granted.size), BigInt(planned.length)), ...rows]
}

/** Combinations of arguments that one rule admits. Every argument of an inferred rule has a condition. */
function combinationsOf({ rule, parsed }: ReadRule): bigint {
  let product = 1n
  for (const { name, type } of parsed?.inputs ?? []) {
    const condition = rule.class === 'call' ? rule.args[name] : undefined
    if (condition !== undefined) product *= countOf(type, condition)
  }
  return product
}

function countOf(type: string, condition: Condition): bigint {
  const { min, max } = rangeOf(abiType(type))
  if ('in' in condition) return BigInt(new Set<AbiValue>(condition.in).size)
  if ('lte' in condition) return BigInt(condition.lte) - min + 1n
  if ('gte' in condition) return max - BigInt(condition.gte) + 1n
  return 1n
}

function row(
  dimension: OverGrantDimension,
  of: string,
  granted: Bounded,
  planned: bigint,
  show: (amount: bigint) => string = String,
): OverGrant {
  if (granted === 'unlimited') return { dimension, of, granted, planned: show(planned), ratio: null }
  return { dimension, of, granted: show(granted), planned: show(planned), ratio: ratioOf(granted, planned) }
}

function ratioOf(granted: bigint, planned: bigint): string | null {
  if (planned === 0n) return granted === 0n ? '1' : null
  const { n, d } = multiply(fraction(granted, planned), fraction(1n))
  return d === 1n ? n.toString() : `${n}/${d}`
}

/** The row with the largest ratio; one without a ratio is larger than all. */
function mostOver(rows: readonly OverGrant[]): OverGrant | undefined {
  const [first, ...others] = rows
  return others.reduce<OverGrant | undefined>((most, next) => (isMore(next, most) ? next : most), first)
}

function isMore({ ratio: next }: OverGrant, most: OverGrant | undefined): boolean {
  if (most === undefined || most.ratio === null) return false
  if (next === null) return true
  const [n = '0', d = '1'] = next.split('/')
  const [m = '0', e = '1'] = most.ratio.split('/')
  return BigInt(n) * BigInt(e) > BigInt(m) * BigInt(d)
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1
}
