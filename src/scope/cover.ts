import { MAX_UINT256, parseAmount } from '../primitives/amount.ts'
import type { Address } from '../primitives/hex.ts'
import { min } from '../primitives/integer.ts'
import { childPointer } from '../primitives/json.ts'
import { abiType } from './abi.ts'
import { budgetCapacity, decimalsOf } from './budgets.ts'
import { inputNamed, type ParsedFunction, parseFunction } from './function.ts'
import { type Bound, implies, largestOf } from './implies.ts'
import type { Asset, CallRule, Rule, Scope, TransferRule } from './types.ts'

/** What a child has that its parent does not admit. */
export type Excess = { dimension: Dimension; pointer: string; child: unknown; parent: unknown }

export type Dimension =
  | 'chain'
  | 'principal'
  | 'lifetime'
  | 'calls'
  | 'request'
  | 'redelegation'
  | 'revocation'
  | 'evidence'
  | 'assets'
  | 'class'
  | 'asset'
  | 'payees'
  | 'max'
  | 'target'
  | 'function'
  | 'acknowledge'
  | 'arguments'
  | 'value'
  | 'allowance'
  | 'budgets'
  | 'escalation'

/** A rule with what is read of it once. */
export type ReadRule = {
  scope: Scope
  index: number
  rule: Rule
  parsed: ParsedFunction | undefined
  payees: ReadonlySet<Address>
}

export function readRule(scope: Scope, rule: Rule, index: number): ReadRule {
  const parsed = rule.class === 'call' ? parseFunction(rule.function) : undefined
  const payees = new Set(rule.class === 'transfer' && rule.to !== 'anyone' ? rule.to : [])
  return { scope, index, rule, parsed, payees }
}

/**
 * What of `child` one parent rule does not admit, payees and budgets left out; `undefined` if nothing. `rank` is how many
 * checks passed: the parent rule that admits most is the one meant.
 */
export function excessOver(child: ReadRule, parent: ReadRule): (Excess & { rank: number }) | undefined {
  const checks =
    child.rule.class === 'transfer' && parent.rule.class === 'transfer'
      ? transferChecks(child, child.rule, parent, parent.rule)
      : child.rule.class === 'call' && parent.rule.class === 'call'
        ? callChecks(child, child.rule, parent, parent.rule)
        : [() => excess('class', `/rules/${child.index}/class`, child.rule.class, parent.rule.class)]
  for (const [rank, check] of checks.entries()) {
    const found = check()
    if (found !== undefined) return { ...found, rank }
  }
  return undefined
}

type Check = () => Excess | undefined

function transferChecks(child: ReadRule, rule: TransferRule, parent: ReadRule, wide: TransferRule): Check[] {
  const at = `/rules/${child.index}`
  return [
    () => (rule.asset === wide.asset ? undefined : excess('asset', `${at}/asset`, rule.asset, wide.asset)),
    () => {
      if (rule.to !== 'anyone' || wide.to === 'anyone') return undefined
      return excess('payees', `${at}/to`, rule.to, wide.to)
    },
    () => {
      if (wide.max === undefined) return undefined
      const most = largestTransfer(child.scope, rule)
      const limit = parseAmount(wide.max, decimalsOf(wide.asset, parent.scope.assets))
      return most <= limit ? undefined : excess('max', `${at}/max`, rule.max, wide.max)
    },
  ]
}

/** The most one transfer can move, base units: its maximum, or what its budget holds if that is less. */
export function largestTransfer(scope: Scope, rule: TransferRule): bigint {
  const max = rule.max === undefined ? undefined : parseAmount(rule.max, decimalsOf(rule.asset, scope.assets))
  const budget = rule.budget === undefined ? undefined : scope.budgets[rule.budget]
  const capacity = budget === undefined ? undefined : budgetCapacity(budget, rule.asset, scope.assets)
  if (capacity === undefined) return max ?? 0n
  return max === undefined ? capacity : min(capacity, max)
}

