import { abiType } from '../../scope/abi.ts'
import { parseFunction } from '../../scope/function.ts'
import type { CallRule, Rule, Scope } from '../../scope/types.ts'
import { BOUNDS, requireBound } from './bounds.ts'
import { countAlternatives } from './conditions.ts'

/**
 * For each rule in the terms of a fused scope the id of the scope's rule that it comes from, in the order of the terms: what
 * gives the number in a refusal or an event a name.
 *
 * @throws {@link CompileError} `compile.bound_exceeded` where the scope takes more rules than terms can have.
 */
export function ruleIds({ rules }: Scope): readonly string[] {
  requireRules(rules)
  return rules.flatMap((rule) => Array<string>(countRules(rule)).fill(rule.id))
}

/** Asked before any rule is written: a hostile scope costs its sender, not us. */
export function requireRules(rules: readonly Rule[]): void {
  requireBound('/rules', 'rules', rules.length)
  const count = rules.reduce((sum, rule) => sum + countRules(rule), 0)
  requireBound('/rules', 'rules', count)
}

/**
 * Rules of the terms for one rule of the scope: one for each account that is paid in native coin, for each list of payees that
 * a condition can hold, for each choice of values of dynamic arguments.
 */
function countRules(rule: Rule): number {
  if (rule.class === 'call') return countChoices(rule)
  const payees = rule.to === 'anyone' ? 1 : rule.to.length
  return rule.asset === 'native' ? payees : Math.ceil(payees / Number(BOUNDS.operands))
}

function countChoices({ args, function: signature }: CallRule): number {
  const { inputs } = parseFunction(signature)
  return inputs.reduce((count, { name, type }) => {
    const condition = Object.hasOwn(args, name) ? args[name] : undefined
    return condition === undefined ? count : count * countAlternatives(abiType(type), condition)
  }, 1)
}
