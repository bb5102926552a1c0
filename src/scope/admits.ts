import { MAX_UINT256, parseAmount } from '../primitives/amount.ts'
import { type Address, byteLength, type Hex, sliceBytes } from '../primitives/hex.ts'
import { childPointer } from '../primitives/json.ts'
import { abiType } from './abi.ts'
import { decimalsOf } from './budgets.ts'
import { APPROVE_SELECTOR, readAccountAmount, readArgument, readListLength, TRANSFER_SELECTOR } from './calldata.ts'
import { type Dimension, type ReadRule, readRule } from './cover.ts'
import { inputNamed } from './function.ts'
import { implies } from './implies.ts'
import { createMeter, type Meter, unitsOfAmount, unitsOfText } from './meter.ts'
import { lifetimeOf } from './rate.ts'
import type { Asset, CallRule, Condition, Scope, TransferRule } from './types.ts'

/** An action as a scope sees it. */
export type ScopedAction = {
  chainId: number
  /** Unix seconds. */
  time: bigint
  /** Who submits; not looked at where the scope pins nobody. */
  redeemer?: Address
  calls: readonly Call[]
  /** What the principal's account had less of afterwards, base units: what measured spends count. Absent: nobody looked. */
  lost?: Readonly<Partial<Record<Asset, bigint>>>
}

type Call = { to: Address; value: bigint; data: Hex }

export type Admission =
  | { admitted: 'yes'; rule: string; charges: Charges }
  /** Only once the confirmer has said so: it charges a budget more than its threshold. */
  | { admitted: 'confirmed'; rule: string; charges: Charges; budget: string }
  /** Only if what the account then has less of fits, and nobody has said how much that is: the measured spend is at the pointer. */
  | { admitted: 'unknown'; rule: string; pointer: string }
  /** What the rule that came nearest refuses, at a pointer into the scope. */
  | { admitted: 'no'; dimension: Dimension; pointer: string }

/** Units by budget, as `unitsOfAmount` counts them. */
type Charges = ReadonlyMap<string, bigint>

/** A scope and what has been done under it. */
export type ScopeHistory = {
  /** Whether one more action would be admitted. Changes nothing. Times must not go back. */
  ask(action: ScopedAction): Admission
  /** Counts an action that was admitted and carried out. */
  record(action: ScopedAction, admission: Extract<Admission, { charges: Charges }>): void
}

/**
 * What a scope itself means, action by action, with nothing done yet: rules in their order, the first that admits an action
 * is charged. All of the scope counts, also what no caveat can hold: rolling windows, several assets in one budget, calls
 * by period, argument conditions. Delegates are not compared, and nothing is said about balances or targets.
 */
