import type { TaskScopeCharge, TaskScopeCondition } from '../../caveats/taskScope/types.ts'
import { type Facts, MAX_UINT256 } from '../facts.ts'
import type { Measured } from '../measured.ts'
import type { Note } from '../note.ts'
import { largestPinned, type Pin } from '../pins.ts'
import type { State } from '../types.ts'
import { amountOf } from './charges.ts'
import type { SizedCall } from './conditions.ts'
import { sizedCalls } from './judgeTerms.ts'
import { unspentOf } from './passage.ts'
import type { PreparedRule, PreparedTerms } from './prepareTerms.ts'
import { fits } from './rules.ts'

const HALF = 2n ** 255n

/**
 * For each rule for such a call the largest amount that it could admit, and what lies below amounts that it singles out: the
 * largest amount that passes, here and at every other link, is one of these or above all of them. Whether it passes is for the
 * caller to try.
 *
 * @param unconfirmed - Only what nobody has to confirm.
 */
export function boundPoints(
  terms: PreparedTerms,
  facts: Facts,
  state: State,
  measured: Measured,
  unconfirmed: boolean,
): bigint[] {
  const [call] = sizedCalls(facts)
  if (call === undefined) return []
  const word = measured === 'value' ? null : measured === 'token' ? 1 : measured
  return terms.rules
    .filter(({ shape }) => fits(shape, call))
    .flatMap((rule) => {
      const conditions = rule.conditions.filter((condition) => condition.word === word)
      const uppers = [
        ...(word === null ? [rule.maxValue] : []),
        ...conditions.flatMap(upperOf),
        ...budgetPoints(terms, rule, call, state, word, unconfirmed),
      ]
      const upper = uppers.reduce(lower, MAX_UINT256)
      const points = [upper, ...conditions.flatMap(singledOut).filter((point) => point >= 0n && point < upper)]
      const pins = conditions.flatMap(pinsOf)
      return pins.length === 0 ? points : points.flatMap((point) => largestPinned(point, pins) ?? [])
    })
}

function lower(left: bigint, right: bigint): bigint {
  return left < right ? left : right
}

function higher(left: bigint, right: bigint): bigint {
  return left > right ? left : right
}

/** Base units that the budgets charged by the only call's quantity leave after it, tightest; `null` where none is charged. */
export function leftOfRule(notes: readonly Note[]): bigint | null {
  let least: bigint | null = null
  let source: TaskScopeCharge['source'] | null = null
  for (const { passage } of notes) {
    const rule = passage.terms.rules[passage.rules[0] ?? -1]
    for (const charge of rule?.charges ?? []) {
      if (charge.source === 'count' || charge.source === 'balance') continue
      source ??= charge.source
      const budget = passage.terms.budgets[charge.budget]
      if (!isSame(source, charge.source) || budget === undefined) continue
      const left = ((passage.left[charge.budget] ?? 0n) << budget.shift) / charge.weight
      if (least === null || left < least) least = left
    }
  }
  return least
}

function isSame(left: TaskScopeCharge['source'], right: TaskScopeCharge['source']): boolean {
  return typeof left === 'object' && typeof right === 'object' ? left.word === right.word : left === right
}

/** What a word must not exceed, where a condition says that. */
function upperOf(condition: TaskScopeCondition): bigint[] {
  switch (condition.op) {
    case 'equal':
    case 'at_most':
      return [condition.operand]
    case 'one_of':
      return [condition.operands.reduce(higher)]
    case 'not_equal':
    case 'at_least':
      return condition.width === 0 || condition.left ? [] : [(1n << BigInt(8 * condition.width)) - 1n]
    default:
      return []
  }
}

/** Amounts below the upper bound at which a condition ends to hold, or alone holds. */
function singledOut(condition: TaskScopeCondition): bigint[] {
  switch (condition.op) {
    case 'not_equal':
      return [condition.operand - 1n]
    case 'one_of':
      return [...condition.operands]
    case 'signed_at_most':
      return [BigInt.asUintN(256, condition.operand)]
    case 'signed_at_least':
      return [condition.width === 0 ? HALF - 1n : (1n << BigInt(8 * condition.width - 1)) - 1n]
    default:
      return []
  }
}

function pinsOf(condition: TaskScopeCondition): Pin[] {
  const left = 'left' in condition && condition.left ? condition.width : 0
  const clean: Pin[] = left === 0 ? [] : [{ mask: (1n << BigInt(256 - 8 * left)) - 1n, bits: 0n }]
  return condition.op === 'bits' ? [{ mask: condition.mask, bits: condition.bits }, ...clean] : clean
}

function budgetPoints(
  terms: PreparedTerms,
  rule: PreparedRule,
  call: SizedCall,
  state: State,
  word: number | null,
  unconfirmed: boolean,
): bigint[] {
  const isMeasured = ({ source }: TaskScopeCharge) =>
    typeof source === 'object' ? source.word === word : source === 'value' && word === null
  return terms.budgets.flatMap((budget, index) => {
    const charges = rule.charges.filter((charge) => charge.budget === index)
    const weight = charges.reduce((sum, charge) => sum + (isMeasured(charge) ? charge.weight : 0n), 0n)
    if (weight === 0n) return []
    const rest = charges.reduce(
      (sum, charge) => sum + (isMeasured(charge) ? 0n : amountOf(charge, call) * charge.weight),
      0n,
    )
    const left = unspentOf(terms, budget, state) << budget.shift
    const bounds = unconfirmed && budget.threshold !== null ? [left, budget.threshold] : [left]
    return bounds.flatMap((bound) => (bound < rest ? [] : [(bound - rest) / weight]))
  })
}
