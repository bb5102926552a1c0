import { type ScaledBudget, scaleBudgets } from '../../compile/fused/budgets.ts'
import { ruleIds } from '../../compile/fused/ruleIds.ts'
import { isBoundSalt } from '../../compile/salt.ts'
import type { Delegation } from '../../delegation/types.ts'
import { parseDuration } from '../../primitives/time.ts'
import { scopeHash } from '../../scope/hash.ts'
import type { Scope } from '../../scope/types.ts'

/** What terms do not say and the scope behind a delegation does. */
export type NamedTerms = {
  /** One for each rule of the terms. */
  ids: readonly string[]
  /** One for each budget of the terms. */
  budgets: readonly ScaledBudget[]
  /** Seconds that a confirmer has. */
  timeout: bigint
}

/** `null` where none of these scopes is the one that the delegation was signed for. */
export function scopeOfTerms(scopes: readonly Scope[], { salt }: Pick<Delegation, 'salt'>): NamedTerms | null {
  const scope = scopes.find((it) => isBoundSalt(salt, scopeHash(it)))
  if (scope === undefined) return null
  const { escalation } = scope
  return {
    ids: ruleIds(scope),
    budgets: scaleBudgets({ scope }),
    timeout: escalation === undefined ? 0n : parseDuration(escalation.timeout),
  }
}
