import type { TaskScopeCharge, TaskScopeCondition, TaskScopeRule } from '../../caveats/taskScope/types.ts'
import { MAX_UINT256 } from '../../primitives/amount.ts'
import { type Address, byteLength, bytesToUint, type Hex, sliceBytes } from '../../primitives/hex.ts'
import { childPointer } from '../../primitives/json.ts'
import { abiType, rangeOf } from '../../scope/abi.ts'
import { TRANSFER_SELECTOR } from '../../scope/calldata.ts'
import { type FunctionInput, inputNamed } from '../../scope/function.ts'
import type { Scope } from '../../scope/types.ts'
import { carriesCalls } from '../nested.ts'
import { type Resolved, type ResolvedCall, type ResolvedRule, type ResolvedTransfer, read } from '../resolve.ts'
import { BOUNDS, requireBound } from './bounds.ts'
import { chargeTo, type ScaledBudget } from './budgets.ts'
import { alternativesOf, oneOf } from './conditions.ts'

/** What rules need of the rest of the scope; `holds` takes the pointer of each constraint that a rule now carries. */
export type RuleContext = {
  resolved: Resolved
  budgets: readonly ScaledBudget[]
  holds: (pointer: string) => void
}

/** One rule of the scope as rules of the terms, of which one has to admit an execution. */
export function lowerRule(rule: ResolvedRule, context: RuleContext): TaskScopeRule[] {
  const lowered = rule.class === 'transfer' ? lowerTransfer(rule, context) : [...lowerCall(rule, context)]
  for (const { conditions } of lowered) requireBound(rule.pointer, 'conditions', conditions.length)
  return lowered
}

const PLAIN = { longer: false, allowance: null, measured: null } as const

function lowerTransfer(transfer: ResolvedTransfer, context: RuleContext): TaskScopeRule[] {
  const { pointer, rule, max } = transfer
  const { asset, budget, to } = rule
  context.holds(`${pointer}/asset`)
  if (to !== 'anyone') context.holds(`${pointer}/to`)
  if (max !== null) context.holds(`${pointer}/max`)
  if (budget !== undefined) context.holds(`${pointer}/budget`)
  const charges = (source: TaskScopeCharge['source']) =>
    budget === undefined ? [] : [chargeTo(context.budgets, budget, asset, source)]
  if (asset === 'native') return payNative(transfer, context.resolved, charges('value'))
  const most: TaskScopeCondition[] = max === null ? [] : [{ op: 'at_most', word: 1, operand: max }]
  return listsOf(to).map((payees) => ({
    ...PLAIN,
    target: asset,
    selector: TRANSFER_SELECTOR,
    length: 68,
    maxValue: 0n,
    conditions: [...(payees.length === 0 ? [] : [oneOf(0, payees.map(BigInt))]), ...most],
    charges: charges({ word: 1 }),
  }))

  function listsOf(payees: readonly Address[] | 'anyone'): (readonly Address[])[] {
    if (payees === 'anyone') return [[]]
    const size = Number(BOUNDS.operands)
    return Array.from({ length: Math.ceil(payees.length / size) }, (_, at) => payees.slice(at * size, (at + 1) * size))
  }
}

/** A payment of native coin is a call without calldata, and who is paid is its target. */
function payNative(
  { pointer, rule: { to }, max, cap }: ResolvedTransfer,
  { caps }: Resolved,
  charges: readonly TaskScopeCharge[],
): TaskScopeRule[] {
  // Without a maximum nothing above what the budget holds passes anyway.
  const maxValue = max ?? caps.get(cap ?? '')?.amount ?? 0n
  requireBound(max === null ? `${pointer}/budget` : `${pointer}/max`, 'value', maxValue)
  return (to === 'anyone' ? [] : to).map((target) => ({
    ...PLAIN,
    target,
    selector: '0x',
    length: 0,
    maxValue,
    conditions: [],
    charges,
  }))
}

