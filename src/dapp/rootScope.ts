import { formatAmount } from '../primitives/amount.ts'
import type { Address } from '../primitives/hex.ts'
import { budgetCapacity, decimalsOf } from '../scope/capacity.ts'
import type { Asset, Budget, Scope, TransferRule } from '../scope/types.ts'

/** What a task account gets, so that it can hand on the scope and as little more as a token permission can say. */
export type RootScope =
  | {
      scope: Scope
      /** Who redeems in the end; empty: not known yet. */
      redeemers: readonly Address[]
    }
  | { missing: readonly { pointer: string; what: string }[] }

/** Names of the one rule and budget. */
const RULE = 'pay'
const BUDGET = 'limit'

/**
 * The narrowest scope of one transfer rule with one budget over fixed windows that contains a scope. The sum of its budgets
 * for one asset, for the same period: in each window no more than that leaves, whatever kind of window the scope has.
 *
 * A token permission lets transfers of its asset through and nothing else: calls, other assets and different periods have no
 * such scope.
 */
export function rootScope(scope: Scope, taskAccount: Address): RootScope {
  const key = scope.request?.key
  // It would be one more that may act, and the task account was not given it.
  if (key !== undefined && key !== scope.delegate) return lacks('/request/key', "a key that is not the delegate's")
  const rules = scope.rules.filter((rule) => rule.class === 'transfer')
  if (rules.length < scope.rules.length) {
    const index = scope.rules.findIndex((rule) => rule.class !== 'transfer')
    return lacks(`/rules/${index}/class`, 'function calls')
  }
  const [{ asset }] = rules as [TransferRule]
  const foreign = rules.findIndex((rule) => rule.asset !== asset)
  if (foreign !== -1) return lacks(`/rules/${foreign}/asset`, 'several assets')
  const open = rules.findIndex(({ budget }) => budget === undefined)
  if (open !== -1) return lacks(`/rules/${open}`, 'a rule without a budget')
  const names = [...new Set(rules.map(({ budget }) => budget as string))]
  // A normal form names only budgets that it has.
  const budgets = names.map((name) => scope.budgets[name] as Budget)
  const [{ per }] = budgets as [Budget]
  const odd = names.find((_, index) => budgets[index]?.per !== per)
  if (odd !== undefined) return lacks(`/budgets/${odd}/per`, 'budgets of different periods')
  const amount = budgets.reduce((sum, budget) => sum + budgetCapacity(budget, asset, scope.assets), 0n)
  if (amount === 0n) return lacks(`/budgets/${names[0]}/max`, 'an amount below one base unit')
  const { task, chainId, principal, notBefore, expiry, redelegation, revocation, evidence, assets } = scope
  return {
    redeemers: redeemersOf(scope),
    scope: {
      version: 1,
      task,
      chainId,
      principal,
      delegate: taskAccount,
      rules: [{ id: RULE, class: 'transfer', asset, to: payeesOf(asset, rules), budget: BUDGET }],
      budgets: {
        [BUDGET]: {
          assets: { [asset]: '1' } as Budget['assets'],
          max: formatAmount(amount, decimalsOf(asset, assets)),
          ...(per === undefined ? {} : { per, window: 'fixed' }),
        },
      },
      ...(notBefore === undefined ? {} : { notBefore }),
      expiry,
      redelegation: { maxDepth: redelegation.maxDepth + 1 },
      revocation,
      evidence,
      assets: assetsOf(scope, asset),
      provenance: {},
    },
  }
}

/** A normal form lists the ERC-20s that it names, and no others. */
export function assetsOf({ assets }: Scope, asset: Asset): Scope['assets'] {
  return Object.fromEntries(Object.entries(assets).filter(([address]) => address === asset))
}

/** A wallet pins one payee of a token, and any number for the native coin. */
function payeesOf(asset: Asset, rules: readonly TransferRule[]): TransferRule['to'] {
  const all = new Set<Address>()
  for (const { to } of rules) {
    if (to === 'anyone') return 'anyone'
    for (const payee of to) all.add(payee)
  }
  return asset === 'native' || all.size === 1 ? [...all] : 'anyone'
}

function redeemersOf({ delegate, request, redelegation }: Scope): readonly Address[] {
  if (request !== undefined) return request.redeemers === 'anyone' ? [] : request.redeemers
  return redelegation.maxDepth === 0 ? [delegate] : []
}

function lacks(pointer: string, what: string): RootScope {
  return { missing: [{ pointer, what }] }
}
