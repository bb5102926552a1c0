import { keccak256, stringToHex } from 'viem'
import type { TaskScopeTerms } from '../../caveats/taskScope/types.ts'
import { type Hex, sliceBytes } from '../../primitives/hex.ts'
import { childPointer } from '../../primitives/json.ts'
import { parseDuration } from '../../primitives/time.ts'
import type { Scope } from '../../scope/types.ts'
import { type Resolved, read } from '../resolve.ts'
import { MAX_EXECUTIONS, requireBound } from './bounds.ts'
import { chargedAssets, scaleBudgets } from './budgets.ts'
import { lowerRule } from './rules.ts'

/** The terms of a scope, and which of its constraints they carry, as JSON pointers. */
export type LoweredScope = { terms: TaskScopeTerms; holds: ReadonlySet<string> }

/**
 * A whole scope as the terms of one caveat. Takes what `findFusedObstacles` finds nothing in.
 *
 * @throws {@link CompileError} `compile.bound_exceeded`, `compile.amount_not_positive`, `compile.invalid_value`.
 */
export function lowerScope(resolved: Resolved): LoweredScope {
  const { scope, notBefore, expiry } = resolved
  const { request, escalation, revocation } = scope
  const held = new Set(['/expiry', '/revocation/group'])
  const holds = (pointer: string) => held.add(pointer)
  const budgets = scaleBudgets(resolved)
  const rules = resolved.rules.flatMap((rule) => lowerRule(rule, { resolved, budgets, holds }))
  for (const { name, terms } of budgets) {
    const pointer = childPointer('/budgets', name)
    const assets = chargedAssets(scope, name).length
    holds(pointer)
    if (assets > 1) holds(`${pointer}/assets`)
    if (terms.window === 'rolling') holds(`${pointer}/window`)
  }
  if (notBefore !== null) holds('/notBefore')
  if (revocation.guardian !== undefined) holds('/revocation/guardian')
  if (escalation !== undefined) holds('/escalation')
  if (request !== undefined) holds('/request')
  if (scope.redelegation.maxDepth === 0) for (const pointer of ['/delegate', '/redelegation/maxDepth']) holds(pointer)
  const terms: TaskScopeTerms = {
    // Where windows begin, too: without it from unix time 0, as the scope has it.
    notBefore: notBefore ?? 0n,
    expiry,
    maxExecutions: MAX_EXECUTIONS,
    group: groupId(revocation.group),
    guardian: revocation.guardian ?? null,
    requestKey: request?.key ?? null,
    confirmer: escalation === undefined ? null : confirmerOf(escalation.confirmer, scope),
    calls: lowerCalls(scope, holds),
    redeemers: redeemersOf(scope),
    budgets: budgets.map((budget) => budget.terms),
    rules,
  }
  return { terms, holds: held }
}

/** Eight bytes that stand for the name of a revocation group: the first of its keccak-256. */
export function groupId(name: string): Hex {
  return sliceBytes(keccak256(stringToHex(name)), 0, 8)
}

/**
 * A request's redeemers are whoever may submit what the key signed. Without a request, and where nothing may be handed on,
 * the delegate alone: whoever redeems is looked at however long the chain, so handing it on hands on nothing.
 */
function redeemersOf({ request, redelegation, delegate }: Scope): TaskScopeTerms['redeemers'] {
  if (request !== undefined) return request.redeemers === 'anyone' ? [] : request.redeemers
  return redelegation.maxDepth === 0 ? [delegate] : []
}

function lowerCalls({ calls }: Scope, holds: (pointer: string) => void): TaskScopeTerms['calls'] {
  if (calls === undefined) return null
  const { max, per } = calls
  requireBound('/calls/max', 'calls', max)
  holds('/calls')
  return { max: BigInt(max), period: per === undefined ? null : read('/calls/per', () => parseDuration(per)) }
}

function confirmerOf(confirmer: NonNullable<Scope['escalation']>['confirmer'], { principal }: Scope) {
  return confirmer === 'principal' ? principal : confirmer
}
