import { childPointer } from '../primitives/json.ts'
import { CompileError, type CompileErrorCode } from './errors.ts'
import type { Cap, Resolved, ResolvedCall, ResolvedTransfer } from './resolve.ts'

/** A constraint of the scope that a lowering cannot hold. */
export type Obstacle = {
  /** JSON pointer into the scope: what a caller accepts by name. */
  pointer: string
  code: CompileErrorCode
  message: string
  fix: string
  /**
   * Whether the redeemer may hold it instead: only where each asset still has a bound on chain, and where the action alone
   * shows it. What takes a history of actions (windows, sums over assets, calls by period) or the request's signature has
   * nobody to hold it yet: accepting it would be a promise that nobody keeps.
   */
  acceptable: boolean
}

/** How one rule's `max` is held: by a cap no larger, by a cap that only one call can use, by nothing on chain. */
export type MaxHold = 'none' | 'redundant' | 'lowered' | 'loose'

/**
 * Settles which constraints stay with the redeemer.
 *
 * @param obstacles - Everything that the lowering cannot express.
 * @param accept - JSON pointers of constraints that the caller accepts as held by the redeemer only.
 * @returns the pointers accepted, sorted.
 * @throws {@link CompileError} with the code of the first constraint that is neither enforceable nor accepted, or
 * `compile.accept_unmatched`: a pointer that accepts nothing is a caller who thinks of another scope.
 */
export function settleObstacles(obstacles: readonly Obstacle[], accept: readonly string[]): readonly string[] {
  const accepted = new Set(accept)
  const open = obstacles.filter(({ pointer, acceptable }) => !acceptable || !accepted.has(pointer))
  const [first, ...others] = open
  if (first !== undefined) {
    throw new CompileError(first.code, first.message, {
      details: {
        pointer: first.pointer,
        acceptable: first.acceptable,
        ...(others.length === 0 ? {} : { others: others.slice(0, 32).map(({ pointer }) => pointer) }),
      },
      fix: first.acceptable ? `${first.fix} Or accept "${first.pointer}" as held by the redeemer only.` : first.fix,
    })
  }
  const unmatched = [...accepted].filter((pointer) => !obstacles.some((obstacle) => obstacle.pointer === pointer))
  if (unmatched.length > 0) {
    throw new CompileError('compile.accept_unmatched', 'What was accepted is not in question here.', {
      details: { pointers: unmatched.slice(0, 32) },
      fix: 'Accept only pointers that a refusal named.',
    })
  }
  return [...accepted].sort()
}

export function holdMax(rule: ResolvedTransfer, resolved: Resolved): MaxHold {
  if (rule.max === null) return 'none'
  const cap = rule.cap === null ? undefined : resolved.caps.get(rule.cap)
  if (cap !== undefined && cap.amount <= rule.max) return 'redundant'
  return resolved.lifetimeCalls === 1n ? 'lowered' : 'loose'
}

/** Everything that the framework's enforcers cannot express, in the order of the scope. */
export function findObstacles(resolved: Resolved): readonly Obstacle[] {
  const { scope, rules } = resolved
  const out: Obstacle[] = []
  if (scope.request !== undefined) out.push(obstacle('/request', 'compile.request', false))
  for (const rule of rules)
    out.push(...(rule.class === 'transfer' ? ofTransfer(rule, resolved) : ofCall(rule, resolved)))
  for (const [name, budget] of Object.entries(scope.budgets)) {
    const pointer = childPointer('/budgets', name)
    const capped = [...resolved.caps.values()].filter((cap: Cap) => cap.budget === name)
    if (budget.window === 'rolling') out.push(obstacle(`${pointer}/window`, 'compile.rolling_window', false))
    if (capped.length > 1) out.push(obstacle(`${pointer}/assets`, 'compile.multi_asset_budget', false))
  }
  if (scope.calls?.per !== undefined) out.push(obstacle('/calls', 'compile.calls_per_period', false))
  if (scope.escalation !== undefined) out.push(obstacle('/escalation', 'compile.escalation', true))
  return out
}

function ofTransfer(rule: ResolvedTransfer, resolved: Resolved): Obstacle[] {
  const hold = holdMax(rule, resolved)
  // Without a budget, one call of at most `max` is the only bound there is.
  if (rule.cap === null && hold !== 'lowered') return [obstacle(rule.pointer, 'compile.unbounded', false)]
  return hold === 'loose' ? [obstacle(`${rule.pointer}/max`, 'compile.max', true)] : []
}

function ofCall({ pointer, rule, pins, value }: ResolvedCall, resolved: Resolved): Obstacle[] {
  const out = pins.loose.map((name) => obstacle(childPointer(`${pointer}/args`, name), 'compile.condition', true))
  if (rule.allowance !== undefined) out.push(obstacle(`${pointer}/allowance`, 'compile.allowance', false))
  out.push(
    ...rule.spends.map(({ measured }, index) =>
      obstacle(`${pointer}/spends/${index}`, measured ? 'compile.measured' : 'compile.spends', false),
    ),
  )
  // A bound on one call bounds nothing while the number of calls is open.
  if (value > 0n && resolved.lifetimeCalls === null) {
    out.push(obstacle(`${pointer}/value`, 'compile.unbounded', false))
  }
  return out
}

function obstacle(pointer: string, code: keyof typeof TEXT, acceptable: boolean): Obstacle {
  const [message, fix] = TEXT[code]
  return { pointer, code, message, fix, acceptable }
}

const TEXT = {
  'compile.rolling_window': [
    'The framework counts in fixed windows only: twice the budget could leave at a boundary.',
    'Use a fixed window.',
  ],
  'compile.multi_asset_budget': [
    'The framework counts one asset at a time: each asset could use up the whole budget.',
    'Give each asset a budget of its own.',
  ],
  'compile.calls_per_period': ['The framework counts calls over a life, not by period.', 'Leave `calls.per` out.'],
  'compile.allowance': [
    'The framework cannot tie an allowance to the call that uses it up.',
    'Use a function that needs no allowance.',
  ],
  'compile.request': [
    'The framework does not check a signature of the request key.',
    'Leave `request` out and let the delegate redeem.',
  ],
  'compile.escalation': [
    'The framework cannot demand a confirmation above a threshold.',
    'Lower the budget to the threshold and leave `escalation` out.',
  ],
  'compile.condition': [
    'The framework compares calldata bytes for equality only, at fixed places.',
    'Pin this argument with `eq`, or every argument if one of them is dynamic.',
  ],
  'compile.max': [
    'The framework cannot bound one transfer below its budget.',
    'Lower the budget to the maximum, or set `calls.max` to 1.',
  ],
  'compile.spends': [
    'The framework counts plain transfers only, not what a call spends.',
    'Leave `spends` out, pin the amount with `eq` and set `calls.max` for the life of the grant: that bounds the same.',
  ],
  'compile.measured': [
    'The framework compares a balance with one redemption only, and adds nothing up over several.',
    'Use the fused lowering, or leave `spends` out and set `calls.max` for the life of the grant.',
  ],
  'compile.unbounded': [
    'Nothing on chain would bound how much this rule lets go.',
    'Give a transfer a budget, or `max` together with `calls.max` of 1; a call with value a lifetime `calls.max`.',
  ],
} as const