export function createScopeHistory(scope: Scope): ScopeHistory {
  const life = lifetimeOf(scope)
  const rules = scope.rules.map((rule, index) => readRule(scope, rule, index))
  const calls = scope.calls && { max: BigInt(scope.calls.max), meter: createMeter(scope.calls, scope) }
  const above = new Map(Object.entries(scope.escalation?.above ?? {}))
  const budgets = new Map<string, BudgetMeter>()
  for (const [name, budget] of Object.entries(scope.budgets)) {
    const text = above.get(name)
    budgets.set(name, {
      unitsOf: (asset, amount) => unitsOfAmount(budget, asset, amount, scope),
      max: unitsOfText(budget, budget.max, scope),
      meter: createMeter(budget, scope),
      threshold: text === undefined ? undefined : unitsOfText(budget, text, scope),
    })
  }

  const outsideFrame = (action: ScopedAction): Miss | undefined => {
    if (action.chainId !== scope.chainId) return miss('chain', '/chainId')
    if (action.time < life.start) return miss('lifetime', '/notBefore')
    if (action.time >= life.end) return miss('lifetime', '/expiry')
    const redeemers = scope.request?.redeemers ?? 'anyone'
    const submits = redeemers === 'anyone' || action.redeemer === undefined || redeemers.includes(action.redeemer)
    return submits ? undefined : miss('request', '/request/redeemers')
  }
  const chargesOf = (amounts: readonly Amount[]): Charges => {
    const charges = new Map<string, bigint>()
    for (const { asset, amount = 0n, budget } of amounts) {
      // A budget that is not there holds nothing: what names it is refused below.
      charges.set(budget, (charges.get(budget) ?? 0n) + (budgets.get(budget)?.unitsOf(asset, amount) ?? 0n))
    }
    return charges
  }

  return {
    ask(action) {
      const outside = outsideFrame(action)
      if (outside !== undefined) return refuse(outside)
      const noCallLeft = calls !== undefined && calls.meter.used(action.time) >= calls.max
      let nearest: Miss | undefined
      let waiting: Admission | undefined
      for (const rule of rules) {
        const read = readAmounts(rule, action)
        const charges = 'dimension' in read ? NOTHING : chargesOf(read)
        const missed =
          'dimension' in read ? read : noCallLeft ? miss('calls', '/calls') : overBudget(budgets, charges, action.time)
        if (missed !== undefined) {
          if (nearest === undefined || missed.rank > nearest.rank) nearest = missed
          continue
        }
        const { id } = rule.rule
        const unknown = 'dimension' in read ? undefined : read.find(({ amount }) => amount === undefined)
        if (unknown !== undefined) {
          waiting ??= { admitted: 'unknown', rule: id, pointer: unknown.pointer }
          continue
        }
        const asked = [...charges].find(([name, units]) => units > (budgets.get(name)?.threshold ?? units))?.[0]
        if (asked === undefined) return { admitted: 'yes', rule: id, charges }
        waiting ??= { admitted: 'confirmed', rule: id, charges, budget: asked }
      }
      return waiting ?? refuse(nearest ?? miss('class', '/rules'))
    },
    record({ time }, { charges }) {
      calls?.meter.add(time, 1n)
      for (const [name, units] of charges) budgets.get(name)?.meter.add(time, units)
    },
  }
}

/** What a rule does not admit. `rank`: how far it came, as the rule that came furthest is the one meant. */
type Miss = { dimension: Dimension; pointer: string; rank: number }
/** `amount`: `undefined` where it is measured and nobody has looked. */
type Amount = { asset: Asset; amount: bigint | undefined; budget: string; pointer: string }
type BudgetMeter = {
  unitsOf(asset: Asset, amount: bigint): bigint
  max: bigint
  meter: Meter
  threshold: bigint | undefined
}

const NOTHING: Charges = new Map()

/** In the order in which a rule is read; what is counted over time comes last, as all that the action shows has passed. */
const STEPS: readonly (readonly Dimension[])[] = [
  ['class'],
  ['asset', 'target'],
  ['payees', 'function'],
  ['max', 'arguments'],
  ['value'],
  ['allowance'],
  ['calls'],
  ['budgets'],
]
const RANKS: ReadonlyMap<Dimension, number> = new Map(
  STEPS.flatMap((step, rank) => step.map((dimension) => [dimension, rank] as const)),
)

function miss(dimension: Dimension, pointer: string): Miss {
  return { dimension, pointer, rank: RANKS.get(dimension) ?? 0 }
}

function refuse({ dimension, pointer }: Miss): Admission {
  return { admitted: 'no', dimension, pointer }
}

function overBudget(budgets: ReadonlyMap<string, BudgetMeter>, charges: Charges, time: bigint): Miss | undefined {
  for (const [name, units] of charges) {
    const budget = budgets.get(name)
    if (budget === undefined || budget.meter.used(time) + units > budget.max) {
      return miss('budgets', childPointer('/budgets', name))
    }
  }
  return undefined
}

/** What an action charges under a rule, or what of it the rule does not admit. */
function readAmounts(rule: ReadRule, action: ScopedAction): Amount[] | Miss {
  return rule.rule.class === 'transfer' ? readTransfer(rule, rule.rule, action) : readCall(rule, rule.rule, action)
}

function readTransfer(
  { scope, index, payees }: ReadRule,
  rule: TransferRule,
  { calls }: ScopedAction,
): Amount[] | Miss {
  const at = `/rules/${index}`
  const [call] = calls
  const paid = call && calls.length === 1 ? paymentOf(call) : undefined
  if (paid === undefined) return miss('class', `${at}/class`)
  if (paid.asset !== rule.asset) return miss('asset', `${at}/asset`)
  if (rule.to !== 'anyone' && !payees.has(paid.to)) return miss('payees', `${at}/to`)
  const limit = rule.max === undefined ? MAX_UINT256 : parseAmount(rule.max, decimalsOf(rule.asset, scope.assets))
  if (paid.amount > limit) return miss('max', `${at}/max`)
  if (rule.budget === undefined) return []
  return [{ asset: rule.asset, amount: paid.amount, budget: rule.budget, pointer: `${at}/budget` }]
}

