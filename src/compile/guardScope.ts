import type { Environment } from '../caveats/types.ts'
import type { ErrorDetails } from '../errors.ts'
import { type Address, sliceBytes } from '../primitives/hex.ts'
import { functionDanger, selectorDanger, type TargetDanger, targetDanger } from './dangers.ts'
import { CompileError } from './errors.ts'
import { callsInside, carriesCalls, mayCarryCalls } from './nested.ts'
import type { Resolved, ResolvedCall, ResolvedTransfer } from './resolve.ts'

/** The delegate that the manager takes for anyone. */
export const OPEN_DELEGATE: Address = '0x0000000000000000000000000000000000000a11'

/** Delegates that are nobody in particular: anyone may redeem, or nobody could. */
const OPEN_DELEGATES: ReadonlySet<Address> = new Set([OPEN_DELEGATE, '0x0000000000000000000000000000000000000000'])

export function isOpenDelegate(address: Address): boolean {
  return OPEN_DELEGATES.has(address)
}

/**
 * The always-rules of DESIGN §4 on what the scope asks for, with the place in the scope. What was produced is checked
 * again by `guardDrafts`, which does not trust this.
 *
 * @throws {@link CompileError} `compile.target_is_manager`, `compile.target_is_principal`, `compile.forbidden_target`,
 * `compile.forbidden_payee`, `compile.forbidden_selector`, `compile.nested_open`, `compile.nested_unreadable`,
 * `compile.nested_delegatecall`, `compile.open_delegate`.
 */
export function guardScope({ scope, environment, rules }: Resolved): void {
  if (isOpenDelegate(scope.delegate)) {
    throw new CompileError('compile.open_delegate', 'Anyone could redeem this.', {
      details: { pointer: '/delegate', delegate: scope.delegate },
      fix: 'Name the account of the agent.',
    })
  }
  for (const rule of rules) {
    if (rule.class === 'transfer') guardTransfer(rule, scope.principal, environment)
    else guardCall(rule, scope.principal, environment)
  }
}

function guardTransfer({ rule, pointer }: ResolvedTransfer, principal: Address, environment: Environment): void {
  const asset = rule.asset === 'native' ? undefined : targetDanger(rule.asset, principal, environment)
  if (asset !== undefined) throw forbiddenTarget(`${pointer}/asset`, rule.asset, { ...asset, acknowledge: null })
  if (rule.to === 'anyone') return
  rule.to.forEach((payee, index) => {
    const danger = targetDanger(payee, principal, environment)
    if (danger === undefined) return
    throw new CompileError('compile.forbidden_payee', 'This account must never be paid by an agent.', {
      details: { pointer: `${pointer}/to/${index}`, payee, is: danger.what },
      fix: 'Name the account that the money is for.',
    })
  })
}

function guardCall(call: ResolvedCall, principal: Address, environment: Environment): void {
  const { rule, pointer, fn } = call
  const accepted = (word: string | null) => word !== null && rule.acknowledge.includes(word)
  const target = targetDanger(rule.target, principal, environment)
  if (target !== undefined && !accepted(target.acknowledge)) {
    throw forbiddenTarget(`${pointer}/target`, rule.target, target)
  }
  // The token is called, too: with the allowance, and to take it back.
  const token = rule.allowance === undefined ? undefined : targetDanger(rule.allowance.asset, principal, environment)
  if (rule.allowance !== undefined && token !== undefined) {
    throw forbiddenTarget(`${pointer}/allowance/asset`, rule.allowance.asset, { ...token, acknowledge: null })
  }
  const danger = functionDanger(fn.name, fn.selector)
  if (danger !== undefined && !accepted(danger.acknowledge)) {
    throw forbiddenSelector(
      { pointer: `${pointer}/function`, function: fn.signature, selector: fn.selector },
      danger.acknowledge,
    )
  }
  guardInside(call, principal, environment, accepted)
}

/** A wrapper is as dangerous as what it wraps: all of that must be known, and harmless. */
function guardInside(
  { rule, pointer, fn, pins }: ResolvedCall,
  principal: Address,
  environment: Environment,
  accepted: (word: string | null) => boolean,
): void {
  const place = { pointer: `${pointer}/args`, function: fn.signature }
  const types = fn.inputs.map(({ type }) => type)
  if (!carriesCalls(fn.selector)) {
    // By its name it may carry calls, in a form that nobody here can read.
    const word = `nested:${fn.name}`
    if (mayCarryCalls(fn.name, types) && !accepted(word)) throw unreadable(place, word)
    return
  }
  if (pins.exact === null) {
    throw new CompileError('compile.nested_open', 'The function carries calls, and which ones is left to the agent.', {
      details: place,
      fix: 'Write a rule for the inner function itself, or pin every argument with `eq`.',
    })
  }
  const inside = callsInside(rule.target, pins.exact)
  if (inside?.readable !== true) throw unreadable(place, null)
  for (const { to, data, delegated } of inside.calls) {
    const target = targetDanger(to, principal, environment)
    if (target !== undefined && !accepted(target.acknowledge)) throw forbiddenTarget(place.pointer, to, target)
    const selector = sliceBytes(data, 0, 4)
    const bad = selectorDanger(selector)
    if (bad !== undefined && !accepted(bad.acknowledge)) {
      throw forbiddenSelector({ ...place, target: to, selector }, bad.acknowledge)
    }
    if (!delegated) continue
    throw new CompileError('compile.nested_delegatecall', 'A call inside runs as the contract that makes it.', {
      details: { ...place, target: to, selector },
      fix: 'Leave it out: what such code does there no caveat sees.',
    })
  }
}

function unreadable(place: ErrorDetails, acknowledge: string | null): CompileError {
  return new CompileError('compile.nested_unreadable', 'The calls that this function carries cannot be read.', {
    details: place,
    fix:
      acknowledge === null
        ? 'Write a rule for the inner function itself.'
        : `Write a rule for the inner function itself; if it carries none, acknowledge "${acknowledge}".`,
  })
}

function forbiddenSelector(details: ErrorDetails, acknowledge: string): CompileError {
  return new CompileError('compile.forbidden_selector', 'This function hands out more than one call.', {
    details,
    fix: `Leave it out; if the principal wants exactly this, acknowledge "${acknowledge}" in the rule.`,
  })
}

function forbiddenTarget(pointer: string, target: string, danger: TargetDanger): CompileError {
  const { code, what, acknowledge } = danger
  return new CompileError(code, 'This contract must never be called by an agent.', {
    details: { pointer, target, is: what },
    fix:
      acknowledge === null
        ? 'Name another contract: this one cannot be acknowledged.'
        : `Name another contract, or acknowledge "${acknowledge}" in the rule.`,
  })
}
