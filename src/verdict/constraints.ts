import { encodeAbiParameters } from 'viem'
import { parseAmount } from '../primitives/amount.ts'
import type { Hex } from '../primitives/hex.ts'
import { parseDuration } from '../primitives/time.ts'
import { type FunctionInput, parseFunction } from '../scope/function.ts'
import type { AbiValue, Asset, CallRule, Condition, Rule, Scope } from '../scope/types.ts'
import { VerdictError } from './errors.ts'
import type { Constraint, Held, Quantity, WordTest } from './held.ts'

/** Pointers that say nothing about one action: they hold when a grant is narrowed, revoked or recorded. */
const NOT_ABOUT_ACTIONS = /^\/(?:redelegation|revocation|evidence|task)(?:\/|$)/

/**
 * What the redeemer alone holds for one branch, scope by scope: of each the rule that the branch serves, and where it may
 * be one of several, all of them. Another rule of the same scope does not stand for it: it draws on other limits.
 *
 * @param rules - The branch's rules in each scope, as `servedRules` gives them.
 * @throws {@link VerdictError} `verdict.unsupported_constraint`: to hold it takes a history that a verdict does not have, or
 * it is not known here. Silence would be a constraint that nobody holds.
 */
export function heldBy(
  scopes: readonly Scope[],
  accepted: readonly (readonly string[])[],
  rules: readonly (readonly string[])[],
): Held[] {
  return scopes.flatMap((scope, index): Held[] => {
    const pointers = accepted[index] ?? []
    if (pointers.length === 0) return []
    const served = scope.rules.flatMap((rule, at) => (rules[index]?.includes(rule.id) ? [{ rule, at }] : []))
    if (served.length === 0) throw unsupported(pointers[0] ?? '', 'its rule is not in the scope')
    return served.flatMap(({ rule, at }): Held[] => {
      const constraints = constraintsOf(scope, at, pointers)
      return constraints.length === 0 ? [] : [{ rule: rule.id, target: targetOf(rule), constraints }]
    })
  })
}

function targetOf(rule: Rule) {
  if (rule.class === 'call') return rule.target
  return rule.asset === 'native' ? null : rule.asset
}

function constraintsOf(scope: Scope, at: number, pointers: readonly string[]): Constraint[] {
  const rule = scope.rules[at]
  return pointers.flatMap((pointer): Constraint[] => {
    if (NOT_ABOUT_ACTIONS.test(pointer)) return []
    const [, first, second, third, fourth] = pointer.split('/').map(unescapePointer)
    if (first === 'escalation') return rule === undefined ? [] : thresholdsOf(scope, rule, pointer, third)
    if (first === 'rules' && rule !== undefined && /^(?:0|[1-9][0-9]*)$/.test(second ?? '')) {
      // Also looked at for the other rules, so that what cannot be held is refused whatever branch is prepared first.
      const constraint = constraintOf(scope, scope.rules[Number(second)], pointer, third, fourth)
      return Number(second) === at ? [constraint] : []
    }
    throw unsupported(pointer, 'it needs more than one action and the chain’s state: a history, or a signature')
  })
}

function constraintOf(
  scope: Scope,
  rule: Rule | undefined,
  pointer: string,
  member: string | undefined,
  name: string | undefined,
): Constraint {
  if (rule?.class === 'transfer' && member === 'max' && rule.max !== undefined) {
    const limit = parseAmount(rule.max, decimalsOf(scope, rule.asset))
    return { kind: 'maximum', pointer, reads: rule.asset === 'native' ? 'value' : 'token', limit }
  }
  if (rule?.class === 'call' && member === 'value') {
    return { kind: 'maximum', pointer, reads: 'value', limit: BigInt(rule.value.lte) }
  }
  if (rule?.class === 'call' && member === 'args' && name !== undefined && Object.hasOwn(rule.args, name)) {
    const condition = rule.args[name]
    const input = inputOf(rule, name)
    if (condition !== undefined && input !== undefined) {
      return { kind: 'argument', pointer, at: 4 + input.headOffset, test: testOf(scope, input, condition, pointer) }
    }
  }
  throw unsupported(pointer, 'nothing here can hold it')
}

function testOf(scope: Scope, { type, ...input }: FunctionInput, condition: Condition, pointer: string): WordTest {
  if ('length' in condition || 'hash' in condition) {
    if (type !== 'bytes' && type !== 'string') throw unsupported(pointer, `it is about a ${type}`)
    return 'hash' in condition
      ? { is: 'hash', hash: condition.hash }
      : { is: 'length', most: BigInt(condition.length.lte) }
  }
  // Structs and short arrays come member by member; what is left with more than a word, or with an offset, is none.
  if (!input.static || input.size !== 32) {
    throw unsupported(pointer, `it is about a ${type}`)
  }
  const word = (value: AbiValue) => wordOf(scope, type, value, pointer)
  if ('eq' in condition) return { is: 'eq', word: word(condition.eq) }
  if ('neq' in condition) return { is: 'neq', word: word(condition.neq) }
  if ('in' in condition) return { is: 'in', words: condition.in.map(word) }
  if ('mask' in condition) return { is: 'mask', mask: word(condition.mask), word: word(condition.equals) }
  const signed = type.startsWith('int')
  if (!signed && !type.startsWith('uint')) throw unsupported(pointer, `a ${type} has no order`)
  return 'lte' in condition
    ? { is: 'lte', word: word(condition.lte), signed }
    : { is: 'gte', word: word(condition.gte), signed }
}