function callChecks(child: ReadRule, rule: CallRule, parent: ReadRule, wide: CallRule): Check[] {
  const at = `/rules/${child.index}`
  const signature = child.parsed?.signature
  return [
    () => (rule.target === wide.target ? undefined : excess('target', `${at}/target`, rule.target, wide.target)),
    () => {
      if (signature === parent.parsed?.signature) return undefined
      return excess('function', `${at}/function`, signature, parent.parsed?.signature)
    },
    () => {
      const extra = rule.acknowledge.find((danger) => !wide.acknowledge.includes(danger))
      return extra === undefined ? undefined : excess('acknowledge', `${at}/acknowledge`, extra, wide.acknowledge)
    },
    () => argumentExcess(child, parent, wide),
    () => {
      if (BigInt(rule.value.lte) <= BigInt(wide.value.lte)) return undefined
      return excess('value', `${at}/value/lte`, rule.value.lte, wide.value.lte)
    },
    () => {
      // Both ways: with an allowance only approve, call, approve zero is admitted, without one only the call.
      const same =
        rule.allowance?.asset === wide.allowance?.asset &&
        placeOf(child, rule.allowance?.amount) === placeOf(parent, wide.allowance?.amount)
      return same ? undefined : excess('allowance', `${at}/allowance`, rule.allowance, wide.allowance)
    },
  ]
}

/** Conditions are compared by place, not by name: the same function may be written with other names. */
function argumentExcess(child: ReadRule, parent: ReadRule, wide: CallRule): Excess | undefined {
  for (const [name, condition] of Object.entries(wide.args)) {
    const place = inputNamed(parent.parsed, name)
    const own = child.parsed?.inputs.find((input) => input.headOffset === place?.headOffset)
    const narrow = own === undefined ? undefined : boundOf(child, own.name)
    const admitted = place !== undefined && implies(abiType(place.type), narrow, { condition, accounts: parent.scope })
    if (!admitted) {
      const pointer = childPointer(`/rules/${child.index}/args`, own?.name || name)
      return excess('arguments', pointer, narrow?.condition, condition)
    }
  }
  return undefined
}

function boundOf({ rule, scope }: ReadRule, name: string): Bound | undefined {
  const condition = rule.class === 'call' && Object.hasOwn(rule.args, name) ? rule.args[name] : undefined
  return condition === undefined ? undefined : { condition, accounts: scope }
}

function placeOf(rule: ReadRule, name: string | undefined): number | undefined {
  return name === undefined ? undefined : (inputNamed(rule.parsed, name)?.headOffset ?? -1)
}

/** One amount that a call moves: which asset, and where it shows. */
export type Movement = { asset: Asset; at: Place; budget: string; most: bigint }

/** The native value, an offset in the head, or what the principal has less of afterwards. */
export type Place = 'value' | 'balance' | number

/** What a call rule says it spends, with the largest amount each can have, base units. */
export function movementsOf(rule: ReadRule): Movement[] {
  if (rule.rule.class !== 'call') return []
  const { spends, value } = rule.rule
  return spends.map(({ asset, amount, budget }) => {
    if (amount === undefined)
      return { asset, at: 'balance' as const, budget, most: capacityOf(rule.scope, budget, asset) }
    if (asset === 'native') return { asset, at: 'value' as const, budget, most: BigInt(value.lte) }
    return { asset, at: placeOf(rule, amount) ?? -1, budget, most: largestArgument(rule, amount) }
  })
}

/** The largest value an amount argument can have under its condition. */
export function largestArgument(rule: ReadRule, name: string): bigint {
  const input = inputNamed(rule.parsed, name)
  return largestOf(abiType(input?.type ?? 'uint256'), boundOf(rule, name))
}

/** What a call can move at most as far as its own budget counts it: nothing in the call itself bounds what is measured. */
function capacityOf({ budgets, assets }: Scope, name: string, asset: Asset): bigint {
  const budget = Object.hasOwn(budgets, name) ? budgets[name] : undefined
  return budget === undefined ? MAX_UINT256 : budgetCapacity(budget, asset, assets)
}

/** The largest amount that a call can have at a place. */
export function largestAt(rule: ReadRule, at: Place): bigint {
  if (at === 'balance') return MAX_UINT256
  if (at === 'value') return rule.rule.class === 'call' ? BigInt(rule.rule.value.lte) : 0n
  const input = rule.parsed?.inputs.find((candidate) => candidate.headOffset === at)
  return input === undefined ? largestOf(abiType('uint256'), undefined) : largestArgument(rule, input.name)
}

export function excess(dimension: Dimension, pointer: string, child: unknown, parent: unknown): Excess {
  return { dimension, pointer, child, parent }
}
