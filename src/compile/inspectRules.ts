import type { TaskScopeRule } from '../caveats/taskScope/types.ts'
import type { DecodedCaveat, Environment } from '../caveats/types.ts'
import type { Address } from '../primitives/hex.ts'
import { uintToBytes } from '../primitives/hex.ts'
import { AMOUNT_WORD, selectorDanger, TRANSFER_SELECTOR, targetDanger } from './dangers.ts'
import { type Finding, finding } from './finding.ts'
import { type Add, addUnbounded, inspectInside } from './inspectCalls.ts'
import { type callsInside, carriesCalls } from './nested.ts'
import { reachOf } from './reach.ts'
import { exactCalldata, isPlain, isTaskScope, listedOn, mostOn, type TaskScopeCaveat } from './taskScope.ts'

/** Where a caveat stands, and what else is looked at: all caveats of its path. */
export type RulePlace = {
  link: number
  caveat: number
  delegator: Address
  principal: Address
  path: readonly DecodedCaveat[]
}

/**
 * What each rule of a caveat that holds a whole scope lets be called, paid or moved, and must not. Every rule is judged by
 * itself: the caveat ties its targets to its functions, so nothing is a cross product.
 */
export function inspectRules(
  terms: TaskScopeCaveat,
  place: RulePlace,
  environment: Environment,
  read: typeof callsInside,
): Finding[] {
  const out: Finding[] = []
  const bounds = boundsOf(terms, place.path)
  terms.rules.forEach((rule, index) => {
    const add: Add = (code, message, fix, acknowledge) => {
      const { link, caveat } = place
      out.push({ ...finding(code, link, message, fix, acknowledge), caveat, rule: index })
    }
    inspectParties(rule, place, environment, add)
    const danger = isPlain(rule) ? undefined : selectorDanger(rule.selector)
    if (danger !== undefined)
      add('compile.forbidden_selector', 'A function hands out more than one call.', 'Leave it out.', danger.acknowledge)
    if (carriesCalls(rule.selector)) {
      const data = exactCalldata(rule)
      const exact = data === null ? [] : [{ to: rule.target, data }]
      if (data === null)
        add(
          'compile.nested_open',
          'A function carries calls in its arguments, and what they are is left open.',
          'Allow the inner function itself, or pin every word of the arguments.',
        )
      inspectInside({ exact, counted: bounds.counted }, place.principal, environment, add, read)
    }
    const word = AMOUNT_WORD.get(rule.selector)
    if (word !== undefined && !bounds.ofWord(rule, word)) addUnbounded(add)
    if (rule.maxValue > 0n && !bounds.ofValue(rule))
      add('compile.native_unbounded', 'Nothing bounds how much native coin may leave.', 'Charge it to a budget.')
  })
  return out
}

/** Whom a rule calls, pays, and lets take an allowance. */
function inspectParties(rule: TaskScopeRule, place: RulePlace, environment: Environment, add: Add): void {
  const { principal, delegator } = place
  const plain = isPlain(rule)
  const target = targetDanger(rule.target, principal, environment)
  if (target !== undefined) {
    const code = plain ? 'compile.forbidden_payee' : target.code
    add(code, `A target is ${target.what}.`, 'Name another address.', plain ? null : target.acknowledge)
  } else if (rule.target === delegator) {
    const message = 'A target is the account that hands this on: its enforcer lets nothing pass there.'
    add('compile.forbidden_target', message, 'Name another address.')
  }
  const token = rule.allowance === null ? undefined : targetDanger(rule.allowance.token, principal, environment)
  if (token !== undefined) add(token.code, `An allowance is of ${token.what}.`, 'Name a token.')
  if (rule.selector !== TRANSFER_SELECTOR) return
  for (const payee of listedOn(rule.conditions, 0) ?? []) {
    if (payee >> 160n !== 0n) continue
    const danger = targetDanger(uintToBytes(payee, 20), principal, environment)
    if (danger !== undefined) add('compile.forbidden_payee', `A payee is ${danger.what}.`, 'Name another account.')
  }
}

type Charged = { word: number } | 'value'

/** What bounds how much leaves by a rule over the life of the grant: a budget, or a maximum and the number of calls. */
function boundsOf(terms: TaskScopeCaveat, path: readonly DecodedCaveat[]) {
  const reach = reachOf(path)
  const scopes = path.filter(isTaskScope)
  const counted = reach.counted || scopes.some(({ calls }) => calls !== null)
  // All caveats of the path run: what any other one counts of the same call is counted.
  const isCharged = (rule: TaskScopeRule, source: Charged) =>
    scopes.some((scope) =>
      scope === terms
        ? charges(rule, source)
        : scope.rules.every((other) => !alike(rule, other) || charges(other, source)),
    )
  return {
    counted,
    ofWord: (rule: TaskScopeRule, word: number) =>
      reach.tokens.length > 0 || isCharged(rule, { word }) || (counted && isBounded(rule, word)),
    ofValue: (rule: TaskScopeRule) =>
      counted || reach.nativeCapped || reach.nativeMost === 0n || isCharged(rule, 'value'),
  }
}

function isBounded({ conditions }: TaskScopeRule, word: number): boolean {
  return listedOn(conditions, word) !== null || mostOn(conditions, word) !== null
}

function alike(a: TaskScopeRule, b: TaskScopeRule): boolean {
  return a.target === b.target && a.selector === b.selector
}

/** A balance that is compared is counted, whatever the arguments say. */
function charges(rule: TaskScopeRule, wanted: Charged): boolean {
  const { measured } = rule
  const asset = wanted === 'value' ? 'native' : rule.target
  return rule.charges.some(({ source }) => {
    if (source === 'balance') return measured?.asset === asset
    if (typeof source === 'object') return wanted !== 'value' && source.word === wanted.word
    return source === wanted
  })
}