function lowerCall(call: ResolvedCall, context: RuleContext): TaskScopeRule[] {
  const { pointer, rule, fn, pins, value } = call
  const { budgets, holds, resolved } = context
  for (const member of ['target', 'function', 'value']) holds(`${pointer}/${member}`)
  requireBound(`${pointer}/value/lte`, 'value', value)
  const wordOf = (name: string, at: string) => {
    const word = (inputNamed(fn, name)?.headOffset ?? 0) / 32
    requireBound(at, 'word', word)
    return word
  }
  const charges = rule.spends.map(({ asset, amount, budget }, index) => {
    const at = `${pointer}/spends/${index}`
    holds(at)
    if (amount === undefined) return chargeTo(budgets, budget, asset, 'balance')
    return chargeTo(budgets, budget, asset, asset === 'native' ? 'value' : { word: wordOf(amount, `${at}/amount`) })
  })
  const measured = rule.spends.find((spend) => spend.measured)
  if (rule.allowance !== undefined) holds(`${pointer}/allowance`)
  // What a wrapper carries has to be seen in the terms, by whoever signs them: its calldata stands there word by word.
  const exact = carriesCalls(fn.selector) ? pins.exact : null
  const length = exact === null ? 4 + fn.headSize : byteLength(exact)
  requireBound(`${pointer}/function`, 'length', length)
  const shape = {
    target: rule.target,
    selector: fn.selector,
    length,
    longer: exact === null && fn.inputs.some((input) => !input.static),
    maxValue: value,
    charges: charges.sort((a, b) => a.budget - b.budget),
    allowance:
      rule.allowance === undefined
        ? null
        : { token: rule.allowance.asset, amountWord: wordOf(rule.allowance.amount, `${pointer}/allowance/amount`) },
    // The principal's balance, also on links further down: what it loses is what the scope speaks of.
    measured: measured === undefined ? null : { asset: measured.asset, account: resolved.scope.principal },
  }
  const choices = exact === null ? choicesOf(call, resolved.scope, holds) : [wordsOf(call, exact, holds)]
  return choices.map((conditions) => ({ ...shape, conditions }))
}

/** Every condition, in the order of the arguments; a list for each choice among alternatives. */
function choicesOf(
  { pointer, rule, fn }: ResolvedCall,
  scope: Scope,
  holds: RuleContext['holds'],
): readonly (readonly TaskScopeCondition[])[] {
  const amounts = new Set([rule.allowance?.amount, ...rule.spends.map(({ amount }) => amount)])
  let choices: (readonly TaskScopeCondition[])[] = [[]]
  for (const input of fn.inputs) {
    const condition = Object.hasOwn(rule.args, input.name) ? rule.args[input.name] : undefined
    if (condition === undefined) {
      const clean = amounts.has(input.name) ? cleanAmount(input) : []
      choices = choices.map((before) => [...before, ...clean])
      continue
    }
    const at = childPointer(`${pointer}/args`, input.name)
    holds(at)
    requireBound(at, 'word', input.headOffset / 32)
    const alternatives = read(at, () => alternativesOf(input, condition, scope))
    choices = choices.flatMap((before) => alternatives.map((more) => [...before, ...more]))
  }
  return choices
}

/** An amount is a number of its type: one with bits beside it would be another amount for the token than for the target. */
function cleanAmount({ type, headOffset }: FunctionInput): TaskScopeCondition[] {
  const { max } = rangeOf(abiType(type))
  return max === MAX_UINT256 ? [] : [{ op: 'at_most', word: headOffset / 32, operand: max }]
}

function wordsOf({ pointer, rule }: ResolvedCall, data: Hex, holds: RuleContext['holds']): TaskScopeCondition[] {
  for (const name of Object.keys(rule.args)) holds(childPointer(`${pointer}/args`, name))
  const count = (byteLength(data) - 4) / 32
  requireBound(`${pointer}/args`, 'word', count - 1)
  return Array.from({ length: count }, (_, word) => {
    const start = 4 + word * 32
    return { op: 'equal', word, operand: bytesToUint(sliceBytes(data, start, start + 32)) }
  })
}