/** A native transfer has no call data, a token transfer no value: anything else is a call. */
export function paymentOf(call: Call): { asset: Asset; to: Address; amount: bigint } | undefined {
  if (call.data === '0x') return { asset: 'native', to: call.to, amount: call.value }
  const read = call.value === 0n ? readAccountAmount(call.data, TRANSFER_SELECTOR) : undefined
  return read && { asset: call.to, to: read.account, amount: read.amount }
}

function readCall(read: ReadRule, rule: CallRule, { calls, lost = {} }: ScopedAction): Amount[] | Miss {
  const at = `/rules/${read.index}`
  const call = rule.allowance === undefined ? calls[0] : calls[1]
  const { parsed } = read
  if (call === undefined || parsed === undefined) return miss('class', `${at}/class`)
  if (call.to !== rule.target) return miss('target', `${at}/target`)
  const complete = byteLength(call.data) >= 4 + parsed.headSize
  if (!complete || sliceBytes(call.data, 0, 4) !== parsed.selector) return miss('function', `${at}/function`)
  for (const [name, condition] of Object.entries(rule.args)) {
    if (!satisfies(read, name, condition, call.data)) return miss('arguments', childPointer(`${at}/args`, name))
  }
  if (call.value > BigInt(rule.value.lte)) return miss('value', `${at}/value/lte`)
  if (!hasAllowance(read, rule, calls)) return miss('allowance', `${at}/allowance`)
  const amounts: Amount[] = []
  for (const [index, { asset, amount: name, budget }] of rule.spends.entries()) {
    const pointer = `${at}/spends/${index}`
    if (name === undefined) {
      amounts.push({ asset, amount: Object.hasOwn(lost, asset) ? lost[asset] : undefined, budget, pointer })
      continue
    }
    const amount = asset === 'native' ? call.value : amountAt(read, name, call.data)
    // An amount that cannot be read is an amount that nobody counts.
    if (amount === undefined) return miss('arguments', `${pointer}/amount`)
    amounts.push({ asset, amount, budget, pointer })
  }
  return amounts
}

function satisfies(read: ReadRule, name: string, condition: Condition, data: Hex): boolean {
  const input = inputNamed(read.parsed, name)
  if (input === undefined) return false
  const type = abiType(input.type)
  if (type.kind === 'list') {
    const length = readListLength(data, input)
    return length !== undefined && 'length' in condition && BigInt(length) <= BigInt(condition.length.lte)
  }
  const value = readArgument(data, input)
  if (value === undefined) return false
  return implies(type, { condition: { eq: value }, accounts: read.scope }, { condition, accounts: read.scope })
}

function amountAt(read: ReadRule, name: string, data: Hex): bigint | undefined {
  const input = inputNamed(read.parsed, name)
  const value = input === undefined ? undefined : readArgument(data, input)
  return typeof value === 'string' && /^[0-9]+$/.test(value) ? BigInt(value) : undefined
}

/** Exactly approve, call, approve zero, of the amount that the call has; without an allowance exactly the call. */
function hasAllowance(read: ReadRule, rule: CallRule, calls: readonly Call[]): boolean {
  if (rule.allowance === undefined) return calls.length === 1
  if (calls.length !== 3) return false
  const { asset, amount } = rule.allowance
  const [before, call, after] = calls as [Call, Call, Call]
  const wanted = amountAt(read, amount, call.data)
  return approves(before, asset, rule.target, wanted) && approves(after, asset, rule.target, 0n)
}

function approves(call: Call, asset: Address, spender: Address, amount: bigint | undefined) {
  const read = call.to === asset && call.value === 0n ? readAccountAmount(call.data, APPROVE_SELECTOR) : undefined
  return read !== undefined && read.account === spender && read.amount === amount
}