/** The head word of one value, as the ABI has it. */
function wordOf(scope: Scope, type: string, value: AbiValue, pointer: string): bigint {
  const named = value === 'principal' ? scope.principal : value === 'delegate' ? scope.delegate : value
  try {
    if (/^u?int/.test(type)) return BigInt.asUintN(256, BigInt(named))
    if (type === 'bool') return named === true || named === 'true' ? 1n : 0n
    return BigInt(encodeAbiParameters([{ type }], [named as Hex]))
  } catch (cause) {
    throw unsupported(pointer, `its value is not a ${type}`, cause)
  }
}

/** Thresholds of the budgets that this rule draws on. */
function thresholdsOf(scope: Scope, rule: Rule, pointer: string, only: string | undefined): Constraint[] {
  const { escalation } = scope
  if (escalation === undefined) throw unsupported(pointer, 'the scope has no escalation')
  const confirmer = escalation.confirmer === 'principal' ? scope.principal : escalation.confirmer
  const timeout = parseDuration(escalation.timeout)
  return Object.entries(escalation.above).flatMap(([name, above]): Constraint[] => {
    if (only !== undefined && only !== name) return []
    const budget = Object.hasOwn(scope.budgets, name) ? scope.budgets[name] : undefined
    if (budget === undefined) throw unsupported(pointer, 'it names a budget that the scope does not have')
    const spends = spendsOf(rule, name, pointer)
    if (spends.length === 0) return []
    // Whole numbers: amount × weight is at most threshold, each scaled by ten to the power of all its decimals.
    const scale = 77 + 77
    const terms = spends.map(({ asset, reads }) => {
      const weight = Object.hasOwn(budget.assets, asset) ? budget.assets[asset] : undefined
      if (weight === undefined) throw unsupported(pointer, 'a spent asset is not in the budget')
      return { reads, weight: scaled(weight, scale - decimalsOf(scope, asset)) }
    })
    return [{ kind: 'threshold', pointer, terms, limit: scaled(above, scale), confirmer, timeout }]
  })
}

function spendsOf(rule: Rule, budget: string, pointer: string): { asset: Asset; reads: Quantity }[] {
  if (rule.class === 'transfer') {
    if (rule.budget !== budget) return []
    return [{ asset: rule.asset, reads: rule.asset === 'native' ? 'value' : 'token' }]
  }
  return rule.spends
    .filter((spend) => spend.budget === budget)
    .map(({ asset, amount }) => {
      // Nobody but the chain sees what is measured, and only afterwards.
      if (amount === undefined) throw unsupported(pointer, 'the amount that it weighs is measured afterwards')
      // The native coin leaves as the value of the call; an argument that has that name says nothing about it.
      if (asset === 'native') return { asset, reads: 'value' }
      const input = inputOf(rule, amount)
      if (input === undefined || !/^uint[0-9]+$/.test(input.type)) {
        throw unsupported(pointer, 'the amount that it weighs is not an unsigned integer')
      }
      return { asset, reads: { at: 4 + input.headOffset } }
    })
}

function inputOf(rule: CallRule, name: string): FunctionInput | undefined {
  return parseFunction(rule.function).inputs.find((input) => input.name === name)
}

function decimalsOf(scope: Scope, asset: Asset): number {
  if (asset === 'native') return 18
  const decimals = Object.hasOwn(scope.assets, asset) ? scope.assets[asset]?.decimals : undefined
  if (decimals === undefined) throw unsupported(`/assets/${asset}`, 'the decimals of an asset are not recorded')
  return decimals
}

/** A decimal times ten to the power of `places`. Beyond uint256, so not `parseAmount`. */
function scaled(decimal: string, places: number): bigint {
  const [whole = '0', fraction = ''] = decimal.split('.')
  return BigInt(whole + fraction) * 10n ** BigInt(places - fraction.length)
}

function unescapePointer(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~')
}

function unsupported(constraint: string, why: string, cause?: unknown): VerdictError {
  return new VerdictError(
    'verdict.unsupported_constraint',
    'A constraint that the redeemer was to hold cannot be held.',
    {
      details: { constraint, why },
      fix: 'Grant again without accepting this constraint as held by the redeemer.',
      cause,
    },
  )
}
