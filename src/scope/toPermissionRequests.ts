import { parseAmount } from '../primitives/amount.ts'
import type { Hex } from '../primitives/hex.ts'
import { childPointer } from '../primitives/pointer.ts'
import { parseDuration, parseInstant } from '../primitives/time.ts'
import { budgetCapacity, decimalsOf } from './capacity.ts'
import type { PermissionData, PermissionRequest, PermissionRule } from './permissionRequest.ts'
import { Report } from './report.ts'
import type { Budget, Scope, TransferRule } from './types.ts'

/**
 * The scope as ERC-7715 permission requests, one for each rule; a wallet that grants all of them grants the scope, and each
 * of them never more than the scope. For the dApp flow: what a wallet has no words for is granted to an account that can
 * sign delegations itself.
 *
 * What bounds no action does not travel: the task's id, the group, the guardian, evidence, sources. Keep the scope.
 *
 * @throws {@link ScopeError} `scope.not_expressible` at each constraint that a token permission cannot say.
 */
export function scopeToPermissionRequests(scope: Scope): readonly PermissionRequest[] {
  const report = new Report()
  for (const [pointer, wanted, what] of [
    ['/request', scope.request === undefined, 'signatures of a request key'],
    ['/calls', scope.calls === undefined, 'a number of calls'],
    ['/redelegation/maxDepth', scope.redelegation.maxDepth === 0, 'a depth of redelegation'],
    ['/escalation', scope.escalation === undefined, 'confirmations above a threshold'],
  ] as const) {
    if (!wanted) inexpressible(report, pointer, what)
  }
  const requests = scope.rules.flatMap((rule, index): PermissionRequest[] => {
    if (rule.class === 'transfer') return requestOf(scope, rule, `/rules/${index}`, report)
    inexpressible(report, `/rules/${index}/class`, 'function calls')
    return []
  })
  report.finish()
  return requests
}

function requestOf(scope: Scope, rule: TransferRule, pointer: string, report: Report): PermissionRequest[] {
  const { asset, to, max } = rule
  if (rule.budget === undefined) {
    inexpressible(report, `${pointer}/max`, 'a maximum for one action without a budget')
    return []
  }
  // A normal form names only budgets that it has.
  const budget = scope.budgets[rule.budget] as Budget
  const amount = budgetCapacity(budget, asset, scope.assets)
  checkBudget(scope, rule.budget, budget, amount, report)
  // A maximum that the budget reaches first says nothing more.
  if (max !== undefined && parseAmount(max, decimalsOf(asset, scope.assets)) < amount) {
    inexpressible(report, `${pointer}/max`, 'a maximum for one action below the budget')
  }
  // A wallet pins the payee of a token by comparing calldata with one address.
  if (asset !== 'native' && to !== 'anyone' && to.length > 1) {
    inexpressible(report, `${pointer}/to`, 'several payees of one token budget')
  }
  const limit: PermissionData =
    budget.per === undefined
      ? { allowanceAmount: hex(amount), ...startOf(scope) }
      : { periodAmount: hex(amount), periodDuration: Number(parseDuration(budget.per)), ...startOf(scope, budget.per) }
  const rules: PermissionRule[] = [
    { type: 'expiry', data: { timestamp: Number(parseInstant(scope.expiry)) } },
    // Only the delegate redeems: nobody it might hand it on to.
    { type: 'redeemer', data: { addresses: [scope.delegate] } },
    ...(to === 'anyone' ? [] : [{ type: 'payee' as const, data: { addresses: to } }]),
  ]
  return [
    {
      chainId: hex(BigInt(scope.chainId)),
      from: scope.principal,
      to: scope.delegate,
      permission: {
        type: `${asset === 'native' ? 'native' : 'erc20'}-token-${budget.per === undefined ? 'allowance' : 'periodic'}`,
        isAdjustmentAllowed: false,
        data: { ...(asset === 'native' ? {} : { tokenAddress: asset }), ...limit, justification: scope.task.purpose },
      },
      rules,
    },
  ]
}

function checkBudget(scope: Scope, name: string, budget: Budget, amount: bigint, report: Report): void {
  const pointer = childPointer('/budgets', name)
  const users = scope.rules.filter((rule) => rule.class === 'transfer' && rule.budget === name)
  if (users.length > 1) inexpressible(report, pointer, 'a budget that several rules share')
  if (budget.window === 'rolling') inexpressible(report, `${pointer}/window`, 'a rolling window')
  if (amount === 0n) inexpressible(report, `${pointer}/max`, 'an amount below one base unit')
}

/**
 * When it begins. Periods without `notBefore` are counted from unix time 0: a start of one period later is the same windows,
 * and zero is no start to the chain. An allowance has no windows: it begins when the wallet grants it.
 */
function startOf({ notBefore }: Scope, per?: string): { startTime?: number } {
  const start = notBefore === undefined ? 0n : parseInstant(notBefore)
  if (start > 0n) return { startTime: Number(start) }
  return per === undefined ? {} : { startTime: Number(parseDuration(per)) }
}

function hex(value: bigint): Hex {
  return `0x${value.toString(16)}`
}

function inexpressible(report: Report, pointer: string, what: string): void {
  // Two rules of one budget would say the same of it twice.
  if (report.issues.some((issue) => issue.pointer === pointer)) return
  report.add('scope.not_expressible', pointer, 'A token permission of ERC-7715 cannot say this.', {
    value: what,
    fix: 'Leave it out, or grant the scope by a delegation that the principal signs.',
  })
}
