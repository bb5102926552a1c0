import { formatAmount } from '../primitives/amount.ts'
import { formatInstant } from '../primitives/time.ts'
import { decimalsOf } from '../scope/capacity.ts'
import type { Budget, Scope, TransferRule } from '../scope/types.ts'
import { assetsOf } from './rootScope.ts'
import type { WalletGrant } from './walletGrant.ts'

/**
 * What is left of a scope where the wallet granted less of it: the scope with the amount, period, times and payees that were
 * signed. Of a scope that one token permission says: one rule, one budget of its own.
 */
export function lowerScope(scope: Scope, { permission, rules }: Pick<WalletGrant, 'permission' | 'rules'>): Scope {
  const [rule] = scope.rules as [TransferRule]
  const { max: _, ...rest } = rule
  const name = rule.budget as string
  const data = permission.data as {
    periodAmount?: bigint
    allowanceAmount?: bigint
    periodDuration?: number
    startTime?: number
  }
  const { periodAmount, allowanceAmount = 0n, periodDuration, startTime } = data
  const expiry = rules.find(({ type }) => type === 'expiry')
  const payee = rules.find(({ type }) => type === 'payee')
  const begins = periodDuration !== undefined && startTime !== undefined && startTime !== periodDuration
  return {
    ...scope,
    rules: [{ ...rest, to: payee?.type === 'payee' ? payee.data.addresses : rest.to }],
    budgets: {
      [name]: {
        assets: { [rule.asset]: '1' } as Budget['assets'],
        max: formatAmount(periodAmount ?? allowanceAmount, decimalsOf(rule.asset, scope.assets)),
        ...(periodDuration === undefined ? {} : { per: `PT${periodDuration}S`, window: 'fixed' }),
      },
    },
    ...(begins ? { notBefore: formatInstant(BigInt(startTime)) } : {}),
    expiry: expiry?.type === 'expiry' ? formatInstant(BigInt(expiry.data.timestamp)) : scope.expiry,
    assets: assetsOf(scope, rule.asset),
    // Where the changed values come from is the wallet, whose words are the person's.
    provenance: Object.fromEntries(
      Object.entries(scope.provenance).filter(
        ([pointer]) => !/^\/(?:budgets|expiry|notBefore|rules\/0\/(?:max|to))/.test(pointer),
      ),
    ),
  }
}
