import type { Environment } from '../caveats/types.ts'
import type { Address } from '../primitives/hex.ts'
import { functionDanger, targetDanger } from './dangers.ts'
import { CompileError } from './errors.ts'
import type { Resolved, ResolvedCall, ResolvedTransfer } from './resolve.ts'

/** Delegates that are nobody in particular: anyone may redeem, or nobody could. */
const OPEN_DELEGATES: ReadonlySet<Address> = new Set([
  '0x0000000000000000000000000000000000000a11',
  '0x0000000000000000000000000000000000000000',
])

export function isOpenDelegate(address: Address): boolean {
  return OPEN_DELEGATES.has(address)
}

/**
 * The always-rules of DESIGN §4 on what the scope asks for, with the place in the scope. What was produced is checked
 * again by `guardDrafts`, which does not trust this.
 *
 * @throws {@link CompileError} `compile.forbidden_target`, `compile.forbidden_payee`, `compile.forbidden_selector`,
 * `compile.open_delegate`.
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
  if (asset !== undefined) throw forbiddenTarget(`${pointer}/asset`, rule.asset, asset.what, null)
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

function guardCall({ rule, pointer, fn }: ResolvedCall, principal: Address, environment: Environment): void {
  const target = targetDanger(rule.target, principal, environment)
  if (target !== undefined && (target.acknowledge === null || !rule.acknowledge.includes(target.acknowledge))) {
    throw forbiddenTarget(`${pointer}/target`, rule.target, target.what, target.acknowledge)
  }
  const danger = functionDanger(fn.name, fn.selector)
  if (danger === undefined || rule.acknowledge.includes(danger.acknowledge)) return
  throw new CompileError('compile.forbidden_selector', 'This function hands out more than one call.', {
    details: { pointer: `${pointer}/function`, function: fn.signature, selector: fn.selector },
    fix: `Leave it out; if the principal wants exactly this, acknowledge "${danger.acknowledge}" in the rule.`,
  })
}

function forbiddenTarget(pointer: string, target: string, is: string, acknowledge: string | null): CompileError {
  return new CompileError('compile.forbidden_target', 'This contract must never be called by an agent.', {
    details: { pointer, target, is },
    fix:
      acknowledge === null
        ? 'Name another contract: this one cannot be acknowledged.'
        : `Name another contract, or acknowledge "${acknowledge}" in the rule.`,
  })
}
